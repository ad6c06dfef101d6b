import { versions } from '../tls/versions.ts'
import { helloFound } from './hello-found.ts'
import type { PriorOptions } from './limit-prior.ts'
import type { LimitFound } from './limit-search.ts'
import { offersKey } from './offered.ts'
import { withOwnRecords } from './own-records.ts'
import { remembered } from './remembered.ts'
import { saidOfHandshake } from './said.ts'
import type { Serving } from './serving.ts'
import { withChain } from './serving-of.ts'
import type { Answer, Baseline, ExamView, Probe, TopicId } from './topic.ts'

const TLS12 = versions['TLSv1.2'].code
const TLS13 = versions['TLSv1.3'].code

/** What was asked in the other version, as an exam of its own: keys of the outer one are `topic/key`. */
class OtherVersion implements ExamView {
  readonly main: ExamView
  readonly answers: readonly Answer[]
  readonly baseline: Baseline | undefined

  constructor(main: ExamView) {
    this.main = main
    this.answers = main.of('other-version').map(inner)
    this.baseline = this.#baseline()
  }

  of(topic: TopicId): readonly Answer[] {
    return this.answers.filter(({ probe }) => probe.topic === topic)
  }

  /** It takes the plain chain in this version; undefined: that is not asked, or it does not. */
  #baseline(): Baseline | undefined {
    const { baseline } = this.main
    if (baseline === undefined) return undefined
    const good = this.of('baseline').find(
      ({ outcome }) => outcome.version === TLS13 && saidOfHandshake(outcome, baseline) === 'passes',
    )
    return (
      good && {
        serving: good.probe.serving,
        good: baseline.good,
        version: TLS13,
        waits: good.outcome.end === 'kept',
      }
    )
  }
}

/**
 * The exam in TLS 1.3 of a device that offers it and was measured in TLS 1.2, where the flight is in the clear. Undefined:
 * there is no other version.
 */
export const otherVersionOf = remembered((exam): OtherVersion | undefined => {
  const offered = helloFound(exam)?.sent.versions ?? []
  const { baseline } = exam
  if (exam.main !== undefined || baseline === undefined || baseline.version > TLS12) return undefined
  return offered.includes(TLS13) ? new OtherVersion(exam) : undefined
})

/** The plain chain in the other version: with our own records, which can be cut, and with those of OpenSSL. */
export function plainServings(exam: ExamView, baseline: Baseline): Serving[] {
  const hello = helloFound(exam)?.sent
  const { key } = baseline.serving.chain
  const other = key.startsWith('rsa-') ? 'p256' : 'rsa-2048'
  const leaf = hello === undefined || offersKey(hello, key, TLS13) ? key : other
  const plain = withChain({ ...baseline.serving, maxVersion: 'TLSv1.3' }, { key: leaf })
  const own = withOwnRecords(exam, plain)
  return own === undefined ? [plain] : [own, plain]
}

/** Its question, as one of the outer exam. */
export function outer({ topic, key, serving }: Probe): Probe {
  return { topic: 'other-version', key: `${topic}/${key}`, serving }
}

/** And back. */
export function inner({ probe, outcome }: Answer): Answer {
  return { probe: innerProbe(probe), outcome }
}

export function innerProbe(probe: Probe): Probe {
  const [topic, ...key] = probe.key.split('/')
  return { ...probe, topic: topic as TopicId, key: key.join('/') }
}

/** That a limit lies where it was found in the first version, but for `less`: mostly one buffer holds both. */
export function priorOfMain(
  { main }: ExamView,
  found: (main: ExamView) => LimitFound | undefined,
  less = 0,
): Partial<PriorOptions> {
  const known = main && found(main)
  if (known === undefined) return {}
  if (known.fails !== undefined) return { found: known.passes - less, foundWeight: SURE }
  return known.exact ? { unlimited: SURE } : {}
}

const SURE = 0.95
