import { Writer } from '../codec/writer.ts'
import { type HashName, hash, hashBytes, hmac } from '../crypto/hash.ts'
import { hkdfExpand, hkdfExtract } from '../crypto/hkdf.ts'

/** Bytes of a nonce: iv_length is the larger of 8 and N_MIN, 12 for all suites, RFC 8446 §5.3. */
const IV_BYTES = 12

/** HKDF-Expand-Label, RFC 8446 §7.1. */
function expandLabel(
  hashName: HashName,
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  const info = new Writer()
  info.u16(length)
  info.vector8(() => info.ascii(`tls13 ${label}`))
  info.vector8(() => info.bytes(context))
  return hkdfExpand(hashName, secret, info.finish(), length)
}

/** Derive-Secret, RFC 8446 §7.1; `transcriptHash` is that of the messages. */
export function deriveSecret(
  hashName: HashName,
  secret: Uint8Array,
  label: string,
  transcriptHash: Uint8Array,
): Uint8Array {
  return expandLabel(hashName, secret, label, transcriptHash, hashBytes[hashName])
}

/** The Early Secret, RFC 8446 §7.1: of the pre-shared key, or of zeros where there is none. */
export function earlySecret(hashName: HashName, psk?: Uint8Array): Uint8Array {
  const zeros = new Uint8Array(hashBytes[hashName])
  return hkdfExtract(hashName, zeros, psk ?? zeros)
}

/** The Handshake Secret after the Early Secret, the Master Secret after that; without `input`, of zeros. */
export function nextSecret(hashName: HashName, secret: Uint8Array, input?: Uint8Array): Uint8Array {
  const salt = deriveSecret(hashName, secret, 'derived', hash(hashName))
  return hkdfExtract(hashName, salt, input ?? new Uint8Array(hashBytes[hashName]))
}

/** Keys of one direction, RFC 8446 §7.3. */
export interface TrafficKeys {
  readonly key: Uint8Array
  readonly iv: Uint8Array
}

export function trafficKeys(hashName: HashName, secret: Uint8Array, keyBytes: number): TrafficKeys {
  const nothing = new Uint8Array(0)
  return {
    key: expandLabel(hashName, secret, 'key', nothing, keyBytes),
    iv: expandLabel(hashName, secret, 'iv', nothing, IV_BYTES),
  }
}

/** application_traffic_secret_N+1, RFC 8446 §7.2. */
export function nextTrafficSecret(hashName: HashName, secret: Uint8Array): Uint8Array {
  return expandLabel(hashName, secret, 'traffic upd', new Uint8Array(0), hashBytes[hashName])
}

/** verify_data of a Finished, and a PSK binder, RFC 8446 §4.4.4, §4.2.11.2. */
export function finishedMac(hashName: HashName, baseKey: Uint8Array, transcriptHash: Uint8Array): Uint8Array {
  const key = expandLabel(hashName, baseKey, 'finished', new Uint8Array(0), hashBytes[hashName])
  return hmac(hashName, key, transcriptHash)
}

/** The pre-shared key of a ticket, RFC 8446 §4.6.1. */
export function ticketPsk(hashName: HashName, resumptionMaster: Uint8Array, nonce: Uint8Array): Uint8Array {
  return expandLabel(hashName, resumptionMaster, 'resumption', nonce, hashBytes[hashName])
}
