import type { EndpointMemory } from '../../fleet/compare-snapshots.ts'
import type { FleetForecast } from '../../fleet/fleet-forecast.ts'
import type { Snapshot } from '../../fleet/snapshot.ts'
import type { SpotCheck } from '../../fleet/spot-check.ts'
import type { UntoldCertificate } from '../../fleet/untold-certificate.ts'
import type { Queries } from '../database.ts'
import { bulk, digestBytes, hexDigest } from './bulk.ts'

/** How an endpoint stands from one vantage point. */
export interface Standing {
  readonly endpointId: string
  readonly vantage: string
  /** A job of this slot waits, or is under way. */
  readonly queuedSlot?: Date | undefined
  /** The last round that counts. */
  readonly slot?: Date | undefined
  /** The last in which it was reached, and what was seen then. */
  readonly reachedSlot?: Date | undefined
  readonly sighting?: string | undefined
  /** The last that sent every hello: verdicts are of then. */
  readonly thoroughSlot?: Date | undefined
  /** What rounds until the next such one look at; undefined: the next one is. */
  readonly spot?: SpotCheck | undefined
  /** Undefined: the next round asks what is to be told. */
  readonly settled?: Settled | undefined
  readonly snapshot?: Snapshot | undefined
  readonly memory?: EndpointMemory | undefined
  /** Digest of all summaries, as they stand in `verdict`. */
  readonly verdicts?: string | undefined
  /** The last that were made. */
  readonly forecasts?: readonly FleetForecast[] | undefined
  readonly forecastAt?: Date | undefined
  /** What was logged for its host by then and is not judged. */
  readonly untold?: readonly UntoldCertificate[] | undefined
  readonly unreachedSince?: Date | undefined
  readonly failure?: string | undefined
  /** Of the last round. */
  readonly attempts: number
}

/** The last round had nothing to tell, and the next will not either, if it meets the same. */
export interface Settled {
  /** No date passes before of which somebody is told: ISO 8601. */
  readonly until?: string | undefined
  /** Digest of what silenced it. */
  readonly silences: string
}

interface Row {
  endpoint_id: string
  vantage: string
  queued_slot: Date | null
  slot: Date | null
  reached_slot: Date | null
  sighting: Uint8Array | null
  thorough_slot: Date | null
  spot: SpotCheck | null
  settled: Settled | null
  snapshot: Snapshot | null
  memory: EndpointMemory | null
  verdicts: Uint8Array | null
  forecasts: FleetForecast[] | null
  forecast_at: Date | null
  untold: UntoldCertificate[] | null
  unreached_since: Date | null
  failure: string | null
  attempts: number
}

export async function readStandings(queries: Queries, endpointIds: readonly string[]): Promise<Standing[]> {
  const rows = await queries.query<Row>(
    'select * from standing where endpoint_id = any($1::text[]) order by endpoint_id, vantage',
    [endpointIds],
  )
  return rows.map((row) => ({
    endpointId: row.endpoint_id,
    vantage: row.vantage,
    queuedSlot: row.queued_slot ?? undefined,
    slot: row.slot ?? undefined,
    reachedSlot: row.reached_slot ?? undefined,
    sighting: row.sighting === null ? undefined : hexDigest(row.sighting),
    thoroughSlot: row.thorough_slot ?? undefined,
    spot: row.spot ?? undefined,
    settled: row.settled ?? undefined,
    snapshot: row.snapshot ?? undefined,
    memory: row.memory ?? undefined,
    verdicts: row.verdicts === null ? undefined : hexDigest(row.verdicts),
    forecasts: row.forecasts ?? undefined,
    forecastAt: row.forecast_at ?? undefined,
    untold: row.untold ?? undefined,
    unreachedSince: row.unreached_since ?? undefined,
    failure: row.failure ?? undefined,
    attempts: row.attempts,
  }))
}

/** `null` for what stays as it is: what is large is written where it is new. */
export interface StandingUpdate
  extends Omit<Standing, 'queuedSlot' | 'snapshot' | 'memory' | 'forecasts' | 'untold'> {
  readonly snapshot: Snapshot | null
  readonly memory: EndpointMemory | null
  readonly forecasts: readonly FleetForecast[] | null
  readonly untold: readonly UntoldCertificate[] | null
}

export async function writeStandings(queries: Queries, updates: readonly StandingUpdate[]): Promise<void> {
  if (updates.length === 0) return
  const rows = updates.map((one) => ({
    endpoint_id: one.endpointId,
    vantage: one.vantage,
    slot: one.slot,
    reached_slot: one.reachedSlot,
    sighting: one.sighting === undefined ? null : digestBytes(one.sighting),
    thorough_slot: one.thoroughSlot,
    spot: one.spot,
    settled: one.settled,
    snapshot: one.snapshot,
    memory: one.memory,
    verdicts: one.verdicts === undefined ? null : digestBytes(one.verdicts),
    forecasts: one.forecasts,
    forecast_at: one.forecastAt,
    untold: one.untold,
    unreached_since: one.unreachedSince,
    failure: one.failure,
    attempts: one.attempts,
  }))
  await queries.query(
    `insert into standing as old (endpoint_id, vantage, slot, reached_slot, sighting, thorough_slot, spot, settled,
       snapshot, memory, verdicts, forecasts, forecast_at, untold, unreached_since, failure, attempts)
     select * from json_to_recordset($1::json) as t (endpoint_id text, vantage text, slot timestamptz,
       reached_slot timestamptz, sighting bytea, thorough_slot timestamptz, spot json, settled json, snapshot json, memory json, verdicts bytea,
       forecasts json, forecast_at timestamptz, untold json, unreached_since timestamptz, failure text, attempts integer)
     on conflict (endpoint_id, vantage) do update set slot = excluded.slot, reached_slot = excluded.reached_slot,
       sighting = excluded.sighting, thorough_slot = excluded.thorough_slot, spot = excluded.spot,
       settled = excluded.settled, snapshot = coalesce(excluded.snapshot, old.snapshot),
       memory = coalesce(excluded.memory, old.memory), verdicts = excluded.verdicts,
       forecasts = coalesce(excluded.forecasts, old.forecasts), forecast_at = excluded.forecast_at,
       untold = coalesce(excluded.untold, old.untold), unreached_since = excluded.unreached_since, failure = excluded.failure, attempts = excluded.attempts,
       queued_slot = case when old.queued_slot > excluded.slot then old.queued_slot end`,
    [bulk(rows)],
  )
}

export interface QueuedSlot {
  readonly endpointId: string
  readonly vantage: string
  readonly slot: Date
}

/** A round that is under way, or waits, is not begun again before `staleBefore`. Gives those that are to be queued. */
export async function markQueued(
  queries: Queries,
  slots: readonly QueuedSlot[],
  staleBefore: Date,
): Promise<QueuedSlot[]> {
  if (slots.length === 0) return []
  const rows = slots.map(({ endpointId, vantage, slot }) => ({ endpoint_id: endpointId, vantage, slot }))
  const marked = await queries.query<{ endpoint_id: string; vantage: string; queued_slot: Date }>(
    `insert into standing as old (endpoint_id, vantage, queued_slot)
     select endpoint_id, vantage, slot from jsonb_to_recordset($1::jsonb)
       as t (endpoint_id text, vantage text, slot timestamptz)
     on conflict (endpoint_id, vantage) do update set queued_slot = excluded.queued_slot
     where old.queued_slot is null or old.queued_slot < $2
     returning endpoint_id, vantage, queued_slot`,
    [bulk(rows), staleBefore],
  )
  return marked.map((row) => ({
    endpointId: row.endpoint_id,
    vantage: row.vantage,
    slot: row.queued_slot,
  }))
}

/** What tells what the next round has to do. */
export type RoundMark = Pick<Standing, 'sighting' | 'forecastAt' | 'thoroughSlot' | 'spot'>

/** By endpoint. */
export async function readRoundMarks(
  queries: Queries,
  vantage: string,
  endpointIds: readonly string[],
): Promise<ReadonlyMap<string, RoundMark>> {
  const rows = await queries.query<
    Pick<Row, 'endpoint_id' | 'sighting' | 'forecast_at' | 'thorough_slot' | 'spot'>
  >(
    `select endpoint_id, sighting, forecast_at, thorough_slot, spot from standing
     where vantage = $1 and endpoint_id = any($2::text[])`,
    [vantage, endpointIds],
  )
  return new Map(
    rows.map(({ endpoint_id, sighting, forecast_at, thorough_slot, spot }) => [
      endpoint_id,
      {
        sighting: sighting === null ? undefined : hexDigest(sighting),
        forecastAt: forecast_at ?? undefined,
        thoroughSlot: thorough_slot ?? undefined,
        spot: spot ?? undefined,
      },
    ]),
  )
}

/** What a round that may have met the same is held against: nothing of what is large. */
export type StandingHead = Pick<
  Standing,
  'endpointId' | 'vantage' | 'slot' | 'sighting' | 'thoroughSlot' | 'settled' | 'unreachedSince'
>

export async function readStandingHeads(
  queries: Queries,
  endpointIds: readonly string[],
): Promise<StandingHead[]> {
  if (endpointIds.length === 0) return []
  const rows = await queries.query<
    Pick<
      Row,
      'endpoint_id' | 'vantage' | 'slot' | 'sighting' | 'thorough_slot' | 'settled' | 'unreached_since'
    >
  >(
    `select endpoint_id, vantage, slot, sighting, thorough_slot, settled, unreached_since from standing
     where endpoint_id = any($1::text[])`,
    [endpointIds],
  )
  return rows.map((row) => ({
    endpointId: row.endpoint_id,
    vantage: row.vantage,
    slot: row.slot ?? undefined,
    sighting: row.sighting === null ? undefined : hexDigest(row.sighting),
    thoroughSlot: row.thorough_slot ?? undefined,
    settled: row.settled ?? undefined,
    unreachedSince: row.unreached_since ?? undefined,
  }))
}

/** Rounds that met the same, and of which nothing is to be told. */
export async function touchStandings(
  queries: Queries,
  rounds: readonly (Pick<Standing, 'endpointId' | 'vantage' | 'attempts'> & { readonly slot: Date })[],
): Promise<void> {
  if (rounds.length === 0) return
  const rows = rounds.map(({ endpointId, vantage, slot, attempts }) => {
    return { endpoint_id: endpointId, vantage, slot, attempts }
  })
  await queries.query(
    `update standing as old set slot = t.slot, reached_slot = t.slot, attempts = t.attempts, failure = null,
       queued_slot = case when old.queued_slot > t.slot then old.queued_slot end
     from jsonb_to_recordset($1::jsonb) as t (endpoint_id text, vantage text, slot timestamptz, attempts integer)
     where old.endpoint_id = t.endpoint_id and old.vantage = t.vantage`,
    [bulk(rows)],
  )
}

/** Fleets are others now: what is to come is judged anew in the next round. */
export async function forgetForecasts(queries: Queries): Promise<void> {
  await queries.query('update standing set forecast_at = null where forecast_at is not null')
}

/** Of these endpoints alone. */
export async function forgetForecastsOf(queries: Queries, endpointIds: readonly string[]): Promise<void> {
  await queries.query('update standing set forecast_at = null where endpoint_id = any($1::text[])', [
    [...endpointIds],
  ])
}
