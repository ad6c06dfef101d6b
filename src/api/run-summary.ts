import type { State, Verdict } from '../judge/verdict.ts'
import type { RunSummary } from '../report/report.ts'

/** What a report of verdicts that are at hand ends with: of the network nothing was asked for it. */
export function runSummary(verdicts: readonly Verdict[], version: string, at: Date): RunSummary {
  const count = (state: State) => verdicts.filter((verdict) => verdict.state === state).length
  return {
    version,
    startedAt: at,
    elapsedMs: 0,
    asked: 1,
    targets: 1,
    failed: 0,
    resumed: 0,
    states: {
      fits: count('fits'),
      'at-risk': count('at-risk'),
      blocked: count('blocked'),
      undecided: count('undecided'),
    },
    connections: 0,
    bytesSent: 0,
    bytesReceived: 0,
    interrupted: false,
    exitCode: 0,
  }
}
