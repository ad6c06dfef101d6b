import type { Details } from '../../finding/details.ts'
import { formatBytes, formatCount, formatNumber } from '../units.ts'
import type { WordsFor } from './words.ts'

/** Certificates and keys as they were given: text around them, damage, and what a stack needs at their end. */
export const credentialWords: WordsFor<
  | 'pem-text-size'
  | 'pem-damaged'
  | 'certificate-unreadable'
  | 'credential-line-ends'
  | 'credential-not-terminated'
  | 'key-mismatch'
> = {
  'pem-text-size': {
    title: 'the size of the text is not the size that counts',
    sentence: (d) => {
      const around = d.inputBytes - d.pemBytes
      const text =
        around > 2 * d.certificates
          ? `${formatNumber(d.inputBytes)} is text: ${formatBytes(d.pemBytes)} of PEM and ${formatNumber(around)} around it`
          : `${formatNumber(d.inputBytes)} is PEM text`
      const chain = d.certificates === 1 ? 'the certificate is' : `the ${d.certificates} certificates are`
      return `${text}; ${chain} ${formatBytes(d.derBytes)} of DER, which is what goes over the wire and what limits for a chain count.`
    },
  },
  'pem-damaged': {
    title: 'a PEM block is damaged',
    sentence: (d) => `The ${d.what}${atLine(d.line)} ${damage(d)}`,
  },
  'certificate-unreadable': {
    title: 'a certificate cannot be parsed',
    sentence: (d) =>
      `The base64${atLine(d.line)} is whole, but what it holds is no certificate: ${d.reason} (byte ${formatNumber(d.offset)} of the DER).`,
  },
  'credential-line-ends': {
    title: 'a credential is stored with CR LF line ends',
    sentence: (d) =>
      `${d.subject} in ${d.by} has ${formatCount(d.carriageReturns, 'line end')} with CR LF: ${formatCount(d.carriageReturns, 'byte')} more ` +
      'than the same PEM with LF, and another SHA-256 in the listing of the modem. Not every parser takes it.',
  },
  'credential-not-terminated': {
    title: 'a credential is not ended as the parser needs it',
    sentence: (d) => {
      const what = `${d.subject} in ${d.by}`
      if (d.lacks === 'line')
        return `${what} has no line feed behind its END line: most parsers take it so, those of some modems do not.`
      const how =
        d.lacks === 'nul-array'
          ? 'has no zero at its end'
          : 'is passed with a length that leaves out its ending zero'
      return `${what} ${how}: Mbed TLS takes PEM only where the last byte counted is NUL, and reads it as DER otherwise.`
    },
  },
  'key-mismatch': {
    title: 'the private key is not that of the certificate',
    sentence: (d) =>
      `The ${d.key}${atLine(d.line)} does not belong to ${d.subject}${
        d.certificates > 1 ? ` nor to any other of the ${d.certificates} certificates beside it` : ''
      }: its public half is another.`,
  },
}

function atLine(line: number | undefined): string {
  return line === undefined ? '' : ` at line ${formatNumber(line)}`
}

function damage(d: Details['pem-damaged']): string {
  switch (d.why) {
    case 'no-end':
      return d.hasBytes === undefined || d.needsBytes === undefined
        ? 'has no END line: it was cut off, or lines were lost.'
        : `has no END line, and ${formatNumber(d.hasBytes)} of the ${formatBytes(d.needsBytes)} that its own length asks for: it was cut off.`
    case 'other-end':
      return 'ends with the END line of another kind of block.'
    case 'short-dashes':
      return 'has an END line with fewer than five dashes: parsers do not find its end.'
    case 'joined':
      return 'begins on the line on which the one before it ends: OpenSSL refuses both. The file before it had no newline at its end.'
    case 'not-base64':
      return `has a character that is not base64${d.atLine === undefined ? '' : ` on line ${formatNumber(d.atLine)}`}: parsers refuse it.`
    case 'padding':
      return 'has a number of base64 characters that cannot be: at least one was lost or added.'
    case 'short':
      return `holds ${formatNumber(d.hasBytes ?? 0)} of ${formatBytes(d.needsBytes ?? 0)} that its own length asks for: a part of it is lost.`
    case 'long':
      return `has ${formatBytes(d.hasBytes ?? 0)} behind the end of the certificate.`
  }
}
