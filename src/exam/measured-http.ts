import { keyed, type MeasuredValue } from './measured-value.ts'
import type { ExamView } from './topic.ts'
import { responseHeadSearch } from './topics/data-record.ts'
import { rangesFound } from './topics/ranges.ts'
import { redirectFound } from './topics/redirect.ts'
import { limitOf, shownToPass } from './written-limit.ts'

/** What it does with HTTP, whatever version of TLS is below: one figure holds in all. */
export const measuredHttp: readonly MeasuredValue[] = [
  {
    group: 'http',
    key: 'responseHeadBytes',
    topics: ['response-head'],
    of: (exam) => (asksHttp(exam) ? limitOf(shownToPass(responseHeadSearch(exam)), 'text') : undefined),
  },
  {
    group: 'http',
    key: 'redirects',
    topics: ['redirect'],
    asks: keyed('same-host'),
    of: (exam) => {
      const told = redirectFound(exam)?.sameHost
      return told === undefined ? undefined : { value: told === 'no' ? 'refused' : 'followed' }
    },
  },
  {
    group: 'http',
    key: 'rangeSupport',
    topics: ['ranges'],
    asks: keyed('ignored'),
    // One that reads the whole file may still make nothing of it.
    of: (exam) => (rangesFound(exam)?.ignored === 'stops' ? { value: 'needed' } : undefined),
  },
  {
    group: 'http',
    key: 'rangeBytes',
    topics: ['baseline', 'ranges'],
    of: (exam) => {
      const found = rangesFound(exam)
      const [bytes, ...others] = found?.bytes ?? []
      return bytes === undefined || others.length > 0 || found?.open ? undefined : { value: bytes }
    },
  },
]

function asksHttp(exam: ExamView): boolean {
  return exam.answers.some(({ outcome }) => outcome.requests.some(({ kind }) => kind === 'http'))
}
