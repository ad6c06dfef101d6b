import type { Severity } from '../../fleet/condition.ts'
import type { DeliveryBody } from '../../fleet/delivery-body.ts'
import type { Database, Queries } from '../database.ts'

/** A delivery that this process tells, and no other until its lease is over. */
export interface TakenDelivery {
  readonly id: number
  readonly alertId: number
  readonly event: string
  readonly channelId: string
  readonly body: DeliveryBody
  /** This one counted. */
  readonly attempts: number
  /** Whether anything of this alert got through to this channel. */
  readonly told: boolean
  /** Of what was tried to be told of this alert before. */
  readonly severitiesBefore: readonly Severity[]
}

export interface TakeOptions {
  /** Ids of channels of which none is taken. */
  readonly busy: readonly string[]
  readonly leaseMs: number
}

/** Neither told, given up nor told with another. */
const open = 'd.delivered_at is null and d.given_up_at is null and d.merged_into is null'
const MAX_ALERTS = 64
const ids = 'any($1::text[]::bigint[])'

/**
 * At most one of each channel: of those that are due the oldest. Of one alert and channel the newest stands for all that
 * have not got through (they are merged into it), and none is taken while another is being told: so a recovery never
 * comes before what it recovers from, and no stale alarm after it. All times are the database's.
 */
export function takeDeliveries(database: Database, { busy, leaseMs }: TakeOptions): Promise<TakenDelivery[]> {
  return database.transaction(async (queries) => {
    const alerts = await lockAlerts(queries, busy)
    if (alerts.length === 0) return []
    const newest = await newestOf(queries, alerts, busy)
    const taken = [...new Map(newest.reverse().map((row) => [row.channelId, row])).values()]
    if (taken.length === 0) return []
    return lease(queries, taken, leaseMs)
  })
}

/** Whoever has the alert decides what of it is told; the statement behind this one sees what those before left. */
async function lockAlerts(queries: Queries, busy: readonly string[]): Promise<string[]> {
  const rows = await queries.query<{ id: string }>(
    `select a.id::text as id from alert a
     where a.id in (
       select d.alert_id from delivery d
       where ${open} and d.due_at <= now() and d.channel_id <> all($1::text[])
       order by d.due_at limit ${MAX_ALERTS}
     )
     for no key update of a skip locked`,
    [busy],
  )
  return rows.map(({ id }) => id)
}

type NewestRow = Omit<TakenDelivery, 'told' | 'severitiesBefore'>

/** The newest of each alert and channel, where it is due and none of them is being told. The oldest first. */
function newestOf(
  queries: Queries,
  alerts: readonly string[],
  busy: readonly string[],
): Promise<NewestRow[]> {
  return queries.query<NewestRow>(
    `select id, alert_id as "alertId", event, channel_id as "channelId", body, attempts + 1 as attempts
     from (
       select d.*,
         row_number() over (partition by d.alert_id, d.channel_id order by d.id desc) as place,
         bool_or(coalesce(d.leased_until > now(), false)) over (partition by d.alert_id, d.channel_id) as held
       from delivery d
       where d.alert_id = ${ids} and d.channel_id <> all($2::text[]) and ${open}
     ) d
     where place = 1 and not held and due_at <= now()
     order by due_at, id`,
    [alerts, busy],
  )
}

async function lease(
  queries: Queries,
  taken: readonly NewestRow[],
  leaseMs: number,
): Promise<TakenDelivery[]> {
  const taking = taken.map(({ id }) => String(id))
  await queries.query(
    `update delivery d set merged_into = n.id, leased_until = null
     from delivery n
     where n.id = ${ids} and d.alert_id = n.alert_id and d.channel_id = n.channel_id and d.id < n.id and ${open}`,
    [taking],
  )
  const leased = await queries.query<{ id: number; told: boolean; severities: Severity[] }>(
    `update delivery d set attempts = d.attempts + 1, leased_until = now() + $2 * interval '1 millisecond',
       due_at = now() + $2 * interval '1 millisecond'
     where d.id = ${ids}
     returning d.id,
       exists (
         select 1 from delivery e
         where e.alert_id = d.alert_id and e.channel_id = d.channel_id and e.delivered_at is not null
       ) as told,
       array(
         select distinct e.body -> 'condition' ->> 'severity' from delivery e
         where e.alert_id = d.alert_id and e.channel_id = d.channel_id and e.attempts > 0 and e.id <> d.id
       ) as severities`,
    [taking, leaseMs],
  )
  const states = new Map(leased.map((row) => [row.id, row]))
  return taken.map((row) => {
    const { told = false, severities = [] } = states.get(row.id) ?? {}
    return { ...row, told, severitiesBefore: severities }
  })
}

/** Told. Idempotent. */
export async function markDelivered(queries: Queries, id: number, note?: string): Promise<void> {
  await queries.query(
    `update delivery set delivered_at = now(), leased_until = null, last_error = $2
     where id = $1 and delivered_at is null`,
    [id, note ?? null],
  )
}

export interface FailedTry {
  /** Without secrets. */
  readonly error: string
  readonly againInMs: number
  /** Older than that, it is not tried again. */
  readonly giveUpAfterMs: number
}

/** Whether it was given up. Does nothing where another process has taken it in the meantime. */
export async function markFailed(
  queries: Queries,
  { id, attempts }: Pick<TakenDelivery, 'id' | 'attempts'>,
  { error, againInMs, giveUpAfterMs }: FailedTry,
): Promise<boolean> {
  const [row] = await queries.query<{ given_up: boolean }>(
    `update delivery set leased_until = null, last_error = $3,
       due_at = now() + $4 * interval '1 millisecond',
       given_up_at = case when created_at <= now() - $5 * interval '1 millisecond' then now() end
     where id = $1 and attempts = $2 and delivered_at is null
     returning given_up_at is not null as given_up`,
    [id, attempts, error, againInMs, giveUpAfterMs],
  )
  return row?.given_up ?? false
}
