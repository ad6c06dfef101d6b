import type { LimitFound, LimitSearch } from '../limit-search.ts'
import { saidOfHandshake } from '../said.ts'
import { searchOf } from '../searching.ts'
import { withChain } from '../serving-of.ts'
import type { Answer, ExamView, Topic } from '../topic.ts'
import { certificateFound } from './certificate.ts'
import { chainFound } from './chain.ts'

/** What public CAs put into a certificate at most: Let's Encrypt 100 names. */
const MOST_NAMES = 100
/** Each `n99.invalid` with its tag and length. */
const NAME_BYTES = 13
/** A leaf without more names. */
const LEAF_BYTES = 900
const usualNames = [2, 5, 10, 25, 50]
/** Most devices take them all. */
const UNLIMITED = 0.6
const MOST_CONNECTIONS = 8

export const alternativeNamesTopic: Topic = {
  id: 'alternative-names',
  next(exam) {
    const asking = askingOf(exam)
    const { baseline } = exam
    if (asking === undefined || baseline === undefined) return undefined
    const names = asking.search.nextToConfirm()
    if (names === undefined) return undefined
    const serving = withChain(baseline.serving, { moreNames: names - 1 })
    return { topic: 'alternative-names', key: `names:${names}`, serving }
  },
  atMost: (exam) =>
    askingOf(exam) === undefined ? 0 : Math.max(0, MOST_CONNECTIONS - exam.of('alternative-names').length),
}

/** How many subjectAltNames a leaf may have; the needed one is the first. Undefined: nothing was asked. */
export function alternativeNamesSearch(exam: ExamView): LimitSearch | undefined {
  return exam.of('alternative-names').length === 0 ? undefined : askingOf(exam)?.search
}

export const alternativeNamesFound = (exam: ExamView): LimitFound | undefined =>
  alternativeNamesSearch(exam)?.found

function askingOf(exam: ExamView) {
  const { baseline } = exam
  const chainBytes = chainFound(exam)?.message.passes
  if (baseline === undefined || chainBytes === undefined) return undefined
  const bytes = Math.min(chainBytes - 10, certificateFound(exam)?.bytes.passes ?? Infinity)
  const most = Math.min(MOST_NAMES, Math.floor((bytes - LEAF_BYTES) / NAME_BYTES))
  if (most <= 1) return undefined
  const options = {
    passes: 1,
    most,
    usual: usualNames.filter((one) => one < most),
    near: 1,
    unlimited: UNLIMITED,
  }
  const said = (answer: Answer) => saidOfHandshake(answer.outcome, baseline)
  return { most, search: searchOf(exam, 'alternative-names', 'names', options, said) }
}
