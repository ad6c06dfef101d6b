import { handshakeTypes } from '../tls/handshake-types.ts'

/**
 * Longest handshake message whose bytes are kept. Certificate messages of a third of a megabyte have been seen; the
 * length field allows 16 MB.
 */
const MAX_HANDSHAKE_BYTES = 1_048_576

/** Bytes of unfinished messages over all connections; past it a message is measured, not kept. */
const MAX_UNFINISHED_BYTES = 33_554_432

/** Lends the buffers of unfinished messages, and takes them back: most are of one size. */
export class UnfinishedBudget {
  left = MAX_UNFINISHED_BYTES
  readonly #free: Uint8Array[] = []

  /** At least `bytes` long; undefined when too much is lent already. */
  lend(bytes: number): Uint8Array | undefined {
    const size = bytes <= COMMON_BUFFER ? COMMON_BUFFER : bytes
    if (size > this.left) return undefined
    this.left -= size
    return (size === COMMON_BUFFER ? this.#free.pop() : undefined) ?? new Uint8Array(size)
  }

  giveBack(buffer: Uint8Array): void {
    this.left += buffer.length
    if (buffer.length === COMMON_BUFFER && this.#free.length < MAX_FREE) this.#free.push(buffer)
  }
}

/** How a message lies in records. */
export interface Spread {
  readonly records: number
  /** Content of the largest record that holds a part of it; undefined where that is not told, as in DTLS. */
  readonly largestRecordBytes: number | undefined
  /** Its header lies in two records. */
  readonly headerCut: boolean
}

export interface HandshakeSink {
  /** `body` is a view, valid during the call; undefined for a message that is not read or not kept. */
  message(type: number, bodyBytes: number, body: Uint8Array | undefined, spread: Spread): void
  /** The header of a message whose body has not all been seen yet. */
  messageBegins(type: number): void
  /** What should be a message header is none: most likely these bytes are encrypted. */
  unreadable(): void
}

const HEADER_BYTES = 4
/** Holds most chains. */
const COMMON_BUFFER = 8_192
const MAX_FREE = 256
/** Messages that facts are read from; of the others the size is enough. */
const read = new Set<number>([
  handshakeTypes.client_hello.code,
  handshakeTypes.server_hello.code,
  handshakeTypes.certificate.code,
  handshakeTypes.client_key_exchange.code,
  handshakeTypes.encrypted_extensions.code,
])
const known = new Set<number>(Object.values(handshakeTypes).map(({ code }) => code))

/** Whether facts are read from messages of that type, and this one is small enough to keep. */
export function keepsBody(type: number, bodyBytes: number): boolean {
  return read.has(type) && bodyBytes <= MAX_HANDSHAKE_BYTES
}

/** Joins handshake messages out of the fragments of one direction's handshake records. */
export class HandshakeAssembler {
  readonly #sink: HandshakeSink
  readonly #budget: UnfinishedBudget
  #header = 0
  #headerBytes = 0
  #type = 0
  #bodyBytes = 0
  #left = 0
  #inBody = false
  #keep = false
  #buffer: Uint8Array | undefined
  #filled = 0
  #records = 0
  #recordBytes = 0
  #largestRecordBytes = 0
  #headerCut = false
  #ignoring = false

  constructor(sink: HandshakeSink, budget: UnfinishedBudget) {
    this.#sink = sink
    this.#budget = budget
  }

  /** A message has begun and not ended. */
  get unfinished(): boolean {
    return this.#inBody || this.#headerBytes > 0
  }

  /** The next bytes are of another record, whose content has that length. */
  beginRecord(bytes: number): void {
    this.#ignoring = false
    this.#recordBytes = bytes
    if (!this.unfinished || bytes === 0) return
    this.#records++
    this.#headerCut ||= !this.#inBody
    if (bytes > this.#largestRecordBytes) this.#largestRecordBytes = bytes
  }

  feed(bytes: Uint8Array, start: number, end: number): void {
    let at = start
    while (at < end && !this.#ignoring) {
      if (this.#inBody) at = this.#takeBody(bytes, at, end)
      else at = this.#takeHeader(bytes, at, end)
    }
  }

  /** Forgets the message in progress. */
  drop(): void {
    if (this.#buffer !== undefined) this.#budget.giveBack(this.#buffer)
    this.#buffer = undefined
    this.#headerBytes = 0
    this.#inBody = false
  }

  #takeHeader(bytes: Uint8Array, start: number, end: number): number {
    let at = start
    if (this.#headerBytes === 0) {
      this.#records = 1
      this.#largestRecordBytes = this.#recordBytes
      this.#headerCut = false
    }
    while (at < end && this.#headerBytes < HEADER_BYTES) {
      this.#header = (this.#header << 8) | bytes[at++]!
      this.#headerBytes++
    }
    if (this.#headerBytes < HEADER_BYTES) return at
    const type = this.#header >>> 24
    this.#headerBytes = 0
    if (!known.has(type)) {
      this.#ignoring = true
      this.#sink.unreadable()
      return end
    }
    this.#type = type
    this.#bodyBytes = this.#left = this.#header & 0xffffff
    this.#keep = keepsBody(type, this.#bodyBytes)
    this.#filled = 0
    this.#inBody = true
    if (end - at < this.#left) this.#sink.messageBegins(type)
    else return this.#whole(bytes, at)
    return at
  }

  /** The whole body lies in the bytes at hand: no copy. */
  #whole(bytes: Uint8Array, at: number): number {
    const end = at + this.#left
    this.#inBody = false
    this.#sink.message(
      this.#type,
      this.#bodyBytes,
      this.#keep ? bytes.subarray(at, end) : undefined,
      this.#spread(),
    )
    return end
  }

  #takeBody(bytes: Uint8Array, at: number, end: number): number {
    const count = Math.min(this.#left, end - at)
    if (this.#keep) this.#append(bytes, at, count)
    this.#left -= count
    if (this.#left > 0) return at + count
    this.#inBody = false
    const body = this.#keep ? this.#buffer?.subarray(0, this.#filled) : undefined
    this.#sink.message(this.#type, this.#bodyBytes, body ?? (this.#keep ? EMPTY : undefined), this.#spread())
    this.drop()
    return at + count
  }

  #spread(): Spread {
    return {
      records: this.#records,
      largestRecordBytes: this.#largestRecordBytes,
      headerCut: this.#headerCut,
    }
  }

  /** Grows as bytes come, not by what a length field promises. */
  #append(bytes: Uint8Array, at: number, count: number): void {
    const needed = this.#filled + count
    const before = this.#buffer
    if (before === undefined || needed > before.length) {
      const wanted = Math.min(Math.max(needed, (before?.length ?? 0) * 2), this.#bodyBytes)
      const grown = this.#budget.lend(wanted)
      if (before !== undefined) {
        grown?.set(before.subarray(0, this.#filled))
        this.#budget.giveBack(before)
      }
      this.#buffer = grown
      this.#keep = grown !== undefined
      if (grown === undefined) return
    }
    this.#buffer!.set(bytes.subarray(at, at + count), this.#filled)
    this.#filled = needed
  }
}

const EMPTY = new Uint8Array(0)
