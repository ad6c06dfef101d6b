import { speaksHttp } from '../requests.ts'
import { redirectStepOf } from '../serving.ts'
import type { Answer, ExamView, Topic } from '../topic.ts'
import { redirectFound } from './redirect.ts'

/** More than HTTP clients follow that stop at all, such as 10, 20 or 30: where a device follows all, it has no limit that matters. */
export const MOST_REDIRECTS = 32
/** One that makes a new connection for each redirect takes a connection a step. */
const MOST_CONNECTIONS = 24
/** What a link that broke ended is no limit: so many counts must be the same. */
const SAME_COUNTS = 2
const MOST_RUNS = 4

export interface RedirectsFound {
  /** The most in a row that it was seen to follow. */
  readonly followed: number
  /** It was sent one more each time, and did not go there. */
  readonly stops: boolean
}

/** Of a device that follows a redirect at all: one that leads to the next, and so on; the path says how far it has come. */
export const redirectsInRowTopic: Topic = {
  id: 'redirects-in-row',
  next(exam) {
    const { baseline } = exam
    if (baseline === undefined || !isOpen(exam)) return undefined
    const answer = { kind: 'redirects', most: MOST_REDIRECTS } as const
    return { topic: 'redirects-in-row', key: 'row', serving: { ...baseline.serving, answer } }
  },
  atMost: (exam) => (isOpen(exam) ? Math.max(0, SAME_COUNTS - runsOf(exam).length) : 0),
}

export function redirectsFound(exam: ExamView): RedirectsFound | undefined {
  const runs = runsOf(exam)
  const followed = Math.max(0, ...runs)
  if (followed === 0) return undefined
  return { followed, stops: followed < MOST_REDIRECTS && hasSame(runs) && runs.length < MOST_RUNS }
}

/**
 * How many it followed each time that it began anew with a path of its own. The last one may go on with the next connection,
 * whatever that asks.
 */
function runsOf(exam: ExamView): number[] {
  const first = exam.answers.findIndex(({ probe }) => probe.topic === 'redirects-in-row')
  if (first < 0) return []
  const runs: number[] = []
  for (const { probe, outcome } of exam.answers.slice(first)) {
    const isRow = probe.topic === 'redirects-in-row' && outcome.reached === 'answered'
    for (const { path } of outcome.requests) {
      const step = redirectStepOf(path)
      if (step !== undefined && runs.length > 0) runs.push(Math.max(runs.pop()!, step))
      else if (step === undefined && isRow) runs.push(0)
    }
  }
  return runs
}

function hasSame(runs: readonly number[]): boolean {
  return runs.length >= SAME_COUNTS && runs.every((one) => one === runs[0])
}

function isOpen(exam: ExamView): boolean {
  if (!speaksHttp(exam) || !follows(exam)) return false
  const asked: readonly Answer[] = exam.of('redirects-in-row')
  if (asked.length >= MOST_CONNECTIONS) return false
  const runs = runsOf(exam)
  if (runs.includes(MOST_REDIRECTS) || runs.length >= MOST_RUNS) return false
  return !hasSame(runs)
}

function follows(exam: ExamView): boolean {
  const same = redirectFound(exam)?.sameHost
  return same === 'same-connection' || same === 'later-connection'
}
