import type { Answer } from './topic.ts'

/** The last gaps decide: a device that fails may come back later each time. */
const GAPS = 8

/** What passes between two connections of a device, as a rule; undefined: it came but once. */
export function usualGapMs(answers: readonly Answer[]): number | undefined {
  const times = answers.slice(-GAPS - 1).map(({ outcome }) => outcome.at.getTime())
  // A session that went on later has one gap that says nothing: the middle one does not mind it.
  const gaps = times.slice(1).map((time, index) => Math.max(0, time - times[index]!))
  return gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)]
}
