import type { SecurityFinding } from './security-findings.ts'

export interface CheckWords {
  /** What was served, as a question's object: `a certificate of …`. */
  readonly served: string
  /** What a device that takes it gives away; a sentence without a full stop. */
  readonly risk: string
}

/** What a device ought to refuse, in words. */
export const checkWords: { readonly [Id in SecurityFinding['id']]: CheckWords } = {
  'unknown-ca': {
    served: 'a certificate of a CA that it does not hold',
    risk: 'anybody on the way can be its server: what it loads and sends is open to them',
  },
  'wrong-name': {
    served: 'a certificate for another name',
    risk: 'whoever has a certificate of the same CA for any name can be its server',
  },
  expired: {
    served: 'a certificate that has run out',
    risk: 'a key that was lost once serves for ever',
  },
  'not-yet-valid': {
    served: 'a certificate that is not valid yet',
    risk: 'it does not look at its clock, or has none',
  },
  'self-signed': {
    served: 'a certificate signed by itself',
    risk: 'anybody on the way can be its server: what it loads and sends is open to them',
  },
  'issuer-no-ca': {
    served: 'a certificate issued by one that is no CA',
    risk: 'whoever has any certificate of the same CA can issue one for its server',
  },
  'path-length': {
    served: 'a chain longer than its CA allows (pathLenConstraint)',
    risk: 'a CA that may only issue for servers can make further CAs',
  },
  'name-constraints': {
    served: 'a name that its CA is not allowed to issue for (nameConstraints)',
    risk: 'a CA kept to one domain can issue for all others',
  },
  'sha1-signature': {
    served: 'a certificate signed with SHA-1',
    risk: 'SHA-1 has collisions: a forged certificate is a matter of money',
  },
  'md5-signature': {
    served: 'a certificate signed with MD5',
    risk: 'MD5 has collisions: a forged certificate has been made in days',
  },
  'rsa-1024': {
    served: 'a key of RSA-1024',
    risk: 'a key so short can be broken with much computing',
  },
  'redirect-to-plain-http': {
    served: 'a redirect from https to plain http',
    risk: 'whoever is on the way reads what it then loads, and can change it',
  },
}
