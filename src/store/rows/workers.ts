import type { Queries } from '../database.ts'

export interface WorkerRow {
  readonly id: string
  readonly vantage: string
  readonly version: string
  readonly startedAt: Date
  readonly seenAt: Date
  readonly probes: number
}

/** A sign of life. */
export async function writeWorker(queries: Queries, worker: WorkerRow): Promise<void> {
  const { id, vantage, version, startedAt, seenAt, probes } = worker
  await queries.query(
    `insert into worker values ($1, $2, $3, $4, $5, $6)
     on conflict (id) do update set seen_at = excluded.seen_at, probes = excluded.probes`,
    [id, vantage, version, startedAt, seenAt, probes],
  )
}

export async function removeWorker(queries: Queries, id: string): Promise<void> {
  await queries.query('delete from worker where id = $1', [id])
}

/** Those that gave a sign of life since. */
export async function readWorkers(queries: Queries, since: Date): Promise<WorkerRow[]> {
  const rows = await queries.query<{
    id: string
    vantage: string
    version: string
    started_at: Date
    seen_at: Date
    probes: number
  }>('select * from worker where seen_at >= $1 order by id', [since])
  return rows.map(({ started_at, seen_at, ...row }) => ({ ...row, startedAt: started_at, seenAt: seen_at }))
}
