import type { Exam } from '../exam/exam.ts'
import { usualGapMs } from '../exam/usual-gap.ts'

/** Who does not come. `seconds`: for how long. */
export interface Quiet {
  /** Undefined: nobody came at all. */
  readonly device: string | undefined
  readonly seconds: number
  /** What passes between two of its connections as a rule. */
  readonly usualSeconds: number | undefined
}

/** A device that did not come back for so many of its usual gaps has stopped. */
const GAPS = 4
const LEAST_MS = 30_000
const MOST_MS = 15 * 60_000
/** Where it is not known how often it comes. */
const UNKNOWN_MS = 60_000
const NOBODY = ''

/** Tells once of each device that has stopped to retry, by its own pace. */
export class QuietWatch {
  readonly #tell: (quiet: Quiet) => void
  readonly #timers = new Map<string, NodeJS.Timeout>()

  constructor(tell: (quiet: Quiet) => void) {
    this.#tell = tell
  }

  /** From now on somebody is expected. */
  start(): void {
    this.#wait(NOBODY, { device: undefined, seconds: UNKNOWN_MS / 1000, usualSeconds: undefined })
  }

  /** A connection of it is open. */
  came(device: string): void {
    this.#clear(NOBODY)
    this.#clear(device)
  }

  /** Its connection is over, and it is to come back. */
  left(device: string, exam: Exam): void {
    const gap = usualGapMs(exam.answers)
    const ms = gap === undefined ? UNKNOWN_MS : Math.min(MOST_MS, Math.max(LEAST_MS, GAPS * gap))
    this.#wait(device, {
      device,
      seconds: Math.round(ms / 1000),
      usualSeconds: gap === undefined ? undefined : Math.max(1, Math.round(gap / 1000)),
    })
  }

  stop(): void {
    for (const key of [...this.#timers.keys()]) this.#clear(key)
  }

  #wait(key: string, quiet: Quiet): void {
    this.#clear(key)
    const timer = setTimeout(() => this.#tell(quiet), quiet.seconds * 1000)
    this.#timers.set(key, timer)
  }

  #clear(key: string): void {
    clearTimeout(this.#timers.get(key))
    this.#timers.delete(key)
  }
}
