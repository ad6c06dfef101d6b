import type { Condition } from '../../src/fleet/condition.ts'
import type { Snapshot } from '../../src/fleet/snapshot.ts'
import type { SnapshotChange } from '../../src/fleet/snapshot-change.ts'
import type { UntoldCertificate } from '../../src/fleet/untold-certificate.ts'
import type { VerdictSummary } from '../../src/fleet/verdict-summary.ts'
import type { Queries } from '../../src/store/database.ts'

/** Rows of what is watched, in plain SQL: tests of what reads them need nobody who probes. */
export async function putFleet(
  queries: Queries,
  fleet: { id: string; name?: string; device: string; count: number; position?: number; origin?: string },
): Promise<void> {
  await queries.query(
    `insert into fleet (id, name, device, device_count, settings, position, origin, created_at)
     values ($1, $2, $3, $4, '{"verify":"full","clock":{"kind":"right"}}', $5, $6, now())`,
    [
      fleet.id,
      fleet.name ?? fleet.id,
      fleet.device,
      fleet.count,
      fleet.position ?? 0,
      fleet.origin ?? 'file',
    ],
  )
}

export const thresholds = {
  room: { percent: 10 },
  shrink: { percent: 10 },
  expiryDays: { leaf: 14, intermediate: 30, root: 90, anchor: 180 },
}

export async function putEndpoint(
  queries: Queries,
  endpoint: {
    id: string
    name?: string
    target?: string
    fleets?: readonly string[]
    vantages?: readonly string[]
    origin?: string
    settings?: object
  },
): Promise<void> {
  const settings = { headers: [], thresholds, fleets: endpoint.fleets, ...endpoint.settings }
  await queries.query(
    `insert into endpoint (id, name, target, settings, vantages, every_seconds, origin, due_at, created_at)
     values ($1, $2, $3, $4::jsonb, $5, 3600, $6, now(), now())`,
    [
      endpoint.id,
      endpoint.name ?? endpoint.id,
      endpoint.target ?? `https://${endpoint.id}.example.com`,
      JSON.stringify(settings),
      endpoint.vantages ?? ['local'],
      endpoint.origin ?? 'file',
    ],
  )
}

export function summary(parts: Partial<VerdictSummary> = {}): VerdictSummary {
  return { state: 'fits', addresses: 1, margins: [], findings: [], missing: [], chains: [], ...parts }
}

/** Room and rest of a limit of 4,096 bytes. */
export function nearest(left: number): Pick<VerdictSummary, 'nearest' | 'room'> {
  const room = left / 4096
  const margin = { limit: 'chainBytes', counts: 'sent', value: 4096 - left, limitValue: 4096, left } as const
  return { nearest: { ...margin, unit: 'bytes', room }, room }
}

export async function putVerdict(
  queries: Queries,
  endpointId: string,
  fleetId: string,
  verdict: VerdictSummary,
  { vantage = 'local', at = new Date() } = {},
): Promise<void> {
  await queries.query(
    `insert into verdict (endpoint_id, vantage, fleet_id, state, stage, nearest, room, summary, since, judged_at)
     values ($1, $2, $3, $4, $5, $6::jsonb, $7, $8::jsonb, $9, $9)
     on conflict (endpoint_id, vantage, fleet_id) do update set state = excluded.state, stage = excluded.stage,
       nearest = excluded.nearest, room = excluded.room, summary = excluded.summary, since = excluded.since`,
    [
      endpointId,
      vantage,
      fleetId,
      verdict.state,
      verdict.stage ?? null,
      verdict.nearest === undefined ? null : JSON.stringify(verdict.nearest),
      verdict.room ?? null,
      JSON.stringify(verdict),
      at,
    ],
  )
}

export function snapshot(
  at: Date,
  parts: { bytes?: number; leafEnds?: string; record?: number } = {},
): Snapshot {
  const { bytes = 3_000, leafEnds = '2027-01-01T00:00:00.000Z', record = 4_000 } = parts
  const certificate = {
    sha256: 'ab'.repeat(32),
    role: 'leaf' as const,
    subject: 'CN=example.com',
    issuer: 'CN=Example CA',
    key: 'EC secp256r1',
    bytes: Math.floor(bytes / 2),
    notBefore: '2026-10-01T00:00:00.000Z',
    notAfter: leafEnds,
  }
  const issuer = { issuer: 'CN=Example CA', root: 'CN=Example Root' }
  const digest = 'cd'.repeat(32)
  return {
    at: at.toISOString(),
    addresses: ['192.0.2.1'],
    views: [
      {
        plan: 'p',
        chains: [digest],
        versions: ['TLSv1.2'],
        cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
        handshakeRecordBytes: record,
      },
    ],
    chains: [{ digest, bytes, messageBytes: bytes + 10, certificates: [certificate], count: 1, ...issuer }],
  }
}

export async function putStanding(
  queries: Queries,
  endpointId: string,
  standing: {
    slot: Date
    snapshot?: Snapshot
    vantage?: string
    untold?: readonly UntoldCertificate[]
  },
): Promise<void> {
  const { slot, snapshot, vantage = 'local', untold } = standing
  const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value))
  await queries.query(
    `insert into standing (endpoint_id, vantage, slot, reached_slot, snapshot, untold)
     values ($1, $2, $3, $3, $4::jsonb, $5::json)
     on conflict (endpoint_id, vantage) do update set slot = excluded.slot, snapshot = excluded.snapshot`,
    [endpointId, vantage, slot, json(snapshot), json(untold)],
  )
}

/** An entry of a log whose issuer nobody knows. */
export const untold: UntoldCertificate = {
  ...{ sha256: 'ef'.repeat(32), subject: 'example.com', issuer: 'Example CA', key: 'RSA 2048', bytes: 1_400 },
  ...{ notBefore: '2026-11-20T00:00:00.000Z', notAfter: '2027-06-01T00:00:00.000Z' },
  ...{ why: 'issuer-unknown', missing: { name: 'Example CA', keyId: '0badc0de' } },
}

export async function putSnapshot(queries: Queries, endpointId: string, body: Snapshot): Promise<void> {
  await queries.query(
    `insert into snapshot (endpoint_id, vantage, at, body) values ($1, 'local', $2, $3::jsonb)`,
    [endpointId, body.at, JSON.stringify(body)],
  )
}

export async function putProbe(
  queries: Queries,
  endpointId: string,
  slot: Date,
  { failure, durationMs = 120 }: { failure?: string; durationMs?: number } = {},
): Promise<void> {
  await queries.query(
    `insert into probe (endpoint_id, vantage, slot, started_at, duration_ms, connections, bytes_received, attempts, failure)
     values ($1, 'local', $2, $2, $3, 2, 9000, 1, $4)`,
    [endpointId, slot, durationMs, failure ?? null],
  )
}

export async function putChange(
  queries: Queries,
  endpointId: string,
  at: Date,
  change: SnapshotChange,
): Promise<number> {
  const [row] = await queries.query<{ id: number }>(
    `insert into change (endpoint_id, vantage, at, kind, detail) values ($1, 'local', $2, $3, $4::jsonb) returning id`,
    [endpointId, at, change.kind, JSON.stringify(change)],
  )
  return row?.id ?? 0
}

export async function putAlert(queries: Queries, condition: Condition, raisedAt: Date): Promise<number> {
  const [row] = await queries.query<{ id: number }>(
    `insert into alert (endpoint_id, cause, kind, severity, fleet_ids, device_count, condition, raised_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $8) returning id`,
    [
      condition.endpointId,
      condition.cause,
      condition.kind,
      condition.severity,
      condition.fleetIds,
      condition.deviceCount,
      JSON.stringify(condition),
      raisedAt,
    ],
  )
  return row?.id ?? 0
}

export async function putEvent(queries: Queries, kind: string, endpointId?: string): Promise<void> {
  await queries.query(`insert into event (at, kind, endpoint_id, detail) values (now(), $1, $2, '{}')`, [
    kind,
    endpointId ?? null,
  ])
}
