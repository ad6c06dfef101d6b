import { DecodeError } from '../codec/decode-error.ts'
import { contentTypes } from './content-types.ts'

/** Bytes of a record header, RFC 5246 §6.2.1. */
export const RECORD_HEADER_BYTES = 5

/** Largest plaintext of a record: 2^14, RFC 5246 §6.2.1. */
export const MAX_PLAINTEXT_BYTES = 16_384

/** Largest fragment on the wire: 2^14 + 2048, RFC 5246 §6.2.3. */
export const MAX_FRAGMENT_BYTES = MAX_PLAINTEXT_BYTES + 2048

/** One record as on the wire, its header read. */
export interface TlsRecord {
  readonly contentType: number
  readonly version: number
  /** A view of the bytes pushed where they lay together, else one copy. */
  readonly fragment: Uint8Array
}

/**
 * Cuts a byte stream into records, wherever the stream itself is cut. Keeps views of what was pushed, so the
 * caller must not write into it again. A record up to `MAX_FRAGMENT_BYTES` is taken in clear, too: whether it is
 * larger than agreed is for the caller to judge.
 */
export class RecordReader {
  #chunks: Uint8Array[] = []
  /** Index of the first chunk that is not used up, and what is used up of it. */
  #chunk = 0
  #at = 0
  #length = 0
  #offset = 0

  /** Bytes pushed and not yet handed out. */
  get buffered(): number {
    return this.#length
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#chunks.push(bytes)
    this.#length += bytes.length
  }

  /**
   * The next whole record, or undefined until more bytes come. Throws `DecodeError` as soon as a header cannot be
   * one of TLS (`value`) or declares more than `MAX_FRAGMENT_BYTES` (`too-large`).
   */
  next(): TlsRecord | undefined {
    const header = this.peek(RECORD_HEADER_BYTES)
    checkHeader(header, this.#offset)
    if (header.length < RECORD_HEADER_BYTES) return undefined
    const fragmentBytes = header[3]! * 256 + header[4]!
    if (this.#length < RECORD_HEADER_BYTES + fragmentBytes) return undefined
    const bytes = this.#take(RECORD_HEADER_BYTES + fragmentBytes)
    return {
      contentType: header[0]!,
      version: header[1]! * 256 + header[2]!,
      fragment: bytes.subarray(RECORD_HEADER_BYTES),
    }
  }

  /** Up to `count` of the bytes that come next, left where they are. */
  peek(count: number): Uint8Array {
    const first = this.#chunks[this.#chunk]
    if (first !== undefined && first.length - this.#at >= count) {
      return first.subarray(this.#at, this.#at + count)
    }
    const bytes = new Uint8Array(Math.min(count, this.#length))
    let filled = 0
    for (let i = this.#chunk, at = this.#at; filled < bytes.length; i++, at = 0) {
      const part = this.#chunks[i]!.subarray(at, at + bytes.length - filled)
      bytes.set(part, filled)
      filled += part.length
    }
    return bytes
  }

  /** `count` must be buffered. */
  #take(count: number): Uint8Array {
    const bytes = this.peek(count)
    this.#length -= count
    this.#offset += count
    let left = count
    while (left > 0) {
      const available = this.#chunks[this.#chunk]!.length - this.#at
      if (available > left) {
        this.#at += left
        break
      }
      left -= available
      this.#chunk++
      this.#at = 0
    }
    if (this.#chunk === this.#chunks.length) {
      this.#chunks = []
      this.#chunk = 0
    } else if (this.#chunk > this.#chunks.length / 2) {
      this.#chunks = this.#chunks.slice(this.#chunk)
      this.#chunk = 0
    }
    return bytes
  }
}

const knownTypes = new Set<number>(Object.values(contentTypes).map(({ code }) => code))

/** Looks at as much of the header as there is, so that what is no TLS shows with its first byte. */
function checkHeader(header: Uint8Array, offset: number): void {
  const [type, major, , lengthHigh, lengthLow] = header
  if (type === undefined) return
  if (!knownTypes.has(type)) throw new DecodeError('value', 'TLSRecord.type', offset, `content type ${type}`)
  if (major === undefined) return
  if (major !== 3) throw new DecodeError('value', 'TLSRecord.version', offset + 1, `major version ${major}`)
  if (lengthHigh === undefined || lengthLow === undefined) return
  const length = lengthHigh * 256 + lengthLow
  if (length > MAX_FRAGMENT_BYTES) {
    const detail = `${length} bytes, ${MAX_FRAGMENT_BYTES} allowed`
    throw new DecodeError('too-large', 'TLSRecord.length', offset + 3, detail)
  }
}
