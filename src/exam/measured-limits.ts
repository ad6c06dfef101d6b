import { formatVersion } from '../tls/versions.ts'
import { inBothVersions } from './both-versions.ts'
import { chainShown } from './chain-shown.ts'
import type { MeasuredValue, Written } from './measured-value.ts'
import { messageReading } from './message-reading.ts'
import type { SentSizes } from './outcome.ts'
import { saidOfHandshake } from './said.ts'
import type { ExamView } from './topic.ts'
import { type CertificateFound, certificateFound, MOST_BYTES } from './topics/certificate.ts'
import { certificatesFound, MOST_CERTIFICATES } from './topics/certificates.ts'
import { dataRecordAnswers, dataRecordSearch } from './topics/data-record.ts'
import { keyFound, leafKeys } from './topics/keys.ts'
import { boundedBy, boundsOf, flakyNote, limitOf, noLimitMet, noteOf, shownToPass } from './written-limit.ts'

/** What it takes of TLS, by size and number. */
export const measuredLimits: readonly MeasuredValue[] = [
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
]

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

/**
 * Sizes in use only: between the largest that was taken and the smallest that was not, nothing is told. Where every size is
 * refused, its scheme of signature may be what it minds: then no version but this has the bound.
 */
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
