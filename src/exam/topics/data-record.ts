import type { LimitSearch } from '../limit-search.ts'
import { priorOfMain } from '../other-version.ts'
import type { Outcome } from '../outcome.ts'
import { bestRecords } from '../own-records.ts'
import { remembered } from '../remembered.ts'
import { speaksHttp } from '../requests.ts'
import { saidOfAnswer, saidOfHandshake } from '../said.ts'
import { searchAmong } from '../searching.ts'
import type { AnswerToServe } from '../serving.ts'
import type { Answer, Baseline, ExamView, Probe, Topic, TopicId } from '../topic.ts'
import { chainFound, chainTopic } from './chain.ts'

interface AnswerSize {
  readonly topic: TopicId
  readonly kind: 'record' | 'head'
  readonly least: number
  readonly most: number
  readonly usual: readonly number[]
}

/** Plaintext of a record: 2^14 at most, RFC 8446 §5.1. */
const record: AnswerSize = {
  topic: 'data-record',
  kind: 'record',
  least: 128,
  most: 16_384,
  usual: [512, 1024, 1500, 2048, 2303, 3072, 4096, 6144, 8192, 12_288],
}

const head: AnswerSize = {
  topic: 'response-head',
  kind: 'head',
  least: 128,
  most: 8192,
  usual: [256, 512, 1024, 1536, 2048, 3072, 4096, 6144],
}

/** Room for a record's own header, tag and padding, where these count. */
const NEAR = 32
/** Most devices take the largest record there is, and heads longer than any server's. */
const UNLIMITED = 0.6

/** Bytes of a record of data: those answers of the chain's questions that came so far have told some already. */
export const dataRecordTopic = topicOf(record, (search) => search.next())
/** The bound that passes is confirmed later: what matters more comes first. */
export const dataRecordAgainTopic = topicOf(record, (search) => search.nextToConfirm())
export const responseHeadTopic = topicOf(head, (search) => search.nextToConfirm())

/** Bytes of the chain, and with each of them a record of data: a device that takes the one shows what it does with the other. */
export const chainWithRecordTopic: Topic = {
  ...chainTopic,
  next(exam) {
    const probe = chainTopic.next(exam)
    const bytes = probe && nextOf(exam, record, (search) => search.next())
    if (probe === undefined || bytes === undefined) return probe
    return { ...probe, serving: { ...probe.serving, answer: { kind: 'record', bytes } } }
  },
}

/** Undefined: nothing was asked. */
export const dataRecordSearch = (exam: ExamView) => searchSoFar(exam, record)
export const responseHeadSearch = (exam: ExamView) => searchSoFar(exam, head)

/** Its answers, those beside the chain's questions among them. */
export const dataRecordAnswers = (exam: ExamView): readonly Answer[] =>
  exam.baseline === undefined ? [] : toldOf(exam, exam.baseline, record)

function topicOf(size: AnswerSize, next: (search: LimitSearch) => number | undefined): Topic {
  return {
    id: size.topic,
    next(exam): Probe | undefined {
      const bytes = nextOf(exam, size, next)
      if (exam.baseline === undefined || bytes === undefined) return undefined
      const answer: AnswerToServe = { kind: size.kind, bytes }
      return {
        topic: size.topic,
        key: `${size.kind}:${bytes}`,
        serving: { ...bestRecords(exam, exam.baseline.serving), answer },
      }
    },
    atMost(exam) {
      const { baseline } = exam
      if (baseline !== undefined && (!speaksHttp(exam) || nextOf(exam, size, next) === undefined)) return 0
      return Math.max(0, MOST_CONNECTIONS - exam.of(size.topic).length)
    },
  }
}

const MOST_CONNECTIONS = 16

function nextOf(exam: ExamView, size: AnswerSize, next: (search: LimitSearch) => number | undefined) {
  const { baseline } = exam
  if (baseline === undefined || !speaksHttp(exam)) return undefined
  return next((size === record ? recordSearch : headSearch)(exam))
}

function searchSoFar(exam: ExamView, size: AnswerSize): LimitSearch | undefined {
  const { baseline } = exam
  if (baseline === undefined || toldOf(exam, baseline, size).length === 0) return undefined
  return (size === record ? recordSearch : headSearch)(exam)
}

const recordSearch = remembered((exam) => searchIn(exam, exam.baseline!, record))
const headSearch = remembered((exam) => searchIn(exam, exam.baseline!, head))

function searchIn(exam: ExamView, baseline: Baseline, size: AnswerSize): LimitSearch {
  const { topic, kind, least, most, usual } = size
  const chain = kind === 'record' ? chainFound(exam)?.message : undefined
  const options = {
    passes: least,
    assumed: true,
    most,
    usual,
    near: NEAR,
    unlimited: UNLIMITED,
    // Where not even the smallest chain passed, nothing was found.
    found: chain?.fails === undefined || !chain.exact ? undefined : chain.passes,
    ...priorOfMain(exam, (main) => searchSoFar(main, size)?.found),
  }
  const told = toldOf(exam, baseline, size).map((answer) => ({
    value: bytesOf(answer),
    said: saidOfAnswer(answer.outcome, baseline, sentWhole(answer)),
  }))
  return searchAmong(exam, topic, kind, options, told)
}

/** Those that say something of it. A chain that was refused says nothing of what would have come after it. */
function toldOf(exam: ExamView, baseline: Baseline, { topic, kind }: AnswerSize): readonly Answer[] {
  return exam.answers.filter(
    ({ probe, outcome }) =>
      probe.serving.answer.kind === kind &&
      probe.topic !== 'other-version' &&
      (probe.topic === topic || saidOfHandshake(outcome, baseline) === 'passes'),
  )
}

/** Bytes of the record or the head that an answer was about. */
function bytesOf({ probe }: Answer): number {
  const { answer } = probe.serving
  return answer.kind === 'record' || answer.kind === 'head' ? answer.bytes : 0
}

/** A server that honours max_fragment_length cuts what is longer. */
function sentWhole({ probe, outcome }: Answer): boolean {
  const { sent, reached }: Outcome = outcome
  const { answer } = probe.serving
  if (reached !== 'answered') return true
  if (answer.kind === 'record') return sent.dataRecordBytes >= answer.bytes
  return answer.kind !== 'head' || sent.headBytes >= answer.bytes
}
