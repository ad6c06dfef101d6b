import type { LimitFound, LimitSearch, LimitStep } from './limit-search.ts'
import { messageReading } from './message-reading.ts'
import type { Answer, ExamView, TopicId } from './topic.ts'
import { alternativeNamesSearch } from './topics/alternative-names.ts'
import { certificateSearch } from './topics/certificate.ts'
import { certificatesSearch } from './topics/certificates.ts'
import { chainSearches } from './topics/chain.ts'
import { dataRecordAnswers, dataRecordSearch, responseHeadSearch } from './topics/data-record.ts'

/** How one limit was looked for: what each connection asked and said, and what was known after it. */
export interface Bisection {
  readonly id: BisectionId
  readonly found: LimitFound
  /** In order. */
  readonly steps: readonly BisectionStep[]
  /** Connections of the same topic beside the search, such as those that tell what counts: positions, from 0. */
  readonly besides: readonly number[]
}

export interface BisectionStep extends LimitStep {
  /** Position in the list of answers, from 0. */
  readonly at: number
}

export type BisectionId =
  | 'chain-message'
  | 'chain-message-in-records'
  | 'data-record'
  | 'certificate'
  | 'certificates'
  | 'alternative-names'
  | 'response-head'

interface Searched {
  readonly id: BisectionId
  readonly topic: TopicId
  /** Of its keys, before the colon. */
  readonly name: string
  readonly search: (exam: ExamView) => LimitSearch | undefined
  /** Its answers, where some were told by questions of another topic. */
  readonly answers?: (exam: ExamView) => readonly Answer[]
  /** A value as the profile counts it. */
  readonly reading?: (exam: ExamView) => (value: number) => number
}

/** What decides most comes first. */
const searched: readonly Searched[] = [
  {
    id: 'chain-message',
    topic: 'chain',
    name: 'pair',
    search: (exam) => chainSearches(exam)?.message,
    reading: messageReading,
  },
  {
    id: 'chain-message-in-records',
    topic: 'chain',
    name: 'split-pair',
    search: (exam) => chainSearches(exam)?.joined,
    reading: messageReading,
  },
  {
    id: 'data-record',
    topic: 'data-record',
    name: 'record',
    search: dataRecordSearch,
    answers: dataRecordAnswers,
  },
  { id: 'certificate', topic: 'certificate', name: 'leaf', search: certificateSearch },
  { id: 'certificates', topic: 'certificates', name: 'path', search: certificatesSearch },
  { id: 'alternative-names', topic: 'alternative-names', name: 'names', search: alternativeNamesSearch },
  { id: 'response-head', topic: 'response-head', name: 'head', search: responseHeadSearch },
]

/** Every search of the exam that asked something. Values are in the unit of the profile. */
export function bisectionsOf(exam: ExamView): Bisection[] {
  return searched.flatMap((one) => bisectionOf(exam, one) ?? [])
}

function bisectionOf(
  exam: ExamView,
  { id, topic, name, search, answers, reading }: Searched,
): Bisection | undefined {
  const found = search(exam)
  if (found === undefined || found.steps.length === 0) return undefined
  const own =
    answers?.(exam).map((answer) => exam.answers.indexOf(answer)) ??
    positionsOf(exam, topic, (answer) => nameOf(answer) === name)
  const read = reading?.(exam) ?? ((value: number) => value)
  const failing = (fails: number | undefined) => (fails === undefined ? undefined : read(fails))
  const { passes, fails, ...rest } = found.found
  const isSearched = (answer: Answer) =>
    searched.some((other) => other.topic === topic && other.name === nameOf(answer))
  return {
    id,
    found: { ...rest, passes: read(passes), fails: failing(fails) },
    steps: found.steps.map((step, index) => ({
      ...step,
      value: read(step.value),
      passes: read(step.passes),
      fails: failing(step.fails),
      at: own[index] ?? 0,
    })),
    besides: id === 'chain-message-in-records' ? [] : positionsOf(exam, topic, (one) => !isSearched(one)),
  }
}

function nameOf({ probe }: Answer): string | undefined {
  return probe.key.split(':')[0]
}

function positionsOf(exam: ExamView, topic: TopicId, wanted: (answer: Answer) => boolean): number[] {
  return exam.answers.flatMap((answer, at) => (answer.probe.topic === topic && wanted(answer) ? [at] : []))
}
