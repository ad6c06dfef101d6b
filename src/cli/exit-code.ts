import type { Verdict } from '../judge/verdict.ts'
import { exitCodes } from './cli-error.ts'

/** Of several verdicts: blocked beats undecided beats at risk (with `--strict` only) beats fits. */
export function exitCodeOf(verdicts: readonly Pick<Verdict, 'state'>[], strict: boolean): number {
  const has = (state: Verdict['state']) => verdicts.some((verdict) => verdict.state === state)
  if (has('blocked')) return exitCodes.blocked
  if (has('undecided')) return exitCodes.undecided
  return strict && has('at-risk') ? exitCodes.atRisk : exitCodes.done
}
