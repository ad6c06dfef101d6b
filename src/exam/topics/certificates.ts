import type { LimitFound, LimitSearch } from '../limit-search.ts'
import { priorOfMain } from '../other-version.ts'
import { saidOfHandshake } from '../said.ts'
import { searchOf, toldOf } from '../searching.ts'
import { plainIntermediate, withChain } from '../serving-of.ts'
import type { Answer, Baseline, ExamView, Probe, Topic } from '../topic.ts'
import { chainFound } from './chain.ts'
import { LEAST_CERTIFICATE_BYTES } from './chain-shapes.ts'

/** Leaf and sixteen intermediates: GnuTLS stops at a depth of 16, all small stacks before. */
export const MOST_CERTIFICATES = 17
/** Leaf and one intermediate were taken to measure the chain. */
const KNOWN_CERTIFICATES = 2
/** wolfSSL 9, GnuTLS 16, and what is left to the builder: two to five. */
const usualCounts = [3, 4, 5, 9, 16]
/** Most devices take all of them. */
const UNLIMITED = 0.6
const MOST_CONNECTIONS = 8

/** How many certificates a chain may have, as far as its bytes allow to ask. */
export interface CertificatesFound {
  readonly certificates: LimitFound
  /** Asked at most: more would be too large for the device, and tell nothing. */
  readonly most: number
  /** Whether those behind the path count, too; undefined: no limit, or not told. */
  readonly counts: 'path' | 'sent' | undefined
}

export const certificatesTopic: Topic = {
  id: 'certificates',
  next(exam) {
    const asking = askingOf(exam)
    if (asking === undefined) return undefined
    const { baseline, search } = asking
    const count = search.nextToConfirm()
    if (count !== undefined) return probeOf(baseline, `path:${count}`, count - 1, 0)
    const { fails } = search.found
    if (fails === undefined || tooManySent(exam, baseline, fails) !== undefined) return undefined
    return probeOf(baseline, `sent:${fails}`, 0, fails - 1)
  },
  atMost: (exam) =>
    askingOf(exam) === undefined ? 0 : Math.max(0, MOST_CONNECTIONS - exam.of('certificates').length),
}

/** Of the certificates of the path; undefined: nothing was asked. */
export function certificatesSearch(exam: ExamView): LimitSearch | undefined {
  return exam.of('certificates').length === 0 ? undefined : askingOf(exam)?.search
}

export function certificatesFound(exam: ExamView): CertificatesFound | undefined {
  const asking = askingOf(exam)
  if (asking === undefined || exam.of('certificates').length === 0) return undefined
  const { baseline, most, search } = asking
  const { fails } = search.found
  const said = fails === undefined ? undefined : tooManySent(exam, baseline, fails)
  const counts = said === 'passes' ? 'path' : said === 'fails' ? 'sent' : undefined
  return { certificates: search.found, most, counts }
}

function askingOf(exam: ExamView) {
  const { baseline } = exam
  const bytes = chainFound(exam)?.message.passes
  if (baseline === undefined || bytes === undefined) return undefined
  const most = Math.min(MOST_CERTIFICATES, Math.floor((bytes - 7) / (CERTIFICATE_BYTES + 3)))
  if (most <= KNOWN_CERTIFICATES) return undefined
  const options = {
    passes: KNOWN_CERTIFICATES,
    most,
    usual: usualCounts,
    near: 0,
    unlimited: UNLIMITED,
    ...priorOfMain(exam, (main) => certificatesFound(main)?.certificates),
  }
  const said = (answer: Answer) => saidOfHandshake(answer.outcome, baseline)
  return { baseline, most, search: searchOf(exam, 'certificates', 'path', options, said) }
}

/** As many certificates with a path of one: their bytes are fewer than what the device took. */
function tooManySent(exam: ExamView, baseline: Baseline, count: number) {
  const said = (answer: Answer) => saidOfHandshake(answer.outcome, baseline)
  return toldOf(exam, exam.of('certificates'), `sent:${count}`, said)
}

/** All of one size, so that the message is known. */
const CERTIFICATE_BYTES = LEAST_CERTIFICATE_BYTES + 20

function probeOf({ serving }: Baseline, key: string, intermediates: number, unneeded: number): Probe {
  const chain = {
    intermediates: Array.from({ length: intermediates }, () => ({
      ...plainIntermediate,
      bytes: CERTIFICATE_BYTES,
    })),
    unneeded: Array.from({ length: unneeded }, () => CERTIFICATE_BYTES),
  }
  return { topic: 'certificates', key, serving: withChain(serving, chain) }
}
