import { DecodeError } from '../codec/decode-error.ts'
import { HANDSHAKE_HEADER_BYTES } from './handshake-message.ts'

/** Largest handshake message taken by default, header left out: the largest chain seen in the wild is a third of it. */
export const MAX_MESSAGE_BYTES = 1_048_576

/** Most records that one message may be spread over: 1 MiB in fragments of 512 takes a quarter of it. */
export const MAX_RECORDS_PER_MESSAGE = 8192

/** One whole handshake message, joined from its records. */
export interface HandshakeMessage {
  readonly type: number
  /** Header included. */
  readonly bytes: Uint8Array
  readonly body: Uint8Array
  /** Over how many records it was spread. */
  readonly records: number
  /** Largest plaintext of the records that carried it. */
  readonly largestRecordBytes: number
  /** Its 4-byte header lies in two records. */
  readonly headerCut: boolean
}

/** Joins handshake messages over records, RFC 5246 §6.2.1: a record may carry several, a message may take several. */
export class MessageReader {
  readonly #maxMessageBytes: number
  /** The record being read, and what is used up of it. */
  #fragment: Uint8Array = new Uint8Array(0)
  #at = 0
  /** The message begun: its header, then the whole of it, filled up to `#filled`. */
  #header = new Uint8Array(HANDSHAKE_HEADER_BYTES)
  #message: Uint8Array | undefined
  #filled = 0
  #records = 0
  #largestRecordBytes = 0
  #headerCut = false

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes
  }

  /** Whether a message is begun or bytes are left: nothing but a handshake record may come now. */
  get pending(): boolean {
    return this.#filled > 0 || this.#at < this.#fragment.length
  }

  /** Takes the plaintext of the next handshake record; the one before must be used up by `next`. */
  push(fragment: Uint8Array): void {
    if (this.#at < this.#fragment.length) throw new Error('the record before is not used up')
    this.#fragment = fragment
    this.#at = 0
    if (this.#filled > 0 && fragment.length > 0) this.#countRecord()
  }

  /**
   * The next whole message, or undefined until another record is pushed. Throws `DecodeError` (`too-large`) when
   * a header declares more than the bound, or the message is spread over more than `MAX_RECORDS_PER_MESSAGE`.
   */
  next(): HandshakeMessage | undefined {
    if (this.#at === this.#fragment.length) return undefined
    if (this.#filled === 0) this.#countRecord()
    if (this.#filled < HANDSHAKE_HEADER_BYTES) {
      this.#fill(this.#header)
      if (this.#filled < HANDSHAKE_HEADER_BYTES) {
        this.#headerCut = true
        return undefined
      }
      this.#message = this.#begin()
    }
    const message = this.#message!
    this.#fill(message)
    if (this.#filled < message.length) return undefined
    const whole = {
      type: message[0]!,
      bytes: message,
      body: message.subarray(HANDSHAKE_HEADER_BYTES),
      records: this.#records,
      largestRecordBytes: this.#largestRecordBytes,
      headerCut: this.#headerCut,
    }
    this.#message = undefined
    this.#filled = 0
    this.#records = 0
    this.#largestRecordBytes = 0
    this.#headerCut = false
    return whole
  }

  /** Room for the message whose header is read, the header put in place. */
  #begin(): Uint8Array {
    const [, high, middle, low] = this.#header
    const length = high! * 65_536 + middle! * 256 + low!
    if (length > this.#maxMessageBytes) {
      const detail = `${length} bytes, ${this.#maxMessageBytes} allowed`
      throw new DecodeError('too-large', 'Handshake.length', 1, detail)
    }
    const message = new Uint8Array(HANDSHAKE_HEADER_BYTES + length)
    message.set(this.#header)
    return message
  }

  #fill(target: Uint8Array): void {
    const count = Math.min(target.length - this.#filled, this.#fragment.length - this.#at)
    target.set(this.#fragment.subarray(this.#at, this.#at + count), this.#filled)
    this.#at += count
    this.#filled += count
  }

  #countRecord(): void {
    this.#records++
    this.#largestRecordBytes = Math.max(this.#largestRecordBytes, this.#fragment.length)
    if (this.#records > MAX_RECORDS_PER_MESSAGE) {
      const detail = `over ${MAX_RECORDS_PER_MESSAGE} records`
      throw new DecodeError('too-large', 'Handshake.records', this.#filled, detail)
    }
  }
}
