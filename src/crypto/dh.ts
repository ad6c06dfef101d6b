import { createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'
import type { Seed } from './seed.ts'

/** Largest and smallest modulus that OpenSSL does arithmetic with (OPENSSL_DH_MAX_MODULUS_BITS, DH_MIN_MODULUS_BITS). */
export const MAX_DH_BITS = 10_000
export const MIN_DH_BITS = 512

/** Bytes of our private exponent: twice the strength of any group in use, RFC 7919 §5.2. */
const EXPONENT_BYTES = 64

/** A finite-field group: numbers big-endian, as sent. */
export interface DhGroup {
  readonly p: Uint8Array
  readonly g: Uint8Array
}

/** Bits of a big-endian number; 0 for zero. */
export function bitLength(number: Uint8Array): number {
  const at = number.findIndex((byte) => byte !== 0)
  return at < 0 ? 0 : (number.length - at) * 8 - Math.clz32(number[at]!) + 24
}

/**
 * Our public value and the shared secret Z with the peer's, in a group of MIN_DH_BITS to MAX_DH_BITS. Z has no leading
 * zero bytes, RFC 5246 §8.1.2. undefined when the peer's value is not within 2..p-2 (or, in a group that OpenSSL knows,
 * outside its subgroup), or the group is none that can be computed in.
 */
export function agreeDh(
  { p, g }: DhGroup,
  peer: Uint8Array,
  seed: Seed,
): { readonly publicValue: Uint8Array; readonly secret: Uint8Array } | undefined {
  const bits = bitLength(p)
  if (bits < MIN_DH_BITS || bits > MAX_DH_BITS) return undefined
  if (!isWithin(g, p) || !isWithin(peer, p)) return undefined
  const exponent = seed.expand('dh', EXPONENT_BYTES)
  exponent[0] = exponent[0]! & 0x7f // below any p of 512 bits
  const algorithm = tlv(0x30, dhKeyAgreement, tlv(0x30, integer(p), integer(g)))
  try {
    const privateKey = createPrivateKey({
      key: tlv(0x30, integer(Uint8Array.of(0)), algorithm, tlv(0x04, integer(exponent))),
      format: 'der',
      type: 'pkcs8',
    })
    const publicKey = createPublicKey({
      key: tlv(0x30, algorithm, tlv(0x03, Uint8Array.of(0), integer(peer))),
      format: 'der',
      type: 'spki',
    })
    const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
    const secret = withoutZeros(diffieHellman({ privateKey, publicKey }))
    return { publicValue: lastInteger(spki, algorithm.length), secret }
  } catch {
    return undefined // a modulus that is even, or whatever else OpenSSL does not compute with
  }
}

/** 1 < number < p - 1: RFC 7919 §5.1, and what is between for a generator. */
function isWithin(number: Uint8Array, p: Uint8Array): boolean {
  const value = toBigInt(number)
  return value > 1n && value < toBigInt(p) - 1n
}

function toBigInt(number: Uint8Array): bigint {
  return BigInt(`0x0${Buffer.from(number).toString('hex')}`)
}

function withoutZeros(number: Uint8Array): Uint8Array {
  const at = number.findIndex((byte) => byte !== 0)
  return number.subarray(at < 0 ? number.length : at)
}

/** OBJECT IDENTIFIER 1.2.840.113549.1.3.1, PKCS #3. */
const dhKeyAgreement = Buffer.from('06092a864886f70d010301', 'hex')

/** The public value in a SubjectPublicKeyInfo whose AlgorithmIdentifier has that length. */
function lastInteger(spki: Uint8Array, algorithmBytes: number): Uint8Array {
  const bitString = spki.subarray(headerBytes(spki) + algorithmBytes)
  const value = bitString.subarray(headerBytes(bitString) + 1)
  return withoutZeros(value.subarray(headerBytes(value)))
}

/** Bytes of tag and length of a DER value. */
function headerBytes(der: Uint8Array): number {
  const length = der[1]!
  return length < 0x80 ? 2 : 2 + (length & 0x7f)
}

function integer(number: Uint8Array): Uint8Array {
  const digits = withoutZeros(number)
  return digits.length > 0 && digits[0]! < 0x80 ? tlv(0x02, digits) : tlv(0x02, Uint8Array.of(0), digits)
}

function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  if (body.length < 0x80) return Buffer.concat([Uint8Array.of(tag, body.length), body])
  const length = [body.length >>> 16, (body.length >>> 8) & 0xff, body.length & 0xff]
  while (length[0] === 0) length.shift()
  return Buffer.concat([Uint8Array.of(tag, 0x80 | length.length, ...length), body])
}
