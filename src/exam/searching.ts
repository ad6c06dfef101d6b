import { refusalsNeeded, steadinessOf, subjectOf } from './flaky.ts'
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
  const told = exam.of(topic).flatMap((answer) => {
    const [asked, value] = answer.probe.key.split(':')
    return asked === name ? [{ value: Number(value), said: said(answer) }] : []
  })
  return searchAmong(exam, topic, name, options, told)
}

/** The same, of what was told by whatever questions. */
export function searchAmong(
  exam: ExamView,
  topic: TopicId,
  name: string,
  options: LimitSearchOptions,
  told: readonly { readonly value: number; readonly said: Said }[],
): LimitSearch {
  const search = new LimitSearch({ ...options, steadiness: steadinessOf(exam, subjectOf(topic, name)) })
  for (const { value, said } of told) search.tell(value, said)
  return search
}

/**
 * What answers to one key say together; undefined: not asked, or not decided. A refusal counts from so many on, or when the
 * device gave the certificate as its reason.
 */
export function votesFor(
  answers: readonly Answer[],
  key: string,
  said: (answer: Answer) => Said,
  leastFails = 1,
): Said | undefined {
  const asked = answers.filter((answer) => answer.probe.key === key)
  const all = asked.map(said)
  const count = (one: Said) => all.filter((each) => each === one).length
  const [passes, fails] = [count('passes'), count('fails')]
  if (passes > fails) return 'passes'
  const deliberate = asked.some(
    (answer) => said(answer) === 'fails' && answer.outcome.alerts.some((one) => certificateAlerts.has(one)),
  )
  if (fails > passes && (deliberate || fails >= leastFails)) return 'fails'
  const given = passes + fails === 0 ? MOST_LOST : MOST_ASKED
  return all.length >= given ? 'lost' : undefined
}

/** The same in an exam: what broke off once is asked again of a device that is flaky. */
export function toldOf(
  exam: ExamView,
  answers: readonly Answer[],
  key: string,
  said: (answer: Answer) => Said,
  leastFails = 1,
): Said | undefined {
  return votesFor(answers, key, said, Math.max(leastFails, refusalsNeeded(exam)))
}

/** bad_certificate to certificate_unknown, and unknown_ca: RFC 5246 §7.2. A link that breaks sends none. */
const certificateAlerts: ReadonlySet<number> = new Set([42, 43, 44, 45, 46, 48])
/** Connections that said nothing of a question, until it is given up. */
const MOST_LOST = 3
/** Connections for one question, whatever they say. */
const MOST_ASKED = 6

export type { LimitFound }
