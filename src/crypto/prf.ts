import { type HashName, hashBytes, hmac } from './hash.ts'

/** The TLS 1.2 PRF, RFC 5246 §5: P_hash(secret, label + seed), cut to `length` bytes. */
export function prf(
  hashName: HashName,
  secret: Uint8Array,
  label: string,
  seed: Uint8Array,
  length: number,
): Uint8Array {
  const labelAndSeed = Buffer.concat([Buffer.from(label, 'ascii'), seed])
  const size = hashBytes[hashName]
  const output = new Uint8Array(Math.ceil(length / size) * size)
  let a: Uint8Array = labelAndSeed
  for (let at = 0; at < length; at += size) {
    a = hmac(hashName, secret, a)
    output.set(hmac(hashName, secret, a, labelAndSeed), at)
  }
  return output.subarray(0, length)
}
