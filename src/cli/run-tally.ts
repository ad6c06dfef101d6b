import type { State, Verdict } from '../judge/verdict.ts'
import type { RunSummary, TargetFailure } from '../report/report.ts'
import { exitCodeOfRun, isBlockedSoon } from './exit-code.ts'

/** Counts what a run of `check` does, while it does it. */
export class RunTally {
  readonly #version: string
  readonly #startedAt: Date
  readonly #states: { [Of in State]: number } = { fits: 0, 'at-risk': 0, blocked: 0, undecided: 0 }
  #targets = 0
  #failed = 0
  #soon = false

  constructor(version: string, startedAt: Date) {
    this.#version = version
    this.#startedAt = startedAt
  }

  /** The verdicts of one target, judged at that time. */
  add(verdicts: readonly Verdict[], at: Date): void {
    this.#targets++
    this.#soon ||= verdicts.some((verdict) => isBlockedSoon(verdict, at))
    for (const { state } of verdicts) this.#states[state]++
  }

  fail(_failure: TargetFailure): void {
    this.#targets++
    this.#failed++
  }

  summary(now: Date, strict: boolean): RunSummary {
    return {
      version: this.#version,
      startedAt: this.#startedAt,
      elapsedMs: now.getTime() - this.#startedAt.getTime(),
      targets: this.#targets,
      failed: this.#failed,
      resumed: 0,
      states: { ...this.#states },
      connections: 0,
      bytesSent: 0,
      bytesReceived: 0,
      interrupted: false,
      exitCode: exitCodeOfRun({ states: this.#states, failed: this.#failed, soon: this.#soon }, strict),
    }
  }
}
