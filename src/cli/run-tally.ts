import type { TrafficCount } from '../io/traffic.ts'
import type { State, Verdict } from '../judge/verdict.ts'
import type { RunSummary } from '../report/report.ts'
import { exitCodeOfRun, isBlockedSoon } from './exit-code.ts'

/** Counts what a run of `check` does, while it does it. */
export class RunTally {
  readonly #version: string
  readonly #startedAt: Date
  readonly #asked: number
  readonly #states: { [Of in State]: number } = { fits: 0, 'at-risk': 0, blocked: 0, undecided: 0 }
  #targets = 0
  #blockedTargets = 0
  #failed = 0
  #faults = 0
  #resumed = 0
  #soon = false

  constructor(version: string, startedAt: Date, asked: number) {
    this.#version = version
    this.#startedAt = startedAt
    this.#asked = asked
  }

  get targets(): number {
    return this.#targets
  }

  /** Targets that are blocked for any device. */
  get blockedTargets(): number {
    return this.#blockedTargets
  }

  /** The verdicts of one target, judged at that time. */
  add(verdicts: readonly Verdict[], at: Date, resumed: boolean): void {
    this.#targets++
    if (resumed) this.#resumed++
    this.#soon ||= verdicts.some((verdict) => isBlockedSoon(verdict, at))
    for (const { state } of verdicts) this.#states[state]++
    if (verdicts.some(({ state }) => state === 'blocked')) this.#blockedTargets++
  }

  /** A target that failed, by a fault of ours or not. */
  fail(isFault: boolean): void {
    this.#targets++
    this.#failed++
    if (isFault) this.#faults++
  }

  /** `broken`: the run was told to end before its last target. */
  summary(now: Date, broken: boolean, traffic: TrafficCount, strict: boolean): RunSummary {
    const interrupted = broken && this.#targets < this.#asked
    const states = { ...this.#states }
    const [failed, faults] = [this.#failed, this.#faults]
    return {
      version: this.#version,
      startedAt: this.#startedAt,
      elapsedMs: now.getTime() - this.#startedAt.getTime(),
      asked: this.#asked,
      targets: this.#targets,
      failed,
      resumed: this.#resumed,
      states,
      ...traffic,
      interrupted,
      exitCode: exitCodeOfRun({ states, failed, faults, interrupted, soon: this.#soon }, strict),
    }
  }
}
