import { type HashName, hashBytes, hmac } from './hash.ts'

/** HKDF-Extract, RFC 5869 §2.2. */
export function hkdfExtract(hashName: HashName, salt: Uint8Array, input: Uint8Array): Uint8Array {
  return hmac(hashName, salt, input)
}

/** HKDF-Expand, RFC 5869 §2.3. Throws `RangeError` for more than 255 blocks. */
export function hkdfExpand(
  hashName: HashName,
  secret: Uint8Array,
  info: Uint8Array,
  length: number,
): Uint8Array {
  const blocks = Math.ceil(length / hashBytes[hashName])
  if (blocks > 255) throw new RangeError(`length ${length} is over 255 blocks`)
  const output: Uint8Array[] = []
  for (let i = 1; i <= blocks; i++) {
    output.push(hmac(hashName, secret, output.at(-1) ?? new Uint8Array(0), info, Uint8Array.of(i)))
  }
  return Uint8Array.from(Buffer.concat(output).subarray(0, length))
}
