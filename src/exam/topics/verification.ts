import { isNoMatterOfSize } from '../control.ts'
import { saidOfTrust } from '../said.ts'
import { toldOf } from '../searching.ts'
import type { ChainToServe } from '../serving.ts'
import { plainIntermediate, withChain } from '../serving-of.ts'
import type { Answer, Baseline, ExamView, Probe, Topic, TopicId } from '../topic.ts'

/** What a verifier ought to refuse, RFC 5280 §6.1 and RFC 6125 §6. */
export const checkIds = [
  'unknown-ca',
  'wrong-name',
  'expired',
  'not-yet-valid',
  'self-signed',
  'issuer-no-ca',
  'path-length',
  'name-constraints',
  'sha1-signature',
  'md5-signature',
  'rsa-1024',
] as const
export type CheckId = (typeof checkIds)[number]

const leafAsIssuer = { ...plainIntermediate, isCa: false }

const chains: { readonly [Id in CheckId]: Partial<ChainToServe> } = {
  'unknown-ca': { signer: 'stranger' },
  'wrong-name': { names: 'another' },
  expired: { validity: 'expired' },
  'not-yet-valid': { validity: 'future' },
  'self-signed': { signer: 'self' },
  'issuer-no-ca': { intermediates: [leafAsIssuer] },
  // Of the two intermediates the upper one allows none below it.
  'path-length': { intermediates: [plainIntermediate, { ...plainIntermediate, pathLength: 0 }] },
  'name-constraints': { intermediates: [{ ...plainIntermediate, excludesName: true }] },
  'sha1-signature': { hash: 'sha1' },
  'md5-signature': { hash: 'md5' },
  'rsa-1024': { key: 'rsa-1024' },
}

/** Their paths are longer than that of the first good connection: a refusal may be one of that. */
const withIntermediates: ReadonlySet<CheckId> = new Set(['issuer-no-ca', 'path-length', 'name-constraints'])

const SILENT_REFUSALS = 2

/** What says most of a device's safety is asked early. */
const first: readonly CheckId[] = ['unknown-ca', 'wrong-name', 'expired']

export const verificationTopic = topicOf('verification', first, 1)
/** What it refused without a word is asked again: a link that broke would look the same, and hide a hole. */
export const verificationAgainTopic = topicOf('verification', first, SILENT_REFUSALS)
export const moreVerificationTopic = topicOf(
  'more-verification',
  checkIds.filter((id) => !first.includes(id)),
  SILENT_REFUSALS,
)

/** `accepts` is a finding of security; `undefined`: not told. */
export function checkFound(exam: ExamView, id: CheckId): 'refuses' | 'accepts' | undefined {
  const { baseline } = exam
  if (baseline === undefined) return undefined
  const said = (answer: Answer) => checkSaid(answer, baseline)
  const asked = exam.of(topicOfCheck(id))
  const vote = toldOf(exam, asked, id, said, first.includes(id) ? 1 : SILENT_REFUSALS)
  if (vote === 'passes') return 'accepts'
  if (vote !== 'fails') return undefined
  const refused = asked.filter((answer) => answer.probe.key === id && said(answer) === 'fails')
  return !withIntermediates.has(id) || refused.some((one) => isNoMatterOfSize(exam, one))
    ? 'refuses'
    : undefined
}

/** What one connection says of a check: `passes` is what ought not to be. */
export function checkSaid({ outcome }: Answer, baseline: Baseline) {
  return saidOfTrust(outcome, baseline)
}

export function topicOfCheck(id: CheckId): TopicId {
  return first.includes(id) ? 'verification' : 'more-verification'
}

function topicOf(topic: TopicId, ids: readonly CheckId[], leastRefusals: number): Topic {
  const open = (exam: ExamView): CheckId[] => {
    const { baseline } = exam
    if (baseline === undefined) return [...ids]
    const said = (answer: Answer) => checkSaid(answer, baseline)
    return ids.filter((id) => toldOf(exam, exam.of(topic), id, said, leastRefusals) === undefined)
  }
  return {
    id: topic,
    next(exam): Probe | undefined {
      const [id] = open(exam)
      if (id === undefined || exam.baseline === undefined) return undefined
      return { topic, key: id, serving: withChain(exam.baseline.serving, chains[id]) }
    },
    atMost: (exam) => open(exam).length,
  }
}
