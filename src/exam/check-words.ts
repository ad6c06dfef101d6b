import type { CheckId } from './topics/verification.ts'

export type Severity = 'critical' | 'high' | 'medium' | 'low'

export interface CheckWords {
  /** Of a device that does not look at it. */
  readonly severity: Severity
  /** What was served, as a question's object: `a certificate of …`. */
  readonly served: string
  /** What a device that takes it gives away; a sentence without a full stop. */
  readonly risk: string
}

/** Each check in words. */
export const checkWords: { readonly [Id in CheckId]: CheckWords } = {
  'unknown-ca': {
    severity: 'critical',
    served: 'a certificate of a CA that it does not hold',
    risk: 'anybody on the way can be its server: what it loads and sends is open to them',
  },
  'wrong-name': {
    severity: 'critical',
    served: 'a certificate for another name',
    risk: 'whoever has a certificate of the same CA for any name can be its server',
  },
  expired: {
    severity: 'high',
    served: 'a certificate that has run out',
    risk: 'a key that was lost once serves for ever',
  },
  'not-yet-valid': {
    severity: 'low',
    served: 'a certificate that is not valid yet',
    risk: 'it does not look at its clock, or has none',
  },
  'self-signed': {
    severity: 'critical',
    served: 'a certificate signed by itself',
    risk: 'anybody on the way can be its server: what it loads and sends is open to them',
  },
  'issuer-no-ca': {
    severity: 'critical',
    served: 'a certificate issued by one that is no CA',
    risk: 'whoever has any certificate of the same CA can issue one for its server',
  },
  'path-length': {
    severity: 'medium',
    served: 'a chain longer than its CA allows (pathLenConstraint)',
    risk: 'a CA that may only issue for servers can make further CAs',
  },
  'name-constraints': {
    severity: 'medium',
    served: 'a name that its CA is not allowed to issue for (nameConstraints)',
    risk: 'a CA kept to one domain can issue for all others',
  },
  'sha1-signature': {
    severity: 'medium',
    served: 'a certificate signed with SHA-1',
    risk: 'SHA-1 has collisions: a forged certificate is a matter of money',
  },
  'md5-signature': {
    severity: 'high',
    served: 'a certificate signed with MD5',
    risk: 'MD5 has collisions: a forged certificate has been made in days',
  },
  'rsa-1024': {
    severity: 'medium',
    served: 'a key of RSA-1024',
    risk: 'a key so short can be broken with much computing',
  },
}
