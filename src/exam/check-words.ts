import type { SecurityFinding } from './security-findings.ts'

export interface CheckWords {
  /** What was served, as a question's object: `a certificate of …`. */
  readonly served: string
  /** What a device that takes it gives away; a sentence without a full stop. */
  readonly risk: string
  /** What to do about it, on the device; likewise. */
  readonly cure: string
}

/** What a device ought to refuse, in words. */
export const checkWords: { readonly [Id in SecurityFinding['id']]: CheckWords } = {
  'unknown-ca': {
    served: 'a certificate of a CA that it does not hold',
    risk: 'anybody on the way can be its server: what it loads and sends is open to them',
    cure: "let it verify the server's certificate against the roots that it holds, and break off where that fails",
  },
  'wrong-name': {
    served: 'a certificate for another name',
    risk: 'whoever has a certificate of the same CA for any name can be its server',
    cure: 'give its TLS library the host name of the URL, to compare with the certificate',
  },
  expired: {
    served: 'a certificate that has run out',
    risk: 'a key that was lost once serves for ever',
    cure: 'set its clock before the first TLS connection, and let its TLS library compare the dates',
  },
  'not-yet-valid': {
    served: 'a certificate that is not valid yet',
    risk: 'it does not look at its clock, or has none',
    cure: 'set its clock before the first TLS connection, and let its TLS library compare the dates',
  },
  'self-signed': {
    served: 'a certificate signed by itself',
    risk: 'anybody on the way can be its server: what it loads and sends is open to them',
    cure: "let it verify the server's certificate against the roots that it holds, and break off where that fails",
  },
  'issuer-no-ca': {
    served: 'a certificate issued by one that is no CA',
    risk: 'whoever has any certificate of the same CA can issue one for its server',
    cure: 'use a TLS library, or a version of it, that asks basicConstraints of every issuer (RFC 5280 §6.1.4)',
  },
  'path-length': {
    served: 'a chain longer than its CA allows (pathLenConstraint)',
    risk: 'a CA that may only issue for servers can make further CAs',
    cure: 'use a TLS library that counts pathLenConstraint (RFC 5280 §6.1.4), or hold no root whose CAs you do not trust wholly',
  },
  'name-constraints': {
    served: 'a name that its CA is not allowed to issue for (nameConstraints)',
    risk: 'a CA kept to one domain can issue for all others',
    cure: 'use a TLS library that knows nameConstraints (RFC 5280 §4.2.1.10), or hold no root whose CAs you do not trust wholly',
  },
  'sha1-signature': {
    served: 'a certificate signed with SHA-1',
    risk: 'SHA-1 has collisions: a forged certificate is a matter of money',
    cure: 'take SHA-1 out of the hashes that its TLS library accepts in certificates',
  },
  'md5-signature': {
    served: 'a certificate signed with MD5',
    risk: 'MD5 has collisions: a forged certificate has been made in days',
    cure: 'take MD5 out of the hashes that its TLS library accepts in certificates',
  },
  'rsa-1024': {
    served: 'a key of RSA-1024',
    risk: 'a key so short can be broken with much computing',
    cure: 'set the shortest RSA key that its TLS library takes to 2,048 bits',
  },
  'redirect-to-plain-http': {
    served: 'a redirect from https to plain http',
    risk: 'whoever is on the way reads what it then loads, and can change it',
    cure: 'let its HTTP client refuse a redirect from https to http, or follow none',
  },
}
