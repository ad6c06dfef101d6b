import { formatVersion } from '../tls/versions.ts'
import { groupsToAsk } from './offered.ts'
import { otherVersionOf } from './other-version.ts'
import type { ExamView, TopicId } from './topic.ts'
import { alternativeNamesFound } from './topics/alternative-names.ts'
import { fragmentsFound } from './topics/fragments.ts'
import { idleFound } from './topics/idle.ts'
import {
  groupFound,
  hashFound,
  keyFound,
  type LeafHash,
  type LeafKey,
  leafHashes,
  leafKeys,
  pssFound,
} from './topics/keys.ts'
import { nameFound } from './topics/names.ts'
import { oldVersionFound, oldVersions, sentinelFound } from './topics/old-versions.ts'
import { type RangesFound, rangesFound } from './topics/ranges.ts'
import { redirectsFound } from './topics/redirects-in-row.ts'
import { type HardshipId, hardshipFound, hardshipIds, renegotiationFound } from './topics/resilience.ts'
import { resumptionFound } from './topics/resumption.ts'
import { checkFound } from './topics/verification.ts'

/** Sentences for the `quirks` of a profile. */
export interface MeasuredQuirk {
  readonly topics: readonly TopicId[]
  readonly of: (exam: ExamView) => readonly string[]
}

/** What the device does that no other part of a profile has a place for. */
export const behaviours: readonly MeasuredQuirk[] = [
  { topics: ['fragments', 'other-version'], of: merged },
  { topics: ['alternative-names'], of: alternativeNames },
  { topics: ['keys'], of: refusedKeys },
  { topics: ['groups'], of: refusedGroups },
  { topics: ['names'], of: names },
  { topics: ['redirects-in-row'], of: redirectsInRow },
  { topics: ['ranges'], of: ranges },
  { topics: ['resumption'], of: resumption },
  { topics: ['resilience'], of: resilience },
  { topics: ['idle'], of: idle },
]

/** Behind all that is a reason to look twice. */
export const ordinaryBehaviours: readonly MeasuredQuirk[] = [
  { topics: ['baseline', 'keys'], of: takenKeys },
  { topics: ['keys'], of: takenHashes },
  { topics: ['keys', 'groups'], of: takenGroups },
  { topics: ['alternative-names'], of: takenNames },
  { topics: ['fragments', 'other-version'], of: takenMerged },
  { topics: ['old-versions'], of: oldRefused },
  { topics: ['resilience'], of: borne },
  { topics: ['resilience'], of: renegotiationIgnored },
]

function merged(exam: ExamView): string[] {
  return versionsMerged(exam, false).map(
    (versions) => `It does not take several handshake messages in one record${versions}.`,
  )
}

function takenMerged(exam: ExamView): string[] {
  return versionsMerged(exam, true).map(
    (versions) => `It takes several handshake messages in one record${versions}.`,
  )
}

/** Of a device that was asked in two versions, those in which this is so; else no word of a version. */
function versionsMerged(exam: ExamView, wanted: boolean): string[] {
  const other = otherVersionOf(exam)
  const both = [exam, ...(other?.baseline === undefined ? [] : [other])]
  const those = both.filter((one) => fragmentsFound(one).merged === wanted).map(versionOf)
  if (those.length === 0) return []
  return [both.length === 1 ? '' : `, in ${list(those)}`]
}

function oldRefused(exam: ExamView): string[] {
  const names = oldVersions.filter((one) => oldVersionFound(exam, one) === 'refuses').map(spoken)
  return [
    ...(names.length === 0 ? [] : [`It refuses ${list(names)}.`]),
    ...(sentinelFound(exam) === 'honours'
      ? ['It refuses TLS 1.2 from a server that says it could speak TLS 1.3 (downgrade sentinel).']
      : []),
  ]
}

/** TLS 1.0 has its name without the zero. */
const spoken = (version: string) => (version === 'TLSv1' ? 'TLS 1.0' : version.replace('v', ' '))

function alternativeNames(exam: ExamView): string[] {
  const found = alternativeNamesFound(exam)
  if (found?.fails === undefined || !found.exact) return []
  return [`It takes a certificate with ${found.passes} names, and not one with ${found.fails}.`]
}

/** RSA has its limit in bits where some size is taken: then only what lies below that is told here. */
function refusedKeys(exam: ExamView): string[] {
  const refused = leafKeys.filter((key) => keyFound(exam, key) === 'refuses')
  const bits = (key: LeafKey) => Number(key.slice('rsa-'.length))
  const taken = leafKeys.filter((key) => key.startsWith('rsa-') && keyFound(exam, key) === 'takes')
  const most = Math.max(...taken.map(bits))
  const keys = refused.filter((key) => !key.startsWith('rsa-') || taken.length === 0 || bits(key) < most)
  const hashes = leafHashes.filter((hash) => hashFound(exam, hash) === 'refuses')
  const pss =
    pssFound(exam) === 'refuses'
      ? [
          'In TLS 1.2 it offers RSA-PSS, and refuses a key exchange signed with it: RSA keys must sign by PKCS #1 v1.5.',
        ]
      : []
  return [
    ...pss,
    ...keys.map(
      (key) => `In ${versionOf(exam)} it offers a key of ${keyName(key)} and refuses a certificate with one.`,
    ),
    ...hashes.map((hash) => `It refuses a certificate signed with ${hashName(hash)}.`),
  ]
}

function refusedGroups(exam: ExamView): string[] {
  return groupsToAsk
    .filter((group) => groupFound(exam, group) === 'refuses')
    .map((group) => `In ${versionOf(exam)} it offers ${group} and breaks off when it is chosen.`)
}

function keyName(key: LeafKey): string {
  if (key === 'ed25519') return 'Ed25519'
  return key.startsWith('rsa-') ? key.toUpperCase() : key.replace('p', 'P-')
}
const hashName = (hash: LeafHash) => hash.replace('sha', 'SHA-')
const versionOf = ({ baseline }: ExamView) => formatVersion(baseline?.version ?? 0).replace('v', ' ')

/** What was asked, and is as it should be. */
function takenKeys(exam: ExamView): string[] {
  const keys = leafKeys.filter((key) => keyFound(exam, key) === 'takes').map(keyName)
  return keys.length === 0 ? [] : [`In ${versionOf(exam)} it takes certificates with keys of ${list(keys)}.`]
}

function takenHashes(exam: ExamView): string[] {
  const hashes = leafHashes.filter((hash) => hashFound(exam, hash) === 'takes').map(hashName)
  return hashes.length === 0 ? [] : [`It takes certificates signed with ${list(['SHA-256', ...hashes])}.`]
}

function takenGroups(exam: ExamView): string[] {
  const groups = groupsToAsk.filter((group) => groupFound(exam, group) === 'takes')
  return groups.length === 0 ? [] : [`In ${versionOf(exam)} it exchanges keys with ${list(groups)}.`]
}

function takenNames(exam: ExamView): string[] {
  const found = alternativeNamesFound(exam)
  if (found === undefined || found.fails !== undefined || !found.exact) return []
  return [`It takes a certificate with ${found.passes} names, the most that were asked.`]
}

function borne(exam: ExamView): string[] {
  return hardshipIds
    .filter((id) => hardshipFound(exam, id) === 'bears')
    .map((id) => `It comes through where ${hardships[id]}.`)
}

function renegotiationIgnored(exam: ExamView): string[] {
  const found = renegotiationFound(exam)
  return found === 'refused' || found === 'ignored' ? [`A HelloRequest is ${found}.`] : []
}

function list(names: readonly string[]): string {
  const last = names.at(-1) ?? ''
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`
}

/** Of a device that looks at no name they say nothing. */
function names(exam: ExamView): string[] {
  if (checkFound(exam, 'wrong-name') !== 'refuses') return []
  const said = {
    wildcard: ['It matches a wildcard.', 'It does not match a wildcard.'],
    'common-name-only': [
      'It matches the commonName where there is no subjectAltName.',
      'It does not look at the commonName where there is no subjectAltName.',
    ],
    'address-as-dns-name': ['It matches an address that is written as a dNSName.', undefined],
  } as const
  return (Object.keys(said) as (keyof typeof said)[]).flatMap((form) => {
    const found = nameFound(exam, form)
    return found === 'takes' ? said[form][0] : found === 'refuses' ? (said[form][1] ?? []) : []
  })
}

function ranges(exam: ExamView): string[] {
  const found = rangesFound(exam)
  if (found === undefined) return []
  const open = found.open ? ['It asks for all from some byte on (Range without an end).'] : []
  const sizes =
    found.bytes.length > 1
      ? [`It asks for ranges of different sizes, such as ${found.bytes.join(', ')} bytes.`]
      : []
  return [...open, ...sizes, ...rangeIgnored(found)]
}

function rangeIgnored({ ignored, afterIgnored }: RangesFound): string[] {
  if (ignored === undefined) return []
  const after = afterIgnored === undefined ? '' : afterwards[afterIgnored]
  return ignored === 'takes'
    ? [`Where the server answers a Range with 200 and the whole file, it reads all of it${after}.`]
    : [`Where the server answers a Range with 200 and the whole file, it breaks off${after}.`]
}

const afterwards: { readonly [After in NonNullable<RangesFound['afterIgnored']>]: string } = {
  'same-range': ', and asks for the same part next',
  'other-range': ', and asks for another part next',
  'no-range': ', and asks without a Range next',
}

function redirectsInRow(exam: ExamView): string[] {
  const found = redirectsFound(exam)
  if (found === undefined) return []
  const times = found.followed === 1 ? 'one redirect' : `${found.followed} redirects in a row`
  return [found.stops ? `It follows ${times}, and not one more.` : `It follows ${times}, at least.`]
}

function resumption(exam: ExamView): string[] {
  const found = resumptionFound(exam)
  if (found === undefined) return []
  if (found.resumed) return [`It resumes its session by ${words[found.offers]}.`]
  return found.offers === 'nothing'
    ? ['It does not come back to its session: each handshake is a whole one.']
    : [`It comes back with ${words[found.offers]}, and makes a whole handshake.`]
}

const words = {
  ticket: 'a ticket',
  'session-id': 'a session id',
  psk: 'a pre-shared key',
  nothing: 'nothing',
}

const hardships: { readonly [Id in HardshipId]: string } = {
  segments: 'the server sends in tiny TCP segments',
  slow: 'the server sends slowly, in small pieces',
}

function resilience(exam: ExamView): string[] {
  const broken = hardshipIds.filter((id) => hardshipFound(exam, id) === 'breaks')
  const renegotiation = renegotiationFound(exam)
  return [
    ...broken.map((id) => `It breaks off where ${hardships[id]}.`),
    ...(renegotiation === 'accepted' ? ['It renegotiates when the server asks for it (HelloRequest).'] : []),
    ...(renegotiation === 'breaks' ? ['It breaks off at a HelloRequest.'] : []),
  ]
}

function idle(exam: ExamView): string[] {
  const found = idleFound(exam)
  if (found === undefined) return []
  const seconds = (found.waitedMs / 1000).toFixed(1)
  return found.leaves
    ? [`It waits ${seconds} s for an answer, and leaves.`]
    : [`It still waited for an answer after ${seconds} s.`]
}
