import { contentTypes } from '../tls/content-types.ts'
import {
  HandshakeAssembler,
  type HandshakeSink,
  type Spread,
  type UnfinishedBudget,
} from './handshake-assembler.ts'
import type { Side } from './side-facts.ts'
import type { StreamSink } from './tcp-stream.ts'
import {
  findHello,
  isRecordHeader,
  MAX_PLAIN_PREFIX,
  RECORD_HEADER_BYTES,
  recordLength,
  recordStart,
} from './tls-finder.ts'
import type { TlsSessionReader } from './tls-session-reader.ts'

/** What one direction of a connection asks of the connection. */
export interface RecordHost {
  /** Sequence numbers tell where this direction began. */
  startKnown(side: Side): boolean
  /** The other direction has shown TLS. */
  otherSideFound(side: Side): boolean
  /** TLS begins here in this direction. */
  found(side: Side): TlsSessionReader
  /** This direction has no more to say; `hole` when bytes are missing, else what came is not TLS. */
  ended(side: Side): void
}

type State = 'searching' | 'records' | 'ended'
/** What to do with the rest of the record: nothing, join messages, keep its first bytes, or look whether it is clear. */
const SKIP = 0
const JOIN = 1
const KEEP = 2
const PEEK = 3

/** Longest start of a record that is held back because it cannot be told yet whether TLS begins there. */
const MAX_UNDECIDED = 10
/** HandshakeType, length and client_version or server_version. */
const PEEK_BYTES = 6
const { change_cipher_spec, alert, handshake, application_data } = contentTypes

/** Reads the TLS records of one direction; of bulk data only the headers are looked at. */
export class RecordStream implements StreamSink, HandshakeSink {
  readonly side: Side
  readonly #host: RecordHost
  readonly #handshake: HandshakeAssembler
  #session: TlsSessionReader | undefined
  #state: State = 'searching'
  #plainBytes = 0
  #left = 0
  #mode = SKIP
  #type = 0
  #length = 0
  #header: Uint8Array | undefined
  #headerBytes = 0
  #kept: Buffer | undefined
  #keptBytes = 0
  #undecided: Buffer | undefined
  #version = 0
  /** The undecided bytes and those that decided, while they are read. */
  #lookedAt: Buffer | undefined
  #holeBefore = false

  constructor(side: Side, host: RecordHost, budget: UnfinishedBudget) {
    this.side = side
    this.#host = host
    this.#handshake = new HandshakeAssembler(this, budget)
  }

  get plainBytes(): number {
    return this.#plainBytes
  }

  get found(): boolean {
    return this.#session !== undefined
  }

  bytes(bytes: Buffer, start: number, end: number): void {
    let at = start
    if (this.#state === 'searching') {
      at = this.#search(bytes, start, end)
      if (at < 0) return
    }
    if (this.#state === 'records') this.#records(this.#lookedAt ?? bytes, at, this.#lookedAt?.length ?? end)
    this.#lookedAt = undefined
  }

  hole(_count: number): void {
    if (this.#state === 'searching') {
      this.#undecided = undefined // what follows begins a segment again
      this.#holeBefore = true
      return
    }
    if (this.#state === 'ended') return
    this.#session?.hole(this.side)
    this.#end()
  }

  message(type: number, bodyBytes: number, body: Uint8Array | undefined, spread: Spread): void {
    this.#session?.message(this.side, type, bodyBytes, body, spread)
  }

  messageBegins(type: number): void {
    this.#session?.messageBegins(this.side, type)
  }

  unreadable(): void {
    this.#session?.unreadable(this.side)
  }

  /** Gives back what is kept; whether a message was cut stays known. */
  stop(): void {
    this.#kept = this.#undecided = undefined
    if (this.#handshake.unfinished) this.#session?.messageCut(this.side)
    this.#handshake.drop()
    this.#state = 'ended'
  }

  #end(): void {
    this.stop()
    this.#host.ended(this.side)
  }

  /** Where the records begin, in `#lookedAt` or else in `bytes`; -1 when they do not. */
  #search(chunk: Buffer, start: number, end: number): number {
    let bytes = chunk
    let at = start
    let stop = end
    if (this.#undecided !== undefined) {
      bytes = Buffer.concat([this.#undecided, chunk.subarray(start, end)])
      at = 0
      stop = bytes.length
      this.#plainBytes -= this.#undecided.length
      this.#undecided = undefined
    }
    const seen = recordStart(bytes, at, stop)
    const weak =
      seen === 'record' && (this.#host.otherSideFound(this.side) || !this.#host.startKnown(this.side))
    const found = seen === 'hello' || weak ? at : findHello(bytes, at, stop)
    if (found < 0) {
      this.#plainBytes += stop - at
      if (seen === 'more' && stop - at <= MAX_UNDECIDED)
        this.#undecided = Buffer.from(bytes.subarray(at, stop))
      if (this.#plainBytes > MAX_PLAIN_PREFIX) this.#end()
      return -1
    }
    this.#plainBytes += found - at
    this.#state = 'records'
    this.#session = this.#host.found(this.side)
    this.#session.begins(this.side, this.#plainBytes)
    if (this.#holeBefore) this.#session.hole(this.side)
    if (bytes !== chunk) this.#lookedAt = bytes
    return found
  }

  #records(bytes: Buffer, start: number, end: number): void {
    let at = start
    while (at < end) {
      if (this.#left > 0) {
        const count = this.#left < end - at ? this.#left : end - at
        if (this.#mode !== SKIP) this.#take(bytes, at, at + count)
        this.#left -= count
        at += count
        if (this.#left === 0 && this.#mode !== SKIP) this.#endRecord()
      } else if (this.#headerBytes === 0 && end - at >= RECORD_HEADER_BYTES) {
        if (!this.#beginRecord(bytes, at)) return
        at += RECORD_HEADER_BYTES
      } else {
        this.#header ??= new Uint8Array(RECORD_HEADER_BYTES)
        this.#header[this.#headerBytes++] = bytes[at++]!
        if (this.#headerBytes === RECORD_HEADER_BYTES) {
          this.#headerBytes = 0
          if (!this.#beginRecord(this.#header, 0)) return
        }
      }
    }
  }

  #beginRecord(bytes: Uint8Array, at: number): boolean {
    const session = this.#session!
    if (!isRecordHeader(bytes, at)) {
      session.notTls(this.side)
      this.#end()
      return false
    }
    this.#type = bytes[at]!
    this.#version = (bytes[at + 1]! << 8) | bytes[at + 2]!
    this.#length = this.#left = recordLength(bytes, at)
    session.record(this.side, this.#type, this.#length)
    this.#mode = this.#modeFor(session)
    if (this.#mode === JOIN) this.#handshake.beginRecord(this.#length)
    if (this.#left === 0 && this.#mode !== SKIP) this.#endRecord()
    return true
  }

  #modeFor(session: TlsSessionReader): number {
    this.#keptBytes = 0
    const opens = session.opens(this.side, this.#type)
    switch (this.#type) {
      case handshake.code:
        if (opens) return KEEP
        return session.encrypted(this.side) ? PEEK : JOIN
      case alert.code:
        return opens || !session.alertEncrypted(this.side, this.#length) ? KEEP : SKIP
      case application_data.code:
        return opens ? KEEP : SKIP
      case change_cipher_spec.code:
        session.changeCipherSpec(this.side)
        return SKIP
      default:
        return SKIP
    }
  }

  #take(bytes: Buffer, start: number, end: number): void {
    if (this.#mode === JOIN) {
      this.#handshake.feed(bytes, start, end)
      return
    }
    const wanted = this.#mode === PEEK ? Math.min(PEEK_BYTES, this.#length) : this.#length
    if (this.#mode === PEEK && this.#keptBytes === 0 && end - start >= wanted) {
      if (this.#peek(bytes, start)) this.#handshake.feed(bytes, start, end) // nothing to keep: almost always
      return
    }
    if (this.#kept === undefined || this.#kept.length < wanted) {
      const grown = Buffer.alloc(wanted)
      this.#kept?.copy(grown, 0, 0, this.#keptBytes)
      this.#kept = grown
    }
    const count = Math.min(end - start, wanted - this.#keptBytes)
    bytes.copy(this.#kept, this.#keptBytes, start, start + count)
    this.#keptBytes += count
    if (this.#mode !== PEEK || this.#keptBytes < wanted || !this.#peek(this.#kept, 0)) return
    this.#handshake.feed(this.#kept, 0, wanted)
    this.#handshake.feed(bytes, start + count, end)
  }

  /** After ChangeCipherSpec a hello in clear still comes where a HelloRetryRequest was before it, RFC 8446 §D.4. */
  #peek(bytes: Uint8Array, at: number): boolean {
    const clear = isClearHello(bytes, at, this.#length)
    this.#mode = clear ? JOIN : SKIP
    if (clear) this.#handshake.beginRecord(this.#length)
    else this.#session!.encryptedHandshake(this.side)
    return clear
  }

  #endRecord(): void {
    const mode = this.#mode
    this.#mode = SKIP
    if (mode !== KEEP) return
    const session = this.#session!
    const fragment = this.#kept?.subarray(0, this.#keptBytes) ?? EMPTY
    if (!session.opens(this.side, this.#type)) {
      session.alertRecord(this.side, fragment, false)
      return
    }
    const opened = session.open(this.side, this.#type, this.#version, fragment)
    if (opened === undefined) return
    switch (opened.contentType) {
      case handshake.code:
        this.#handshake.beginRecord(opened.content.length)
        this.#handshake.feed(opened.content, 0, opened.content.length)
        return
      case alert.code:
        session.alertRecord(this.side, opened.content, true)
        return
      case application_data.code:
        session.applicationData(this.side, opened.content)
    }
  }
}

const EMPTY = Buffer.alloc(0)

/** HandshakeType of a hello, its length that of the record, and a version. */
function isClearHello(bytes: Uint8Array, at: number, recordBytes: number): boolean {
  const length = (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
  const type = bytes[at]
  if (recordBytes < PEEK_BYTES || (type !== 1 && type !== 2)) return false
  return bytes[at + 4] === 3 && bytes[at + 5]! <= 4 && length + 4 <= recordBytes
}
