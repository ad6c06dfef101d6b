import type { Moment } from './packet.ts'

/** What a byte stream is handed to, in order. The bytes are only valid during the call. */
export interface StreamSink {
  /** One piece of the stream that arrived in one segment. */
  bytes(bytes: Buffer, start: number, end: number): void
  /** `count` bytes are in no packet of the capture. */
  hole(count: number): void
}

/** Bytes kept over all connections while an earlier segment is missing. */
export class HeldBudget {
  left = MAX_HELD_BYTES
}

/** Kept out of order over the whole capture; past it, what is missing counts as lost. */
export const MAX_HELD_BYTES = 33_554_432
/** Likewise in one direction of one connection: more than a window is large on most paths. */
const MAX_STREAM_HELD_BYTES = 4_194_304
const MAX_HELD_SEGMENTS = 4_096
/** A sequence number further away belongs to another connection, or to none. */
export const MAX_DISTANCE = 67_108_864

interface Held {
  readonly seq: number
  readonly bytes: Buffer
  readonly frame: number
  readonly timeMs: number
}

/**
 * One direction of a TCP connection put in order: the byte that came first wins, what is missing is waited for until
 * the bounds are met or the connection ends, and then named as a hole. Sequence numbers are 32-bit and wrap.
 */
export class TcpStream {
  readonly #sink: StreamSink
  readonly #budget: HeldBudget
  readonly #now: Moment
  /** Sequence number of the next byte to hand on. */
  next: number
  /** Past the last byte that any segment had on the wire. */
  #wireEnd: number
  #held: Held[] | undefined
  #heldBytes = 0
  #cutEnd: number
  stopped = false

  constructor(start: number, sink: StreamSink, budget: HeldBudget, now: Moment) {
    this.next = this.#wireEnd = this.#cutEnd = start | 0
    this.#sink = sink
    this.#budget = budget
    this.#now = now
  }

  /** Distance of `seq` from the next byte, negative for bytes already handed on. */
  ahead(seq: number): number {
    return (seq - this.next) | 0
  }

  /** A segment whose payload is `bytes[start, end)`, of `wireBytes` on the wire. */
  receive(seq: number, bytes: Buffer, start: number, end: number, wireBytes: number): void {
    if (this.stopped) return
    let ahead = (seq - this.next) | 0
    if (ahead > MAX_DISTANCE || ahead < -MAX_DISTANCE) return
    const wireEnd = (seq + wireBytes) | 0
    if (((wireEnd - this.#wireEnd) | 0) > 0) this.#wireEnd = wireEnd
    if (ahead > 0 && ((this.#cutEnd - seq) | 0) >= 0 && this.#held === undefined) {
      // The missing bytes are those that the snap length took: no retransmission will bring them.
      this.#sink.hole(ahead)
      this.next = seq | 0
      ahead = 0
    }
    if (ahead > 0) {
      this.#hold(seq, bytes, start, end)
    } else {
      const from = start - ahead
      if (from < end) {
        this.next = (this.next + (end - from)) | 0
        this.#sink.bytes(bytes, from, end)
        if (this.#held !== undefined) this.#release()
      }
    }
    if (end - start < wireBytes && ((wireEnd - this.#cutEnd) | 0) > 0) this.#cutEnd = wireEnd
  }

  /** The sender's FIN stands at `seq`: bytes before it were sent. */
  finAt(seq: number): void {
    const ahead = (seq - this.#wireEnd) | 0
    if (ahead > 0 && ahead < MAX_DISTANCE) this.#wireEnd = seq | 0
  }

  /** Hands on what was waiting, holes named. */
  finish(): void {
    while (this.#held !== undefined) this.#skipHole()
    const missing = (this.#wireEnd - this.next) | 0
    if (missing > 0 && !this.stopped) this.#sink.hole(missing)
    this.stop()
  }

  /** Takes nothing more and gives back what it kept. */
  stop(): void {
    this.stopped = true
    this.#budget.left += this.#heldBytes
    this.#heldBytes = 0
    this.#held = undefined
  }

  #hold(seq: number, bytes: Buffer, start: number, end: number): void {
    if (start >= end) return
    this.#held ??= []
    const held = this.#held
    // Almost always after all others; else the parts that no other has yet.
    let at = held.length
    while (at > 0 && ((held[at - 1]!.seq - seq) | 0) > 0) at--
    let from = seq | 0
    const stop = (seq + (end - start)) | 0
    if (at > 0) {
      const before = held[at - 1]!
      const beforeEnd = (before.seq + before.bytes.length) | 0
      if (((beforeEnd - from) | 0) > 0) from = beforeEnd
    }
    while (((stop - from) | 0) > 0) {
      const after = held[at]
      const to = after !== undefined && ((after.seq - stop) | 0) < 0 ? after.seq : stop
      if (((to - from) | 0) > 0) {
        const offset = start + ((from - seq) | 0)
        const piece = Buffer.allocUnsafe((to - from) | 0)
        bytes.copy(piece, 0, offset, offset + piece.length)
        const { frame, timeMs } = this.#now
        held.splice(at, 0, { seq: from, bytes: piece, frame, timeMs })
        this.#heldBytes += piece.length
        this.#budget.left -= piece.length
        at++
      }
      if (after === undefined || to === stop) break
      from = (after.seq + after.bytes.length) | 0
      at++
    }
    while (
      this.#held !== undefined &&
      (this.#heldBytes > MAX_STREAM_HELD_BYTES || held.length > MAX_HELD_SEGMENTS || this.#budget.left < 0)
    ) {
      this.#skipHole()
    }
  }

  /** Hands on the held segments that are next now. */
  #release(): void {
    const held = this.#held
    if (held === undefined) return
    let taken = 0
    while (taken < held.length && !this.stopped) {
      const { seq, bytes } = held[taken]!
      const ahead = (seq - this.next) | 0
      if (ahead > 0) break
      taken++
      this.#heldBytes -= bytes.length
      this.#budget.left += bytes.length
      if (-ahead >= bytes.length) continue
      this.next = (this.next + bytes.length + ahead) | 0
      this.#sink.bytes(bytes, -ahead, bytes.length)
    }
    if (this.stopped) return
    if (taken === held.length) this.#held = undefined
    else if (taken > 0) held.splice(0, taken)
  }

  /** What follows the hole is told with the time at which it came, not the time of this decision. */
  #skipHole(): void {
    const first = this.#held?.[0]
    if (first === undefined) {
      this.#held = undefined
      return
    }
    const now = this.#now
    const { frame, timeMs } = now
    now.frame = first.frame
    now.timeMs = first.timeMs
    const missing = (first.seq - this.next) | 0
    this.next = first.seq
    if (missing > 0) this.#sink.hole(missing)
    this.#release()
    now.frame = frame
    now.timeMs = timeMs
  }
}
