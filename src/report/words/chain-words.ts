import type { Details, KeyPlace } from '../../finding/details.ts'
import { formatBytes, formatCount, formatList, formatNumber } from '../units.ts'
import { capital, certificateAt, type WordsFor } from './words.ts'

/** chain: sizes, number and algorithms of the certificates the server sends. */
export const chainWords: WordsFor<
  | 'chain-too-large'
  | 'chain-size-undecided'
  | 'chain-size-witnessed'
  | 'chain-size-unusual'
  | 'cert-too-large'
  | 'cert-size-undecided'
  | 'cert-size-unusual'
  | 'message-too-large'
  | 'message-fragmented'
  | 'chain-too-deep'
  | 'heavy-certificate'
  | 'rsa-key-too-large'
  | 'rsa-key-too-small'
  | 'rsa-key-unproved'
  | 'sigalg-unsupported'
  | 'key-type-unsupported'
  | 'algorithm-unproved'
  | 'superfluous-certificates'
  | 'limit-near'
  | 'stack-refuses'
  | 'anchor-unreadable'
  | 'memory-needed'
  | 'memory-short'
> = {
  'chain-too-large': {
    title: 'the certificate chain is too large',
    sentence: (d, c) => {
      const sent = `${capital(c.sender)} ${c.sender === 'the file' ? 'holds' : 'sends'} ${formatCount(
        d.certificates,
        'certificate',
      )}, ${formatBytes(d.sentBytes)} of DER; the device takes ${formatNumber(d.limitBytes)}`
      if (d.overBytes <= 0) return `${sent}, but is known to have refused a chain of this weight.`
      if (d.pathBytes === undefined) return `${sent}: ${formatNumber(d.overBytes)} too many.`
      if (d.pathBytes === d.sentBytes) {
        return `${sent}: ${formatNumber(d.overBytes)} too many, and all of them are needed to reach ${anchorOf(d)}.`
      }
      const needed = neededWords(d.pathCertificates, anchorOf(d))
      return d.pathBytes > d.limitBytes
        ? `${sent}. Even ${needed} ${formatBytes(d.pathBytes)}, ` +
            `${formatNumber(d.pathBytes - d.limitBytes)} too many.`
        : `${sent}; ${needed} ${formatBytes(d.pathBytes)}.`
    },
  },
  'chain-size-undecided': {
    title: 'whether the chain fits depends on how the limit counts',
    sentence: (d, c) => {
      const how =
        d.pathBytes === undefined
          ? `The chain is ${formatBytes(d.sentBytes)} against a limit of ${formatNumber(d.limitBytes)}, and no field row settles it.`
          : d.sentBytes > d.limitBytes && d.pathBytes <= d.limitBytes
            ? `${capital(c.sender)} ${c.sender === 'the file' ? 'holds' : 'sends'} ${formatBytes(d.sentBytes)}, over the limit of ${formatNumber(d.limitBytes)}; those needed to reach ${anchorOf(d)} are ${formatBytes(d.pathBytes)}, under it. Which of the two the device counts is not documented.`
            : `Sent ${formatBytes(d.sentBytes)}, needed ${formatBytes(d.pathBytes)}, limit ${formatNumber(d.limitBytes)}: what is known of this limit does not decide.`
      return d.rows.length === 0 ? how : `${how} From the field: ${formatList(d.rows, 3)}.`
    },
  },
  'chain-size-witnessed': {
    title: 'a chain at least as large is known to pass',
    sentence: (d) =>
      `The chain is ${formatBytes(d.sentBytes)} sent${
        d.pathBytes === undefined
          ? ''
          : ` and ${formatBytes(d.pathBytes)} needed for the path to ${anchorOf(d)}`
      }, against a documented ${formatNumber(d.limitBytes)}. This device is known to have taken one at least as large: ${d.row}.`,
  },
  'chain-size-unusual': {
    title: 'the chain is larger than servers ordinarily send',
    sentence: (d) =>
      `The chain is ${formatBytes(d.sentBytes)}; ordinary servers stay under ${formatNumber(
        d.ordinaryBytes,
      )}. What this device takes is not known.`,
  },
  'cert-too-large': {
    title: 'one certificate is too large',
    sentence: (d) =>
      `${capital(certificateAt(d.index, d.subject))} is ${formatBytes(
        d.certificateBytes,
      )} of DER; the device takes ${formatNumber(d.limitBytes)} a certificate: ${formatNumber(d.overBytes)} too many.`,
  },
  'cert-size-undecided': {
    title: 'one certificate lies between two readings of the limit',
    sentence: (d) =>
      `${capital(certificateAt(d.index, d.subject))} is ${formatBytes(
        d.certificateBytes,
      )}; the limit is somewhere from ${formatNumber(d.lowBytes)} to ${formatNumber(d.highBytes)}.`,
  },
  'cert-size-unusual': {
    title: 'one certificate is larger than servers ordinarily send',
    sentence: (d) =>
      `${capital(certificateAt(d.index, d.subject))} is ${formatBytes(
        d.certificateBytes,
      )}; ordinary certificates stay under ${formatNumber(d.ordinaryBytes)}. What this device takes is not known.`,
  },
  'message-too-large': {
    title: 'the Certificate message is too large',
    sentence: (d) =>
      `The Certificate message is ${formatBytes(d.messageBytes)} with its header; the device's input buffer takes ${formatNumber(
        d.limitBytes,
      )}: ${formatNumber(d.overBytes)} too many.`,
  },
  'message-fragmented': {
    title: 'a handshake message is cut over several records',
    sentence: (d, { effect }) =>
      `The ${d.message} message of ${formatBytes(d.messageBytes)} comes in ${formatCount(
        d.records,
        'record',
      )}. This device takes one message in one record${
        effect === 'blocks' ? ': it does not join them.' : '; whether its version joins them is not known.'
      }`,
  },
  'chain-too-deep': {
    title: 'too many certificates',
    sentence: (d) =>
      `The chain has ${formatCount(d.certificates, 'certificate')}; the device takes ${formatNumber(d.limit)}.`,
  },
  'heavy-certificate': {
    title: 'where the weight of the certificate is',
    sentence: (d) => {
      const parts = [
        [d.namesBytes, formatCount(d.names, 'name')],
        [d.sctBytes, formatCount(d.scts, 'SCT')],
        [d.keyBytes, 'the key'],
        [d.signatureBytes, 'the signature'],
        [d.otherBytes, 'all else'],
      ] as const
      const shown = parts.filter(([bytes]) => bytes > 0)
      return `${capital(certificateAt(d.index, d.subject))} weighs ${formatBytes(d.certificateBytes)}: ${shown
        .map(([bytes, what]) => `${formatNumber(bytes)} for ${what}`)
        .join(', ')}.`
    },
  },
  'rsa-key-too-large': {
    title: 'an RSA key is too large',
    sentence: (d) =>
      `${keyOf(d)} has an RSA key of ${formatNumber(
        d.keyBits,
      )} bits; the device computes with ${formatNumber(d.limitBits)} at most.`,
  },
  'rsa-key-too-small': {
    title: 'an RSA key is too small',
    sentence: (d) =>
      `${keyOf(d)} has an RSA key of ${formatNumber(
        d.keyBits,
      )} bits; the device takes none under ${formatNumber(d.limitBits)}.`,
  },
  'rsa-key-unproved': {
    title: 'whether the device takes an RSA key of this size is not known',
    sentence: (d) =>
      `${keyOf(d)} has an RSA key of ${formatNumber(d.keyBits)} bits. Reported: ${d.reported}.`,
  },
  'sigalg-unsupported': {
    title: 'a signature algorithm is not supported',
    sentence: (d) =>
      `${capital(certificateAt(d.index, d.subject))} is signed with ${d.algorithm}; the device takes ${
        d.accepted.length === 0 ? 'no certificate at all' : formatList(d.accepted, 6)
      }.`,
  },
  'memory-needed': {
    title: 'what the handshake takes of the heap',
    sentence: (d) =>
      `About ${formatBytes(d.bytes)} of heap for this chain, ${formatBytes(d.buffersBytes)} of it for the two record buffers (${d.basis}).`,
  },
  'memory-short': {
    title: 'the heap may not be enough',
    sentence: (d) =>
      d.heapBytes !== undefined && d.heapBytes < d.buffersBytes
        ? `The two record buffers alone take ${formatBytes(d.buffersBytes)}; TLS has ${formatBytes(d.heapBytes)} of heap.`
        : `This chain takes about ${formatBytes(d.bytes)} of heap (${d.basis}); TLS has ${formatBytes(d.heapBytes ?? 0)}. Too little can look like distrust: -0x2700.`,
  },
  'anchor-unreadable': {
    title: 'the library cannot read the anchor',
    sentence: (d) =>
      d.assumed
        ? `The anchor (${d.subject}), which the device is assumed to hold, cannot be loaded by its library${unreadable(d)}. With no other it fails before its ClientHello.`
        : `The anchor (${d.subject}) cannot be loaded by the device's library${unreadable(d)}. It fails before its ClientHello.`,
  },
  'stack-refuses': {
    title: "the device's TLS library refuses it",
    sentence: (d, { sender, effect }) => {
      if (d.reason === 'message-fragmented' && sender === 'the file') {
        return (
          `A server that cuts its records as this device asks (max_fragment_length) would send the chain in pieces ` +
          `that the device's library does not join${d.detail === undefined ? '' : ` (${d.detail})`}; a file has no records.`
        )
      }
      const what = d.assumed
        ? 'does not lead to what it is assumed to hold'
        : (refusals[d.reason] ?? 'cannot be used')
      const detail = d.detail === undefined ? '' : ` (${d.detail})`
      const stops = effect === 'unknown' ? 'may stop' : 'stops'
      return d.index === undefined
        ? `By its own rules the device's library ${stops} here: the chain ${what}${detail}.`
        : `${capital(certificateAt(d.index, d.subject ?? ''))} ${what}${detail}: the device's library ${stops} here.`
    },
  },
  'key-type-unsupported': {
    title: 'a key type is not supported',
    sentence: (d) =>
      `${keyOf(d)} has a key (${d.key}) that the device cannot use${
        d.exchangeSource === undefined
          ? ''
          : `: such a key signs, and by static RSA or DHE_RSA, all that its build has (${d.exchangeSource}), only an RSA key is of use`
      }.`,
  },
  'algorithm-unproved': {
    title: 'whether the device takes this algorithm is not known',
    sentence: (d) => {
      const certificate = keyOf({ ...d, index: d.index, subject: d.subject ?? '' })
      if (d.what === 'signature')
        return `${certificate} is signed with ${d.algorithm}, which few servers show; what the device verifies is in no source.`
      if (d.what === 'curve')
        return `${certificate} has a key on ${d.algorithm}, which few servers show; the curves that the device computes with are in no source.`
      if (d.what === 'cipher-suite')
        return `The server chose ${d.algorithm}, which few servers do; the cipher suites that the device offers are in no source.`
      return `The server chose ${d.algorithm} for the key exchange, which few servers do; the groups that the device offers are in no source.`
    },
  },
  'superfluous-certificates': {
    title: 'certificates that this device does not need are sent',
    sentence: (d) => {
      const which = d.indexes.map((index) => String(index + 1))
      const one = which.length === 1
      const why = {
        root: `${one ? 'is the root' : 'are roots'}, which a device must hold anyway`,
        unused: `${one ? 'is' : 'are'} not needed to reach ${anchorOf(d)}`,
        duplicate: `${one ? 'repeats' : 'repeat'} another`,
      }
      return `${one ? 'Certificate' : 'Certificates'} ${formatList(which)} ${why[d.why]}: ${formatBytes(
        d.bytes,
      )} that could be left out${d.why === 'unused' ? ' for it; a client that holds another root may need them' : ''}.`
    },
  },
  'limit-near': {
    title: 'a limit is near',
    sentence: (d) =>
      `${capital(limitName(d.limit))}: ${formatNumber(d.value)} of ${formatNumber(d.limitValue)}${
        d.limit.endsWith('Bytes') ? ' bytes' : ''
      }, ${formatNumber(d.left)} left${
        d.likelier === undefined
          ? ''
          : `, by the lowest figure that a source gives (${formatNumber(d.likelier)} is likelier)`
      }. ${
        d.limit === 'recordBytes'
          ? 'A response head a little larger may pass it.'
          : 'The next renewal may pass it.'
      }`,
  },
}

export function isLimitName(name: string): boolean {
  return Object.hasOwn(limitNames, name)
}

/** What a limit bounds, in words; an unknown key stays as it is. */
export function limitName(limit: string): string {
  return (isLimitName(limit) ? limitNames[limit] : undefined) ?? limit
}

const limitNames: { readonly [limit: string]: string } = {
  chainBytes: 'certificate chain',
  certificateBytes: 'one certificate',
  handshakeMessageBytes: 'handshake message',
  recordBytes: 'data record',
  chainCertificates: 'certificates sent',
  rsaKeyBits: 'RSA key',
  rsaKeyBitsMin: 'smallest RSA key',
  storedAnchorBytes: 'stored anchor',
  responseHeadBytes: 'response head',
  pathBytes: 'path and query',
  hostBytes: 'host name',
  requestBytes: 'request',
}

/** What a library minds, after the thing it minds. */
const refusals: { readonly [kind: string]: string } = {
  'extension-refused': 'is not even reached',
  'key-exchange-refused': 'is good, but its key exchange is not',
  'message-too-large': 'does not fit its buffer',
  'message-fragmented': 'comes in pieces that it does not join',
  'chain-too-large': 'has more certificates than it takes',
  'certificate-too-large': 'is larger than it takes',
  'key-too-large': 'has a key larger than it takes',
  'algorithm-unsupported': 'needs an algorithm that it does not take',
  'certificate-refused': 'holds what it cannot read',
  'issuer-refused': 'may not issue what it issued',
  'key-usage': 'is not meant for a server',
  untrusted: 'does not lead to what it holds',
  expired: 'has expired',
  'not-yet-valid': 'is not valid yet',
  'name-mismatch': 'is for another name',
}

function unreadable({ detail }: Details['anchor-unreadable']): string {
  return detail === undefined ? '' : `: ${detail}`
}

/** Of the path, up to the number of its bytes. */
function neededWords(certificates: number | undefined, anchor: string): string {
  if (certificates === 1) return `the one needed to reach ${anchor} is`
  const which = certificates === undefined ? 'those' : `the ${formatNumber(certificates)}`
  return `${which} needed to reach ${anchor} are`
}

function anchorOf({ assumed }: { readonly assumed?: true }): string {
  return assumed ? 'the root that the device is assumed to hold' : 'the anchor'
}

function keyOf({ index, subject, assumed }: KeyPlace): string {
  return `${capital(certificateAt(index, subject))}${assumed ? ', which the device is assumed to hold,' : ''}`
}
