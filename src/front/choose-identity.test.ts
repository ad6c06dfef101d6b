import { expect, test } from 'vitest'
import { parseCipherSuite } from '../tls/cipher-suites.ts'
import { parseNamedGroup } from '../tls/named-groups.ts'
import { parseSignatureScheme } from '../tls/signature-schemes.ts'
import { chooseIdentity, type Offer } from './choose-identity.ts'
import type { HelloFacts } from './hello-facts.ts'

const offer: Offer = {
  kinds: new Set(['ecdsa', 'rsa']),
  ecdsaCurve: 'secp256r1',
  rules: { maxVersion: 'TLSv1.3', oldSuites: false },
}
const old: Offer = { ...offer, rules: { ...offer.rules, oldSuites: true } }
const gcm = 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'
const cbc = 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA'
const rsaGcm = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'
const p256 = ['secp256r1']
const both = ['ecdsa_secp256r1_sha256', 'rsa_pkcs1_sha256']

test.each([
  ['suite, signature and curve', [gcm, rsaGcm], both, p256, offer, 'ecdsa'],
  ['CCM_8, as RFC 7925 wants it', ['TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8'], both, p256, offer, 'ecdsa'],
  ['no supported_groups: any curve', [gcm], both, undefined, offer, 'ecdsa'],
  [
    'any ECDSA hash, since a pair of TLS 1.2 names no curve',
    [gcm],
    ['ecdsa_secp384r1_sha384'],
    p256,
    offer,
    'ecdsa',
  ],
  ['no suite with ECDSA', [rsaGcm], both, p256, offer, 'rsa'],
  ['ECDSA with CBC only', [cbc, rsaGcm], both, p256, offer, 'rsa'],
  ['ECDSA with CBC only, where that is on', [cbc, rsaGcm], both, p256, old, 'ecdsa'],
  ['ECDSA with SHA-1 only', [gcm, rsaGcm], ['ecdsa_sha1', 'rsa_pkcs1_sha256'], p256, offer, 'rsa'],
  ['ECDSA with SHA-1 only, where that is on', [gcm, rsaGcm], ['ecdsa_sha1'], p256, old, 'ecdsa'],
  ['RSA signatures only', [gcm, rsaGcm], ['rsa_pkcs1_sha256'], p256, offer, 'rsa'],
  ['another curve only', [gcm, rsaGcm], both, ['secp384r1'], offer, 'rsa'],
  ['no signature_algorithms, which means SHA-1', [gcm, rsaGcm], undefined, p256, offer, 'rsa'],
  ['no signature_algorithms, where SHA-1 is on', [gcm, rsaGcm], undefined, p256, old, 'ecdsa'],
] as const)('TLS 1.2, %s: %#', (_what, suites, schemes, groups, at, kind) => {
  expect(chooseIdentity(facts({ suites, schemes, groups }), at)).toBe(kind)
})

test.each([
  ['the scheme of the curve', both, offer, 'ecdsa'],
  ['a scheme of another curve', ['ecdsa_secp384r1_sha384', 'rsa_pss_rsae_sha256'], offer, 'rsa'],
  ['RSA only', ['rsa_pss_rsae_sha256'], offer, 'rsa'],
  ['none', undefined, offer, 'rsa'],
] as const)('TLS 1.3 asks by signature_algorithms alone: %s', (_what, schemes, at, kind) => {
  expect(chooseIdentity(facts({ suites: ['TLS_AES_128_GCM_SHA256'], schemes, tls13: true }), at)).toBe(kind)
})

test('a client of TLS 1.3 is judged by its suites where we speak 1.2 at most', () => {
  const at: Offer = { ...offer, rules: { maxVersion: 'TLSv1.2', oldSuites: false } }
  const hello = facts({ suites: ['TLS_AES_128_GCM_SHA256', rsaGcm], schemes: both, tls13: true })
  expect(chooseIdentity(hello, at)).toBe('rsa')
  expect(chooseIdentity(hello, offer)).toBe('ecdsa')
})

test('with one identity, or a broken hello, there is little to choose', () => {
  expect(chooseIdentity(undefined, offer)).toBe('rsa')
  expect(chooseIdentity(undefined, { ...offer, kinds: new Set(['ecdsa']) })).toBe('ecdsa')
  const rsaOnly = facts({ suites: [rsaGcm], schemes: ['rsa_pkcs1_sha256'] })
  expect(chooseIdentity(rsaOnly, { ...offer, kinds: new Set(['ecdsa']) })).toBe('ecdsa')
})

function facts(hello: {
  suites: readonly string[]
  schemes?: readonly string[] | undefined
  groups?: readonly string[] | undefined
  tls13?: boolean
}): HelloFacts {
  return {
    serverName: undefined,
    offersTls13: hello.tls13 ?? false,
    cipherSuites: hello.suites.map((name) => parseCipherSuite(name)!),
    signatureAlgorithms: hello.schemes?.map((name) => parseSignatureScheme(name)!),
    supportedGroups: hello.groups?.map((name) => parseNamedGroup(name)!),
    maxFragmentLength: undefined,
    takesTickets: true,
    tickets: [],
  }
}
