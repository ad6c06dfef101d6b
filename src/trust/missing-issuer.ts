import { issuerUrls } from '../x509/authority-info.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { KnownRoot } from './trust-store.ts'

/**
 * Whether the issuer is an intermediate that the server should have sent: public roots issue no server certificates
 * (CA/Browser Forum Baseline Requirements §6.1.7), and who logs them or says where the issuer can be fetched is most
 * likely no root of one's own.
 */
export function lacksIntermediate(certificate: Certificate): boolean {
  const { isCa, selfIssued, sctCount } = certificate
  return !isCa && !selfIssued && (sctCount > 0 || issuerUrls(certificate).length > 0)
}

/**
 * What is known of an issuer whose certificate is not at hand.
 *
 * - `self-signed-leaf`: the server's own certificate signed itself.
 * - `self-signed`: a root that was sent, and that is none of the known ones.
 * - `cross-signer`: it issued certificates of known roots, so it is or was a public root itself.
 */
export type UnknownRoot = 'self-signed-leaf' | 'self-signed' | 'cross-signer' | 'unknown'

export function unknownRootOf(top: Certificate, isLeaf: boolean, known: readonly KnownRoot[]): UnknownRoot {
  if (top.selfIssued) return isLeaf ? 'self-signed-leaf' : 'self-signed'
  const name = top.issuer.commonName
  const signsRoots = known.some(({ crossSignedBy }) => crossSignedBy?.some(({ issuer }) => issuer === name))
  return signsRoots ? 'cross-signer' : 'unknown'
}
