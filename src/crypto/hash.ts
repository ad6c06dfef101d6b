import { createHash, createHmac } from 'node:crypto'

/**
 * Hashes that TLS 1.0 to 1.3 name; SHA-224 only in signatures of TLS 1.2. `md5-sha1` is one behind the other, as TLS
 * 1.0 and 1.1 sign and hash the handshake (RFC 2246 §7.4.3, §7.4.9); it is none for an HMAC.
 */
export type HashName = 'md5' | 'sha1' | 'md5-sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512'

/** Output size in bytes. */
export const hashBytes: Readonly<Record<HashName, number>> = {
  md5: 16,
  sha1: 20,
  'md5-sha1': 36,
  sha224: 28,
  sha256: 32,
  sha384: 48,
  sha512: 64,
}

/** Hash of the parts, one after the other. */
export function hash(name: HashName, ...parts: readonly Uint8Array[]): Uint8Array {
  const state = createHash(name)
  for (const part of parts) state.update(part)
  return state.digest()
}

/** HMAC of the parts, one after the other, RFC 2104. */
export function hmac(name: HashName, key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const state = createHmac(name, key)
  for (const part of parts) state.update(part)
  return state.digest()
}
