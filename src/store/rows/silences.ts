import type { Silence } from '../../fleet/alert-step.ts'
import type { Queries } from '../database.ts'

/** Those of the store that hold at `now`; the windows of the config stand in its settings. */
export async function readSilences(queries: Queries, now: Date): Promise<Silence[]> {
  const rows = await queries.query<{
    kind: Silence['kind']
    endpoint_id: string | null
    fleet_id: string | null
    cause: string | null
    starts_at: Date
    ends_at: Date
  }>('select * from silence where starts_at <= $1 and ends_at > $1 order by id', [now])
  return rows.map((row) => ({
    kind: row.kind,
    endpointIds: row.endpoint_id === null ? undefined : [row.endpoint_id],
    fleetIds: row.fleet_id === null ? undefined : [row.fleet_id],
    cause: row.cause ?? undefined,
    startsAt: row.starts_at.toISOString(),
    endsAt: row.ends_at.toISOString(),
  }))
}
