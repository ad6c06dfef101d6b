import type { Committed } from './commit-probes.ts'
import type { ProbeFound } from './probe-endpoint.ts'

/** Upper bounds of the buckets of probe durations, in seconds; the last has none. */
const durationBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const

/** What this process did since it began: for `/metrics`. */
export class WatchCounters {
  #probes = 0
  #unreached = 0
  #connections = 0
  #bytesReceived = 0
  #committed = 0
  #retries = 0
  #alerts = 0
  #failures = 0
  #durationSeconds = 0
  readonly #durations = new Array<number>(durationBuckets.length + 1).fill(0)

  probed({ durationMs, traffic, sight, stands }: ProbeFound): void {
    this.#probes++
    if (sight === undefined && stands === undefined) this.#unreached++
    this.#connections += traffic.connections
    this.#bytesReceived += traffic.bytesReceived
    this.#durationSeconds += durationMs / 1_000
    const at = durationBuckets.findIndex((seconds) => durationMs <= seconds * 1_000)
    const bucket = at < 0 ? durationBuckets.length : at
    this.#durations[bucket] = (this.#durations[bucket] ?? 0) + 1
  }

  committed({ probes, retries, steps }: Committed): void {
    this.#committed += probes.length
    this.#retries += retries
    this.#alerts += steps.filter(({ step }) => step.act === 'raise').length
  }

  failed(): void {
    this.#failures++
  }

  read() {
    return {
      probes: this.#probes,
      unreached: this.#unreached,
      connections: this.#connections,
      bytesReceived: this.#bytesReceived,
      committed: this.#committed,
      retries: this.#retries,
      alerts: this.#alerts,
      failures: this.#failures,
      durationSeconds: this.#durationSeconds,
      /** Of each bucket by itself, in the order of `durationBuckets`; the last has no bound. */
      durations: [...this.#durations] as readonly number[],
    }
  }
}
