import type { Queries } from '../database.ts'
import { bulk, digestBytes, hexDigest } from './bulk.ts'

/** What one slot of an endpoint and vantage point came to. */
export interface ProbeRow {
  readonly endpointId: string
  readonly vantage: string
  readonly slot: Date
  readonly startedAt: Date
  readonly durationMs: number
  readonly connections: number
  readonly bytesReceived: number
  readonly attempts: number
  /** Undefined where nothing was reached. */
  readonly sighting?: string | undefined
  readonly failure?: string | undefined
}

/** Gives those that are new: a second result of a slot is not written. */
export async function insertProbes(queries: Queries, probes: readonly ProbeRow[]): Promise<ProbeRow[]> {
  if (probes.length === 0) return []
  const rows = probes.map((one) => ({
    endpoint_id: one.endpointId,
    vantage: one.vantage,
    slot: one.slot,
    started_at: one.startedAt,
    duration_ms: Math.round(one.durationMs),
    connections: one.connections,
    bytes_received: one.bytesReceived,
    attempts: one.attempts,
    sighting: one.sighting === undefined ? null : digestBytes(one.sighting),
    failure: one.failure,
  }))
  const written = await queries.query<{ endpoint_id: string; vantage: string; slot: Date }>(
    `insert into probe select * from jsonb_to_recordset($1::jsonb) as t (endpoint_id text, vantage text,
       slot timestamptz, started_at timestamptz, duration_ms integer, connections integer, bytes_received bigint,
       attempts integer, sighting bytea, failure text)
     on conflict do nothing returning endpoint_id, vantage, slot`,
    [bulk(rows)],
  )
  const keys = new Set(written.map((row) => keyOf(row.endpoint_id, row.vantage, row.slot)))
  // Of two of the same slot in one list the first is the one that was written.
  return probes.filter((one) => keys.delete(keyOf(one.endpointId, one.vantage, one.slot)))
}

function keyOf(endpointId: string, vantage: string, slot: Date): string {
  return `${endpointId} ${vantage} ${slot.toISOString()}`
}

/** The latest first. */
export async function readProbes(
  queries: Queries,
  endpointId: string,
  { limit, before }: { readonly limit: number; readonly before?: Date | undefined },
): Promise<ProbeRow[]> {
  const rows = await queries.query<{
    vantage: string
    slot: Date
    started_at: Date
    duration_ms: number
    connections: number
    bytes_received: number
    attempts: number
    sighting: Uint8Array | null
    failure: string | null
  }>(
    `select * from probe where endpoint_id = $1 and ($2::timestamptz is null or slot < $2)
     order by slot desc, vantage limit $3`,
    [endpointId, before ?? null, limit],
  )
  return rows.map((row) => ({
    endpointId,
    vantage: row.vantage,
    slot: row.slot,
    startedAt: row.started_at,
    durationMs: row.duration_ms,
    connections: row.connections,
    bytesReceived: row.bytes_received,
    attempts: row.attempts,
    sighting: row.sighting === null ? undefined : hexDigest(row.sighting),
    failure: row.failure ?? undefined,
  }))
}
