import { outcomesAfter, speaksHttp } from '../requests.ts'
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
}

/** Only of a device that asks for a range by itself. */
export const rangesTopic: Topic = {
  id: 'ranges',
  next(exam) {
    const { baseline } = exam
    if (baseline === undefined || !isOpen(exam)) return undefined
    const answer = { kind: 'file', bytes: FILE_BYTES } as const
    return { topic: 'ranges', key: 'file', serving: { ...baseline.serving, answer } }
  },
  atMost: (exam) => (isOpen(exam) ? 1 : 0),
}

/** Undefined: it never asked for a range. */
export function rangesFound(exam: ExamView): RangesFound | undefined {
  const ranges = exam.answers.flatMap(({ outcome }) => rangesOf(outcome))
  if (ranges.length === 0) return undefined
  const bytes = ranges.flatMap(({ first, last }) => (last === undefined ? [] : [last - first + 1]))
  const served = whole(exam).at(-1)?.outcome
  return {
    bytes: [...new Set(bytes)].slice(0, MOST_SIZES),
    open: ranges.some(({ last }) => last === undefined),
    goesOn: served && goesOn(rangesOf(served), outcomesAfter(exam, served).flatMap(rangesOf)),
  }
}

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

function isOpen(exam: ExamView): boolean {
  if (!speaksHttp(exam) || whole(exam).length > 0 || exam.of('ranges').length >= MOST_ASKED) return false
  return exam.answers.some(({ outcome }) => rangesOf(outcome).length > 0)
}

function whole(exam: ExamView): Answer[] {
  return exam.of('ranges').filter(({ outcome }) => outcome.reached === 'answered')
}
