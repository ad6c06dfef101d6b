import { groupsToAsk } from './offered.ts'
import type { ExamView, TopicId } from './topic.ts'
import { alternativeNamesFound } from './topics/alternative-names.ts'
import { fragmentsFound } from './topics/fragments.ts'
import { idleFound } from './topics/idle.ts'
import { groupFound, hashFound, keyFound, leafHashes, leafKeys } from './topics/keys.ts'
import { nameFound } from './topics/names.ts'
import { rangesFound } from './topics/ranges.ts'
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
  { topics: ['fragments'], of: merged },
  { topics: ['alternative-names'], of: alternativeNames },
  { topics: ['keys'], of: refusedKeys },
  { topics: ['groups'], of: refusedGroups },
  { topics: ['names'], of: names },
  { topics: ['ranges'], of: ranges },
  { topics: ['resumption'], of: resumption },
  { topics: ['resilience'], of: resilience },
  { topics: ['idle'], of: idle },
]

function merged(exam: ExamView): string[] {
  return fragmentsFound(exam).merged === false
    ? ['It does not take several handshake messages in one record.']
    : []
}

function alternativeNames(exam: ExamView): string[] {
  const found = alternativeNamesFound(exam)
  if (found?.fails === undefined || !found.exact) return []
  return [`It takes a certificate with ${found.passes} names, and not one with ${found.fails}.`]
}

function refusedKeys(exam: ExamView): string[] {
  // RSA has its limit in bits.
  const keys = leafKeys.filter((key) => !key.startsWith('rsa-') && keyFound(exam, key) === 'refuses')
  const hashes = leafHashes.filter((hash) => hashFound(exam, hash) === 'refuses')
  return [
    ...keys.map((key) => `It offers ${key.replace('p', 'P-')} and refuses a certificate with such a key.`),
    ...hashes.map((hash) => `It refuses a certificate signed with ${hash.replace('sha', 'SHA-')}.`),
  ]
}

function refusedGroups(exam: ExamView): string[] {
  return groupsToAsk
    .filter((group) => groupFound(exam, group) === 'refuses')
    .map((group) => `It offers ${group} and breaks off when it is chosen.`)
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
  return [...open, ...sizes]
}

function resumption(exam: ExamView): string[] {
  const found = resumptionFound(exam)
  if (found === undefined) return []
  if (found.resumed) return [`It takes up its session by ${words[found.offers]}.`]
  return found.offers === 'nothing'
    ? []
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
