import type { Queries } from '../database.ts'
import { bulk } from './bulk.ts'

/** What is new, for whoever listens. */
export interface NewEvent {
  readonly at: Date
  readonly kind: 'probe' | 'verdict' | 'change' | 'alert' | 'settings'
  readonly endpointId?: string | undefined
  readonly detail: object
}

export interface StoredEvent extends NewEvent {
  readonly id: number
}

export async function insertEvents(queries: Queries, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return
  const rows = events.map(({ at, kind, endpointId, detail }) => ({
    at,
    kind,
    endpoint_id: endpointId,
    detail,
  }))
  await queries.query(
    `insert into event (at, kind, endpoint_id, detail) select * from jsonb_to_recordset($1::jsonb)
     as t (at timestamptz, kind text, endpoint_id text, detail jsonb)`,
    [bulk(rows)],
  )
}

/** Those after `id`, in their order. */
export async function readEvents(queries: Queries, after: number, limit: number): Promise<StoredEvent[]> {
  const rows = await queries.query<{
    id: number
    at: Date
    kind: NewEvent['kind']
    endpoint_id: string | null
    detail: object
  }>('select * from event where id > $1 order by id limit $2', [after, limit])
  return rows.map(({ endpoint_id, ...row }) => ({ ...row, endpointId: endpoint_id ?? undefined }))
}

/** The newest id; 0 where there is none. */
export async function lastEvent(queries: Queries): Promise<number> {
  const [row] = await queries.query<{ id: number | null }>('select max(id) as id from event')
  return row?.id ?? 0
}
