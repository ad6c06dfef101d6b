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

export interface EventsAfter {
  readonly id: number
  /** Smaller ids that were not there before. */
  readonly andThese?: readonly number[]
}

/** Those after an id, in their order. */
export async function readEvents(
  queries: Queries,
  { id, andThese = [] }: EventsAfter,
  limit: number,
): Promise<StoredEvent[]> {
  const late = andThese.length === 0 ? '' : 'or id = any($3::bigint[])'
  const rows = await queries.query<{
    id: number
    at: Date
    kind: NewEvent['kind']
    endpoint_id: string | null
    detail: object
  }>(
    `select * from event where id > $1 ${late} order by id limit $2`,
    late === '' ? [id, limit] : [id, limit, `{${andThese.join()}}`],
  )
  return rows.map(({ endpoint_id, ...row }) => ({ ...row, endpointId: endpoint_id ?? undefined }))
}

/** The newest ids, at most `count` back, in their order. */
export async function readEventIds(queries: Queries, count: number): Promise<number[]> {
  const [row] = await queries.query<{ ids: number[] | null }>(
    `select json_agg(id order by id) as ids from event where id > (select max(id) from event) - $1`,
    [count],
  )
  return row?.ids ?? []
}
