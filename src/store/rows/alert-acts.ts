import type { Queries } from '../database.ts'

export interface DeliveryRow {
  readonly alert_id: number
  readonly channel_id: string
  readonly event: string
  readonly attempts: number
  readonly delivered_at: Date | null
  readonly given_up_at: Date | null
  readonly merged_into: number | null
  readonly last_error: string | null
}

/** What was told of these alerts, and to whom. */
export async function readDeliveries(queries: Queries, alertIds: readonly string[]): Promise<DeliveryRow[]> {
  if (alertIds.length === 0) return []
  return queries.query(
    `select alert_id, channel_id, event, attempts, delivered_at, given_up_at, merged_into, last_error
     from delivery where alert_id = any($1::bigint[]) order by id`,
    [alertIds],
  )
}

/** Also of what is not watched any more. */
export async function readNames(
  queries: Queries,
  table: 'endpoint' | 'fleet',
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map()
  const rows = await queries.query<{ id: string; name: string }>(
    `select id, name from ${table} where id = any($1::text[])`,
    [ids],
  )
  return new Map(rows.map(({ id, name }) => [id, name]))
}

/** Somebody has taken it on; the first who did stays. Gives the endpoint; undefined where no such alert is open. */
export async function acknowledgeAlert(
  queries: Queries,
  id: number,
  by: string,
  now: Date,
): Promise<string | undefined> {
  const [row] = await queries.query<{ endpoint_id: string }>(
    `update alert set acknowledged_at = coalesce(acknowledged_at, $2), acknowledged_by = coalesce(acknowledged_by, $3)
     where id = $1 and recovered_at is null returning endpoint_id`,
    [id, now, by],
  )
  return row?.endpoint_id
}

/** `until` null: no longer. Gives the endpoint; undefined where no such alert is open. */
export async function muteAlert(
  queries: Queries,
  id: number,
  until: Date | null,
): Promise<string | undefined> {
  const [row] = await queries.query<{ endpoint_id: string }>(
    'update alert set muted_until = $2 where id = $1 and recovered_at is null returning endpoint_id',
    [id, until],
  )
  return row?.endpoint_id
}
