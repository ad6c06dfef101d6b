import { openAead, sealAead } from '../crypto/aead.ts'
import { contentTypes } from './content-types.ts'
import type { TrafficKeys } from './key-schedule-13.ts'
import type { AeadProtection } from './record-ciphers.ts'
import type { Sealer } from './record-protection.ts'
import { RECORD_HEADER_BYTES } from './record-reader.ts'

/** TLSInnerPlaintext, RFC 8446 §5.2, its padding taken off. */
export interface InnerPlaintext {
  /** 0 where the record is padding all through: a peer must not send that. */
  readonly contentType: number
  readonly content: Uint8Array
  readonly paddingBytes: number
}

/** Opens the protected records of TLS 1.3 in one direction; counts their sequence number itself. */
export interface InnerOpener {
  /** undefined when the record was not made with these keys. */
  open(version: number, fragment: Uint8Array): InnerPlaintext | undefined
}

/** Without padding. */
export function createSealer13(protection: AeadProtection, keys: TrafficKeys): Sealer {
  const { cipher, tagBytes } = protection
  let sequence = 0
  return {
    outerType: contentTypes.application_data.code,
    seal(contentType, version, plaintext) {
      const inner = Buffer.concat([plaintext, Uint8Array.of(contentType)])
      const header = encodeHeader(version, inner.length + tagBytes)
      return sealAead(cipher, keys.key, nonceOf(keys.iv, sequence++), header, inner, tagBytes)
    },
  }
}

export function createOpener13(protection: AeadProtection, keys: TrafficKeys): InnerOpener {
  const { cipher, tagBytes } = protection
  let sequence = 0
  return {
    open(version, fragment) {
      const header = encodeHeader(version, fragment.length)
      const inner = openAead(cipher, keys.key, nonceOf(keys.iv, sequence++), header, fragment, tagBytes)
      return inner && unpad(inner)
    },
  }
}

function unpad(inner: Uint8Array): InnerPlaintext {
  let end = inner.length
  while (end > 0 && inner[end - 1] === 0) end--
  if (end === 0) return { contentType: 0, content: new Uint8Array(0), paddingBytes: inner.length }
  return {
    contentType: inner[end - 1]!,
    content: inner.subarray(0, end - 1),
    paddingBytes: inner.length - end,
  }
}

/** RFC 8446 §5.3: the sequence number, padded on the left, XORed with the IV. */
function nonceOf(iv: Uint8Array, sequence: number): Uint8Array {
  const nonce = Buffer.from(iv)
  const number = Buffer.allocUnsafe(8)
  number.writeBigUInt64BE(BigInt(sequence))
  for (let i = 0; i < 8; i++) nonce[nonce.length - 8 + i]! ^= number[i]!
  return nonce
}

/** The record's header is the additional data, RFC 8446 §5.2. */
function encodeHeader(version: number, length: number): Uint8Array {
  const header = Buffer.allocUnsafe(RECORD_HEADER_BYTES)
  header.writeUInt8(contentTypes.application_data.code, 0)
  header.writeUInt16BE(version, 1)
  header.writeUInt16BE(length, 3)
  return header
}
