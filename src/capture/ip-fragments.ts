import { type Cursor, Layer } from './cursor.ts'

/** A datagram whose fragments take longer than this is given up (RFC 8200 §4.5: 60 seconds). */
const FRAGMENT_TIMEOUT_MS = 60_000
/** Datagrams that wait for fragments at one time; the oldest goes first. */
export const MAX_WAITING_DATAGRAMS = 512
/** Bytes that they hold together. */
export const MAX_WAITING_BYTES = 8 * 1024 * 1024
/** Separate pieces of one datagram; more are made by no sound sender. */
const MAX_PIECES = 256
/** The offset field reaches no further. */
const MAX_DATAGRAM_BYTES = 65_535

interface Waiting {
  bytes: Buffer
  /** Filled ranges in order, none touching the next: start, end, start, end, … */
  readonly filled: number[]
  /** Known from the last fragment. */
  totalBytes: number | undefined
  readonly startedMs: number
}

/** Joins the fragments of IPv4 and IPv6 datagrams. Where they overlap, the bytes that came first stay. */
export class IpFragments {
  /** In order of the first fragment, which is how a `Map` keeps them. */
  readonly #waiting = new Map<string, Waiting>()
  #waitingBytes = 0
  /** Datagrams given up so far. */
  #lost = 0

  /** Datagrams that were never whole. */
  get incomplete(): number {
    return this.#lost + this.#waiting.size
  }

  /**
   * The cursor stands behind the header of a fragment. When that completes its datagram the cursor goes on in the
   * joined bytes.
   */
  add(c: Cursor, id: number, offset: number, more: boolean): Layer {
    const start = c.at
    const protocol = c.type
    // All but the last are multiples of 8 bytes; a fragment without bytes says nothing.
    const wireBytes = c.wireEnd - start
    if (wireBytes <= 0 || (more && wireBytes % 8 !== 0) || offset + wireBytes > MAX_DATAGRAM_BYTES)
      return Layer.none
    const key = keyOf(c, id, protocol)
    const waiting = this.#find(key, c.timeMs)
    if (!more) waiting.totalBytes ??= offset + wireBytes
    this.#put(waiting, offset, c.bytes, start, Math.min(c.end, c.wireEnd))
    if (isWhole(waiting)) {
      this.#remove(key, waiting)
      c.bytes = waiting.bytes
      c.end = waiting.totalBytes ?? 0
      c.wireEnd = c.end
      return c.goto(Layer.ipPayload, 0, protocol)
    }
    if (waiting.filled.length > 2 * MAX_PIECES) this.#giveUp(key, waiting)
    this.#bound()
    return Layer.none
  }

  #find(key: string, nowMs: number): Waiting {
    const found = this.#waiting.get(key)
    if (found !== undefined) {
      if (!(Math.abs(nowMs - found.startedMs) > FRAGMENT_TIMEOUT_MS)) return found
      this.#giveUp(key, found)
    }
    const waiting: Waiting = {
      bytes: Buffer.allocUnsafe(0),
      filled: [],
      totalBytes: undefined,
      startedMs: nowMs,
    }
    this.#waiting.set(key, waiting)
    return waiting
  }

  /** Copies what of `from[start, end)` is not there yet to `offset`. */
  #put(waiting: Waiting, offset: number, from: Buffer, start: number, end: number): void {
    const until = offset + end - start
    if (until > waiting.bytes.length) {
      const larger = Buffer.allocUnsafe(
        Math.min(MAX_DATAGRAM_BYTES, Math.max(until, 2 * waiting.bytes.length)),
      )
      waiting.bytes.copy(larger)
      this.#waitingBytes += larger.length - waiting.bytes.length
      waiting.bytes = larger
    }
    const { filled, bytes } = waiting
    let index = 0
    let at = offset
    // Ranges that end before the new one stay as they are.
    while (index < filled.length && filled[index + 1]! < offset) index += 2
    const first = index
    let low = offset
    let high = until
    while (index < filled.length && filled[index]! <= until) {
      const filledStart = filled[index]!
      const filledEnd = filled[index + 1]!
      if (at < filledStart) from.copy(bytes, at, start + at - offset, start + filledStart - offset)
      at = Math.max(at, filledEnd)
      low = Math.min(low, filledStart)
      high = Math.max(high, filledEnd)
      index += 2
    }
    if (at < until) from.copy(bytes, at, start + at - offset, end)
    filled.splice(first, index - first, low, high)
  }

  #bound(): void {
    for (const [key, waiting] of this.#waiting) {
      if (this.#waiting.size <= MAX_WAITING_DATAGRAMS && this.#waitingBytes <= MAX_WAITING_BYTES) return
      this.#giveUp(key, waiting)
    }
  }

  #giveUp(key: string, waiting: Waiting): void {
    this.#lost += 1
    this.#remove(key, waiting)
  }

  #remove(key: string, waiting: Waiting): void {
    this.#waiting.delete(key)
    this.#waitingBytes -= waiting.bytes.length
  }
}

/** Both addresses, the identification and, in IPv4, the protocol tell a datagram (RFC 791 §3.2, RFC 8200 §4.5). */
function keyOf(c: Cursor, id: number, protocol: number): string {
  const addresses = c.addresses.toString('latin1', c.source, c.destination + c.addressBytes)
  return c.addressBytes === 4 ? `${addresses}/${id}/${protocol}` : `${addresses}/${id}`
}

function isWhole({ filled, totalBytes }: Waiting): boolean {
  return totalBytes !== undefined && filled[0] === 0 && filled[1]! >= totalBytes
}
