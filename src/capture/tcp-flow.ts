import { FlowEntry } from './flow-table.ts'
import type { UnfinishedBudget } from './handshake-assembler.ts'
import type { Packet } from './packet.ts'
import { type RecordHost, RecordStream } from './record-stream.ts'
import { other, type Side } from './side-facts.ts'
import { type HeldBudget, MAX_DISTANCE, TcpStream } from './tcp-stream.ts'
import { type SessionContext, TlsSessionReader } from './tls-session-reader.ts'

/** Bounds and tools that all connections of one capture share. */
export interface FlowContext extends SessionContext {
  readonly held: HeldBudget
  readonly unfinished: UnfinishedBudget
}

export interface CloseFact {
  readonly side: Side
  readonly how: 'FIN' | 'RST'
  readonly timeMs: number
}

const FIN = 0x01
const SYN = 0x02
const RST = 0x04
const ACK = 0x10
export const TCP_HEADER_BYTES = 20
/** SYN-ACKs with different sequence numbers that are remembered. */
const MAX_STARTS = 8

/** One TCP connection: the two byte streams, how it began and who closed it. */
export class TcpFlow extends FlowEntry implements RecordHost {
  readonly stream: number
  readonly firstFrame: number
  readonly startMs: number
  readonly #context: FlowContext
  readonly #low = new TcpSide()
  readonly #high = new TcpSide()
  session: TlsSessionReader | undefined
  closes: readonly CloseFact[] = NO_CLOSES
  /** Payload has been seen. */
  carried = false
  /** Reset, or closed by both. */
  closed = false
  /** Nothing more to learn from its bytes: no TLS within the prefix, or both directions at an end. */
  idle = false

  constructor(stream: number, context: FlowContext) {
    super()
    this.stream = stream
    this.#context = context
    this.firstFrame = context.now.frame
    this.startMs = context.now.timeMs
  }

  /** A SYN with a number of its own where another connection had these ports. */
  isReused(side: Side, flags: number, sequence: number): boolean {
    if ((flags & SYN) === 0 || (flags & ACK) !== 0) return false
    const first = (sequence + 1) | 0
    const { starts, stream } = this.#side(side)
    if (starts.length > 0) return !starts.includes(first)
    // No SYN of that side before: the capture may hold it late, right before the bytes that are there already.
    return stream === undefined ? this.closes.length > 0 : Math.abs(stream.ahead(first)) > MAX_LATE_SYN
  }

  receive(packet: Packet, side: Side): void {
    const { bytes, start } = packet
    const sequence = word(bytes, start + 4)
    const flags = bytes[start + 13]!
    if ((flags & (SYN | RST | FIN)) !== 0) this.#control(side, flags, sequence, word(bytes, start + 8))
    else if ((flags & ACK) !== 0 && !this.carried) this.#side(side).acknowledged = word(bytes, start + 8)
    const headerBytes = (bytes[start + 12]! >> 4) * 4
    const wireBytes = packet.wireBytes - headerBytes
    if (wireBytes > 0 && headerBytes >= TCP_HEADER_BYTES && !this.idle) {
      const first = (flags & SYN) === 0 ? sequence : (sequence + 1) | 0
      const from = start + headerBytes
      const stream = this.#side(side).stream ?? this.#open(side, first)
      stream.receive(first, bytes, from < packet.end ? from : packet.end, packet.end, wireBytes)
    }
    if ((flags & FIN) !== 0) this.#side(side).stream?.finAt(sequence + Math.max(wireBytes, 0))
  }

  /** Hands on what waited for missing bytes. */
  finish(): void {
    this.#low.stream?.finish()
    this.#high.stream?.finish()
    this.#low.records?.stop()
    this.#high.records?.stop()
    this.#drop()
  }

  startKnown(side: Side): boolean {
    return this.#side(side).starts.length > 0
  }

  otherSideFound(side: Side): boolean {
    return this.#side(other(side)).records?.found === true
  }

  found(_side: Side): TlsSessionReader {
    this.session ??= new TlsSessionReader('tcp', this.#context, this.startMs)
    return this.session
  }

  ended(side: Side): void {
    this.#side(side).stream?.stop()
    const rest = this.#side(other(side)).stream
    if (rest === undefined ? this.session === undefined : rest.stopped) this.#drop()
  }

  /** Plain bytes of a side whose TLS was never found. */
  plainBytes(side: Side): number {
    const { records } = this.#side(side)
    return records?.found === false ? records.plainBytes : 0
  }

  #side(side: Side): TcpSide {
    return side === 0 ? this.#low : this.#high
  }

  #drop(): void {
    this.idle = true
    this.#low.drop(this.session !== undefined)
    this.#high.drop(this.session !== undefined)
  }

  #open(side: Side, first: number): TcpStream {
    const records = new RecordStream(side, this, this.#context.unfinished)
    const stream = new TcpStream(this.#startOf(side, first), records, this.#context.held, this.#context.now)
    this.carried = true
    const end = this.#side(side)
    end.records = records
    end.stream = stream
    return stream
  }

  /** Of several starts the one that the first byte or the peer's acknowledgement fits. */
  #startOf(side: Side, first: number): number {
    const { starts } = this.#side(side)
    if (starts.length === 0) return first
    const fits = starts.includes(first | 0)
      ? first | 0
      : starts.find((start) => start === this.#side(other(side)).acknowledged)
    const start = fits ?? starts[starts.length - 1]!
    return Math.abs((first - start) | 0) > MAX_DISTANCE ? first : start
  }

  #control(side: Side, flags: number, sequence: number, acknowledgement: number): void {
    if ((flags & SYN) !== 0) {
      this.#began(side, (sequence + 1) | 0)
      // A SYN-ACK names the first byte of the other side too.
      if ((flags & ACK) !== 0) this.#began(other(side), acknowledgement | 0)
    }
    if ((flags & FIN) !== 0) this.#close(side, 'FIN')
    if ((flags & RST) !== 0) this.#close(side, 'RST')
  }

  #began(side: Side, first: number): void {
    const end = this.#side(side)
    if (!end.starts.includes(first) && end.starts.length < MAX_STARTS) end.starts = [...end.starts, first]
  }

  #close(side: Side, how: 'FIN' | 'RST'): void {
    if (this.closes.some((close) => close.side === side && close.how === how)) return
    this.closes = [...this.closes, { side, how, timeMs: this.#context.now.timeMs }]
    this.closed = how === 'RST' || this.closes.length > 1
  }
}

/** How far before the first byte seen a SYN may belong to the same connection. */
const MAX_LATE_SYN = 1_048_576
const NO_CLOSES: readonly CloseFact[] = []
const NO_STARTS: readonly number[] = []

/** What one end of a connection sends. */
class TcpSide {
  /** Sequence number of the first byte by its SYN; more than one where SYN-ACKs differ, none where none was seen. */
  starts = NO_STARTS
  stream: TcpStream | undefined
  records: RecordStream | undefined
  /** What it acknowledged last, before any payload. */
  acknowledged = 0

  drop(keepRecords: boolean): void {
    this.stream?.stop()
    if (keepRecords) return
    this.stream = undefined
    this.records = undefined
  }
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
}
