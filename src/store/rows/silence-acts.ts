import type { Queries } from '../database.ts'

export interface SilenceRow {
  readonly id: number
  readonly kind: 'mute' | 'maintenance'
  readonly endpoint_id: string | null
  readonly fleet_id: string | null
  readonly cause: string | null
  readonly starts_at: Date
  readonly ends_at: Date
  readonly reason: string
}

/** Those that hold or are to come. */
export function readComingSilences(queries: Queries, now: Date): Promise<SilenceRow[]> {
  return queries.query(
    `select id, kind, endpoint_id, fleet_id, cause, starts_at, ends_at, reason from silence
     where ends_at > $1 order by starts_at, id`,
    [now],
  )
}

export async function insertSilence(
  queries: Queries,
  silence: Omit<SilenceRow, 'id'>,
  by: string,
  now: Date,
): Promise<number> {
  const [row] = await queries.query<{ id: number }>(
    `insert into silence (kind, endpoint_id, fleet_id, cause, starts_at, ends_at, reason, created_by, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id`,
    [
      silence.kind,
      silence.endpoint_id,
      silence.fleet_id,
      silence.cause,
      silence.starts_at,
      silence.ends_at,
      silence.reason,
      by,
      now,
    ],
  )
  return row?.id ?? 0
}

/** It ends now. False where none holds or is to come. */
export async function endSilence(queries: Queries, id: number, now: Date): Promise<boolean> {
  const rows = await queries.query(
    'update silence set ends_at = $2 where id = $1 and ends_at > $2 returning id',
    [id, now],
  )
  return rows.length > 0
}
