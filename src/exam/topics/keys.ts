import { isNoMatterOfSize } from '../control.ts'
import { helloFound } from '../hello-found.ts'
import { type GroupToAsk, groupsOffered, offersKey, offersPssBelow13 } from '../offered.ts'
import { remembered } from '../remembered.ts'
import { saidOfHandshake } from '../said.ts'
import type { KeyKind } from '../serving.ts'
import { withChain } from '../serving-of.ts'
import { AskedTogether, type Aspect } from '../together.ts'
import type { ExamView, Topic, TopicId } from '../topic.ts'

/** Kinds of leaf keys, those that servers have first. */
export const leafKeys = [
  'p256',
  'rsa-2048',
  'p384',
  'rsa-3072',
  'rsa-4096',
  'p521',
  'ed25519',
  'rsa-8192',
] as const satisfies readonly KeyKind[]
export type LeafKey = (typeof leafKeys)[number]

/** Hashes that a leaf is signed with; SHA-1 and MD5 are questions of what ought to be refused. */
export const leafHashes = ['sha384', 'sha512'] as const
export type LeafHash = (typeof leafHashes)[number]

/** `not-offered`: its hello leaves it out, so that a server cannot show it. */
export type Taken = 'takes' | 'refuses' | 'not-offered' | undefined

export const keysTopic = topicOf('keys', ({ slot }) => slot !== 'group')
export const groupsTopic = topicOf('groups', ({ slot }) => slot === 'group')

export function keyFound(exam: ExamView, key: LeafKey): Taken {
  const { baseline } = exam
  if (baseline?.serving.chain.key === key) return 'takes'
  const hello = helloFound(exam)?.sent
  if (baseline === undefined || hello === undefined) return undefined
  return offersKey(hello, key, baseline.version) ? takenOf(exam, key) : 'not-offered'
}

/** SHA-256 goes without saying: every chain of the exam is signed with it. */
export function hashFound(exam: ExamView, hash: LeafHash): Taken {
  return takenOf(exam, hash)
}

/** A key exchange of TLS 1.2 signed with RSASSA-PSS, which it offers beside the older form, by a key that it takes. */
export function pssFound(exam: ExamView): Taken {
  const { baseline } = exam
  const hello = helloFound(exam)?.sent
  if (baseline === undefined || hello === undefined || baseline.version !== TLS12) return undefined
  if (!offersPssBelow13(hello)) return 'not-offered'
  const found = takenOf(exam, PSS)
  // A device that refuses the key refuses it with either signature.
  return found === 'refuses' && keyFound(exam, PSS_KEY) !== 'takes' ? undefined : found
}

/** Key of that question, and the leaf's key in it. */
export const PSS = 'rsa-pss' as const
const PSS_KEY = 'rsa-2048'
const TLS12 = 0x0303

/** Key exchange with this group as the only one that the server knows. */
export function groupFound(exam: ExamView, group: GroupToAsk): Taken {
  const hello = helloFound(exam)?.sent
  if (hello === undefined) return undefined
  return groupsOffered(hello).includes(group) ? takenOf(exam, group) : 'not-offered'
}

function takenOf(exam: ExamView, id: string): Taken {
  const said = askedIn(exam)?.told(id)
  if (said !== 'fails') return said === 'passes' ? 'takes' : undefined
  const alone = [...exam.of('keys'), ...exam.of('groups')].filter(({ probe }) => probe.key === id)
  // A signature by a long key is long itself.
  return alone.some((answer) => isNoMatterOfSize(exam, answer)) ? 'refuses' : undefined
}

function topicOf(topic: TopicId, wanted: (aspect: Aspect) => boolean): Topic {
  return {
    id: topic,
    next(exam) {
      const together = exam.baseline && askedIn(exam)?.next(exam.baseline.serving, wanted)
      return together && { topic, ...together }
    },
    atMost: (exam) => askedIn(exam)?.open(wanted) ?? 0,
  }
}

const askedIn = remembered((exam): AskedTogether | undefined => {
  const { baseline } = exam
  const hello = helloFound(exam)?.sent
  if (baseline === undefined || hello === undefined) return undefined
  const keys = leafKeys
    .filter((key) => key !== baseline.serving.chain.key && offersKey(hello, key, baseline.version))
    .map((key): Aspect => ({ id: key, slot: 'key', applied: (serving) => withChain(serving, { key }) }))
  const pss: Aspect = {
    id: PSS,
    slot: 'key',
    alone: true,
    applied: (serving) => ({ ...withChain(serving, { key: PSS_KEY }), rsaSignature: 'pss' }),
  }
  const asksPss = baseline.version === TLS12 && offersPssBelow13(hello)
  const hashes = leafHashes.map(
    (hash): Aspect => ({ id: hash, slot: 'hash', applied: (serving) => withChain(serving, { hash }) }),
  )
  const groups = groupsOffered(hello).map(
    (group): Aspect => ({ id: group, slot: 'group', applied: (serving) => ({ ...serving, group }) }),
  )
  const answers = [...exam.of('keys'), ...exam.of('groups')]
  return new AskedTogether(
    exam,
    [...(asksPss ? [pss] : []), ...keys, ...hashes, ...groups],
    answers,
    ({ outcome }) => saidOfHandshake(outcome, baseline),
  )
})
