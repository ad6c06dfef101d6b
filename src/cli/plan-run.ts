import { dirname } from 'node:path'
import { DataFileError } from '../device/data-file.ts'
import { isWithin } from '../io/find-plan.ts'
import { InputError } from '../io/input-error.ts'
import { ignoreFolder, readLastRun, writeLastRun } from '../io/last-run.ts'
import type { Verdict } from '../judge/verdict.ts'
import { compareRuns, holdingFailed } from '../plan/compare-runs.ts'
import type { Comparison } from '../plan/comparison.ts'
import type { Plan } from '../plan/parse-plan.ts'
import type { RunRecord } from '../plan/run-record.ts'
import { RunRecorder } from '../plan/run-recorder.ts'
import { brokenThresholds, isUnderLeast } from '../plan/thresholds.ts'
import { CliError, exitCodes } from './cli-error.ts'
import { pathOfPlan } from './plan-jobs.ts'

export interface PlanRunOptions {
  /** `--baseline`: in place of the one that the plan names. */
  readonly baseline: string | undefined
  /** `--update-baseline`: what is found is what is to be held. */
  readonly update: boolean
  /** A run at another time than now is compared and never kept. */
  readonly keep: boolean
  readonly now: Date
}

const defaultLastRun = '.tlsfit/last-run.json'

/** A run of a plan beside the run before it. */
export class PlanRun {
  readonly #plan: Plan
  readonly #options: PlanRunOptions
  readonly #file: string
  readonly #kind: Comparison['kind']
  readonly #before: RunRecord | undefined
  readonly #recorder = new RunRecorder()
  /** Set where what was found could not be kept. */
  unwritten: InputError | undefined

  private constructor(
    plan: Plan,
    options: PlanRunOptions,
    at: { readonly file: string; readonly kind: Comparison['kind']; readonly before: RunRecord | undefined },
  ) {
    this.#plan = plan
    this.#options = options
    this.#file = at.file
    this.#kind = at.kind
    this.#before = at.before
  }

  /** Throws `InputError`, `DataFileError` or `CliError` for a last run that cannot be compared with. */
  static async open(plan: Plan, options: PlanRunOptions): Promise<PlanRun> {
    const named = options.baseline ?? (plan.baseline && pathOfPlan(plan, plan.baseline))
    const kind = named === undefined ? 'last-run' : 'baseline'
    if (named === undefined && plan.lastRun !== undefined) await refuseOutside(plan, plan.lastRun)
    const file = named ?? pathOfPlan(plan, plan.lastRun ?? defaultLastRun)
    const before = await readLastRun(file).catch((error: unknown) => {
      // What cannot be read is to be written anew.
      if (options.update && error instanceof DataFileError) return undefined
      throw error
    })
    if (before === undefined && kind === 'baseline' && !options.update) {
      throw new CliError(exitCodes.unreadable, 'baseline-missing', `the baseline ${file} is not there`, {
        hint: 'write it with tlsfit check --update-baseline, and commit it',
        at: file,
      })
    }
    return new PlanRun(plan, options, { file, kind, before })
  }

  /** What this run is compared with; undefined where nothing was kept. */
  get before(): RunRecord | undefined {
    return this.#before
  }

  add(verdicts: readonly Verdict[]): void {
    this.#recorder.add(verdicts)
  }

  /** A target of the plan that could not be looked at. */
  fail(label: string): void {
    this.#recorder.fail(label)
  }

  /** Compares with the run before, and keeps this one. A run that was broken off says nothing of what it left out. */
  async finish(interrupted: boolean): Promise<Comparison | undefined> {
    if (interrupted) return undefined
    const { update, keep, now } = this.#options
    const seen = this.#recorder.seen
    const before = this.#before
    const thresholds = new Map(
      this.#plan.targets.map(({ label, line, thresholds }) => [label, { ...thresholds, line }]),
    )
    const { changes, next, accepted } = compareRuns(before, seen, {
      at: `${now.toISOString().slice(0, 19)}Z`,
      refuses: (target, margin) => isUnderLeast(margin, thresholds.get(target) ?? { least: {} }),
    })
    const failures = brokenThresholds(seen.record, update ? undefined : before, (target) =>
      thresholds.get(target),
    )
    const isKept = keep && (update || this.#kind === 'last-run')
    const written = isKept && (await this.#write(update ? accepted : holdingFailed(next, before, failures)))
    const { file: plan } = this.#plan
    const first = before === undefined
    return { plan, file: this.#file, kind: this.#kind, first, written, changes, failures }
  }

  async #write(record: RunRecord): Promise<boolean> {
    try {
      const isOwn = this.#kind === 'last-run' && this.#file === pathOfPlan(this.#plan, defaultLastRun)
      await writeLastRun(this.#file, record)
      if (isOwn) await ignoreFolder(dirname(this.#file))
      return true
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      this.unwritten = error
      return false
    }
  }
}

/** A file of others is not to make folders wherever it likes. */
async function refuseOutside(plan: Plan, lastRun: string): Promise<void> {
  if (await isWithin(dirname(plan.file), pathOfPlan(plan, lastRun))) return
  throw plan.fault(
    ['last-run'],
    `${lastRun} is outside the repository, or outside the folder of the plan where there is none`,
    'a path within it, such as .tlsfit/last-run.json',
  )
}
