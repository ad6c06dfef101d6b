import { AEAD_TAG_BYTES, type AeadName, openAead, sealAead } from '../crypto/aead.ts'
import { CBC_BLOCK_BYTES, type CbcName, decryptCbc, encryptCbc } from '../crypto/cbc.ts'
import { equalBytes } from '../crypto/equal.ts'
import { type HashName, hashBytes, hmac } from '../crypto/hash.ts'
import type { CipherSuite } from './cipher-suites.ts'

/** How records of one connection are protected, once both Hellos are known. */
export type Protection =
  | { readonly kind: 'gcm'; readonly cipher: AeadName; readonly keyBytes: number }
  | {
      readonly kind: 'cbc'
      readonly cipher: CbcName
      readonly keyBytes: number
      readonly mac: HashName
      readonly encryptThenMac: boolean
    }

/** Keys of one direction, RFC 5246 §6.3. `macKey` is empty for AEAD, `iv` is empty for CBC. */
export interface DirectionKeys {
  readonly macKey: Uint8Array
  readonly key: Uint8Array
  /** The implicit part of a nonce. */
  readonly iv: Uint8Array
}

/** Protects records in one direction; counts their sequence number itself. */
export interface Sealer {
  /** The fragment that goes on the wire, in parts. */
  seal(contentType: number, version: number, plaintext: Uint8Array): readonly Uint8Array[]
}

/** The other end of a `Sealer`. */
export interface Opener {
  /** undefined when the record was not made with these keys, whichever part of it is wrong. */
  open(contentType: number, version: number, fragment: Uint8Array): Uint8Array | undefined
}

/** The bulk ciphers that the engine can do, by the names of the suite table. */
const ciphers: Readonly<
  Record<
    string,
    | { readonly kind: 'gcm'; readonly cipher: AeadName; readonly keyBytes: number }
    | { readonly kind: 'cbc'; readonly cipher: CbcName; readonly keyBytes: number }
  >
> = {
  'aes-128-gcm': { kind: 'gcm', cipher: 'aes-128-gcm', keyBytes: 16 },
  'aes-256-gcm': { kind: 'gcm', cipher: 'aes-256-gcm', keyBytes: 32 },
  'aes-128-cbc': { kind: 'cbc', cipher: 'aes-128-cbc', keyBytes: 16 },
  'aes-256-cbc': { kind: 'cbc', cipher: 'aes-256-cbc', keyBytes: 32 },
}

/** RFC 5288 §3: the nonce is 4 bytes from the key block and 8 bytes sent with the record. */
const GCM_SALT_BYTES = 4
const GCM_EXPLICIT_BYTES = 8

/** undefined when the engine cannot do the suite's cipher. */
export function protectionOf(suite: CipherSuite, encryptThenMac: boolean): Protection | undefined {
  const row = ciphers[suite.cipher]
  if (row?.kind !== 'cbc') return row
  return suite.mac === undefined ? undefined : { ...row, mac: suite.mac, encryptThenMac }
}

/** Sizes of a direction's keys in the key block, RFC 5246 §6.3. */
export function keySizes(protection: Protection): { macKey: number; key: number; iv: number } {
  const key = protection.keyBytes
  if (protection.kind === 'gcm') return { macKey: 0, key, iv: GCM_SALT_BYTES }
  // In TLS 1.2 the IV of a CBC record is sent with it, RFC 5246 §6.2.3.2: none comes from the key block.
  return { macKey: hashBytes[protection.mac], key, iv: 0 }
}

/** `drawIv` gives 16 bytes nobody can foretell for each sequence number; only CBC asks for them. */
export function createSealer(
  protection: Protection,
  keys: DirectionKeys,
  drawIv: (sequence: number) => Uint8Array,
): Sealer {
  let sequence = 0
  return {
    seal(contentType, version, plaintext) {
      const number = sequence++
      if (protection.kind === 'gcm') {
        const explicit = encodeSequence(number)
        const header = macHeader(number, contentType, version, plaintext.length)
        const nonce = Buffer.concat([keys.iv, explicit])
        return [explicit, ...sealAead(protection.cipher, keys.key, nonce, header, plaintext)]
      }
      const { cipher, mac, encryptThenMac } = protection
      const iv = drawIv(number)
      if (encryptThenMac) {
        const ciphertext = encryptCbc(cipher, keys.key, iv, pad([plaintext]))
        const header = macHeader(number, contentType, version, iv.length + ciphertext.length)
        return [iv, ciphertext, hmac(mac, keys.macKey, header, iv, ciphertext)]
      }
      const header = macHeader(number, contentType, version, plaintext.length)
      const tag = hmac(mac, keys.macKey, header, plaintext)
      return [iv, encryptCbc(cipher, keys.key, iv, pad([plaintext, tag]))]
    },
  }
}

export function createOpener(protection: Protection, keys: DirectionKeys): Opener {
  let sequence = 0
  return {
    open(contentType, version, fragment) {
      const number = sequence++
      const headerFor = (length: number): Uint8Array => macHeader(number, contentType, version, length)
      if (protection.kind === 'gcm') return openGcm(protection, keys, headerFor, fragment)
      const open = protection.encryptThenMac ? openEncryptThenMac : openMacThenEncrypt
      return open(protection, keys, headerFor, fragment)
    },
  }
}

type Gcm = Extract<Protection, { kind: 'gcm' }>
type Cbc = Extract<Protection, { kind: 'cbc' }>
type HeaderFor = (length: number) => Uint8Array

/** GenericAEADCipher, RFC 5246 §6.2.3.3. */
function openGcm(
  { cipher }: Gcm,
  keys: DirectionKeys,
  headerFor: HeaderFor,
  fragment: Uint8Array,
): Uint8Array | undefined {
  const length = fragment.length - GCM_EXPLICIT_BYTES - AEAD_TAG_BYTES
  if (length < 0) return undefined
  const nonce = Buffer.concat([keys.iv, fragment.subarray(0, GCM_EXPLICIT_BYTES)])
  return openAead(cipher, keys.key, nonce, headerFor(length), fragment.subarray(GCM_EXPLICIT_BYTES))
}

/** GenericBlockCipher with encrypt_then_mac, RFC 7366 §3: the MAC covers the IV and the ciphertext. */
function openEncryptThenMac(
  { cipher, mac }: Cbc,
  keys: DirectionKeys,
  headerFor: HeaderFor,
  fragment: Uint8Array,
): Uint8Array | undefined {
  const sealedBytes = fragment.length - hashBytes[mac]
  if (sealedBytes < 2 * CBC_BLOCK_BYTES || sealedBytes % CBC_BLOCK_BYTES !== 0) return undefined
  const sealed = fragment.subarray(0, sealedBytes)
  const tag = hmac(mac, keys.macKey, headerFor(sealedBytes), sealed)
  if (!equalBytes(tag, fragment.subarray(sealedBytes))) return undefined
  const padded = decryptSealed(cipher, keys.key, sealed)
  const length = unpaddedLength(padded, 0)
  return length === undefined ? undefined : padded.subarray(0, length)
}

/**
 * GenericBlockCipher, RFC 5246 §6.2.3.2. A MAC is computed whether or not the padding is good; beyond that the
 * time is not constant, as it need not be for a diagnostic client that sends each secret once.
 */
function openMacThenEncrypt(
  { cipher, mac }: Cbc,
  keys: DirectionKeys,
  headerFor: HeaderFor,
  fragment: Uint8Array,
): Uint8Array | undefined {
  const macBytes = hashBytes[mac]
  const blocks = fragment.length - CBC_BLOCK_BYTES
  if (blocks < macBytes + 1 || fragment.length % CBC_BLOCK_BYTES !== 0) return undefined
  const padded = decryptSealed(cipher, keys.key, fragment)
  const unpadded = unpaddedLength(padded, macBytes)
  const end = unpadded ?? padded.length
  const plaintext = padded.subarray(0, end - macBytes)
  const tag = hmac(mac, keys.macKey, headerFor(plaintext.length), plaintext)
  const good = equalBytes(tag, padded.subarray(end - macBytes, end))
  return good && unpadded !== undefined ? plaintext : undefined
}

/** `sealed` is the IV and the ciphertext. */
function decryptSealed(cipher: CbcName, key: Uint8Array, sealed: Uint8Array): Uint8Array {
  return decryptCbc(cipher, key, sealed.subarray(0, CBC_BLOCK_BYTES), sealed.subarray(CBC_BLOCK_BYTES))
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
function pad(parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const value = CBC_BLOCK_BYTES - 1 - (length % CBC_BLOCK_BYTES)
  return Buffer.concat([...parts, new Uint8Array(value + 1).fill(value)])
}

/** seq_num ‖ type ‖ version ‖ length: what MACs and additional data begin with, RFC 5246 §6.2.3.1. */
function macHeader(sequence: number, contentType: number, version: number, length: number): Uint8Array {
  const header = Buffer.allocUnsafe(13)
  header.writeBigUInt64BE(BigInt(sequence), 0)
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
