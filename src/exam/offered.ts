import type { HelloSent } from '../observe/observation.ts'
import { findCipherSuite } from '../tls/cipher-suites.ts'
import { namedGroups } from '../tls/named-groups.ts'
import { findSignatureScheme } from '../tls/signature-schemes.ts'
import type { KeyKind } from './serving.ts'

/** Groups that the measuring server can be held to. */
export const groupsToAsk = ['x25519', 'secp256r1', 'secp384r1', 'secp521r1', 'x448'] as const
export type GroupToAsk = (typeof groupsToAsk)[number]

/** Of these, what a hello offers, in its own order. */
export function groupsOffered(hello: HelloSent): GroupToAsk[] {
  return hello.groups.flatMap((code) => groupsToAsk.find((name) => namedGroups[name].code === code) ?? [])
}

const curves = { p256: 'secp256r1', p384: 'secp384r1', p521: 'secp521r1' } as const
/** ecdsa_secp256r1_sha256 and so on, RFC 8446 §4.2.3: TLS 1.3 binds hash and curve. */
const schemes13 = { p256: 0x0403, p384: 0x0503, p521: 0x0603 } as const

/** RFC 8446 §4.2.3. */
const ED25519 = 0x0807

/**
 * Whether a server may show such a key to a device of that hello: RFC 8422 §5.1 for curves, and a suite that goes with it.
 * What it does not offer is no question: OpenSSL would give up by itself.
 */
export function offersKey(hello: HelloSent, key: KeyKind, version: number): boolean {
  const suites = hello.cipherSuites.flatMap((code) => findCipherSuite(code) ?? [])
  const tls13 = version >= 0x0304
  const hasEcdsaSuite = suites.some(({ auth, kx }) => auth === 'ecdsa' && kx === 'ecdhe')
  // RFC 8422 §5.10: up to TLS 1.2 it goes with the suites of ECDSA.
  if (key === 'ed25519') return hello.signatureSchemes.includes(ED25519) && (tls13 || hasEcdsaSuite)
  if (key !== 'p256' && key !== 'p384' && key !== 'p521')
    return tls13
      ? hello.signatureSchemes.some((code) => code >= 0x0804 && code <= 0x0806)
      : suites.some(({ auth, kx }) => auth === 'rsa' && kx !== 'rsa_psk')
  if (tls13) return hello.signatureSchemes.includes(schemes13[key])
  const curve = namedGroups[curves[key]].code
  return hasEcdsaSuite && (hello.groups.length === 0 || hello.groups.includes(curve))
}

/** RSASSA-PKCS1-v1_5, by itself or by default: a hello that names nothing means SHA-1 with it, RFC 5246 §7.4.1.4.1. */
export function offersPkcs1({ signatureSchemes }: HelloSent): boolean {
  return signatureSchemes.length === 0 || signatureSchemes.some((code) => signs(code, 'rsa-pkcs1'))
}

/** Whether a server may sign a ServerKeyExchange of TLS 1.2 with RSASSA-PSS, and has another choice. */
export function offersPssBelow13(hello: HelloSent): boolean {
  const suites = hello.cipherSuites.flatMap((code) => findCipherSuite(code) ?? [])
  return (
    suites.some(({ auth, kx }) => auth === 'rsa' && kx === 'ecdhe') &&
    hello.signatureSchemes.some((code) => signs(code, 'rsa-pkcs1')) &&
    hello.signatureSchemes.some((code) => signs(code, 'rsa-pss'))
  )
}

function signs(code: number, kind: 'rsa-pkcs1' | 'rsa-pss'): boolean {
  const algorithm = findSignatureScheme(code)?.algorithm
  return algorithm?.kind === kind && !('key' in algorithm && algorithm.key === 'rsa-pss')
}

/** Key exchange without a ServerKeyExchange, RFC 5246 §7.4.7.1. */
export function offersRsaKeyExchange(hello: HelloSent): boolean {
  return hello.cipherSuites.some((code) => {
    const suite = findCipherSuite(code)
    return suite?.kx === 'rsa' && suite.auth === 'rsa'
  })
}
