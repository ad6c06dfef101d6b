import { findSignatureScheme } from './signature-schemes.ts'

/** Schemes that a CertificateVerify of TLS 1.3 may have: no PKCS #1 v1.5, no SHA-1 or SHA-224, RFC 8446 §4.2.3. */
export function isSchemeOf13(code: number): boolean {
  const algorithm = findSignatureScheme(code)?.algorithm
  if (algorithm === undefined) return true // not ours to judge: it cannot be checked
  if (algorithm.kind === 'rsa-pkcs1') return false
  return !('hash' in algorithm) || /^sha(256|384|512)$/.test(algorithm.hash)
}

/** OpenSSL's name of the one curve that an ECDSA scheme of TLS 1.3 goes with, RFC 8446 §4.2.3. */
export const schemeCurves: ReadonlyMap<number, string> = new Map([
  [0x0403, 'prime256v1'],
  [0x0503, 'secp384r1'],
  [0x0603, 'secp521r1'],
])
