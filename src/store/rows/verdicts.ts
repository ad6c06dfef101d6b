import type { VerdictSummary } from '../../fleet/verdict-summary.ts'
import type { Queries } from '../database.ts'
import { bulk, digestBytes } from './bulk.ts'

/** What the judge says of one fleet at one endpoint, from one vantage point. */
export interface StoredVerdict {
  readonly endpointId: string
  readonly vantage: string
  readonly fleetId: string
  readonly summary: VerdictSummary
  /** In this state, at this stage, since. */
  readonly since: Date
}

export async function readVerdicts(
  queries: Queries,
  endpointIds: readonly string[],
): Promise<StoredVerdict[]> {
  const rows = await queries.query<{
    endpoint_id: string
    vantage: string
    fleet_id: string
    summary: VerdictSummary
    since: Date
  }>(
    `select endpoint_id, vantage, fleet_id, summary, since from verdict where endpoint_id = any($1::text[])
     order by endpoint_id, vantage, fleet_id`,
    [endpointIds],
  )
  return rows.map((row) => ({
    endpointId: row.endpoint_id,
    vantage: row.vantage,
    fleetId: row.fleet_id,
    summary: row.summary,
    since: row.since,
  }))
}

export interface VerdictRow extends Omit<StoredVerdict, 'since'> {
  readonly sighting: string
  readonly at: Date
}

/** Writes what is, and history where state, stage or nearest limit are others than before. */
export async function writeVerdicts(queries: Queries, verdicts: readonly VerdictRow[]): Promise<void> {
  if (verdicts.length === 0) return
  const rows = verdicts.map(({ endpointId, vantage, fleetId, summary, sighting, at }) => ({
    endpoint_id: endpointId,
    vantage,
    fleet_id: fleetId,
    state: summary.state,
    stage: summary.stage,
    nearest: summary.nearest,
    room: summary.room,
    summary,
    sighting: digestBytes(sighting),
    at,
  }))
  const text = bulk(rows)
  const record = `jsonb_to_recordset($1::jsonb) as t (endpoint_id text, vantage text, fleet_id text, state text,
    stage text, nearest jsonb, room double precision, summary jsonb, sighting bytea, at timestamptz)`
  await queries.query(
    `insert into verdict_history (endpoint_id, vantage, fleet_id, at, state, stage, nearest)
     select t.endpoint_id, t.vantage, t.fleet_id, t.at, t.state, t.stage, t.nearest from ${record}
     left join verdict using (endpoint_id, vantage, fleet_id)
     where verdict.state is null or (verdict.state, verdict.stage, verdict.nearest)
       is distinct from (t.state, t.stage, t.nearest)
     on conflict do nothing`,
    [text],
  )
  await queries.query(
    `insert into verdict as old (endpoint_id, vantage, fleet_id, state, stage, nearest, room, summary, sighting, since,
       judged_at)
     select endpoint_id, vantage, fleet_id, state, stage, nearest, room, summary, sighting, at, at from ${record}
     on conflict (endpoint_id, vantage, fleet_id) do update set state = excluded.state, stage = excluded.stage,
       nearest = excluded.nearest, room = excluded.room, summary = excluded.summary, sighting = excluded.sighting,
       judged_at = excluded.judged_at,
       since = case when (old.state, old.stage) is distinct from (excluded.state, excluded.stage)
         then excluded.since else old.since end`,
    [text],
  )
}

/** Of fleets that use the endpoint no more, and of vantage points that do not look at it any more. */
export async function removeVerdictsBut(
  queries: Queries,
  endpointId: string,
  fleetIds: readonly string[],
  vantages: readonly string[],
): Promise<void> {
  await queries.query(
    `delete from verdict where endpoint_id = $1
     and (not fleet_id = any($2::text[]) or not vantage = any($3::text[]))`,
    [endpointId, fleetIds, vantages],
  )
}
