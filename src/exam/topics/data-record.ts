import type { LimitFound, LimitSearch } from '../limit-search.ts'
import type { Outcome } from '../outcome.ts'
import { speaksHttp } from '../requests.ts'
import { saidOfAnswer } from '../said.ts'
import { searchOf } from '../searching.ts'
import type { AnswerToServe } from '../serving.ts'
import type { Baseline, ExamView, Probe, Topic, TopicId } from '../topic.ts'

interface AnswerSize {
  readonly kind: 'record' | 'head'
  readonly least: number
  readonly most: number
  readonly usual: readonly number[]
}

/** Plaintext of a record: 2^14 at most, RFC 8446 §5.1. */
const record: AnswerSize = {
  kind: 'record',
  least: 128,
  most: 16_384,
  usual: [512, 1024, 1500, 2048, 2303, 3072, 4096, 6144, 8192, 12_288],
}

const head: AnswerSize = {
  kind: 'head',
  least: 128,
  most: 8192,
  usual: [256, 512, 1024, 1536, 2048, 3072, 4096, 6144],
}

/** Room for a record's own header, tag and padding, where these count. */
const NEAR = 32

export const dataRecordTopic = topicOf('data-record', record)
export const responseHeadTopic = topicOf('response-head', head)

/** Undefined: nothing was asked. */
export const dataRecordSearch = (exam: ExamView) => searchSoFar(exam, 'data-record', record)
export const responseHeadSearch = (exam: ExamView) => searchSoFar(exam, 'response-head', head)

export const dataRecordFound = (exam: ExamView): LimitFound | undefined => dataRecordSearch(exam)?.found
export const responseHeadFound = (exam: ExamView): LimitFound | undefined => responseHeadSearch(exam)?.found

function topicOf(topic: TopicId, size: AnswerSize): Topic {
  return {
    id: topic,
    next(exam) {
      const { baseline } = exam
      if (baseline === undefined || !speaksHttp(exam)) return undefined
      const bytes = searchIn(exam, baseline, topic, size).next()
      if (bytes === undefined) return undefined
      const answer: AnswerToServe = { kind: size.kind, bytes }
      return { topic, key: `${size.kind}:${bytes}`, serving: { ...baseline.serving, answer } }
    },
    atMost: (exam) =>
      exam.baseline !== undefined && !speaksHttp(exam)
        ? 0
        : Math.max(0, MOST_CONNECTIONS - exam.of(topic).length),
  }
}

const MOST_CONNECTIONS = 16

function searchSoFar(exam: ExamView, topic: TopicId, size: AnswerSize): LimitSearch | undefined {
  const { baseline } = exam
  if (baseline === undefined || exam.of(topic).length === 0) return undefined
  return searchIn(exam, baseline, topic, size)
}

function searchIn(exam: ExamView, baseline: Baseline, topic: TopicId, size: AnswerSize) {
  const options = { passes: size.least, most: size.most, usual: size.usual, near: NEAR }
  return searchOf(exam, topic, size.kind, options, ({ probe, outcome }) =>
    saidOfAnswer(outcome, baseline, sentWhole(probe, outcome)),
  )
}

/** A server that honours max_fragment_length cuts what is longer. */
function sentWhole({ serving: { answer } }: Probe, { sent, reached }: Outcome): boolean {
  if (reached !== 'answered') return true
  if (answer.kind === 'record') return sent.dataRecordBytes >= answer.bytes
  return answer.kind !== 'head' || sent.headBytes >= answer.bytes
}
