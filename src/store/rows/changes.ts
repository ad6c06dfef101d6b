import type { Snapshot } from '../../fleet/snapshot.ts'
import type { SnapshotChange } from '../../fleet/snapshot-change.ts'
import type { Queries } from '../database.ts'
import { bulk } from './bulk.ts'

export interface StoredChange {
  readonly id: number
  readonly endpointId: string
  readonly vantage: string
  readonly at: Date
  readonly change: SnapshotChange
}

export async function insertChanges(
  queries: Queries,
  changes: readonly Omit<StoredChange, 'id'>[],
): Promise<void> {
  if (changes.length === 0) return
  const rows = changes.map(({ endpointId, vantage, at, change }) => {
    return { endpoint_id: endpointId, vantage, at, kind: change.kind, detail: change }
  })
  await queries.query(
    `insert into change (endpoint_id, vantage, at, kind, detail) select * from jsonb_to_recordset($1::jsonb)
     as t (endpoint_id text, vantage text, at timestamptz, kind text, detail jsonb)`,
    [bulk(rows)],
  )
}

export interface ChangesAsked {
  readonly endpointId?: string | undefined
  /** Older than the change of this id. */
  readonly before?: number | undefined
  readonly since?: Date | undefined
  readonly limit: number
}

/** The latest first. */
export async function readChanges(
  queries: Queries,
  { endpointId, before, since, limit }: ChangesAsked,
): Promise<StoredChange[]> {
  const rows = await queries.query<{
    id: number
    endpoint_id: string
    vantage: string
    at: Date
    detail: SnapshotChange
  }>(
    `select id, endpoint_id, vantage, at, detail from change where ($1::text is null or endpoint_id = $1)
       and ($2::bigint is null or id < $2) and ($3::timestamptz is null or at >= $3) order by id desc limit $4`,
    [endpointId ?? null, before ?? null, since ?? null, limit],
  )
  return rows.map(({ id, endpoint_id, vantage, at, detail }) => {
    return { id, endpointId: endpoint_id, vantage, at, change: detail }
  })
}

export interface SnapshotRow {
  readonly endpointId: string
  readonly vantage: string
  readonly snapshot: Snapshot
}

export async function insertSnapshots(queries: Queries, snapshots: readonly SnapshotRow[]): Promise<void> {
  if (snapshots.length === 0) return
  const rows = snapshots.map(({ endpointId, vantage, snapshot }) => {
    return { endpoint_id: endpointId, vantage, at: snapshot.at, body: snapshot }
  })
  await queries.query(
    `insert into snapshot select * from jsonb_to_recordset($1::jsonb)
     as t (endpoint_id text, vantage text, at timestamptz, body jsonb) on conflict do nothing`,
    [bulk(rows)],
  )
}
