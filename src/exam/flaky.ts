import { remembered } from './remembered.ts'
import { saidOfHandshake } from './said.ts'
import type { TopicId } from './topic.ts'

/** What they serve is the chain of the first good connection. */
const withGoodChain: ReadonlySet<TopicId> = new Set(['data-record', 'response-head', 'redirect', 'ranges'])

/**
 * Whether the device breaks off for reasons of its own now and then: it was served a chain that it takes and did not take
 * it, or answered one question in two ways.
 */
export const isFlaky = remembered((exam): boolean => {
  const { baseline } = exam
  if (baseline === undefined) return false
  const before = new Map<string, string>()
  return exam.answers.some(({ probe, outcome }) => {
    if (probe.topic === 'baseline' || probe.serving.disturbance !== undefined) return false
    const said = saidOfHandshake(outcome, baseline)
    if (said === 'lost') return false
    if (said === 'fails' && withGoodChain.has(probe.topic)) return true
    const name = `${probe.topic} ${probe.key}`
    const earlier = before.get(name) ?? said
    before.set(name, said)
    return earlier !== said
  })
})
