import { isFlaky } from './flaky.ts'
import { type LimitFound, LimitSearch, type LimitSearchOptions, type Said } from './limit-search.ts'
import type { Answer, ExamView, TopicId } from './topic.ts'

/** The search of a topic as its answers so far leave it: keys are `name:value`. */
export function searchOf(
  exam: ExamView,
  topic: TopicId,
  name: string,
  options: LimitSearchOptions,
  said: (answer: Answer) => Said,
): LimitSearch {
  const search = new LimitSearch(options)
  for (const answer of exam.of(topic)) {
    const [asked, value] = answer.probe.key.split(':')
    if (asked === name) search.tell(Number(value), said(answer))
  }
  return search
}

/** The largest value first: where that passes, as with most devices, nothing more is asked. */
export function nextFromTop(search: LimitSearch, most: number): number | undefined {
  return search.found.connections === 0 ? most : search.next()
}

/** What answers to one key say together; undefined: not asked, or not decided. A refusal counts from so many on. */
export function votesFor(
  answers: readonly Answer[],
  key: string,
  said: (answer: Answer) => Said,
  leastFails = 1,
): Said | undefined {
  const all = answers.filter((answer) => answer.probe.key === key).map(said)
  const count = (one: Said) => all.filter((each) => each === one).length
  const [passes, fails] = [count('passes'), count('fails')]
  if (passes > fails) return 'passes'
  if (fails > passes && fails >= leastFails) return 'fails'
  const given = passes + fails === 0 ? MOST_LOST : MOST_ASKED
  return all.length >= given ? 'lost' : undefined
}

/** The same in an exam: what broke off once is asked again of a device that is flaky. */
export function toldOf(
  exam: ExamView,
  answers: readonly Answer[],
  key: string,
  said: (answer: Answer) => Said,
): Said | undefined {
  return votesFor(answers, key, said, isFlaky(exam) ? 2 : 1)
}

/** Connections that said nothing of a question, until it is given up. */
const MOST_LOST = 3
/** Connections for one question, whatever they say. */
const MOST_ASKED = 6

export type { LimitFound }
