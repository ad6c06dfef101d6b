import type { SecurityFinding } from './security-findings.ts'
import type { CheckId } from './topics/verification.ts'

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
  'unknown-ca-root-sent': {
    served: 'a certificate of a CA that it does not hold, where the server sends the root',
    risk: 'anybody on the way can be its server, with a root made for it: what it loads and sends is open to them',
    cure: 'let it trust the roots that it holds alone, and none that the server sends',
  },
  'unknown-ca-same-name': {
    served: 'a certificate of a CA that only bears the name of one that it holds',
    risk: 'anybody on the way can be its server: a name is no secret, and the signature is not verified',
    cure: "let it verify each signature of the chain with the issuer's key, up to a root that it holds",
  },
  'wrong-name': {
    served: 'a certificate for another name',
    risk: 'whoever has a certificate of the same CA for any name can be its server',
    cure: 'give its TLS library the host name of the URL, to compare with the certificate',
  },
  'neighbour-name': {
    served: 'a certificate for names that only look like its own, such as evil-NAME or NAME.invalid',
    risk: 'whoever gets a certificate of the same CA for such a name can be its server',
    cure: 'let its TLS library compare the whole host name, and not a part of it (RFC 9525 §6.3)',
  },
  'address-only': {
    served: 'a certificate for the address of the server alone, where it asks by a name',
    risk: 'whoever leads its look-up to an address of his own can be its server, with a certificate for that address',
    cure: 'let its TLS library compare the name of the URL, and never the address that it leads to',
  },
  expired: {
    served: 'an expired certificate',
    risk: 'a key that was lost once serves for ever',
    cure: 'set its clock before the first TLS connection, and let its TLS library compare the dates',
  },
  'expired-intermediate': {
    served: 'a certificate of an expired intermediate CA',
    risk: 'a CA that nobody guards any more goes on issuing for its server',
    cure: 'let its TLS library compare the dates of every certificate of the path (RFC 5280 §6.1.3)',
  },
  'not-yet-valid': {
    served: 'a certificate that is not valid yet',
    risk: 'a certificate made for a later day serves already now: its first day is not compared, or its clock is ahead',
    cure: 'let its TLS library compare both dates, notBefore and notAfter, with a clock that is set',
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
  'client-certificate': {
    served: 'a certificate for clients alone (extendedKeyUsage without serverAuth)',
    risk: 'whoever has a certificate of a client, such as another device, with its name can be its server',
    cure: 'let its TLS library ask extendedKeyUsage of the server for serverAuth (RFC 5280 §4.2.1.12)',
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
  'common-name-only': {
    served: 'a certificate that has its name in the commonName only',
    risk: 'a CA that checks and limits the names of a certificate by its subjectAltName leaves the commonName unchecked',
    cure: 'let its TLS library compare the subjectAltName alone (RFC 9525 §2)',
  },
  'address-as-dns-name': {
    served: 'a certificate that has its address written as a dNSName',
    risk: 'what a CA checked as a host name is taken for an address',
    cure: 'use a TLS library, or a version of it, that compares an address with iPAddress alone (RFC 9525 §6.5)',
  },
  'TLSv1.1': {
    served: 'TLS 1.1',
    risk: 'its handshake rests on MD5 and SHA-1, and no server ought to speak it any more (RFC 8996)',
    cure: 'set the lowest version of its TLS library to TLS 1.2',
  },
  TLSv1: {
    served: 'TLS 1.0',
    risk: 'its handshake rests on MD5 and SHA-1 and its records can be attacked (BEAST); no server ought to speak it any more (RFC 8996)',
    cure: 'set the lowest version of its TLS library to TLS 1.2',
  },
  'downgrade-sentinel': {
    served: 'TLS 1.2 from a server that says it could speak TLS 1.3 (downgrade sentinel)',
    risk: 'whoever is on the way can take it from TLS 1.3 back to TLS 1.2, and it does not see that',
    cure: 'use a TLS library, or a version of it, that looks at the random of the ServerHello (RFC 8446 §4.1.3)',
  },
  'redirect-to-plain-http': {
    served: 'a redirect from https to plain http',
    risk: 'whoever is on the way reads what it then loads, and can change it',
    cure: 'let its HTTP client refuse a redirect from https to http, or follow none',
  },
}

/** What a device took although it should not have: `a key of RSA-1024, in TLSv1.3 alone`. */
export function takenWords({ id, onlyIn }: Pick<SecurityFinding, 'id' | 'onlyIn'>): string {
  return `${checkWords[id].served}${onlyIn === undefined ? '' : `, in ${onlyIn} alone`}`
}

/** Of critical checks that are open, as a sentence; undefined where there is none. */
export function openWords(ids: readonly CheckId[]): string | undefined {
  if (ids.length === 0) return undefined
  return `Open, and critical: whether it refuses ${ids.map((id) => checkWords[id].served).join('; ')}.`
}
