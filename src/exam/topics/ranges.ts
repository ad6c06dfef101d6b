import { outcomesAfter, speaksHttp } from '../requests.ts'
import { saidOfAnswer } from '../said.ts'
import { toldOf } from '../searching.ts'
import type { Answer, ExamView, Topic } from '../topic.ts'

/** Longer than the ranges that devices ask for, so that there is a next one. */
const FILE_BYTES = 65_536
const MOST_ASKED = 3
/** Different sizes that are told at most. */
const MOST_SIZES = 8

/** How the device asks for parts of a file, RFC 9110 §14.2. */
export interface RangesFound {
  /** Sizes of the ranges that it asked for, in order of appearance. */
  readonly bytes: readonly number[]
  /** It asked for all from some byte on. */
  readonly open: boolean
  /** Whether it asks for the next range when the file is longer; `no`: only ever for the first. */
  readonly goesOn: 'same-connection' | 'later-connection' | 'no' | undefined
  /**
   * What it does where the answer is 200 with the whole file, as RFC 9110 §14.2 lets a server do: it goes on reading, or
   * breaks off before the end.
   */
  readonly ignored: 'takes' | 'stops' | undefined
  /** After that, the first thing that it asks for: the same part once more, another part, or all without a Range. */
  readonly afterIgnored: 'same-range' | 'other-range' | 'no-range' | undefined
}

/** Only of a device that asks for a range by itself. */
export const rangesTopic: Topic = {
  id: 'ranges',
  next(exam) {
    const { baseline } = exam
    const key = openIn(exam)[0]
    if (baseline === undefined || key === undefined) return undefined
    const answer =
      key === 'file'
        ? ({ kind: 'file', bytes: FILE_BYTES } as const)
        : ({ kind: 'whole-file', bytes: wholeBytes(exam) } as const)
    return { topic: 'ranges', key, serving: { ...baseline.serving, answer } }
  },
  atMost: (exam) => openIn(exam).length,
}

/** A server that knows ranges, and one that does not. */
type Question = 'file' | 'ignored'
const questions: readonly Question[] = ['file', 'ignored']

/** Longer than what it asked for, and not so long that it would be refused for its length. */
function wholeBytes(exam: ExamView): number {
  const ends = exam.answers.flatMap(({ outcome }) => rangesOf(outcome).map(({ last }) => (last ?? 1023) + 1))
  return Math.min(FILE_BYTES, 2 * Math.max(1024, Math.min(...ends)))
}

/** Undefined: it never asked for a range. */
export function rangesFound(exam: ExamView): RangesFound | undefined {
  const ranges = exam.answers.flatMap(({ outcome }) => rangesOf(outcome))
  if (ranges.length === 0) return undefined
  const bytes = ranges.flatMap(({ first, last }) => (last === undefined ? [] : [last - first + 1]))
  const served = whole(exam).at(-1)?.outcome
  const ignored = ignoredSaid(exam)
  return {
    bytes: [...new Set(bytes)].slice(0, MOST_SIZES),
    open: ranges.some(({ last }) => last === undefined),
    goesOn: served && goesOn(rangesOf(served), outcomesAfter(exam, served).flatMap(rangesOf)),
    ignored: ignored === 'passes' ? 'takes' : ignored === 'fails' ? 'stops' : undefined,
    afterIgnored: ignored === undefined || ignored === 'lost' ? undefined : afterIgnored(exam),
  }
}

/** A break-off counts from the second on: it may be the link. */
function ignoredSaid(exam: ExamView) {
  const { baseline } = exam
  if (baseline === undefined) return undefined
  const said = ({ outcome }: Answer) =>
    rangesOf(outcome).length > 0 ? saidOfAnswer(outcome, baseline, true) : 'lost'
  return toldOf(exam, exam.of('ranges'), 'ignored', said, REFUSALS)
}

const REFUSALS = 2

function afterIgnored(exam: ExamView): RangesFound['afterIgnored'] {
  const asked = exam
    .of('ranges')
    .find(({ probe, outcome }) => isIgnored(probe) && rangesOf(outcome).length > 0)
  if (asked === undefined) return undefined
  const [own, ...more] = asked.outcome.requests
  const next = [...more, ...outcomesAfter(exam, asked.outcome).flatMap(({ requests }) => requests)][0]
  if (own === undefined || next === undefined) return undefined
  if (next.range === undefined) return 'no-range'
  return next.range === own.range ? 'same-range' : 'other-range'
}

const isIgnored = ({ key }: Answer['probe']) => key === 'ignored'

function goesOn(now: readonly Range[], later: readonly Range[]): RangesFound['goesOn'] {
  if (now.some(({ first }) => first > 0)) return 'same-connection'
  if (later.some(({ first }) => first > 0)) return 'later-connection'
  return later.length > 0 ? 'no' : undefined
}

interface Range {
  readonly first: number
  readonly last: number | undefined
}

function rangesOf({ requests }: Pick<Answer['outcome'], 'requests'>): Range[] {
  return requests.flatMap(({ range }) => {
    const [, first, last] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(range ?? '') ?? []
    if (first === undefined) return []
    const end = last === undefined || last === '' ? undefined : Number(last)
    return end !== undefined && end < Number(first) ? [] : [{ first: Number(first), last: end }]
  })
}

function openIn(exam: ExamView): Question[] {
  if (!speaksHttp(exam) || !exam.answers.some(({ outcome }) => rangesOf(outcome).length > 0)) return []
  return questions.filter((one) => {
    if (one === 'ignored') return ignoredSaid(exam) === undefined
    return whole(exam).length === 0 && filesAsked(exam).length < MOST_ASKED
  })
}

function filesAsked(exam: ExamView): Answer[] {
  return exam.of('ranges').filter(({ probe }) => probe.key === 'file')
}

function whole(exam: ExamView): Answer[] {
  return filesAsked(exam).filter(({ outcome }) => outcome.reached === 'answered')
}
