import type { LimitFound, LimitSearch } from '../limit-search.ts'
import { priorOfMain } from '../other-version.ts'
import { remembered } from '../remembered.ts'
import { saidOfHandshake } from '../said.ts'
import { searchOf } from '../searching.ts'
import { withChain } from '../serving-of.ts'
import type { Answer, ExamView, Topic } from '../topic.ts'
import { chainFound } from './chain.ts'
import { derOfPair } from './chain-shapes.ts'

/** Header of the message, length of its list, length of the one certificate in it. */
const MESSAGE_OVERHEAD = 7 + 3
/** A certificate of this size passes nearly everywhere; the pairs of the chain had larger ones. */
const LEAST_BYTES = 850
/** Larger than any that was ever seen in the field. */
export const MOST_BYTES = 16_000
const usualBytes = [1024, 1536, 2048, 3072, 4096, 6144, 8192, 10_240, 12_288]
const NEAR = 24
/** Few devices limit one certificate more than all of them. */
const UNLIMITED = 0.6
const MOST_CONNECTIONS = 18

/** DER bytes of one certificate. */
export interface CertificateFound {
  readonly bytes: LimitFound
  /** `chain`: what limits the whole was found to limit one. `alone`: a limit of its own, or none up to the largest asked. */
  readonly from: 'chain' | 'alone'
  /** Asked at most: a larger one is more than the whole chain may have. */
  readonly most: number
}

/** Bytes of one certificate by itself, where the chain did not tell it. */
export const certificateTopic: Topic = {
  id: 'certificate',
  next(exam) {
    const asking = askingOf(exam)
    const { baseline } = exam
    if (asking === undefined || baseline === undefined) return undefined
    const leafBytes = asking.search.nextToConfirm()
    if (leafBytes === undefined) return undefined
    return {
      topic: 'certificate',
      key: `leaf:${leafBytes}`,
      serving: withChain(baseline.serving, { leafBytes }),
    }
  },
  atMost: (exam) =>
    askingOf(exam) === undefined ? 0 : Math.max(0, MOST_CONNECTIONS - exam.of('certificate').length),
}

export const certificateFound = remembered((exam): CertificateFound | undefined => {
  const chain = chainFound(exam)
  if (chain === undefined) return undefined
  const { message, counts } = chain
  if (counts === 'certificate' && message.fails !== undefined) {
    const half = Math.ceil(derOfPair(message.passes) / 2)
    const fails = Math.ceil(derOfPair(message.fails) / 2)
    return {
      bytes: { ...message, passes: half, fails, exact: message.exact && fails - half === 1 },
      from: 'chain',
      most: half,
    }
  }
  if (toldByChain(counts)) {
    const passes = derOfPair(message.passes) + 1
    const bytes = {
      passes,
      fails: undefined,
      exact: message.exact,
      contradicted: [],
      connections: message.connections,
    }
    return { bytes, from: 'chain', most: passes }
  }
  const asking = exam.of('certificate').length === 0 ? undefined : askingOf(exam)
  return asking && { bytes: asking.search.found, from: 'alone', most: asking.most }
})

/** That of one certificate by itself; undefined: nothing was asked. */
export function certificateSearch(exam: ExamView): LimitSearch | undefined {
  return exam.of('certificate').length === 0 ? undefined : askingOf(exam)?.search
}

/** One certificate of nearly all the bytes was taken already, to tell what counts. */
function toldByChain(counts: string | undefined): boolean {
  return counts === 'message' || counts === 'handshake'
}

function askingOf(exam: ExamView) {
  const { baseline } = exam
  const chain = chainFound(exam)
  if (baseline === undefined || chain === undefined) return undefined
  if (chain.counts === 'certificate' || toldByChain(chain.counts)) return undefined
  const most = Math.min(MOST_BYTES, chain.message.passes - MESSAGE_OVERHEAD)
  const options = {
    passes: LEAST_BYTES,
    assumed: true,
    most,
    usual: usualBytes.filter((one) => one < most),
    near: NEAR,
    unlimited: UNLIMITED,
    ...priorOfMain(exam, (main) => certificateSearch(main)?.found),
  }
  const said = (answer: Answer) => saidOfHandshake(answer.outcome, baseline)
  return { most, search: searchOf(exam, 'certificate', 'leaf', options, said) }
}
