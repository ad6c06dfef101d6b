import type { State, Verdict } from '../judge/verdict.ts'
import type { RunSummary } from '../report/report.ts'
import { exitCodes } from './cli-error.ts'

/**
 * Of several verdicts: blocked beats undecided beats at risk (with `--strict` only) beats fits. A target that
 * could not be looked at is told by `unreadable`, unless something is blocked.
 */
export function exitCodeOfRun(
  { states, failed }: Pick<RunSummary, 'states' | 'failed'>,
  strict: boolean,
): number {
  if (states.blocked > 0) return exitCodes.blocked
  if (failed > 0) return exitCodes.unreadable
  if (states.undecided > 0) return exitCodes.undecided
  return strict && states['at-risk'] > 0 ? exitCodes.atRisk : exitCodes.done
}

export function exitCodeOf(verdicts: readonly Pick<Verdict, 'state'>[], strict: boolean): number {
  const states: { [Of in State]: number } = { fits: 0, 'at-risk': 0, blocked: 0, undecided: 0 }
  for (const { state } of verdicts) states[state]++
  return exitCodeOfRun({ states, failed: 0 }, strict)
}
