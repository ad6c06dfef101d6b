import { failuresNeeded, type Steadiness } from './accidents.ts'
import type { Said } from './limit-search.ts'
import { remembered } from './remembered.ts'
import { saidOfHandshake } from './said.ts'
import type { Answer, ExamView, TopicId } from './topic.ts'

/** What they serve is the chain of the first good connection. */
const withGoodChain: ReadonlySet<TopicId> = new Set(['data-record', 'response-head', 'redirect', 'ranges'])

/** How many questions that the device takes it took, and at how many it broke off for a reason of its own. */
export function steadinessOf(exam: ExamView, without?: string): Steadiness {
  // The device is the same in both versions.
  if (exam.main !== undefined) return steadinessOf(exam.main, without && outerSubject(without))
  const subjects = bySubject(exam)
  const all = totalOf(exam)
  const left = without === undefined ? undefined : subjects.get(without)
  return left === undefined ? all : { good: all.good - left.good, bad: all.bad - left.bad }
}

const totalOf = remembered((exam): Steadiness => {
  const all = [...bySubject(exam).values()]
  return {
    good: all.reduce((sum, { good }) => sum + good, 0),
    bad: all.reduce((sum, { bad }) => sum + bad, 0),
  }
})

/** How often a question must fail, and not pass, to be refused: more often the flakier the device. */
export function refusalsNeeded(exam: ExamView): number {
  return failuresNeeded(steadinessOf(exam))
}

/** What belongs together: all values of one search, or one question. */
export function subjectOf(topic: TopicId, key: string): string {
  return `${topic} ${key.split(':')[0]}`
}

const outerSubject = (subject: string) => `other-version ${subject.replace(' ', '/')}`

const bySubject = remembered((exam): ReadonlyMap<string, Steadiness> => {
  const { baseline } = exam
  const subjects = new Map<
    string,
    { readonly value: number; readonly said: Said; readonly answer: Answer }[]
  >()
  if (baseline !== undefined)
    for (const answer of exam.answers) {
      const { topic, key, serving } = answer.probe
      if (topic === 'baseline' || serving.disturbance !== undefined) continue
      const value = Number(key.split(':')[1] ?? 0)
      const said = saidOfHandshake(answer.outcome, baseline)
      const subject = subjectOf(topic, key)
      const known = subjects.get(subject) ?? []
      known.push({ value, said, answer })
      subjects.set(subject, known)
    }
  return new Map(
    [...subjects].map(([subject, asked]) => {
      const taken = asked.filter(({ said }) => said === 'passes').map(({ value }) => value)
      const known = asked.filter(
        ({ value, answer }) => withGoodChain.has(answer.probe.topic) || value <= Math.max(...taken),
      )
      const count = (one: Said) => known.filter(({ said }) => said === one).length
      return [subject, { good: count('passes'), bad: count('fails') }]
    }),
  )
})
