import type { Said } from './limit-search.ts'
import type { Outcome } from './outcome.ts'
import type { Baseline } from './topic.ts'

const steps = ['connected', 'hello', 'established', 'request', 'answered'] as const

/** Whether the device took the server's flight, as far as it goes when nothing is wrong. */
export function saidOfHandshake({ hello, reached }: Outcome, { good }: Pick<Baseline, 'good'>): Said {
  if (hello === undefined) return 'lost'
  return steps.indexOf(reached) >= steps.indexOf(good) ? 'passes' : 'fails'
}

/** Whether it went on waiting for the rest of an answer, after what it was sent of it. */
export function saidOfAnswer(outcome: Outcome, baseline: Pick<Baseline, 'good'>): Said {
  if (saidOfHandshake(outcome, baseline) !== 'passes' || outcome.reached !== 'answered') return 'lost'
  return outcome.end === 'kept' && outcome.alerts.length === 0 ? 'passes' : 'fails'
}
