import type { State, Verdict } from '../judge/verdict.ts'
import type { Comparison } from '../plan/comparison.ts'
import type { RunSummary } from '../report/report.ts'
import { exitCodes } from './cli-error.ts'

/**
 * A run that was broken off says so, and a fault of ours is never hidden behind a verdict. Else blocked beats a target that
 * could not be looked at, that beats undecided, at risk (with `--strict` only) and fits.
 * A forecast that is blocked soon is a risk.
 */
export function exitCodeOfRun(
  { states, failed, interrupted, faults, soon = false }: Pick<RunSummary, 'states' | 'failed'> & RunEnd,
  strict: boolean,
): number {
  if (interrupted) return exitCodes.interrupted
  if (faults > 0) return exitCodes.fault
  if (states.blocked > 0) return exitCodes.blocked
  if (failed > 0) return exitCodes.unreadable
  if (states.undecided > 0) return exitCodes.undecided
  return strict && (states['at-risk'] > 0 || soon) ? exitCodes.atRisk : exitCodes.done
}

interface RunEnd {
  readonly interrupted: boolean
  /** Targets that failed by a fault of ours. */
  readonly faults: number
  /** A forecast is blocked soon. */
  readonly soon?: boolean
}

export function exitCodeOf(verdicts: readonly Pick<Verdict, 'state'>[], strict: boolean): number {
  const states: { [Of in State]: number } = { fits: 0, 'at-risk': 0, blocked: 0, undecided: 0 }
  for (const { state } of verdicts) states[state]++
  return exitCodeOfRun({ states, failed: 0, faults: 0, interrupted: false }, strict)
}

/** What is this far ahead wants doing now. */
const SOON_DAYS = 90

/** A change that is late, or comes within 90 days, blocks what is not blocked today. A candidate is the user's to choose. */
export function isBlockedSoon({ outlook = [] }: Pick<Verdict, 'outlook'>, now: Date): boolean {
  const until = now.getTime() + SOON_DAYS * 86_400_000
  return outlook.some(
    ({ state, timing, from, candidate }) =>
      state === 'blocked' &&
      candidate === undefined &&
      (timing === 'late' || (timing === 'ahead' && from !== undefined && from.getTime() <= until)),
  )
}

/** A threshold of the plan that is broken is as bad as a verdict that blocks; a run that cannot be kept is told. */
export function exitCodeCompared(
  exitCode: number,
  comparison: Pick<Comparison, 'failures'> | undefined,
  isUnwritten: boolean,
): number {
  const isOver = exitCode === exitCodes.interrupted || exitCode === exitCodes.fault
  if (!isOver && comparison !== undefined && comparison.failures.length > 0) return exitCodes.blocked
  return exitCode === exitCodes.done && isUnwritten ? exitCodes.unreadable : exitCode
}
