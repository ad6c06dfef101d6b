import { createHash } from 'node:crypto'
import { formatHex } from '../codec/hex.ts'
import type { Certificate, CertificateExtension } from './certificate.ts'
import { interpretExtensions, readExtensions } from './decode-extensions.ts'
import { readName } from './decode-name.ts'
import { readPublicKey } from './decode-public-key.ts'
import { DerReader, tags } from './der.ts'
import { readBitString, readInteger, readOid, readSmallInteger, readTime } from './der-values.ts'
import { signatureAlgorithmName } from './oids.ts'
import { readPssHash } from './pss-parameters.ts'

/** Largest certificate read; the largest met in the field has 6.4 kB. */
export const MAX_CERTIFICATE_BYTES = 1_048_576

/** `der` is kept, not copied. Throws `DecodeError` and nothing else. */
export function decodeCertificate(der: Uint8Array): Certificate {
  const oddities = new Set<string>()
  const document = new DerReader(der, 'Certificate', oddities)
  if (der.length > MAX_CERTIFICATE_BYTES) {
    throw document.error('too-large', 'length', `${der.length} bytes, ${MAX_CERTIFICATE_BYTES} allowed`)
  }
  const outer = document.sequence('certificate')
  if (!document.atEnd) oddities.add('bytes after the certificate')
  const tbs = outer.expect(tags.sequence, 'tbsCertificate')
  const algorithm = outer.expect(tags.sequence, 'signatureAlgorithm')
  const signature = readBitString(outer, 'signatureValue')
  outer.end()
  if (signature.unusedBits !== 0) oddities.add('a signature with unused bits')

  const fields = outer.inside(tbs, 'tbs')
  const version = readVersion(fields)
  const serial = readInteger(fields, 'serialNumber')
  noteSerial(serial, oddities)
  const innerAlgorithm = fields.expect(tags.sequence, 'signature')
  if (!equalBytes(innerAlgorithm.bytes, algorithm.bytes)) oddities.add('two signature algorithms')
  const issuer = readName(fields, 'issuer')
  const validity = fields.sequence('validity')
  const notBefore = readTime(validity, 'notBefore')
  const notAfter = readTime(validity, 'notAfter')
  validity.end()
  const subject = readName(fields, 'subject')
  const publicKey = readPublicKey(fields, 'subjectPublicKeyInfo')
  const extensions = readTail(fields, version)
  if (issuer.attributes.length === 0) oddities.add('an empty issuer')
  if (subject.attributes.length === 0) oddities.add('an empty subject')
  if (notAfter < notBefore) oddities.add('notAfter before notBefore')

  return {
    der,
    sha256: createHash('sha256').update(der).digest('hex'),
    version,
    serialHex: formatHex(serial.length > 1 && serial[0] === 0 ? serial.subarray(1) : serial),
    subject,
    issuer,
    notBefore,
    notAfter,
    publicKey,
    signatureAlgorithm: signatureAlgorithmName(readOid(outer.inside(algorithm, 'algorithm'), 'oid')),
    pssHash: readPssHash(outer.inside(algorithm, 'algorithm')),
    signature: signature.bytes,
    tbs: { start: tbs.start, end: tbs.end },
    ...interpretExtensions(extensions, oddities),
    extensions,
    selfIssued: equalBytes(subject.der, issuer.der),
    oddities: [...oddities],
  }
}

/** Byte by byte. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

function readVersion(fields: DerReader): number {
  const explicit = fields.optional(0xa0, 'version')
  if (explicit === undefined) {
    fields.odd('version 1')
    return 1
  }
  const inner = fields.inside(explicit, 'version')
  const version = readSmallInteger(inner, 'version') + 1
  inner.end()
  if (version !== 3) fields.odd(`version ${version}`)
  return version
}

function noteSerial(serial: Uint8Array, oddities: Set<string>): void {
  if (serial[0]! >= 0x80) oddities.add('a negative serial number')
  else if (serial.every((byte) => byte === 0)) oddities.add('a serial number of zero')
  // RFC 5280 §4.1.2.2: at most 20 octets of value.
  if (serial.length > 20) oddities.add('a serial number over 20 octets')
}

/** The optional end of TBSCertificate: unique identifiers [1] and [2], extensions [3]. */
function readTail(fields: DerReader, version: number): CertificateExtension[] {
  for (const tag of [0x81, 0x82]) {
    if (fields.optional(tag, 'uniqueIdentifier') !== undefined) fields.odd('a unique identifier')
  }
  const explicit = fields.optional(0xa3, 'extensions')
  fields.end()
  if (explicit === undefined) return []
  if (version !== 3) fields.odd('extensions without version 3')
  const inner = fields.inside(explicit, 'extensions')
  const extensions = readExtensions(inner)
  inner.end()
  return extensions
}
