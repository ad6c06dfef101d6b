import type { Certificate } from '../x509/certificate.ts'
import { equalBytes } from '../x509/decode-certificate.ts'
import { checkSignature } from './check-signature.ts'
import type { KnownRoot } from './trust-store.ts'

/** What a certificate is among others and the known roots. */
export type CertificateRole = 'leaf' | 'self-signed-leaf' | 'intermediate' | 'cross-sign' | 'root'

/**
 * `cross-sign`: a CA of the name and key of a root, issued by another. A self-signed certificate that is no CA is the
 * leaf of its own chain, unless it is a known root or issued one of the others (version 1 has no basicConstraints). A CA
 * that calls itself a root and was issued by another is a cross-sign too, also where its self-signed twin is not at hand.
 */
export function roleOf(
  certificate: Certificate,
  others: readonly Certificate[],
  known: readonly KnownRoot[],
): CertificateRole {
  if (isSelfSigned(certificate)) {
    const root = certificate.isCa || knownRoot(certificate, known) !== undefined
    return root || others.some((other) => isIssuedBy(other, certificate)) ? 'root' : 'self-signed-leaf'
  }
  if (!certificate.isCa) return 'leaf'
  const twins = [...others.filter(isSelfSigned), ...known.map((root) => root.certificate)]
  const hasTwin = twins.some((twin) => hasNameAndKeyOf(certificate, twin))
  return hasTwin || /\broot\b/i.test(certificate.subject.commonName ?? '') ? 'cross-sign' : 'intermediate'
}

/** By its hash. */
export function knownRoot({ sha256 }: Certificate, known: readonly KnownRoot[]): KnownRoot | undefined {
  return known.find(({ certificate }) => certificate.sha256 === sha256)
}

/** A signature that cannot be checked here does not make it another's. */
export function isSelfSigned(certificate: Certificate): boolean {
  return certificate.selfIssued && checkSignature(certificate, certificate) !== 'invalid'
}

export function hasNameAndKeyOf(a: Certificate, b: Certificate): boolean {
  return equalBytes(a.subject.der, b.subject.der) && equalBytes(a.publicKey.spki, b.publicKey.spki)
}

function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  return (
    certificate.sha256 !== issuer.sha256 &&
    equalBytes(certificate.issuer.der, issuer.subject.der) &&
    checkSignature(certificate, issuer) === 'valid'
  )
}
