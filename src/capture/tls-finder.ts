import { contentTypes } from '../tls/content-types.ts'
import { handshakeTypes } from '../tls/handshake-types.ts'

export const RECORD_HEADER_BYTES = 5
/** RFC 5246 §6.2.3: ciphertext is at most 2^14 + 2048 bytes. */
export const MAX_RECORD_BYTES = 18_432
/** Plain bytes in one direction after which a connection that showed no TLS is left alone. */
export const MAX_PLAIN_PREFIX = 65_536

/**
 * `hello`: a handshake record that begins with a ClientHello or ServerHello. `record`: any other record. `more`: too
 * few bytes to tell.
 */
export type Start = 'hello' | 'record' | 'none' | 'more'

const HANDSHAKE = contentTypes.handshake.code
const CLIENT_HELLO = handshakeTypes.client_hello.code
const SERVER_HELLO = handshakeTypes.server_hello.code
/** type, version, length; then HandshakeType, length and version of the hello. */
const HELLO_BYTES = 11

export function isRecordHeader(bytes: Uint8Array, at: number): boolean {
  const type = bytes[at]!
  return (
    type >= contentTypes.change_cipher_spec.code &&
    type <= contentTypes.heartbeat.code &&
    bytes[at + 1] === 3 &&
    bytes[at + 2]! <= 4 &&
    recordLength(bytes, at) <= MAX_RECORD_BYTES
  )
}

export function recordLength(bytes: Uint8Array, at: number): number {
  return (bytes[at + 3]! << 8) | bytes[at + 4]!
}

/** What TLS, if any, begins at `bytes[at]`; nothing from `end` on is looked at. */
export function recordStart(bytes: Uint8Array, at: number, end: number): Start {
  const left = end - at
  const type = bytes[at]!
  if (type < contentTypes.change_cipher_spec.code || type > contentTypes.heartbeat.code) return 'none'
  if (left > 1 && bytes[at + 1] !== 3) return 'none'
  if (left > 2 && bytes[at + 2]! > 4) return 'none'
  if (left < RECORD_HEADER_BYTES) return 'more'
  const length = recordLength(bytes, at)
  if (length > MAX_RECORD_BYTES) return 'none'
  switch (type) {
    case HANDSHAKE:
      return helloStart(bytes, at, end, length)
    case contentTypes.change_cipher_spec.code:
      if (length !== 1) return 'none'
      return left < 6 ? 'more' : bytes[at + 5] === 1 ? 'record' : 'none'
    case contentTypes.alert.code:
      return length >= 2 ? 'record' : 'none'
    default:
      return length > 0 && isChain(bytes, at, end) ? 'record' : 'none'
  }
}

/**
 * First place in `[at, end)` where a ClientHello or ServerHello surely begins; -1 when there is none. For plain text
 * and hello in one segment, as a retransmission may join them.
 */
export function findHello(bytes: Buffer, at: number, end: number): number {
  for (let from = at; from < end - HELLO_BYTES; from++) {
    const found = bytes.indexOf(HANDSHAKE, from)
    if (found < 0 || found > end - HELLO_BYTES) return -1
    if (recordStart(bytes, found, end) === 'hello' && recordLength(bytes, found) > 40) return found
    from = found
  }
  return -1
}

function helloStart(bytes: Uint8Array, at: number, end: number, length: number): Start {
  if (length === 0) return 'none'
  // A record may hold only the first bytes of the message: look at no more than there are.
  const recordEnd = at + RECORD_HEADER_BYTES + length
  const stop = Math.min(end, recordEnd)
  const message = at + RECORD_HEADER_BYTES
  if (message >= stop) return 'more'
  const type = bytes[message]!
  if (type !== CLIENT_HELLO && type !== SERVER_HELLO) {
    return isChain(bytes, at, end) && type <= handshakeTypes.key_update.code ? 'record' : 'none'
  }
  if (message + 1 < stop && bytes[message + 1]! > 1) return 'none' // a hello of 128 KiB or more
  if (message + 4 < stop && bytes[message + 4] !== 3) return 'none'
  if (message + 5 < stop && bytes[message + 5]! > 4) return 'none'
  return end < recordEnd && end - at < HELLO_BYTES ? 'more' : 'hello'
}

/** Each record that ends before `end` is followed by another record's header. */
function isChain(bytes: Uint8Array, at: number, end: number): boolean {
  let next = at
  while (next + RECORD_HEADER_BYTES <= end) {
    if (!isRecordHeader(bytes, next)) return false
    next += RECORD_HEADER_BYTES + recordLength(bytes, next)
  }
  return true
}
