import { type HashName, hashBytes, hmac } from './hash.ts'

/**
 * The PRF of TLS 1.2, RFC 5246 §5: P_hash(secret, label + seed), cut to `length` bytes. With `md5-sha1` that of TLS 1.0
 * and 1.1, RFC 2246 §5: P_MD5 of the secret's first half XOR P_SHA1 of its second; an odd byte is in both.
 */
export function prf(
  hashName: HashName,
  secret: Uint8Array,
  label: string,
  seed: Uint8Array,
  length: number,
): Uint8Array {
  const labelAndSeed = Buffer.concat([Buffer.from(label, 'ascii'), seed])
  if (hashName !== 'md5-sha1') return expand(hashName, secret, labelAndSeed, length)
  const half = Math.ceil(secret.length / 2)
  const output = expand('md5', secret.subarray(0, half), labelAndSeed, length)
  const other = expand('sha1', secret.subarray(secret.length - half), labelAndSeed, length)
  for (const [i, byte] of other.entries()) output[i]! ^= byte
  return output
}

/** P_hash. */
function expand(hashName: HashName, secret: Uint8Array, seed: Uint8Array, length: number): Uint8Array {
  const size = hashBytes[hashName]
  const output = new Uint8Array(Math.ceil(length / size) * size)
  let a: Uint8Array = seed
  for (let at = 0; at < length; at += size) {
    a = hmac(hashName, secret, a)
    output.set(hmac(hashName, secret, a, seed), at)
  }
  return output.subarray(0, length)
}
