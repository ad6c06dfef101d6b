import type { FlightShape } from '../exam/serving.ts'

const HANDSHAKE = 22
const CHANGE_CIPHER_SPEC = 20
const HEADER_BYTES = 5
const MESSAGE_HEADER_BYTES = 4

/**
 * Frames the handshake messages of one direction anew, as RFC 5246 §6.2.1 leaves it to the sender, until its ChangeCipherSpec;
 * what follows is sealed to its records and goes through. Bytes go in as they come, cut anywhere; what comes out may be sent at once.
 */
export class Reframer {
  readonly #shape: FlightShape
  #input: Buffer = Buffer.alloc(0)
  #messages: Buffer = Buffer.alloc(0)
  #version: Buffer = Buffer.from([3, 3])
  #sealed = false

  constructor(shape: FlightShape) {
    this.#shape = shape
  }

  push(bytes: Uint8Array): Buffer {
    if (this.#sealed) return Buffer.from(bytes)
    this.#input = Buffer.concat([this.#input, bytes])
    const out: Buffer[] = []
    while (!this.#sealed && this.#input.length >= HEADER_BYTES) {
      const type = this.#input[0]!
      const end = HEADER_BYTES + this.#input.readUInt16BE(3)
      if (this.#input.length < end) break
      const record = this.#input.subarray(0, end)
      this.#input = this.#input.subarray(end)
      if (type === HANDSHAKE) {
        this.#version = record.subarray(1, 3)
        this.#messages = Buffer.concat([this.#messages, record.subarray(HEADER_BYTES)])
      } else {
        out.push(...this.#flush(), record)
        this.#sealed = type === CHANGE_CIPHER_SPEC
      }
    }
    // A server's flight ends with a message: nothing waits for more that would not come.
    if (endsWithMessage(this.#messages)) out.push(...this.#flush())
    if (this.#sealed) out.push(this.#input)
    return Buffer.concat(out)
  }

  /** What is still held when the peer closes. */
  end(): Buffer {
    const rest = Buffer.concat([...this.#flush(), this.#sealed ? Buffer.alloc(0) : this.#input])
    this.#input = Buffer.alloc(0)
    return rest
  }

  #flush(): Buffer[] {
    const flight = this.#messages
    this.#messages = Buffer.alloc(0)
    const parts = this.#shape.merge ? [flight] : splitMessages(flight)
    return parts.flatMap((part) => this.#cut(part))
  }

  #cut(part: Buffer): Buffer[] {
    const records: Buffer[] = []
    for (let at = 0; at < part.length; at += this.#shape.recordBytes) {
      const fragment = part.subarray(at, at + this.#shape.recordBytes)
      const length = Buffer.from([fragment.length >> 8, fragment.length & 0xff])
      records.push(Buffer.concat([Buffer.from([HANDSHAKE]), this.#version, length, fragment]))
    }
    return records
  }
}

/** Whole messages, and what of the last one is there. */
function splitMessages(flight: Buffer): Buffer[] {
  const messages: Buffer[] = []
  for (let at = 0; at < flight.length; ) {
    const whole = at + MESSAGE_HEADER_BYTES <= flight.length
    const end = whole ? at + MESSAGE_HEADER_BYTES + flight.readUIntBE(at + 1, 3) : flight.length
    messages.push(flight.subarray(at, end))
    at = end
  }
  return messages
}

/** ServerHelloDone, or another message that ends what is there. */
function endsWithMessage(flight: Buffer): boolean {
  let at = 0
  while (at + MESSAGE_HEADER_BYTES <= flight.length) {
    const type = flight[at]!
    const body = at + MESSAGE_HEADER_BYTES
    at = body + flight.readUIntBE(at + 1, 3)
    if (at !== flight.length) continue
    if (type === SERVER_HELLO_DONE || type === NEW_SESSION_TICKET) return true
    // A HelloRetryRequest is a ServerHello by its type, RFC 8446 §4.1.3.
    return type === SERVER_HELLO && flight.subarray(body + 2, body + 34).equals(HELLO_RETRY_RANDOM)
  }
  return false
}

const SERVER_HELLO = 2
const SERVER_HELLO_DONE = 14
const NEW_SESSION_TICKET = 4
/** SHA-256 of `HelloRetryRequest`. */
const HELLO_RETRY_RANDOM = Buffer.from(
  'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c',
  'hex',
)
