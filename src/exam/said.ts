import type { Said } from './limit-search.ts'
import type { Outcome } from './outcome.ts'
import type { Baseline } from './topic.ts'

const steps = ['connected', 'hello', 'established', 'request', 'answered'] as const

/** Whether the device took the server's flight, as far as it goes when nothing is wrong. */
export function saidOfHandshake({ hello, reached }: Outcome, { good }: Pick<Baseline, 'good'>): Said {
  if (hello === undefined) return 'lost'
  return steps.indexOf(reached) >= steps.indexOf(good) ? 'passes' : 'fails'
}

/**
 * Whether it went on waiting for the rest of an answer, after what it was sent of it. One that closes before all of it was
 * sent has refused it; where less was sent than asked, nothing is told.
 */
export function saidOfAnswer(outcome: Outcome, baseline: Pick<Baseline, 'good'>, wholly: boolean): Said {
  if (saidOfHandshake(outcome, baseline) !== 'passes' || !wholly) return 'lost'
  return outcome.reached === 'answered' && outcome.end === 'kept' && outcome.alerts.length === 0
    ? 'passes'
    : 'fails'
}
