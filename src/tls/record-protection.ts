import { openAead, sealAead } from '../crypto/aead.ts'
import { decryptCbc, encryptCbc } from '../crypto/cbc.ts'
import { equalBytes } from '../crypto/equal.ts'
import { hashBytes, hmac } from '../crypto/hash.ts'
import type { AeadProtection, CbcProtection, Protection } from './record-ciphers.ts'

/** Bytes of a nonce of all AEAD ciphers that TLS has, RFC 5116 §5, RFC 8439 §2.8. */
const AEAD_NONCE_BYTES = 12

/** Keys of one direction, RFC 5246 §6.3. `macKey` is empty for AEAD. */
export interface DirectionKeys {
  readonly macKey: Uint8Array
  readonly key: Uint8Array
  /** The implicit part of a nonce; the first IV of a CBC cipher in TLS 1.0, empty for the later ones. */
  readonly iv: Uint8Array
}

/** Protects records in one direction; counts their sequence number itself. */
export interface Sealer {
  /** Content type that all its records show on the wire, RFC 8446 §5.2; absent: that of what is in them. */
  readonly outerType?: number
  /** The fragment that goes on the wire, in parts. */
  seal(contentType: number, version: number, plaintext: Uint8Array): readonly Uint8Array[]
}

/** The other end of a `Sealer`. */
export interface Opener {
  /** undefined when the record was not made with these keys, whichever part of it is wrong. */
  open(contentType: number, version: number, fragment: Uint8Array): Uint8Array | undefined
}

/** Sizes of a direction's keys in the key block, RFC 5246 §6.3. */
export function keySizes(protection: Protection): { macKey: number; key: number; iv: number } {
  const key = protection.keyBytes
  if (protection.kind === 'aead') {
    return { macKey: 0, key, iv: AEAD_NONCE_BYTES - protection.explicitNonceBytes }
  }
  // An IV that is sent with each record does not come from the key block, RFC 4346 §6.3.
  return { macKey: hashBytes[protection.mac], key, iv: protection.explicitIv ? 0 : protection.blockBytes }
}

/**
 * `drawIv` gives 16 bytes nobody can foretell for each sequence number; only CBC with explicit IVs asks for them.
 * `firstSequence` is as for `createOpener`.
 */
export function createSealer(
  protection: Protection,
  keys: DirectionKeys,
  drawIv: (sequence: number) => Uint8Array,
  firstSequence = 0,
): Sealer {
  let sequence = firstSequence
  if (protection.kind === 'aead') {
    return {
      seal(contentType, version, plaintext) {
        const counter = encodeSequence(sequence++)
        const header = macHeader(counter, contentType, version, plaintext.length)
        const explicit = counter.subarray(0, protection.explicitNonceBytes)
        const nonce = nonceOf(keys.iv, explicit, counter)
        const { cipher, tagBytes } = protection
        return [explicit, ...sealAead(cipher, keys.key, nonce, header, plaintext, tagBytes)]
      },
    }
  }
  const { cipher, mac, encryptThenMac, explicitIv, blockBytes } = protection
  let chained = keys.iv
  return {
    seal(contentType, version, plaintext) {
      const number = sequence++
      const headerFor = (length: number): Uint8Array =>
        macHeader(encodeSequence(number), contentType, version, length)
      const iv = explicitIv ? drawIv(number).subarray(0, blockBytes) : chained
      const sentIv = explicitIv ? iv : nothing
      if (encryptThenMac) {
        const ciphertext = encryptCbc(cipher, keys.key, iv, pad([plaintext], blockBytes))
        chained = ciphertext.subarray(-blockBytes)
        const header = headerFor(sentIv.length + ciphertext.length)
        return [sentIv, ciphertext, hmac(mac, keys.macKey, header, sentIv, ciphertext)]
      }
      const tag = hmac(mac, keys.macKey, headerFor(plaintext.length), plaintext)
      const ciphertext = encryptCbc(cipher, keys.key, iv, pad([plaintext, tag], blockBytes))
      chained = ciphertext.subarray(-blockBytes)
      return [sentIv, ciphertext]
    },
  }
}

/** `firstSequence` is that of the first record it is given: in DTLS epoch and sequence_number, RFC 6347 §4.1.2.1. */
export function createOpener(protection: Protection, keys: DirectionKeys, firstSequence = 0): Opener {
  let sequence = firstSequence
  let chained = keys.iv
  return {
    open(contentType, version, fragment) {
      const counter = encodeSequence(sequence++)
      const headerFor = (length: number): Uint8Array => macHeader(counter, contentType, version, length)
      if (protection.kind === 'aead') return openSealed(protection, keys, counter, headerFor, fragment)
      const { blockBytes, encryptThenMac, explicitIv } = protection
      const sealed = encryptThenMac
        ? checkOuterMac(protection, keys, headerFor, fragment)
        : fragment.length % blockBytes === 0
          ? fragment
          : undefined
      const ivBytes = explicitIv ? blockBytes : 0
      if (sealed === undefined || sealed.length < ivBytes + blockBytes) return undefined
      const iv = explicitIv ? sealed.subarray(0, ivBytes) : chained
      const padded = decryptCbc(protection.cipher, keys.key, iv, sealed.subarray(ivBytes))
      chained = sealed.subarray(-blockBytes)
      if (!encryptThenMac) return checkInnerMac(protection, keys, headerFor, padded)
      const length = unpaddedLength(padded, 0)
      return length === undefined ? undefined : padded.subarray(0, length)
    },
  }
}

type HeaderFor = (length: number) => Uint8Array

const nothing = new Uint8Array(0)

function openSealed(
  { cipher, tagBytes, explicitNonceBytes }: AeadProtection,
  keys: DirectionKeys,
  counter: Uint8Array,
  headerFor: HeaderFor,
  fragment: Uint8Array,
): Uint8Array | undefined {
  const length = fragment.length - explicitNonceBytes - tagBytes
  if (length < 0) return undefined
  const nonce = nonceOf(keys.iv, fragment.subarray(0, explicitNonceBytes), counter)
  const sealed = fragment.subarray(explicitNonceBytes)
  return openAead(cipher, keys.key, nonce, headerFor(length), sealed, tagBytes)
}

/** The salt and the part sent; or, when nothing is sent, the IV XORed with the sequence number, RFC 7905 §2. */
function nonceOf(iv: Uint8Array, explicit: Uint8Array, counter: Uint8Array): Uint8Array {
  if (explicit.length > 0) return Buffer.concat([iv, explicit])
  const nonce = Uint8Array.from(iv)
  for (const [i, byte] of counter.entries()) nonce[nonce.length - counter.length + i]! ^= byte
  return nonce
}

/** encrypt_then_mac, RFC 7366 §3: the MAC covers the IV sent and the ciphertext, which are what is left. */
function checkOuterMac(
  { mac, blockBytes }: CbcProtection,
  keys: DirectionKeys,
  headerFor: HeaderFor,
  fragment: Uint8Array,
): Uint8Array | undefined {
  const sealedBytes = fragment.length - hashBytes[mac]
  if (sealedBytes <= 0 || sealedBytes % blockBytes !== 0) return undefined
  const sealed = fragment.subarray(0, sealedBytes)
  const tag = hmac(mac, keys.macKey, headerFor(sealedBytes), sealed)
  return equalBytes(tag, fragment.subarray(sealedBytes)) ? sealed : undefined
}

/**
 * RFC 5246 §6.2.3.2. A MAC is computed whether or not the padding is good; beyond that the time is not constant, as it
 * need not be for a diagnostic client that sends each secret once.
 */
function checkInnerMac(
  { mac }: CbcProtection,
  keys: DirectionKeys,
  headerFor: HeaderFor,
  padded: Uint8Array,
): Uint8Array | undefined {
  const macBytes = hashBytes[mac]
  if (padded.length < macBytes + 1) return undefined
  const unpadded = unpaddedLength(padded, macBytes)
  const end = unpadded ?? padded.length
  const plaintext = padded.subarray(0, end - macBytes)
  const tag = hmac(mac, keys.macKey, headerFor(plaintext.length), plaintext)
  const good = equalBytes(tag, padded.subarray(end - macBytes, end))
  return good && unpadded !== undefined ? plaintext : undefined
}

/** Length without padding, at least `least`; undefined when the padding is wrong. */
function unpaddedLength(padded: Uint8Array, least: number): number | undefined {
  const value = padded[padded.length - 1]!
  const length = padded.length - 1 - value
  if (length < least) return undefined
  for (let i = length; i < padded.length; i++) if (padded[i] !== value) return undefined
  return length
}

/** The parts with the shortest padding that fills the block: `n` bytes of value `n`, and the length byte. */
function pad(parts: readonly Uint8Array[], blockBytes: number): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const value = blockBytes - 1 - (length % blockBytes)
  return Buffer.concat([...parts, new Uint8Array(value + 1).fill(value)])
}

/** seq_num ‖ type ‖ version ‖ length: what MACs and additional data begin with, RFC 5246 §6.2.3.1. */
function macHeader(counter: Uint8Array, contentType: number, version: number, length: number): Uint8Array {
  const header = Buffer.allocUnsafe(13)
  header.set(counter, 0)
  header.writeUInt8(contentType, 8)
  header.writeUInt16BE(version, 9)
  header.writeUInt16BE(length, 11)
  return header
}

function encodeSequence(sequence: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigUInt64BE(BigInt(sequence))
  return bytes
}
