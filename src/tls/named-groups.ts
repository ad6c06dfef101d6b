import type { EcdhCurve } from '../crypto/ecdh.ts'
import { formatUnknown16 } from './grease.ts'
import { Registry } from './registry.ts'

/** A group for key exchange. */
export interface NamedGroup {
  readonly code: number
  readonly kind: 'ec' | 'ffdhe' | 'kem'
  /** The curve as `crypto/ecdh.ts` knows it; absent where the engine cannot do the exchange. */
  readonly curve?: EcdhCurve
}

/** IANA "TLS Supported Groups" registry: RFC 8422, RFC 7919, RFC 8446 §4.2.7, RFC 7027, RFC 8734, ML-KEM drafts. */
// biome-ignore format: one row a group, columns aligned
export const namedGroups = {
  sect163k1:                       { code: 0x0001, kind: 'ec' },
  sect163r1:                       { code: 0x0002, kind: 'ec' },
  sect163r2:                       { code: 0x0003, kind: 'ec' },
  sect193r1:                       { code: 0x0004, kind: 'ec' },
  sect193r2:                       { code: 0x0005, kind: 'ec' },
  sect233k1:                       { code: 0x0006, kind: 'ec' },
  sect233r1:                       { code: 0x0007, kind: 'ec' },
  sect239k1:                       { code: 0x0008, kind: 'ec' },
  sect283k1:                       { code: 0x0009, kind: 'ec' },
  sect283r1:                       { code: 0x000a, kind: 'ec' },
  sect409k1:                       { code: 0x000b, kind: 'ec' },
  sect409r1:                       { code: 0x000c, kind: 'ec' },
  sect571k1:                       { code: 0x000d, kind: 'ec' },
  sect571r1:                       { code: 0x000e, kind: 'ec' },
  secp160k1:                       { code: 0x000f, kind: 'ec' },
  secp160r1:                       { code: 0x0010, kind: 'ec' },
  secp160r2:                       { code: 0x0011, kind: 'ec' },
  secp192k1:                       { code: 0x0012, kind: 'ec' },
  secp192r1:                       { code: 0x0013, kind: 'ec' },
  secp224k1:                       { code: 0x0014, kind: 'ec' },
  secp224r1:                       { code: 0x0015, kind: 'ec' },
  secp256k1:                       { code: 0x0016, kind: 'ec' },
  secp256r1:                       { code: 0x0017, kind: 'ec', curve: 'secp256r1' },
  secp384r1:                       { code: 0x0018, kind: 'ec', curve: 'secp384r1' },
  secp521r1:                       { code: 0x0019, kind: 'ec', curve: 'secp521r1' },
  brainpoolP256r1:                 { code: 0x001a, kind: 'ec' },
  brainpoolP384r1:                 { code: 0x001b, kind: 'ec' },
  brainpoolP512r1:                 { code: 0x001c, kind: 'ec' },
  x25519:                          { code: 0x001d, kind: 'ec', curve: 'x25519' },
  x448:                            { code: 0x001e, kind: 'ec', curve: 'x448' },
  brainpoolP256r1tls13:            { code: 0x001f, kind: 'ec' },
  brainpoolP384r1tls13:            { code: 0x0020, kind: 'ec' },
  brainpoolP512r1tls13:            { code: 0x0021, kind: 'ec' },
  GC256A:                          { code: 0x0022, kind: 'ec' },
  GC256B:                          { code: 0x0023, kind: 'ec' },
  GC256C:                          { code: 0x0024, kind: 'ec' },
  GC256D:                          { code: 0x0025, kind: 'ec' },
  GC512A:                          { code: 0x0026, kind: 'ec' },
  GC512B:                          { code: 0x0027, kind: 'ec' },
  GC512C:                          { code: 0x0028, kind: 'ec' },
  curveSM2:                        { code: 0x0029, kind: 'ec' },
  ffdhe2048:                       { code: 0x0100, kind: 'ffdhe' },
  ffdhe3072:                       { code: 0x0101, kind: 'ffdhe' },
  ffdhe4096:                       { code: 0x0102, kind: 'ffdhe' },
  ffdhe6144:                       { code: 0x0103, kind: 'ffdhe' },
  ffdhe8192:                       { code: 0x0104, kind: 'ffdhe' },
  MLKEM512:                        { code: 0x0200, kind: 'kem' },
  MLKEM768:                        { code: 0x0201, kind: 'kem' },
  MLKEM1024:                       { code: 0x0202, kind: 'kem' },
  SecP256r1MLKEM768:               { code: 0x11eb, kind: 'kem' },
  X25519MLKEM768:                  { code: 0x11ec, kind: 'kem' },
  SecP384r1MLKEM1024:              { code: 0x11ed, kind: 'kem' },
  X25519Kyber768Draft00:           { code: 0x6399, kind: 'kem' },
  SecP256r1Kyber768Draft00:        { code: 0x639a, kind: 'kem' },
  arbitrary_explicit_prime_curves: { code: 0xff01, kind: 'ec' },
  arbitrary_explicit_char2_curves: { code: 0xff02, kind: 'ec' },
} as const satisfies Record<string, NamedGroup>

const registry = new Registry<NamedGroup>(namedGroups, formatUnknown16('named_group'))

/** undefined for a code that the registry does not have. */
export function findNamedGroup(code: number): NamedGroup | undefined {
  return registry.find(code)
}

/** `secp256r1`, `GREASE(0x0a0a)` or `named_group(0x1234)`. */
export function formatNamedGroup(code: number): string {
  return registry.format(code)
}

/** Code of an exact registry name; undefined when there is none. */
export function parseNamedGroup(name: string): number | undefined {
  return registry.parse(name)
}
