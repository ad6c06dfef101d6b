import type { Certificate } from '../x509/certificate.ts'
import type { LoggedCertificate } from './log-feed.ts'
import type { CertificateFacts } from './snapshot.ts'
import { certificateFacts, nameOf } from './snapshot-of.ts'

/** A certificate that was logged for a host, and of which it cannot be told what a server would send. Plain JSON. */
export type UntoldCertificate = Omit<CertificateFacts, 'role'> & {
  /** Of the log; undefined: the feed does not say. */
  readonly loggedAt?: string | undefined
} & (
    | { readonly why: 'precertificate' }
    | {
        readonly why: 'issuer-unknown'
        /** Whose certificate is not known: the next one on the way to a root. Undefined: that way is longer than is followed. */
        readonly missing?: MissingIssuer | undefined
      }
  )

export interface MissingIssuer {
  readonly name: string
  /** Hexadecimal; undefined: what it issued does not say. */
  readonly keyId?: string | undefined
}

/** `last`: how far its path is known; undefined: that does not matter. */
export function untoldCertificate(
  { certificate, loggedAt, isPrecertificate }: LoggedCertificate,
  last: Certificate | undefined,
): UntoldCertificate {
  const { role: _, ...facts } = certificateFacts(certificate, 0)
  const parts = { ...facts, loggedAt: loggedAt?.toISOString() }
  if (isPrecertificate) return { ...parts, why: 'precertificate' }
  const missing = last && { name: nameOf(last.issuer), keyId: last.authorityKeyId }
  return { ...parts, why: 'issuer-unknown', missing }
}
