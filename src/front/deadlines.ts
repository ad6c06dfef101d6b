/** How exact a deadline is: what waits for a slow device need not be timed to the millisecond. */
const SWEEP_MS = 250

/** Milliseconds that no correction of the clock makes longer or shorter: a gateway may start before it has the time. */
export function monotonicMs(): number {
  return performance.now()
}

/**
 * Deadlines of many connections by one timer. Moving a deadline is an assignment, so that each request may do it.
 */
export class DeadlineSweep {
  readonly #members = new Set<Deadlined>()
  #timer: NodeJS.Timeout | undefined

  add(member: Deadlined): void {
    this.#members.add(member)
    this.#timer ??= setInterval(() => this.#sweep(), SWEEP_MS).unref()
  }

  remove(member: Deadlined): void {
    this.#members.delete(member)
    if (this.#members.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #sweep(): void {
    const now = monotonicMs()
    for (const member of this.#members) if (member.deadline <= now) member.expire()
  }
}

export abstract class Deadlined {
  /** Of `monotonicMs`. */
  deadline = Number.POSITIVE_INFINITY
  readonly #sweep: DeadlineSweep

  constructor(sweep: DeadlineSweep) {
    this.#sweep = sweep
    sweep.add(this)
  }

  /** Its time has come. Called again on each sweep until the deadline moves or the member leaves. */
  abstract expire(): void

  protected deadlineIn(ms: number): void {
    this.deadline = monotonicMs() + ms
  }

  protected noDeadline(): void {
    this.#sweep.remove(this)
  }
}
