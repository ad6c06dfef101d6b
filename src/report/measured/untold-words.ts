import { checkWords } from '../../exam/check-words.ts'
import type { CheckId } from '../../exam/topics/verification.ts'
import type { Untold, UntoldWhat, UntoldWhy } from '../../exam/untold.ts'
import { isCheck } from '../measure-words.ts'
import { formatCount } from '../units.ts'

/** `whether it refuses a key of RSA-1024: …`, without a full stop. */
export function untoldWords({ what, why, connections }: Untold): {
  readonly what: string
  readonly why: string
} {
  const often =
    why === 'says-nothing' || why === 'contradicts' || why === 'seldom-refused'
      ? ` (${formatCount(connections, 'connection')})`
      : ''
  return { what: whatWords(what), why: `${whyWords[why]}${often}` }
}

function whatWords(what: UntoldWhat): string {
  return isCheck(what) ? `whether it refuses ${checkWords[what].served}` : otherWhats[what]
}

const keyWhat = (key: string) => `whether it takes a certificate with a key of ${key}`
const groupWhat = (group: string) => `whether it exchanges keys with ${group}`

const otherWhats: { readonly [What in Exclude<UntoldWhat, CheckId>]: string } = {
  wildcard: 'whether it matches a wildcard',
  'common-name-only': 'whether it looks at the commonName where there is no subjectAltName',
  'address-as-dns-name': 'whether it matches an address that is written as a dNSName',
  'chain-bytes': 'how many bytes of certificates it takes, to the byte',
  'chain-counts': 'what the limit of the chain counts',
  'data-record': 'how large a record of data may be',
  'response-head': 'how large the head of a response may be',
  'certificate-bytes': 'how large one certificate may be',
  certificates: 'how many certificates it takes',
  'alternative-names': 'how many names a certificate may have',
  p256: keyWhat('P-256'),
  p384: keyWhat('P-384'),
  p521: keyWhat('P-521'),
  ed25519: keyWhat('Ed25519'),
  'rsa-2048': keyWhat('RSA-2048'),
  'rsa-3072': keyWhat('RSA-3072'),
  'rsa-4096': keyWhat('RSA-4096'),
  'rsa-8192': keyWhat('RSA-8192'),
  'rsa-pss': 'whether it takes a key exchange of TLS 1.2 that is signed with RSA-PSS',
  sha384: 'whether it takes a certificate signed with SHA-384',
  sha512: 'whether it takes a certificate signed with SHA-512',
  x25519: groupWhat('x25519'),
  secp256r1: groupWhat('secp256r1'),
  secp384r1: groupWhat('secp384r1'),
  secp521r1: groupWhat('secp521r1'),
  x448: groupWhat('x448'),
  'merged-messages': 'whether it takes several handshake messages in one record',
  redirect: 'whether it follows a redirect',
  'redirect-to-plain-http': 'whether it ever follows a redirect to plain http',
  'redirects-in-row': 'how many redirects in a row it follows',
  ranges: 'which ranges of a file it asks for',
  'ranges-ignored': 'what it does where the server answers a Range with the whole file',
  'TLSv1.1': 'whether it refuses TLS 1.1',
  TLSv1: 'whether it refuses TLS 1.0',
  resumption: 'whether it resumes its session',
  idle: 'how long it waits for an answer',
}

const whyWords: { readonly [Why in UntoldWhy]: string } = {
  'not-asked-yet': 'not asked yet: the same command goes on with it',
  'not-asked': 'there was no connection left to ask it',
  'says-nothing': 'it was asked, and broke off each time before it came to the point',
  contradicts: 'it took it and refused it by turns',
  'bounds-apart': 'the largest that passes and the smallest that fails are not next to each other yet',
  'may-be-size':
    'it refused, but what it was shown was larger than all that it took: it may have refused the size',
  'seldom-refused':
    'it refused, but it breaks off now and then for reasons of its own: too few refusals to tell them apart, and no connection was left',
  'several-fit': 'more than one way of counting fits all of its answers',
  'no-http': 'it asked nothing by HTTP',
  'no-range-asked-for': 'it never asked for one by itself',
  sealed:
    'it speaks TLS 1.3, where OpenSSL seals these messages as it likes, and it takes no records but those',
  'kept-small': 'it asks for small records, OpenSSL keeps to that, and it takes no records but those',
  'too-few-bytes': 'a certificate more is more bytes than its chain may have',
  'name-not-checked': 'it does not compare the name at all',
  'asks-by-address': 'it asked by an address, which has no such form: --name asks it',
  'below-smallest': 'it refuses the smallest chain of two certificates that can be made',
  'asks-by-name': 'it asked by a name: the URL with the address asks it',
  'name-too-short': 'the name that it asked by has too few labels: --name with three asks it',
  'another-port': 'it did not come in the clear; on another port it would not have been seen',
}
