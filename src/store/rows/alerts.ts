import type { AlertStep, OpenAlert } from '../../fleet/alert-step.ts'
import type { Condition } from '../../fleet/condition.ts'
import type { DeliveryBody } from '../../fleet/delivery-body.ts'
import type { Queries } from '../database.ts'
import { bulk } from './bulk.ts'

export interface StoredAlert extends OpenAlert {
  readonly endpointId: string
  readonly updatedAt: string
  readonly recoveredAt?: string | undefined
  readonly acknowledgedBy?: string | undefined
}

interface Row {
  id: number
  endpoint_id: string
  condition: Condition
  raised_at: Date
  updated_at: Date
  recovered_at: Date | null
  acknowledged_at: Date | null
  acknowledged_by: string | null
  muted_until: Date | null
  told_to: string[]
}

const columns =
  'id, endpoint_id, condition, raised_at, updated_at, recovered_at, acknowledged_at, acknowledged_by, muted_until, told_to'

/** Those that have not recovered, the oldest first. */
export async function readOpenAlerts(
  queries: Queries,
  endpointIds: readonly string[],
): Promise<StoredAlert[]> {
  const rows = await queries.query<Row>(
    `select ${columns} from alert where recovered_at is null and endpoint_id = any($1::text[]) order by id`,
    [endpointIds],
  )
  return rows.map(alertOf)
}

export interface AlertsAsked {
  readonly open?: boolean | undefined
  readonly endpointId?: string | undefined
  readonly before?: number | undefined
  readonly limit: number
}

/** The latest first. */
export async function readAlerts(queries: Queries, asked: AlertsAsked): Promise<StoredAlert[]> {
  const rows = await queries.query<Row>(
    `select ${columns} from alert where ($1::text is null or endpoint_id = $1) and ($2::bigint is null or id < $2)
       and ($3::boolean is null or (recovered_at is null) = $3) order by id desc limit $4`,
    [asked.endpointId ?? null, asked.before ?? null, asked.open ?? null, asked.limit],
  )
  return rows.map(alertOf)
}

function alertOf(row: Row): StoredAlert {
  return {
    id: String(row.id),
    endpointId: row.endpoint_id,
    condition: row.condition,
    raisedAt: row.raised_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    recoveredAt: row.recovered_at?.toISOString(),
    acknowledgedAt: row.acknowledged_at?.toISOString(),
    acknowledgedBy: row.acknowledged_by ?? undefined,
    mutedUntil: row.muted_until?.toISOString(),
    toldTo: row.told_to,
  }
}

/** What was told once, lately: another vantage point that sees the same tells nothing new. As `endpoint cause`. */
export async function toldOnce(
  queries: Queries,
  endpointIds: readonly string[],
  since: Date,
): Promise<ReadonlySet<string>> {
  const rows = await queries.query<{ endpoint_id: string; cause: string }>(
    `select endpoint_id, cause from alert where endpoint_id = any($1::text[]) and raised_at >= $2
     and recovered_at = raised_at`,
    [endpointIds, since],
  )
  return new Set(rows.map((row) => `${row.endpoint_id} ${row.cause}`))
}

/** Endpoints with an open alert that is or was muted: it is to be told when that ends. */
export async function mutedAlerts(
  queries: Queries,
  endpointIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await queries.query<{ endpoint_id: string }>(
    `select endpoint_id from alert where recovered_at is null and muted_until is not null
     and endpoint_id = any($1::text[])`,
    [endpointIds],
  )
  return new Set(rows.map((row) => row.endpoint_id))
}

export interface StepOfEndpoint {
  readonly endpointId: string
  readonly step: AlertStep
  /** What its deliveries tell. */
  readonly body: Omit<DeliveryBody, 'raisedAt'>
}

export interface AppliedStep extends StepOfEndpoint {
  readonly alertId: number
}

/** Alerts and what is to be told of them, in the transaction of what they rest on. */
export async function applyAlertSteps(
  queries: Queries,
  steps: readonly StepOfEndpoint[],
  now: Date,
): Promise<AppliedStep[]> {
  const applied: AppliedStep[] = []
  const raisedAt = new Map<number, string>()
  const raises = steps.filter(({ step }) => step.act === 'raise')
  for (const [id, at] of await raise(queries, raises, now)) {
    applied.push({ ...(raises[at] as StepOfEndpoint), alertId: id })
    raisedAt.set(id, now.toISOString())
  }
  for (const one of steps) {
    const { step } = one
    if (step.act === 'raise') continue
    const row = await change(queries, step, now)
    if (row === undefined) continue
    applied.push({ ...one, alertId: row.id })
    raisedAt.set(row.id, row.raised_at.toISOString())
  }
  const at = now.toISOString()
  const deliveries = applied.flatMap(({ step: { act, tell }, body: told, alertId }) => {
    const body: DeliveryBody = { ...told, raisedAt: raisedAt.get(alertId) ?? at }
    const event = act === 'raise' || act === 'recover' ? act : `${act} ${at}`
    return tell.map((channel_id) => ({ alert_id: alertId, event, channel_id, body }))
  })
  if (deliveries.length > 0) {
    await queries.query(
      `insert into delivery (alert_id, event, channel_id, body, due_at)
       select alert_id, event, channel_id, body, $2::timestamptz from jsonb_to_recordset($1::jsonb)
         as t (alert_id bigint, event text, channel_id text, body jsonb) on conflict do nothing`,
      [bulk(deliveries), now],
    )
  }
  return applied
}

/** Ids of those that were raised, with their place in `raises`. */
async function raise(
  queries: Queries,
  raises: readonly StepOfEndpoint[],
  now: Date,
): Promise<[id: number, at: number][]> {
  if (raises.length === 0) return []
  const rows = raises.map(({ endpointId, step: { condition, tell } }) => ({
    endpoint_id: endpointId,
    cause: condition.cause,
    kind: condition.kind,
    severity: condition.severity,
    fleet_ids: condition.fleetIds,
    device_count: condition.deviceCount,
    condition,
    told_to: tell,
    recovered_at: condition.once ? now : null,
  }))
  const raised = await queries.query<{ id: number; endpoint_id: string; cause: string }>(
    `insert into alert (endpoint_id, cause, kind, severity, fleet_ids, device_count, condition, raised_at, updated_at,
       recovered_at, told_to)
     select endpoint_id, cause, kind, severity, fleet_ids, device_count, condition, $2::timestamptz, $2::timestamptz,
       recovered_at, told_to
     from jsonb_to_recordset($1::jsonb) as t (endpoint_id text, cause text, kind text, severity text, fleet_ids text[],
       device_count bigint, condition jsonb, told_to text[], recovered_at timestamptz)
     on conflict (endpoint_id, cause) where recovered_at is null do nothing returning id, endpoint_id, cause`,
    [bulk(rows), now],
  )
  return raised.map((row) => [
    row.id,
    rows.findIndex((one) => one.endpoint_id === row.endpoint_id && one.cause === row.cause),
  ])
}

async function change(
  queries: Queries,
  step: Exclude<AlertStep, { act: 'raise' }>,
  now: Date,
): Promise<{ id: number; raised_at: Date } | undefined> {
  const { condition, tell } = step
  const [row] = await queries.query<{ id: number; raised_at: Date }>(
    `update alert set kind = $2, severity = $3, fleet_ids = $4::text[], device_count = $5, condition = $6::jsonb,
       updated_at = $7::timestamptz, recovered_at = case when $8 then $7::timestamptz end,
       told_to = array(select distinct unnest(told_to || $9::text[]) order by 1)
     where id = $1 and recovered_at is null returning id, raised_at`,
    [
      ...[Number(step.alertId), condition.kind, condition.severity, condition.fleetIds],
      ...[condition.deviceCount, JSON.stringify(condition), now, step.act === 'recover', tell],
    ],
  )
  return row
}
