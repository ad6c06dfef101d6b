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

/** What answers to one key say together; undefined: not asked, or as many for as against. */
export function votesFor(
  answers: readonly Answer[],
  key: string,
  said: (answer: Answer) => Said,
): Said | undefined {
  const all = answers.filter((answer) => answer.probe.key === key).map(said)
  const count = (one: Said) => all.filter((each) => each === one).length
  const [passes, fails] = [count('passes'), count('fails')]
  if (passes === fails) return passes === 0 && all.length >= MOST_LOST ? 'lost' : undefined
  return passes > fails ? 'passes' : 'fails'
}

/** Connections in a row that said nothing of a question, until it is given up. */
const MOST_LOST = 3

export type { LimitFound }
