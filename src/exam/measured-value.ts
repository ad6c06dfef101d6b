import { otherVersionOf } from './other-version.ts'
import type { Answer, ExamView, TopicId } from './topic.ts'

/** One value of a profile, from the answers to some topics. */
export interface MeasuredValue {
  /** Of the profile; undefined: the value stands beside the groups. */
  readonly group: 'limits' | 'verification' | 'build' | 'http' | undefined
  readonly key: string
  /** Whose connections are behind it. */
  readonly topics: readonly TopicId[]
  /** Of these the ones that asked for it, where a topic asks for several things; absent: all. */
  readonly asks?: (answer: Answer, exam: ExamView) => boolean
  /** What is written beside the source; undefined: nothing is told. */
  readonly of: (exam: ExamView) => Written | undefined
}

export type Written = Readonly<Record<string, unknown>>

/** The connections behind a value, in either version: those that asked for it, and no others of the same topic. */
export function answersBehind(value: MeasuredValue, exam: ExamView): readonly Answer[] {
  const other = otherVersionOf(exam)
  return [...askedBy(value, exam), ...(other === undefined ? [] : askedBy(value, other))]
}

function askedBy({ topics, asks }: MeasuredValue, exam: ExamView): readonly Answer[] {
  return topics.flatMap((topic) => exam.of(topic)).filter((answer) => asks?.(answer, exam) ?? true)
}

/** Asked under one of these keys, several of which may go together. */
export const keyed =
  (...keys: readonly string[]) =>
  ({ probe }: Answer) =>
    probe.key.split('+').some((key) => keys.includes(key))
