import type { Said } from './limit-search.ts'
import type { Outcome } from './outcome.ts'
import type { Baseline } from './topic.ts'

const steps = ['connected', 'hello', 'established', 'request', 'answered'] as const

/** Whether the device took the server's flight, as far as it goes when nothing is wrong. */
export function saidOfHandshake(
  { hello, reached, sent, alerts, end }: Outcome,
  { good, waits }: Pick<Baseline, 'good' | 'waits'>,
): Said {
  if (hello === undefined) return 'lost'
  // The server's own side gave up: the device was shown nothing that it could refuse.
  if (reached === 'hello' && sent.flightBytes === 0 && alerts.length === 0) return 'lost'
  if (steps.indexOf(reached) < steps.indexOf(good)) return 'fails'
  // One that never asks, and leaves at once where it waits otherwise, has refused what it was shown.
  return good === 'established' && waits && end !== 'kept' ? 'fails' : 'passes'
}

/**
 * Whether it trusts what it was shown. Some verify after the handshake: of one that neither asks nor waits, a whole
 * handshake says nothing.
 */
export function saidOfTrust(outcome: Outcome, baseline: Pick<Baseline, 'good' | 'waits'>): Said {
  const said = saidOfHandshake(outcome, baseline)
  return said === 'passes' && baseline.good === 'established' && !baseline.waits ? 'lost' : said
}

/**
 * Whether it went on waiting for the rest of an answer, after what it was sent of it. One that closes before all of it was
 * sent has refused it; where less was sent than asked, nothing is told.
 */
export function saidOfAnswer(
  outcome: Outcome,
  baseline: Pick<Baseline, 'good' | 'waits'>,
  wholly: boolean,
): Said {
  if (saidOfHandshake(outcome, baseline) !== 'passes' || !wholly) return 'lost'
  return outcome.reached === 'answered' && outcome.end === 'kept' && outcome.alerts.length === 0
    ? 'passes'
    : 'fails'
}
