import type { SignatureAlgorithm } from '../crypto/signature.ts'
import { formatUnknown16 } from './grease.ts'
import { Registry } from './registry.ts'

/** A SignatureScheme; in TLS 1.2 the same two bytes are hash and signature algorithm, RFC 5246 §7.4.1.4.1. */
export interface SignatureScheme {
  readonly code: number
  /** Absent where `crypto/signature.ts` cannot check it. */
  readonly algorithm?: SignatureAlgorithm
}

/**
 * IANA "TLS SignatureScheme" registry, RFC 8446 §4.2.3, RFC 8998, RFC 9367; the MD5, SHA-224 and DSA pairs are
 * those of TLS 1.2 (RFC 5246 §7.4.1.4.1), named in the same manner. In TLS 1.2 an `ecdsa_secp256r1_sha256` goes
 * with any curve, since the pair says SHA-256 and ECDSA only.
 */
// biome-ignore format: one row a scheme, columns aligned
export const signatureSchemes = {
  rsa_pkcs1_md5:                       { code: 0x0101, algorithm: { kind: 'rsa-pkcs1', hash: 'md5' } },
  dsa_md5:                             { code: 0x0102 },
  ecdsa_md5:                           { code: 0x0103, algorithm: { kind: 'ecdsa', hash: 'md5' } },
  rsa_pkcs1_sha1:                      { code: 0x0201, algorithm: { kind: 'rsa-pkcs1', hash: 'sha1' } },
  dsa_sha1:                            { code: 0x0202 },
  ecdsa_sha1:                          { code: 0x0203, algorithm: { kind: 'ecdsa', hash: 'sha1' } },
  rsa_pkcs1_sha224:                    { code: 0x0301, algorithm: { kind: 'rsa-pkcs1', hash: 'sha224' } },
  dsa_sha224:                          { code: 0x0302 },
  ecdsa_sha224:                        { code: 0x0303, algorithm: { kind: 'ecdsa', hash: 'sha224' } },
  rsa_pkcs1_sha256:                    { code: 0x0401, algorithm: { kind: 'rsa-pkcs1', hash: 'sha256' } },
  dsa_sha256:                          { code: 0x0402 },
  ecdsa_secp256r1_sha256:              { code: 0x0403, algorithm: { kind: 'ecdsa', hash: 'sha256' } },
  rsa_pkcs1_sha384:                    { code: 0x0501, algorithm: { kind: 'rsa-pkcs1', hash: 'sha384' } },
  dsa_sha384:                          { code: 0x0502 },
  ecdsa_secp384r1_sha384:              { code: 0x0503, algorithm: { kind: 'ecdsa', hash: 'sha384' } },
  rsa_pkcs1_sha512:                    { code: 0x0601, algorithm: { kind: 'rsa-pkcs1', hash: 'sha512' } },
  dsa_sha512:                          { code: 0x0602 },
  ecdsa_secp521r1_sha512:              { code: 0x0603, algorithm: { kind: 'ecdsa', hash: 'sha512' } },
  eccsi_sha256:                        { code: 0x0704 },
  iso_ibs1:                            { code: 0x0705 },
  iso_ibs2:                            { code: 0x0706 },
  iso_chinese_ibs:                     { code: 0x0707 },
  sm2sig_sm3:                          { code: 0x0708 },
  gostr34102012_256a:                  { code: 0x0709 },
  gostr34102012_256b:                  { code: 0x070a },
  gostr34102012_256c:                  { code: 0x070b },
  gostr34102012_256d:                  { code: 0x070c },
  gostr34102012_512a:                  { code: 0x070d },
  gostr34102012_512b:                  { code: 0x070e },
  gostr34102012_512c:                  { code: 0x070f },
  rsa_pss_rsae_sha256:                 { code: 0x0804, algorithm: { kind: 'rsa-pss', hash: 'sha256', key: 'rsa' } },
  rsa_pss_rsae_sha384:                 { code: 0x0805, algorithm: { kind: 'rsa-pss', hash: 'sha384', key: 'rsa' } },
  rsa_pss_rsae_sha512:                 { code: 0x0806, algorithm: { kind: 'rsa-pss', hash: 'sha512', key: 'rsa' } },
  ed25519:                             { code: 0x0807, algorithm: { kind: 'ed25519' } },
  ed448:                               { code: 0x0808, algorithm: { kind: 'ed448' } },
  rsa_pss_pss_sha256:                  { code: 0x0809, algorithm: { kind: 'rsa-pss', hash: 'sha256', key: 'rsa-pss' } },
  rsa_pss_pss_sha384:                  { code: 0x080a, algorithm: { kind: 'rsa-pss', hash: 'sha384', key: 'rsa-pss' } },
  rsa_pss_pss_sha512:                  { code: 0x080b, algorithm: { kind: 'rsa-pss', hash: 'sha512', key: 'rsa-pss' } },
  ecdsa_brainpoolP256r1tls13_sha256:   { code: 0x081a },
  ecdsa_brainpoolP384r1tls13_sha384:   { code: 0x081b },
  ecdsa_brainpoolP512r1tls13_sha512:   { code: 0x081c },
} as const satisfies Record<string, SignatureScheme>

const registry = new Registry<SignatureScheme>(signatureSchemes, formatUnknown16('signature_scheme'))

/** undefined for a code that the registry does not have. */
export function findSignatureScheme(code: number): SignatureScheme | undefined {
  return registry.find(code)
}

/** `rsa_pss_rsae_sha256`, `GREASE(0x0a0a)` or `signature_scheme(0x1234)`. */
export function formatSignatureScheme(code: number): string {
  return registry.format(code)
}

/** Code of an exact registry name; undefined when there is none. */
export function parseSignatureScheme(name: string): number | undefined {
  return registry.parse(name)
}
