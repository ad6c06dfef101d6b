import type { RunSummary } from '../../src/report/report.ts'

/** A run of one target; what a test is about is given. */
export function runOf(given: Partial<RunSummary> = {}): RunSummary {
  return {
    version: '0.0.0',
    startedAt: new Date('2026-06-01T00:00:00Z'),
    elapsedMs: 1200,
    asked: given.targets ?? 1,
    targets: 1,
    failed: 0,
    resumed: 0,
    states: { fits: 0, 'at-risk': 0, blocked: 1, undecided: 0 },
    connections: 1,
    bytesSent: 400,
    bytesReceived: 6000,
    interrupted: false,
    exitCode: 1,
    ...given,
  }
}
