import { setImmediate } from 'node:timers/promises'

/** Judging keeps sockets and timers waiting for at least this long at a time, and at most for that. */
const LEAST_MS = 10
const MOST_MS = 100

/**
 * Takes turns with sockets and timers, however much there is to judge: judging gets as long as they took. Were it given
 * less, what was seen would pile up before it and grow old in memory.
 */
export class Turns {
  readonly #nowMs: () => number
  #sinceMs: number
  #allowedMs = LEAST_MS

  /** `nowMs`: for tests. */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
    this.#sinceMs = nowMs()
  }

  /** Between two pieces of work. Resolves at once while it is still our turn. */
  async take(): Promise<void> {
    const nowMs = this.#nowMs()
    if (nowMs - this.#sinceMs < this.#allowedMs) return
    await setImmediate()
    this.#sinceMs = this.#nowMs()
    this.#allowedMs = Math.min(Math.max(LEAST_MS, this.#sinceMs - nowMs), MOST_MS)
  }
}
