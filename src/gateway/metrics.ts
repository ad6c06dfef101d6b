import { AggregatorRegistry, Counter, Gauge, Registry } from 'prom-client'
import type { Secured } from '../front/front.ts'
import type { HttpExchange } from '../front/http-exchange.ts'
import type { CacheCounters } from './cache/contract.ts'
import type { GatewayEvent } from './gateway-log.ts'

/** Metrics of one process, as they travel between processes. */
export type MetricsSnapshot = readonly object[]

/** What a failed handshake came to, in words of small number: they are labels. */
export interface FailureLabels {
  /** Cause of the vocabulary of findings; `unknown` where what was seen leaves several. */
  readonly finding: string
  /** Such as `alert unknown_ca`, `closed after server-flight`. */
  readonly how: string
  /** Families whose hello this is; `unknown` where it is nobody's that is known. */
  readonly device: string
}

/** What one process counts. Names, labels and what each means: docs/gateway.md. */
export class GatewayMetrics {
  readonly #registry = new Registry()
  readonly #handshakes = this.#counter('handshakes_total', 'handshakes that came to their end', [
    'listener',
    'version',
    'identity',
    'resumed',
  ])
  readonly #failures = this.#counter('handshake_failures_total', 'handshakes that failed', [
    'listener',
    'finding',
    'how',
    'device',
  ])
  readonly #requests = this.#counter('requests_total', 'responses by status', ['listener', 'status'])
  readonly #denied = this.#counter('denied_total', 'requests that nothing allows', ['listener', 'why'])
  readonly #upstreamFailures = this.#counter(
    'upstream_failures_total',
    'requests that an upstream did not answer',
    ['upstream', 'code'],
  )
  readonly #mqttEnds = this.#counter('mqtt_connections_total', 'MQTT connections that are over', ['listener'])
  readonly #sent = this.#counter(
    'bytes_sent_total',
    'bytes to devices, TLS records and handshakes included',
    ['listener'],
  )
  readonly #received = this.#counter('bytes_received_total', 'bytes from devices', ['listener'])
  readonly #body = this.#counter('body_bytes_sent_total', 'bytes of response bodies', ['listener'])
  readonly #saved = this.#counter(
    'handshake_bytes_saved_total',
    'handshake bytes that devices did not receive, against what the upstream itself was measured to send',
    ['listener'],
  )
  readonly #open: Gauge

  /** `connections`: those at this moment, by listener. */
  constructor(connections: () => ReadonlyMap<string, number>, cache: () => CacheCounters | undefined) {
    this.#open = new Gauge({
      name: 'tlsfit_connections',
      help: 'connections of devices at this moment',
      labelNames: ['listener'],
      registers: [this.#registry],
      collect: () => {
        for (const [listener, count] of connections()) this.#open.set({ listener }, count)
      },
    })
    const ofCache = (name: string, help: string, pick: (counters: CacheCounters) => number) => {
      const counter: Counter = new Counter({
        name: `tlsfit_cache_${name}`,
        help,
        registers: [this.#registry],
        collect: () => {
          const counters = cache()
          if (counters === undefined) return
          counter.reset()
          counter.inc(pick(counters))
        },
      })
    }
    ofCache('bytes_served_total', 'body bytes served from the cache', (all) => all.bytesServed)
    ofCache('bytes_fetched_total', 'bytes that filled the cache', (all) => all.bytesFetched)
    ofCache('fills_total', 'files fetched into the cache', (all) => all.fills)
    ofCache(
      'revalidations_total',
      'files that the upstream said are still the same',
      (all) => all.revalidations,
    )
    ofCache('refused_total', 'requests refused rather than served wrong bytes', (all) => all.refused)
  }

  /** `directBytes`: what a handshake with the upstream itself brings down, where that was measured. */
  secured(listener: string, connection: Secured, directBytes: number | undefined): void {
    const { version, identity, resumed, handshakeBytesSent } = connection
    this.#handshakes.inc({ listener, version, identity: identity ?? 'none', resumed: String(resumed) })
    if (resumed || directBytes === undefined || handshakeBytesSent === undefined) return
    this.#saved.inc({ listener }, Math.max(0, directBytes - handshakeBytesSent))
  }

  /** One that is told late was counted as secured before: both are true. */
  failed(listener: string, labels: FailureLabels): void {
    this.#failures.inc({ listener, ...labels })
  }

  exchange(listener: string, { status, bodyBytesSent }: HttpExchange): void {
    this.#requests.inc({ listener, status: String(status) })
    this.#body.inc({ listener }, bodyBytesSent)
  }

  wire(listener: string, sent: number, received: number): void {
    this.#sent.inc({ listener }, sent)
    this.#received.inc({ listener }, received)
  }

  /** Counts what is only told by events. */
  event({ what, listener = '', upstream = '', facts }: GatewayEvent): void {
    if (what === 'denied') this.#denied.inc({ listener, why: String(facts?.why ?? 'unknown') })
    else if (what === 'upstream-failed')
      this.#upstreamFailures.inc({ upstream, code: String(facts?.code ?? 'unknown') })
    else if (what === 'mqtt-end') this.#mqttEnds.inc({ listener })
  }

  async snapshot(): Promise<MetricsSnapshot> {
    return this.#registry.getMetricsAsJSON()
  }

  #counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter({ name: `tlsfit_${name}`, help, labelNames, registers: [this.#registry] })
  }
}

/** The metrics of several processes as one text in the format of Prometheus, 0.0.4. */
export async function formatMetrics(snapshots: readonly MetricsSnapshot[]): Promise<string> {
  return AggregatorRegistry.aggregate(snapshots as unknown as object[]).metrics()
}

/** Of a process that is gone: what it has counted stays counted, what it had open is closed. */
export function countersOf(snapshot: MetricsSnapshot): MetricsSnapshot {
  return snapshot.filter((metric) => 'type' in metric && metric.type === 'counter')
}

export const metricsContentType = Registry.PROMETHEUS_CONTENT_TYPE
