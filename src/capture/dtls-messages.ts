import { handshakeTypes } from '../tls/handshake-types.ts'
import { keepsBody, type UnfinishedBudget } from './handshake-assembler.ts'
import type { Moment } from './packet.ts'

/** Header of a DTLS handshake message: type, length, message_seq, fragment_offset, fragment_length, RFC 6347 §4.2.2. */
export const DTLS_MESSAGE_HEADER_BYTES = 12

export interface DtlsMessageSink {
  message(
    type: number,
    sequence: number,
    bodyBytes: number,
    body: Uint8Array | undefined,
    records: number,
  ): void
  messageBegins(type: number): void
}

/** Unfinished messages of one side, and pieces of one of them; peers have at most a flight on the way. */
const MAX_PARTS = 32
const MAX_RANGES = 64

interface Partial {
  readonly type: number
  readonly bodyBytes: number
  body: Uint8Array | undefined
  /** What has come: from, to, from, to ... without overlap, in order. */
  readonly ranges: number[]
  records: number
  done: boolean
  /** Not kept: too much is kept elsewhere. */
  refused: boolean
  frame: number
  timeMs: number
}

/** Joins the fragments of one side's handshake messages and hands them on once each, in order of message_seq. */
export class DtlsMessages {
  readonly #sink: DtlsMessageSink
  readonly #budget: UnfinishedBudget
  readonly #now: Moment
  readonly #parts = new Map<number, Partial>()
  #next = -1
  /** Type of the message handed on last. */
  #delivered = -1

  constructor(sink: DtlsMessageSink, budget: UnfinishedBudget, now: Moment) {
    this.#sink = sink
    this.#budget = budget
    this.#now = now
  }

  get unfinished(): boolean {
    for (const part of this.#parts.values()) if (!part.done) return true
    return false
  }

  /** The handshake fragments of one record, `bytes[start, end)`. False for what is none. */
  record(bytes: Uint8Array, start: number, end: number): boolean {
    let at = start
    while (at + DTLS_MESSAGE_HEADER_BYTES <= end) {
      const type = bytes[at]!
      const bodyBytes = uint24(bytes, at + 1)
      const sequence = (bytes[at + 4]! << 8) | bytes[at + 5]!
      const offset = uint24(bytes, at + 6)
      const length = uint24(bytes, at + 9)
      at += DTLS_MESSAGE_HEADER_BYTES
      if (offset + length > bodyBytes || !known.has(type)) return false
      const captured = Math.min(length, end - at)
      this.#fragment(type, sequence, bodyBytes, offset, bytes, at, captured)
      at += length
    }
    return at >= end
  }

  /** Hands on what waited for a message that never came, with the time at which it came itself. */
  finish(): void {
    const now = this.#now
    const { frame, timeMs } = now
    const waiting = [...this.#parts.entries()].filter(([, part]) => part.done).sort(([a], [b]) => a - b)
    for (const [sequence, part] of waiting) {
      now.frame = part.frame
      now.timeMs = part.timeMs
      this.#deliver(sequence, part)
    }
    now.frame = frame
    now.timeMs = timeMs
  }

  drop(): void {
    for (const { body } of this.#parts.values()) if (body !== undefined) this.#budget.giveBack(body)
    this.#parts.clear()
  }

  #fragment(
    type: number,
    sequence: number,
    bodyBytes: number,
    offset: number,
    bytes: Uint8Array,
    at: number,
    count: number,
  ): void {
    if (this.#next < 0) this.#next = sequence
    // A server may number its ServerHello anew after a stateless HelloVerifyRequest.
    if (sequence < this.#next && type === handshakeTypes.server_hello.code && this.#delivered === VERIFY) {
      this.#next = sequence
    }
    if (sequence < this.#next) return
    let part = this.#parts.get(sequence)
    if (part === undefined) {
      if (this.#parts.size >= MAX_PARTS) return
      const { frame, timeMs } = this.#now
      part = {
        type,
        bodyBytes,
        body: undefined,
        ranges: [],
        records: 0,
        done: false,
        refused: false,
        frame,
        timeMs,
      }
      this.#parts.set(sequence, part)
      if (count < bodyBytes) this.#sink.messageBegins(type)
    }
    if (part.done || part.type !== type || part.bodyBytes !== bodyBytes) return
    part.records++
    part.frame = this.#now.frame
    part.timeMs = this.#now.timeMs
    if (keepsBody(type, bodyBytes)) this.#copy(part, offset, bytes, at, count)
    addRange(part.ranges, offset, offset + count)
    part.done =
      bodyBytes === 0 || (part.ranges.length === 2 && part.ranges[1]! - part.ranges[0]! === bodyBytes)
    for (let ready = this.#parts.get(this.#next); ready?.done; ready = this.#parts.get(this.#next)) {
      this.#deliver(this.#next, ready)
    }
  }

  #deliver(sequence: number, part: Partial): void {
    this.#parts.delete(sequence)
    this.#next = sequence + 1
    this.#delivered = part.type
    const body = part.refused ? undefined : part.body?.subarray(0, part.bodyBytes)
    this.#sink.message(part.type, sequence, part.bodyBytes, body, part.records)
    if (part.body !== undefined) this.#budget.giveBack(part.body)
  }

  #copy(part: Partial, offset: number, bytes: Uint8Array, at: number, count: number): void {
    const needed = offset + count
    const before = part.body
    if (before === undefined || needed > before.length) {
      // Grows as bytes come, not by what a length field promises; one fragment is the whole of most messages.
      const grown = this.#budget.lend(Math.min(part.bodyBytes, Math.max(needed, (before?.length ?? 0) * 2)))
      if (grown === undefined) {
        part.refused = true
        return
      }
      if (before !== undefined) {
        grown.set(before)
        this.#budget.giveBack(before)
      }
      part.body = grown
    }
    part.body!.set(bytes.subarray(at, at + count), offset)
  }
}

const VERIFY = handshakeTypes.hello_verify_request.code
const known = new Set<number>(Object.values(handshakeTypes).map(({ code }) => code))

function uint24(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
}

/** Joins `[from, to)` into the ordered list. */
function addRange(ranges: number[], from: number, to: number): void {
  if (from >= to) return
  let first = 0
  while (first < ranges.length && ranges[first + 1]! < from) first += 2
  let last = first
  let low = from
  let high = to
  while (last < ranges.length && ranges[last]! <= to) {
    low = Math.min(low, ranges[last]!)
    high = Math.max(high, ranges[last + 1]!)
    last += 2
  }
  if (first === last && ranges.length >= MAX_RANGES * 2) return
  ranges.splice(first, last - first, low, high)
}
