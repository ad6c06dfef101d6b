import { Gauge, Registry } from 'prom-client'
import type { Database } from '../store/database.ts'
import { readFleets } from '../store/rows/fleets.ts'
import {
  type MetricsOf,
  type MetricsStandingRow,
  type MetricsVerdictRow,
  readMetricsStandings,
  readMetricsVerdicts,
} from '../store/rows/read-metrics.ts'
import { countOpenAlerts } from '../store/rows/read-overview.ts'
import { readWorkers } from '../store/rows/workers.ts'
import { decodeCertificate } from '../x509/decode-certificate.ts'

const DAY_MS = 86_400_000
const WORKER_SILENT_MS = 5 * 60_000

/** The text of `/metrics`, made of what the store has at this moment. Names and labels: docs/watch.md. */
export async function metricsText(database: Database, endpoint: MetricsOf, now: Date): Promise<string> {
  const registry = new Registry()
  const [verdicts, standings] = await Promise.all([
    readMetricsVerdicts(database, endpoint),
    readMetricsStandings(database, endpoint),
  ])
  addVerdicts(registry, verdicts)
  addStandings(registry, standings, now)
  if (endpoint === undefined) await addWhole(registry, database, now)
  return registry.metrics()
}

export const metricsType = Registry.PROMETHEUS_CONTENT_TYPE

function addVerdicts(registry: Registry, rows: readonly MetricsVerdictRow[]): void {
  const of = ['endpoint', 'vantage', 'fleet', 'device'] as const
  const gauge = <Label extends string>(name: string, help: string, more: readonly Label[] = []) =>
    new Gauge({ name, help, labelNames: [...of, ...more], registers: [registry] })
  const fits = gauge('tlsfit_fits', '1: the fleet gets through, also at risk; 0: blocked; absent: undecided')
  const margin = gauge('tlsfit_margin_bytes', 'bytes left to a limit, less than 0 over it', [
    'limit',
    'counts',
  ])
  const finding = gauge('tlsfit_finding', '1 for each finding that blocks, risks or leaves it open', [
    'finding',
    'effect',
  ])
  for (const { endpoint, vantage, fleet, device, state, margins, findings } of rows) {
    const labels = { endpoint, vantage, fleet, device }
    if (state !== 'undecided') fits.set(labels, state === 'blocked' ? 0 : 1)
    for (const { limit, counts, left, unit } of margins) {
      if (unit === 'bytes') margin.set({ ...labels, limit, counts }, left)
    }
    for (const { id, effect } of findings) finding.set({ ...labels, finding: id, effect }, 1)
  }
}

function addStandings(registry: Registry, rows: readonly MetricsStandingRow[], now: Date): void {
  const gauge = <Label extends string>(name: string, help: string, more: readonly Label[] = []) =>
    new Gauge({ name, help, labelNames: ['endpoint', 'vantage', ...more], registers: [registry] })
  const reached = gauge('tlsfit_reached', '1: reached in the last round that counts')
  const chain = gauge('tlsfit_chain_bytes', 'bytes of DER of the largest chain that was seen last')
  const message = gauge(
    'tlsfit_certificate_message_bytes',
    'bytes of the largest Certificate message that was seen last, with its header',
  )
  const record = gauge(
    'tlsfit_record_max_bytes',
    'plaintext bytes of the largest record that was seen last',
    ['of'],
  )
  const leaf = gauge('tlsfit_leaf_days', 'days until the first leaf of those seen last ends')
  const duration = gauge('tlsfit_probe_duration_seconds', 'how long the last probe took')
  const at = gauge('tlsfit_probe_timestamp_seconds', 'slot of the last round, seconds since 1970')
  for (const row of rows) {
    const { endpoint, vantage } = row
    const labels = { endpoint, vantage }
    reached.set(labels, row.reached ? 1 : 0)
    if (row.slot !== null) at.set(labels, row.slot.getTime() / 1_000)
    if (row.chain !== null) chain.set(labels, row.chain)
    if (row.message !== null) message.set(labels, row.message)
    if (row.handshake_record !== null) record.set({ ...labels, of: 'handshake' }, row.handshake_record)
    if (row.data_record !== null) record.set({ ...labels, of: 'data' }, row.data_record)
    if (row.duration_ms !== null) duration.set(labels, row.duration_ms / 1_000)
    if (row.leaf_not_after !== null) leaf.set(labels, daysUntil(new Date(row.leaf_not_after), now))
  }
}

/** What is of no endpoint. */
async function addWhole(registry: Registry, database: Database, now: Date): Promise<void> {
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] })
  const [fleets, alerts, workers] = await Promise.all([
    readFleets(database),
    countOpenAlerts(database),
    readWorkers(database, new Date(now.getTime() - WORKER_SILENT_MS)),
  ])
  const devices = gauge('tlsfit_fleet_devices', 'devices of a fleet', ['fleet', 'device'])
  const anchor = gauge('tlsfit_anchor_days', 'days until an anchor that a fleet holds ends', [
    'fleet',
    'anchor',
  ])
  for (const { id: fleet, device, count, held = [] } of fleets) {
    devices.set({ fleet, device }, count)
    for (const { label, der } of held) {
      const { notAfter, sha256 } = decodeCertificate(new Uint8Array(Buffer.from(der, 'base64')))
      anchor.set({ fleet, anchor: `${label} ${sha256.slice(0, 16)}` }, daysUntil(notAfter, now))
    }
  }
  const open = gauge('tlsfit_open_alerts', 'alerts that have not recovered', ['severity'])
  for (const severity of ['critical', 'warning', 'info']) {
    open.set({ severity }, alerts.find((one) => one.severity === severity)?.count ?? 0)
  }
  const worker = gauge('tlsfit_worker_seen_timestamp_seconds', 'last sign of life, seconds since 1970', [
    'worker',
    'vantage',
  ])
  for (const { id, vantage, seenAt } of workers) worker.set({ worker: id, vantage }, seenAt.getTime() / 1_000)
}

function daysUntil(end: Date, now: Date): number {
  return Math.round(((end.getTime() - now.getTime()) / DAY_MS) * 100) / 100
}
