import type { Certificate } from './certificate.ts'

/** What a certificate's bytes are spent on. The `…Bytes` fields add up to `der.length`. */
export interface CertificateWeight {
  /** Entries of subjectAltName. */
  readonly names: number
  /** The whole subjectAltName extension. */
  readonly namesBytes: number
  readonly scts: number
  /** The whole extension with the signed certificate timestamps. */
  readonly sctBytes: number
  /** SubjectPublicKeyInfo. */
  readonly keyBytes: number
  /** The signature's BIT STRING. */
  readonly signatureBytes: number
  /** Subject, issuer, dates, the other extensions, and all that holds them together. */
  readonly otherBytes: number
}

/** Splits a certificate's size into what makes certificates of one issuer differ. */
export function weigh(certificate: Certificate): CertificateWeight {
  const namesBytes = extensionBytes(certificate, 'subjectAltName')
  const sctBytes = extensionBytes(certificate, 'signedCertificateTimestampList')
  const keyBytes = certificate.publicKey.spki.length
  // Content of a BIT STRING: a byte for the unused bits, then the signature.
  const signatureBytes = elementBytes(certificate.signature.length + 1)
  return {
    names: certificate.subjectAltNames.length,
    namesBytes,
    scts: certificate.sctCount,
    sctBytes,
    keyBytes,
    signatureBytes,
    otherBytes: certificate.der.length - namesBytes - sctBytes - keyBytes - signatureBytes,
  }
}

function extensionBytes(certificate: Certificate, name: string): number {
  return certificate.extensions
    .filter((extension) => extension.name === name)
    .reduce((sum, { range }) => sum + range.end - range.start, 0)
}

/** Bytes of an element with that much content: tag, length octets, content. */
export function elementBytes(contentBytes: number): number {
  const lengthOctets = contentBytes < 0x80 ? 1 : contentBytes < 0x100 ? 2 : contentBytes < 0x1_0000 ? 3 : 4
  return 1 + lengthOctets + contentBytes
}
