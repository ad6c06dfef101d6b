import { parseIp } from '../../x509/ip-address.ts'
import { isNoMatterOfSize } from '../control.ts'
import type { Said } from '../limit-search.ts'
import { saidOfTrust } from '../said.ts'
import { toldOf } from '../searching.ts'
import type { ChainToServe } from '../serving.ts'
import { plainIntermediate, withChain } from '../serving-of.ts'
import type { Answer, Baseline, ExamView, Probe, Topic, TopicId } from '../topic.ts'
import { IN_OLDER, PLAIN_IN_TLS13, plainInTls13, trustVersions } from '../trust-versions.ts'

/** What a verifier ought to refuse, RFC 5280 §6.1 and RFC 6125 §6. */
export const checkIds = [
  'unknown-ca',
  'unknown-ca-root-sent',
  'unknown-ca-same-name',
  'wrong-name',
  'neighbour-name',
  'address-only',
  'expired',
  'expired-intermediate',
  'not-yet-valid',
  'self-signed',
  'issuer-no-ca',
  'path-length',
  'name-constraints',
  'client-certificate',
  'sha1-signature',
  'md5-signature',
  'rsa-1024',
] as const
export type CheckId = (typeof checkIds)[number]

const leafAsIssuer = { ...plainIntermediate, isCa: false }

const chains: { readonly [Id in CheckId]: Partial<ChainToServe> } = {
  'unknown-ca': { signer: 'foreign' },
  'unknown-ca-root-sent': { signer: 'foreign-sent' },
  'unknown-ca-same-name': { signer: 'stranger' },
  'wrong-name': { names: 'another' },
  'neighbour-name': { names: 'neighbours' },
  'address-only': { names: 'server-address' },
  expired: { validity: 'expired' },
  'expired-intermediate': { intermediates: [{ ...plainIntermediate, expired: true }] },
  'not-yet-valid': { validity: 'future' },
  'self-signed': { signer: 'self' },
  'issuer-no-ca': { intermediates: [leafAsIssuer] },
  // Of the two intermediates the upper one allows none below it.
  'path-length': { intermediates: [plainIntermediate, { ...plainIntermediate, pathLength: 0 }] },
  'name-constraints': { intermediates: [{ ...plainIntermediate, excludesName: true }] },
  'client-certificate': { purpose: 'client' },
  'sha1-signature': { hash: 'sha1' },
  'md5-signature': { hash: 'md5' },
  'rsa-1024': { key: 'rsa-1024' },
}

/** They send more certificates than that of the first good connection: a refusal may be one of that. */
const withMore: ReadonlySet<CheckId> = new Set([
  'unknown-ca-root-sent',
  'expired-intermediate',
  'issuer-no-ca',
  'path-length',
  'name-constraints',
])

/** What takes the one takes the other as well: that is no question then. */
const goesWithout: { readonly [Id in CheckId]?: CheckId } = {
  'unknown-ca-root-sent': 'unknown-ca',
  'unknown-ca-same-name': 'unknown-ca',
  'neighbour-name': 'wrong-name',
  'address-only': 'wrong-name',
  // A device without a clock.
  'expired-intermediate': 'expired',
}

const SILENT_REFUSALS = 2

/** What says most of a device's safety is asked before all else. */
const first: readonly CheckId[] = ['unknown-ca', 'wrong-name', 'expired']
/** What is decisive as well: in the version that the device really speaks, as those. */
const decisive: readonly CheckId[] = [
  ...first,
  'unknown-ca-root-sent',
  'unknown-ca-same-name',
  'neighbour-name',
]
/** Some verify in one version only. */
const alsoInOlder: readonly CheckId[] = ['unknown-ca', 'wrong-name']

export const verificationTopic = topicOf('verification', first, 1)
/** What it refused without a word is asked again: a link that broke would look the same, and hide a hole. */
export const verificationAgainTopic = topicOf('verification', decisive, SILENT_REFUSALS, alsoInOlder)
export const moreVerificationTopic = topicOf(
  'more-verification',
  checkIds.filter((id) => !decisive.includes(id)),
  SILENT_REFUSALS,
)

/** `accepts` is a finding of security; `undefined`: not told. */
export function checkFound(exam: ExamView, id: CheckId): 'refuses' | 'accepts' | undefined {
  const { baseline } = exam
  if (baseline === undefined) return undefined
  if (acceptedKeys(exam, id).length > 0) return 'accepts'
  if (voteOf(exam, id, id) !== 'fails') return undefined
  const refused = exam
    .of(topicOfCheck(id))
    .filter((answer) => answer.probe.key === id && checkSaid(answer, baseline) === 'fails')
  return !withMore.has(id) || refused.some((one) => isNoMatterOfSize(exam, one)) ? 'refuses' : undefined
}

/** Of the questions that ask it, one for each version, those whose chain it took. */
export function acceptedKeys(exam: ExamView, id: CheckId): string[] {
  return keysOf(id).filter((key) => voteOf(exam, id, key) === 'passes')
}

/** Keys of the questions that ask a check. */
export function keysOf(id: CheckId): readonly string[] {
  return alsoInOlder.includes(id) ? [id, `${id}${IN_OLDER}`] : [id]
}

function voteOf(exam: ExamView, id: CheckId, key: string): Said | undefined {
  const { baseline } = exam
  if (baseline === undefined) return undefined
  const said = (answer: Answer) => checkSaid(answer, baseline)
  return toldOf(exam, exam.of(topicOfCheck(id)), key, said, first.includes(id) ? 1 : SILENT_REFUSALS)
}

/** Whether it is no question of its own, since something wider is accepted. */
function isImplied(exam: ExamView, id: CheckId): boolean {
  const wider = goesWithout[id]
  return wider !== undefined && checkFound(exam, wider) === 'accepts'
}

/** Whether it is no question of this device: one that asks by an address may take a certificate for that alone. */
export function isNoQuestion(exam: ExamView, id: CheckId): boolean {
  const host = exam.answers[0]?.outcome.host
  return isImplied(exam, id) || (id === 'address-only' && host !== undefined && parseIp(host) !== undefined)
}

/** Whether an unknown CA is refused in every form; where only some are, neither is true of the whole. */
export function issuerVerified(exam: ExamView): 'refuses' | 'accepts' | undefined {
  return asOne(exam, 'unknown-ca', ['unknown-ca-root-sent', 'unknown-ca-same-name'])
}

/** The same of the name. */
export function nameCompared(exam: ExamView): 'refuses' | 'accepts' | undefined {
  if (checkFound(exam, 'address-only') === 'accepts') return undefined
  return asOne(exam, 'wrong-name', ['neighbour-name'])
}

function asOne(exam: ExamView, id: CheckId, narrower: readonly CheckId[]): 'refuses' | 'accepts' | undefined {
  const found = checkFound(exam, id)
  // Of two versions it verifies in one.
  if (found === 'accepts') return refusesSome(exam, id) ? undefined : 'accepts'
  return narrower.every((one) => checkFound(exam, one) === 'refuses') ? found : undefined
}

function refusesSome(exam: ExamView, id: CheckId): boolean {
  return keysOf(id).some((key) => voteOf(exam, id, key) === 'fails')
}

/** What one connection says of a check: `passes` is what ought not to be. */
export function checkSaid({ outcome }: Answer, baseline: Baseline) {
  return saidOfTrust(outcome, baseline)
}

export function topicOfCheck(id: CheckId): TopicId {
  return decisive.includes(id) ? 'verification' : 'more-verification'
}

function topicOf(
  topic: 'verification' | 'more-verification',
  ids: readonly CheckId[],
  leastRefusals: number,
  inOlder: readonly CheckId[] = [],
): Topic {
  const open = (exam: ExamView): Omit<Probe, 'topic'>[] => {
    const { baseline } = exam
    if (baseline === undefined) return []
    const plain = plainInTls13(exam)
    const versions =
      topic === 'verification' ? trustVersions(exam) : { real: baseline.serving, older: undefined }
    if (versions === undefined) return plain === undefined ? [] : [{ key: PLAIN_IN_TLS13, serving: plain }]
    const { real, older } = versions
    const said = (answer: Answer) => checkSaid(answer, baseline)
    const all = [
      ...ids.map((id) => ({ id, key: id as string, from: real })),
      ...(older === undefined ? [] : inOlder.map((id) => ({ id, key: id + IN_OLDER, from: older }))),
    ]
    return all
      .filter(
        ({ id, key }) =>
          !isNoQuestion(exam, id) && toldOf(exam, exam.of(topic), key, said, leastRefusals) === undefined,
      )
      .map(({ id, key, from }) => ({ key, serving: withChain(from, chains[id]) }))
  }
  return {
    id: topic,
    next(exam): Probe | undefined {
      const [probe] = open(exam)
      return probe && { topic, ...probe }
    },
    atMost: (exam) => (exam.baseline === undefined ? ids.length : open(exam).length),
  }
}
