import * as v from 'valibot'
import { parseMetrics, type Sample } from './prometheus-text.ts'
import type { GatewayStatus, Tally } from './view-contract.ts'

const health = v.object({
  state: v.picklist(['ok', 'degraded', 'stopping']),
  workers: v.object({ running: v.number(), wanted: v.number() }),
  faults: v.array(v.string()),
})

/** Rows of a table that people read; the whole of it is for Prometheus. */
const rowsAtMost = 20
const faultsAtMost = 20

/** What `/healthz` and `/metrics` of a gateway say; undefined where they are not of one. */
export function gatewayStatus(healthText: string, metricsText: string): GatewayStatus | undefined {
  const told = v.safeParse(health, jsonOf(healthText))
  if (!told.success) return undefined
  const { state, workers, faults } = told.output
  const samples = parseMetrics(metricsText)
  const of = (name: string) => samples.filter((sample) => sample.name === `tlsfit_${name}`)
  const total = (name: string) => sumOf(of(name))
  const handshakes = of('handshakes_total')
  const cache = of('cache_bytes_served_total').length > 0
  return {
    ...{ state, workers, faults: faults.slice(0, faultsAtMost) },
    connections: total('connections'),
    handshakes: sumOf(handshakes),
    resumed: sumOf(handshakes.filter(({ labels }) => labels.get('resumed') === 'true')),
    failures: total('handshake_failures_total'),
    requests: total('requests_total'),
    mqttEnds: total('mqtt_connections_total'),
    bytesSent: total('bytes_sent_total'),
    bytesSaved: total('handshake_bytes_saved_total'),
    versions: tallies(handshakes, 'version'),
    listeners: tallies(of('connections'), 'listener'),
    statuses: tallies(of('requests_total'), 'status'),
    denied: tallies(of('denied_total'), 'why'),
    errors: joined(of('handshake_failures_total'), ['device', 'finding', 'how'] as const),
    upstreams: joined(of('upstream_failures_total'), ['upstream', 'code'] as const),
    cache: cache
      ? {
          bytesServed: total('cache_bytes_served_total'),
          bytesFetched: total('cache_bytes_fetched_total'),
          fills: total('cache_fills_total'),
          revalidations: total('cache_revalidations_total'),
          refused: total('cache_refused_total'),
        }
      : undefined,
  }
}

function sumOf(samples: readonly Sample[]): number {
  return samples.reduce((sum, { value }) => sum + value, 0)
}

function tallies(samples: readonly Sample[], label: string): Tally[] {
  return joined(samples, [label] as const).map(({ [label]: name = '', count }) => ({
    name: String(name),
    count,
  }))
}

/** Summed over all other labels; the most first. */
function joined<L extends string>(
  samples: readonly Sample[],
  labels: readonly L[],
): ({ readonly [label in L]: string } & { readonly count: number })[] {
  const rows = new Map<string, { readonly [label in L]: string } & { count: number }>()
  for (const { labels: own, value } of samples) {
    const values = labels.map((label) => [label, own.get(label) ?? ''] as const)
    const key = JSON.stringify(values)
    const row = rows.get(key)
    if (row === undefined) {
      const named = Object.fromEntries(values) as { readonly [label in L]: string }
      rows.set(key, { ...named, count: value })
    } else row.count += value
  }
  return [...rows.values()].sort((a, b) => b.count - a.count).slice(0, rowsAtMost)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
