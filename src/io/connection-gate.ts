/** How many connections may be open at once, and how close together they may begin. */
export interface GateRule {
  readonly key: string
  readonly atOnce: number
  /** From the beginning of one connection to that of the next. */
  readonly gapMs: number
}

interface Waiting {
  readonly rules: readonly GateRule[]
  readonly enter: () => void
}

interface Use {
  open: number
  lastMs: number
}

/**
 * Lets connections in by rules, in the order in which they came; one whose rules are met does not wait for others
 * whose rules are not. All rules of a connection are met at once, so that nobody holds one while waiting for another.
 */
export class ConnectionGate {
  readonly #uses = new Map<string, Use>()
  readonly #waiting = new Set<Waiting>()
  #timer: NodeJS.Timeout | undefined

  /** Resolves with what ends the connection's stay, to be called once. Rejects with the reason of `signal`. */
  async enter(rules: readonly GateRule[], signal: AbortSignal | undefined): Promise<() => void> {
    signal?.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(waiting)
        reject(signal?.reason)
      }
      const waiting: Waiting = {
        rules,
        enter: () => {
          signal?.removeEventListener('abort', leave)
          resolve()
        },
      }
      signal?.addEventListener('abort', leave, { once: true })
      this.#waiting.add(waiting)
      this.#admit()
    })
    return () => this.#leave(rules)
  }

  #leave(rules: readonly GateRule[]): void {
    for (const { key } of rules) {
      const use = this.#uses.get(key)
      if (use !== undefined) use.open--
    }
    this.#admit()
  }

  #admit(): void {
    clearTimeout(this.#timer)
    const nowMs = performance.now()
    let soonestMs = Infinity
    for (const waiting of this.#waiting) {
      const readyMs = Math.max(...waiting.rules.map((rule) => this.#readyMs(rule)))
      if (readyMs > nowMs) {
        soonestMs = Math.min(soonestMs, readyMs)
        continue
      }
      this.#waiting.delete(waiting)
      for (const { key } of waiting.rules) {
        const use = this.#uses.get(key) ?? { open: 0, lastMs: 0 }
        this.#uses.set(key, { open: use.open + 1, lastMs: nowMs })
      }
      waiting.enter()
    }
    // Where all are waiting for others to leave, those call again.
    if (soonestMs < Infinity) this.#timer = setTimeout(() => this.#admit(), soonestMs - nowMs)
  }

  #readyMs({ key, atOnce, gapMs }: GateRule): number {
    const use = this.#uses.get(key)
    if (use === undefined) return 0
    return use.open >= atOnce ? Infinity : use.lastMs + gapMs
  }
}
