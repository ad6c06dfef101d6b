import { saidOfHandshake } from '../said.ts'
import type { KeyKind, Serving } from '../serving.ts'
import { plainServing, withChain } from '../serving-of.ts'
import type { Answer, Baseline, Probe, Topic } from '../topic.ts'

/** Kinds of leaf tried in turn, until the device takes one. Nearly every stack takes RSA-2048. */
const keys: readonly KeyKind[] = ['rsa-2048', 'p256']
/** Versions tried in turn: up to TLS 1.2 the flight is in the clear, and can be cut at will. */
const versions: readonly Serving['maxVersion'][] = ['TLSv1.2', 'TLSv1.3']

/**
 * The smallest chain there is. Until the device takes it nothing can be asked: the test CA is not loaded, or the name is
 * another. It is asked again with each connection, in every kind in turn.
 */
export const baselineTopic: Topic = {
  id: 'baseline',
  next(exam) {
    if (exam.baseline !== undefined) return undefined
    const asked = exam.of('baseline').length
    const key = keys[asked % keys.length]!
    const version = versions[Math.floor(asked / keys.length) % versions.length]!
    return probe(key, version)
  },
  atMost: ({ baseline }) => (baseline === undefined ? 1 : 0),
}

/** The first good connection; one that asked for something is better than one that only shook hands. */
export function baselineOf(answers: readonly Answer[]): Baseline | undefined {
  const own = answers.filter(({ probe }) => probe.topic === 'baseline')
  for (const good of ['request', 'established'] as const) {
    const first = own.find(
      ({ outcome }) =>
        outcome.version !== undefined && saidOfHandshake(outcome, { good, waits: false }) === 'passes',
    )
    // A device that refuses after the handshake looks like one that never asks: the other kinds come first.
    if (first !== undefined && (good === 'request' || own.length >= keys.length * versions.length))
      return {
        serving: first.probe.serving,
        good,
        version: first.outcome.version!,
        waits: first.outcome.end === 'kept',
      }
  }
  return undefined
}

function probe(key: KeyKind, maxVersion: Serving['maxVersion']): Probe {
  const serving = withChain({ ...plainServing, maxVersion }, { key })
  return { topic: 'baseline', key: `${key}-${maxVersion}`, serving }
}
