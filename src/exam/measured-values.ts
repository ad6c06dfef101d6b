import type { Counting, Readings } from '../device/limit.ts'
import { formatVersion } from '../tls/versions.ts'
import { inBothVersions } from './both-versions.ts'
import { takenWords } from './check-words.ts'
import type { LimitFound, LimitSearch } from './limit-search.ts'
import { behaviours, type MeasuredQuirk, ordinaryBehaviours } from './measured-behaviours.ts'
import { otherVersionOf } from './other-version.ts'
import type { SentSizes } from './outcome.ts'
import { saidOfHandshake } from './said.ts'
import { type SecurityFinding, securityFindings } from './security-findings.ts'
import type { Answer, ExamView, TopicId } from './topic.ts'
import { type CertificateFound, certificateFound, MOST_BYTES } from './topics/certificate.ts'
import { certificatesFound, MOST_CERTIFICATES } from './topics/certificates.ts'
import { type ChainFound, chainFound, chainSearches } from './topics/chain.ts'
import { PAIR_MORE_IN_TLS13 } from './topics/chain-shapes.ts'
import { dataRecordAnswers, dataRecordSearch, responseHeadSearch } from './topics/data-record.ts'
import { keyFound, leafKeys } from './topics/keys.ts'
import { nameFound } from './topics/names.ts'
import { rangesFound } from './topics/ranges.ts'
import { redirectFound } from './topics/redirect.ts'
import { checkFound, issuerVerified, keysOf, nameCompared, topicOfCheck } from './topics/verification.ts'

/** One value of a profile, from the answers to some topics. */
export interface MeasuredValue {
  /** Of the profile; undefined: the value stands beside the groups. */
  readonly group: 'limits' | 'verification' | 'http' | undefined
  readonly key: string
  /** Whose connections are behind it. */
  readonly topics: readonly TopicId[]
  /** Of these the ones that asked for it, where a topic asks for several things; absent: all. */
  readonly asks?: (answer: Answer, exam: ExamView) => boolean
  /** What is written beside the source; undefined: nothing is told. */
  readonly of: (exam: ExamView) => Written | undefined
}

export type Written = Readonly<Record<string, unknown>>

/** The connections behind a value, in either version: those that asked for it, and no others of the same topic. */
export function answersBehind(value: MeasuredValue, exam: ExamView): readonly Answer[] {
  const other = otherVersionOf(exam)
  return [...askedBy(value, exam), ...(other === undefined ? [] : askedBy(value, other))]
}

function askedBy({ topics, asks }: MeasuredValue, exam: ExamView): readonly Answer[] {
  return topics.flatMap((topic) => exam.of(topic)).filter((answer) => asks?.(answer, exam) ?? true)
}

/** Asked under one of these keys, several of which may go together. */
const keyed =
  (...keys: readonly string[]) =>
  ({ probe }: Answer) =>
    probe.key.split('+').some((key) => keys.includes(key))

/** Each value that a profile has a place for. A topic adds its row. */
export const measuredValues: readonly MeasuredValue[] = [
  {
    group: 'limits',
    key: 'chainBytes',
    topics: ['chain'],
    of: inBothVersions({ of: chainBytes, passes: chainPasses }),
  },
  {
    group: 'limits',
    key: 'certificateBytes',
    topics: ['chain', 'certificate'],
    of: inBothVersions({
      of: certificateBytes,
      passes: (exam) => mostTaken(exam, (sent) => Math.max(0, ...sent.certificateBytes)),
    }),
  },
  {
    group: 'limits',
    key: 'handshakeMessageBytes',
    topics: ['chain'],
    of: inBothVersions({ of: handshakeMessageBytes, passes: chainPasses }),
  },
  {
    group: 'limits',
    key: 'chainCertificates',
    topics: ['certificates'],
    of: inBothVersions({
      of: chainCertificates,
      passes: (exam) => mostTaken(exam, (sent) => sent.certificateBytes.length),
    }),
  },
  {
    group: 'limits',
    key: 'rsaKeyBits',
    topics: ['baseline', 'keys'],
    asks: ({ probe }) => probe.serving.chain.key.startsWith('rsa-'),
    of: rsaKeyBits,
  },
  {
    group: 'limits',
    key: 'recordBytes',
    topics: ['chain', 'data-record'],
    asks: (answer, exam) => dataRecordAnswers(exam).includes(answer),
    of: inBothVersions({ of: dataRecordBytes, passes: () => undefined }),
  },
  {
    group: 'http',
    key: 'responseHeadBytes',
    topics: ['response-head'],
    of: (exam) => (asksHttp(exam) ? limitOf(shownToPass(responseHeadSearch(exam)), 'text') : undefined),
  },
  {
    group: 'verification',
    key: 'peer',
    topics: ['verification', 'more-verification'],
    asks: keyed(...keysOf('unknown-ca'), 'unknown-ca-root-sent', 'unknown-ca-same-name', 'self-signed'),
    of: peer,
  },
  {
    group: 'verification',
    key: 'name',
    topics: ['verification'],
    asks: keyed(...keysOf('wrong-name'), 'neighbour-name'),
    of: (exam) => told(nameCompared(exam), 'checked', 'unchecked'),
  },
  {
    group: 'verification',
    key: 'dates',
    topics: ['verification', 'more-verification'],
    asks: keyed('expired', 'not-yet-valid'),
    of: dates,
  },
  {
    group: 'verification',
    key: 'ipAddressSan',
    topics: ['names'],
    asks: keyed('address-as-dns-name'),
    // It takes a certificate with both forms, and not one with the dNSName alone.
    of: (exam) => (nameFound(exam, 'address-as-dns-name') === 'refuses' ? { value: 'matched' } : undefined),
  },
  {
    group: 'http',
    key: 'redirects',
    topics: ['redirect'],
    asks: keyed('same-host'),
    of: (exam) => {
      const told = redirectFound(exam)?.sameHost
      return told === undefined ? undefined : { value: told === 'no' ? 'refused' : 'followed' }
    },
  },
  {
    group: 'http',
    key: 'rangeBytes',
    topics: ['baseline', 'ranges'],
    of: (exam) => {
      const found = rangesFound(exam)
      const [bytes, ...others] = found?.bytes ?? []
      return bytes === undefined || others.length > 0 || found?.open ? undefined : { value: bytes }
    },
  },
  {
    group: undefined,
    key: 'handshakeFragments',
    topics: ['chain'],
    asks: ({ probe }) => probe.key.startsWith('split'),
    of: (exam) => {
      const joins = chainFound(exam)?.joinsRecords
      const other = otherVersionOf(exam)
      const differs = other !== undefined && (chainFound(other)?.joinsRecords ?? joins) !== joins
      return joins === undefined || differs ? undefined : { value: joins ? 'joined' : 'refused' }
    },
  },
]

/** What a profile has no place for. */
export const measuredQuirks: readonly MeasuredQuirk[] = [
  { topics: ['verification'], of: (exam) => accepted(exam, ['verification']) },
  { topics: ['more-verification'], of: (exam) => accepted(exam, ['more-verification']) },
  { topics: ['redirect'], of: (exam) => accepted(exam, ['redirect']) },
  ...behaviours,
  {
    topics: ['chain'],
    of: (exam) => {
      const found = chainShown(exam)
      if (found?.counts !== 'record' || found.message.fails === undefined) return []
      const { passes, fails } = found.message
      return [
        `In the handshake it takes a record of ${passes} bytes of plaintext, and not one of ${fails}; cut into smaller records, a larger message is taken.`,
      ]
    },
  },
  ...ordinaryBehaviours,
]

function topicOfFinding(id: SecurityFinding['id']): TopicId {
  if (id === 'redirect-to-plain-http') return 'redirect'
  return id === 'common-name-only' || id === 'address-as-dns-name' ? 'names' : topicOfCheck(id)
}

function accepted(exam: ExamView, topics: readonly TopicId[]): string[] {
  return securityFindings(exam)
    .filter(({ id }) => topics.includes(topicOfFinding(id)))
    .map((finding) => {
      const { shownBy, against } = finding
      const often =
        against.length === 0 ? '' : `, ${shownBy.length} times of ${shownBy.length + against.length}`
      return `It accepted ${takenWords(finding)}${often}.`
    })
}

function chainShown(exam: ExamView): ChainFound | undefined {
  return shownToPass(chainSearches(exam)?.message) && chainFound(exam)
}

/** A search begins with a value that is taken to pass: where nothing larger did, nothing was shown to. */
function shownToPass(search: LimitSearch | undefined): LimitFound | undefined {
  const found = search?.found
  return search?.steps.some(({ value, said }) => said === 'passes' && value === found?.passes)
    ? found
    : undefined
}

/** A limit with both bounds in one way of counting; the figure itself only where it is known to the unit. */
export function limitOf(
  found: LimitFound | undefined,
  counts: Counting,
  reading: (value: number) => number = (value) => value,
  note?: string,
): Written | undefined {
  if (found === undefined || found.connections === 0) return undefined
  const { passes, fails, exact } = found
  const bounds = boundsOf(passes, fails, (value) => ({ [counts]: reading(value) }))
  const unmet = exact && fails === undefined ? noLimitMet : undefined
  const notes = [note ?? unmet, ...flakyNote(found)].filter((one) => one !== undefined)
  return {
    ...(exact && fails !== undefined ? { value: reading(passes) } : {}),
    counts,
    ...bounds,
    ...noteOf(notes),
  }
}

const noLimitMet = 'no limit was met up to there'

function boundsOf(passes: number, fails: number | undefined, readings: (value: number) => Readings): Written {
  return { passes: readings(passes), ...(fails === undefined ? {} : { fails: readings(fails) }) }
}

function noteOf(notes: readonly string[]): Written {
  return notes.length === 0 ? {} : { note: notes.join('; ') }
}

function flakyNote({ contradicted, exact, fails }: LimitFound): string[] {
  return [
    ...(contradicted.length > 0
      ? [`passed and failed by turns at ${contradicted.join(', ')}: the device breaks off now and then`]
      : []),
    ...(exact
      ? []
      : [fails === undefined ? 'not looked for to the end' : 'the bounds are not next to each other yet']),
  ]
}

/** Header of the message and length of its list, and the length before each of the two certificates. */
const PAIR_OVERHEAD = 7 + 2 * 3
const derOfPair = (messageBytes: number) => messageBytes - PAIR_OVERHEAD
const largerOfPair = (messageBytes: number) => Math.ceil(derOfPair(messageBytes) / 2)

function chainBytes(exam: ExamView): Written | undefined {
  const found = chainShown(exam)
  if (found === undefined) return undefined
  const { message, counts, handshake } = found
  switch (counts) {
    case 'sent':
      return limitOf(message, 'sent', derOfPair)
    case 'path':
      return limitOf(message, 'path', derOfPair, 'certificates behind the path are not counted')
    case 'record':
    case 'certificate':
    case 'message':
      return undefined
    case undefined: {
      if (message.passes === undefined || message.fails !== undefined) return undefined
      const readings = (value: number) => ({ sent: derOfPair(value), path: derOfPair(value) })
      return {
        counts: 'sent',
        ...boundsOf(message.passes, undefined, readings),
        note: message.exact ? noLimitMet : 'not looked for to the end',
      }
    }
    case 'handshake':
    case 'unknown': {
      const readings = (value: number) => ({
        sent: derOfPair(value),
        path: derOfPair(value),
        message: messageReading(exam)(value),
        certificate: largerOfPair(value),
      })
      return {
        counts: 'unknown',
        candidates: ['sent', 'path', 'message', 'certificate'],
        ...boundsOf(message.passes, message.fails, readings),
        ...noteOf([
          ...flakyNote(message),
          counts === 'handshake' && handshake !== undefined
            ? `all handshake messages of both sides together: ${handshake.passes} bytes pass, ${handshake.fails} fail`
            : 'what the limit counts was not told',
        ]),
      }
    }
  }
}

function certificateBytes(exam: ExamView): Written | undefined {
  const found = certificateFound(exam)
  return found && limitOf(found.bytes, 'certificate', undefined, certificateNote(found))
}

const noLargerInChain = 'a larger one is more than the whole chain may have'

function certificateNote({ bytes: { fails }, from, most }: CertificateFound): string | undefined {
  if (from === 'alone') return fails === undefined && most < MOST_BYTES ? noLargerInChain : undefined
  return fails === undefined ? noLargerInChain : 'told by chains of two certificates of one size'
}

function chainCertificates(exam: ExamView): Written | undefined {
  const found = certificatesFound(exam)
  if (found === undefined) return undefined
  const { certificates, counts, most } = found
  if (counts === undefined)
    return limitOf(
      certificates,
      'items',
      undefined,
      certificates.fails === undefined ? moreCertificatesNote(most) : undefined,
    )
  const behind = counts === 'path' ? 'are not counted' : 'count, too'
  return limitOf(certificates, counts, undefined, `certificates behind the path ${behind}`)
}

function moreCertificatesNote(most: number): string {
  return most < MOST_CERTIFICATES ? 'more of them are more bytes than the chain may have' : noLimitMet
}

function dataRecordBytes(exam: ExamView): Written | undefined {
  const found = shownToPass(dataRecordSearch(exam))
  const all = found?.fails === undefined && found?.exact === true
  return limitOf(found, 'record', undefined, all ? 'the largest that TLS allows' : undefined)
}

/** Sizes in use only: between the largest that was taken and the smallest that was not, nothing is told. */
/** Where every size is refused, its scheme of signature may be what it minds: then no version but this has the bound. */
function rsaKeyBits(exam: ExamView): Written | undefined {
  const sizes = leafKeys.filter((key) => key.startsWith('rsa-'))
  const bits = (taken: 'takes' | 'refuses') =>
    sizes.filter((key) => keyFound(exam, key) === taken).map((key) => Number(key.slice('rsa-'.length)))
  const passes = Math.max(...bits('takes'))
  const fails = Math.min(...bits('refuses').filter((size) => size > passes))
  if (passes > 0) return boundedBy('bits', passes, Number.isFinite(fails) ? fails : undefined)
  if (!Number.isFinite(fails) || exam.baseline === undefined) return undefined
  const tlsVersions = [formatVersion(exam.baseline.version)]
  return {
    counts: 'bits',
    fails: { bits: fails },
    tlsVersions,
    note: 'every size that was asked was refused',
  }
}

function boundedBy(counts: Counting, passes: number, fails: number | undefined): Written {
  return { counts, ...boundsOf(passes, fails, (value) => ({ [counts]: value })) }
}

function handshakeMessageBytes(exam: ExamView): Written | undefined {
  const found = chainShown(exam)
  if (found?.counts === 'message') return limitOf(found.message, 'message', messageReading(exam))
  if (found?.counts === 'record')
    return limitOf(found.joined, 'message', messageReading(exam), 'in records that it takes')
  if (found === undefined || found.counts !== undefined || found.message.fails !== undefined) return undefined
  return limitOf(found.message, 'message', messageReading(exam))
}

/** Of all that was taken in this version, whatever was asked by it. */
function mostTaken({ baseline, answers }: ExamView, read: (sent: SentSizes) => number): number | undefined {
  const taken = answers.filter(
    ({ outcome }) =>
      baseline !== undefined &&
      outcome.version === baseline.version &&
      saidOfHandshake(outcome, baseline) === 'passes',
  )
  return taken.length === 0 ? undefined : Math.max(...taken.map(({ outcome }) => read(outcome.sent)))
}

/** Bytes of the largest pair that was taken: so many pass, whatever it is that is counted. */
function chainPasses(exam: ExamView, counts: string): number | undefined {
  const passes = chainShown(exam)?.message.passes
  if (passes === undefined) return undefined
  return counts === 'message' ? messageReading(exam)(passes) : derOfPair(passes)
}

/** The search counts as TLS 1.2 does; 1.3 has a context and an empty list of extensions a certificate, RFC 8446 §4.4.2. */
export function messageReading({ baseline }: ExamView): (messageBytes: number) => number {
  const more = baseline !== undefined && baseline.version >= 0x0304 ? PAIR_MORE_IN_TLS13 : 0
  return (messageBytes) => messageBytes + more
}

function asksHttp(exam: ExamView): boolean {
  return exam.answers.some(({ outcome }) => outcome.requests.some(({ kind }) => kind === 'http'))
}

function told(
  said: 'refuses' | 'accepts' | undefined,
  refuses: string,
  accepts: string,
): Written | undefined {
  return said === undefined ? undefined : { value: said === 'refuses' ? refuses : accepts }
}

/** A certificate signed by itself is of no CA either: where one is taken and the other is not, both are told apart. */
function peer(exam: ExamView): Written | undefined {
  const unknown = issuerVerified(exam)
  const own = checkFound(exam, 'self-signed')
  if (unknown === undefined) return undefined
  if (unknown === 'refuses' && own === 'accepts') return undefined
  return told(unknown, 'required', 'none')
}

function dates(exam: ExamView): Written | undefined {
  const expired = checkFound(exam, 'expired')
  const future = checkFound(exam, 'not-yet-valid')
  if (expired === undefined || (future !== undefined && future !== expired)) return undefined
  return told(expired, 'checked', 'unchecked')
}
