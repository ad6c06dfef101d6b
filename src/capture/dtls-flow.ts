import { contentTypes } from '../tls/content-types.ts'
import { handshakeTypes } from '../tls/handshake-types.ts'
import { DTLS_MESSAGE_HEADER_BYTES, DtlsMessages } from './dtls-messages.ts'
import { FlowEntry } from './flow-table.ts'
import type { Packet } from './packet.ts'
import type { Side } from './side-facts.ts'
import type { FlowContext } from './tcp-flow.ts'
import { TlsSessionReader } from './tls-session-reader.ts'

export const UDP_HEADER_BYTES = 8
/** type, version, epoch, sequence_number, length, RFC 6347 §4.1. */
const HEADER_BYTES = 13
const { change_cipher_spec, alert, handshake, application_data } = contentTypes
/** Highest content type of a DTLS record: ack, RFC 9147 §7. */
const ACK = 26

/** What the first bytes of a datagram say: a session may begin, one may go on, or no DTLS at all. */
export type DatagramKind = 'begins' | 'continues' | 'none'

/** Looks at the first record's header only; asked of every datagram. */
export function datagramKind(packet: Packet): DatagramKind {
  const { bytes, end } = packet
  const at = packet.start + UDP_HEADER_BYTES
  const left = end - at
  if (left < 2) return 'none'
  const type = bytes[at]!
  if (type >= 0x20 && type <= 0x3f) return 'continues' // DTLSCiphertext of 1.3: 001 in front, RFC 9147 §4
  if (type < change_cipher_spec.code || type > ACK || left < HEADER_BYTES || !isVersion(bytes, at + 1))
    return 'none'
  if (type !== handshake.code || (bytes[at + 3]! | bytes[at + 4]!) !== 0) return 'continues'
  const length = (bytes[at + 11]! << 8) | bytes[at + 12]!
  const message = at + HEADER_BYTES
  if (length < DTLS_MESSAGE_HEADER_BYTES || message + DTLS_MESSAGE_HEADER_BYTES > end) return 'continues'
  const fragment = (bytes[message + 9]! << 16) | (bytes[message + 10]! << 8) | bytes[message + 11]!
  return fragment + DTLS_MESSAGE_HEADER_BYTES <= length ? 'begins' : 'continues'
}

/** 1.0, 1.2 and 1.3 of DTLS, and what OpenSSL sent before DTLS was an RFC. */
function isVersion(bytes: Uint8Array, at: number): boolean {
  const minor = bytes[at + 1]!
  if (bytes[at] === 0xfe) return minor === 0xff || minor === 0xfd || minor === 0xfc
  return bytes[at] === 0x01 && minor === 0x00
}

/** DTLS between two UDP ends; one session at a time. */
export class DtlsFlow extends FlowEntry {
  readonly firstFrame: number
  readonly startMs: number
  readonly stream: number
  readonly session: TlsSessionReader
  readonly #sides: readonly [DtlsSide, DtlsSide]

  constructor(stream: number, context: FlowContext) {
    super()
    this.stream = stream
    this.firstFrame = context.now.frame
    this.startMs = context.now.timeMs
    this.session = new TlsSessionReader('udp', context, this.startMs)
    this.#sides = [new DtlsSide(0, this.session, context), new DtlsSide(1, this.session, context)]
  }

  /** A first ClientHello with another random where a session has been: the device connects anew from the same port. */
  isReused(packet: Packet): boolean {
    const first = this.session.hellos[0]?.bytes
    const message = packet.start + UDP_HEADER_BYTES + HEADER_BYTES
    const { bytes } = packet
    if (first === undefined || message + RANDOM_END > packet.end) return false
    if (bytes[message] !== handshakeTypes.client_hello.code || uint24(bytes, message + 6) !== 0) return false
    if (((bytes[message + 4]! << 8) | bytes[message + 5]!) !== 0) return false
    return bytes.compare(first, RANDOM_START, RANDOM_END, message + RANDOM_START, message + RANDOM_END) !== 0
  }

  receive(packet: Packet, side: Side): void {
    this.#sides[side].datagram(packet)
  }

  finish(): void {
    for (const side of this.#sides) side.finish()
  }
}

/** The random within a ClientHello message of DTLS, whole from its header. */
const RANDOM_START = DTLS_MESSAGE_HEADER_BYTES + 2
const RANDOM_END = RANDOM_START + 32

class DtlsSide {
  readonly #side: Side
  readonly #session: TlsSessionReader
  readonly #messages: DtlsMessages
  /** Newest record number seen (epoch and sequence_number) and the 32 before it, so that a copy counts once. */
  #newest = -1
  #window = 0

  constructor(side: Side, session: TlsSessionReader, context: FlowContext) {
    this.#side = side
    this.#session = session
    this.#messages = new DtlsMessages(
      {
        message: (type, sequence, bodyBytes, body, records) =>
          session.message(side, type, bodyBytes, body, { records, ...NOT_TOLD }, sequence),
        messageBegins: (type) => session.messageBegins(side, type),
      },
      context.unfinished,
      context.now,
    )
  }

  datagram(packet: Packet): void {
    const { bytes, end } = packet
    const session = this.#session
    let at = packet.start + UDP_HEADER_BYTES
    while (at < end) {
      const type = bytes[at]!
      if (type >= 0x20 && type <= 0x3f) {
        session.record(this.#side, ENCRYPTED, end - at)
        return // where the next one begins depends on a connection id that is not known here
      }
      if (at + HEADER_BYTES > end || type > ACK || !isVersion(bytes, at + 1)) return
      const length = (bytes[at + 11]! << 8) | bytes[at + 12]!
      const from = at + HEADER_BYTES
      const stop = Math.min(from + length, end)
      if (this.#isNew(bytes, at)) {
        const epoch = (bytes[at + 3]! << 8) | bytes[at + 4]!
        if (epoch !== 1 || stop < from + length || !this.#open(bytes, at, length)) {
          this.#record(type, epoch, length, bytes, from, stop)
        }
        if (stop < from + length) session.hole(this.#side)
      }
      at = from + length
    }
  }

  finish(): void {
    this.#messages.finish()
    if (this.#messages.unfinished) this.#session.messageCut(this.#side)
    this.#messages.drop()
  }

  /** Reads a whole record of the first encrypted epoch by the session's secrets; false where that cannot be done. */
  #open(bytes: Buffer, at: number, length: number): boolean {
    const session = this.#session
    const side = this.#side
    const type = bytes[at]!
    session.sides[side].changedCipher = true
    if (!session.opens(side, type)) return false
    session.record(side, type, length)
    const from = at + HEADER_BYTES
    const opened = session.open(
      side,
      type,
      (bytes[at + 1]! << 8) | bytes[at + 2]!,
      bytes.subarray(from, from + length),
      2 ** 48 + bytes.readUIntBE(at + 5, 6),
    )
    if (opened === undefined) return true
    if (type === handshake.code) this.#messages.record(opened.content, 0, opened.content.length)
    else if (type === alert.code) session.alertRecord(side, opened.content, true)
    else if (type === application_data.code) {
      session.sides[side].found = true
      session.applicationData(side, opened.content)
    }
    return true
  }

  #record(type: number, epoch: number, length: number, bytes: Buffer, from: number, stop: number): void {
    const session = this.#session
    const side = this.#side
    if (epoch > 0) session.sides[side].changedCipher = true
    session.record(side, type, length)
    switch (type) {
      case handshake.code:
        if (epoch > 0) session.encryptedHandshake(side)
        else if (!this.#messages.record(bytes, from, stop)) session.unreadable(side)
        return
      case change_cipher_spec.code:
        if (!this.#changedCipher) session.changeCipherSpec(side)
        this.#changedCipher = true
        return
      case alert.code:
        if (epoch === 0) session.alertRecord(side, bytes.subarray(from, stop), false)
        return
      case application_data.code:
        session.sides[side].found = true
    }
  }

  #changedCipher = false

  #isNew(bytes: Buffer, at: number): boolean {
    const number = bytes.readUIntBE(at + 5, 6) + ((bytes[at + 3]! << 8) | bytes[at + 4]!) * 2 ** 48
    const ahead = number - this.#newest
    if (ahead > 0) {
      this.#window = ahead >= 32 ? 1 : (this.#window << ahead) | 1
      this.#newest = number
      return true
    }
    if (ahead <= -32) return true // so late that it cannot be told
    const bit = 1 << -ahead
    if ((this.#window & bit) !== 0) return false
    this.#window |= bit
    return true
  }
}

/** A copy of a fragment may come in a record of another size. */
const NOT_TOLD = { largestRecordBytes: undefined, headerCut: false }
/** Stands for the type of a record that hides it. */
const ENCRYPTED = 0

function uint24(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
}
