import type { State, Verdict } from '../judge/verdict.ts'
import type { RunSummary } from '../report/report.ts'
import { exitCodes } from './cli-error.ts'

/**
 * Of several verdicts: blocked beats undecided beats at risk (with `--strict` only) beats fits. A target that
 * could not be looked at is told by `unreadable`, unless something is blocked. A forecast that is blocked soon is a risk.
 */
export function exitCodeOfRun(
  { states, failed, soon = false }: Pick<RunSummary, 'states' | 'failed'> & { readonly soon?: boolean },
  strict: boolean,
): number {
  if (states.blocked > 0) return exitCodes.blocked
  if (failed > 0) return exitCodes.unreadable
  if (states.undecided > 0) return exitCodes.undecided
  return strict && (states['at-risk'] > 0 || soon) ? exitCodes.atRisk : exitCodes.done
}

export function exitCodeOf(verdicts: readonly Pick<Verdict, 'state'>[], strict: boolean): number {
  const states: { [Of in State]: number } = { fits: 0, 'at-risk': 0, blocked: 0, undecided: 0 }
  for (const { state } of verdicts) states[state]++
  return exitCodeOfRun({ states, failed: 0 }, strict)
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
