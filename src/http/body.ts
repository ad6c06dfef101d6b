import { DecodeError } from '../codec/decode-error.ts'
import { headerHasToken, headerValue, type ResponseHead } from './response-head.ts'

/** A chunk-size line with its extensions, and a trailer line, longer than this is an error. */
export const MAX_CHUNK_LINE_BYTES = 4096
/** All trailer lines together. */
const MAX_TRAILER_BYTES = 16_384

/** Where a body ends, RFC 9112 §6.3. */
export type BodyFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' }

/**
 * Value of Content-Length; undefined when there is none. Throws `DecodeError` where it is no number or where
 * several differ (RFC 9112 §6.3: "the message framing is invalid").
 */
export function contentLength(head: ResponseHead): number | undefined {
  const values = head.headers
    .filter(([name]) => name.toLowerCase() === 'content-length')
    .flatMap(([, value]) => value.split(',').map((item) => item.trim()))
  const first = values[0]
  if (first === undefined) return undefined
  if (!/^\d{1,15}$/.test(first) || values.some((value) => value !== first)) {
    throw new DecodeError('value', 'response.content-length', 0, 'is not one number')
  }
  return Number(first)
}

/** How the body after `head` ends, for a request of that method. Throws as `contentLength` does. */
export function bodyFraming(method: string, head: ResponseHead): BodyFraming {
  if (method === 'HEAD' || head.status < 200 || head.status === 204 || head.status === 304) {
    return { kind: 'none' }
  }
  if (headerValue(head, 'transfer-encoding') !== undefined) {
    return headerHasToken(head, 'transfer-encoding', 'chunked')
      ? { kind: 'chunked' }
      : { kind: 'until-close' }
  }
  const bytes = contentLength(head)
  if (bytes === undefined) return { kind: 'until-close' }
  return bytes === 0 ? { kind: 'none' } : { kind: 'length', bytes }
}

/** Whether the connection may carry another request after this response, RFC 9112 §9.3. */
export function keepsAlive(head: ResponseHead, framing: BodyFraming): boolean {
  if (framing.kind === 'until-close' || headerHasToken(head, 'connection', 'close')) return false
  return head.httpVersion !== '1.0' || headerHasToken(head, 'connection', 'keep-alive')
}

/** Reads a body from bytes that come in any pieces. Holds no body bytes. */
export class BodyDecoder {
  readonly #framing: BodyFraming
  #left: number
  #state: 'size' | 'data' | 'data-end' | 'trailer' | 'done'
  #line = ''
  #trailerBytes = 0
  #bodyBytes = 0
  readonly #strict: boolean

  /** `strict`: a line that ends in LF alone, or holds a CR, is an error; for a server, as a door for smuggling. */
  constructor(framing: BodyFraming, { strict = false }: { readonly strict?: boolean } = {}) {
    this.#framing = framing
    this.#strict = strict
    this.#left = framing.kind === 'length' ? framing.bytes : 0
    this.#state = framing.kind === 'none' ? 'done' : framing.kind === 'chunked' ? 'size' : 'data'
  }

  /** Body bytes so far, after de-chunking. */
  get bodyBytes(): number {
    return this.#bodyBytes
  }

  get done(): boolean {
    return this.#state === 'done'
  }

  /**
   * Takes bytes off the front of `bytes`: `consumed` of them belong to this body, `parts` are views of its content.
   * Throws `DecodeError` where a chunk breaks its format (RFC 9112 §7.1).
   */
  push(bytes: Uint8Array): { parts: Uint8Array[]; consumed: number } {
    const parts: Uint8Array[] = []
    let at = 0
    while (at < bytes.length && this.#state !== 'done') {
      if (this.#state === 'data') {
        const size = this.#framing.kind === 'until-close' ? Number.POSITIVE_INFINITY : this.#left
        const part = bytes.subarray(at, Math.min(bytes.length, at + size))
        at += part.length
        this.#left -= part.length
        this.#bodyBytes += part.length
        if (part.length > 0) parts.push(part)
        if (this.#framing.kind !== 'until-close' && this.#left === 0) {
          this.#state = this.#framing.kind === 'chunked' ? 'data-end' : 'done'
        }
      } else {
        this.#takeLineByte(bytes[at]!)
        at++
      }
    }
    return { parts, consumed: at }
  }

  /** The connection ended: whether the body is whole. */
  end(): boolean {
    if (this.#framing.kind === 'until-close') this.#state = 'done'
    return this.done
  }

  #takeLineByte(byte: number): void {
    if (byte !== 0x0a) {
      this.#line += String.fromCharCode(byte)
      if (this.#line.length > MAX_CHUNK_LINE_BYTES) throw this.#error('too-large', 'line is too long')
      return
    }
    const line = this.#line.endsWith('\r') ? this.#line.slice(0, -1) : this.#line
    if (this.#strict && !/^[^\r]*\r$/.test(this.#line))
      throw this.#error('value', 'a line does not end in CR LF')
    this.#line = ''
    if (this.#state === 'size') {
      const size = /^([0-9A-Fa-f]{1,12})[ \t]*(;.*)?$/s.exec(line)
      if (!size) throw this.#error('value', 'is no chunk size')
      this.#left = Number.parseInt(size[1]!, 16)
      this.#state = this.#left === 0 ? 'trailer' : 'data'
    } else if (this.#state === 'data-end') {
      if (line !== '') throw this.#error('value', 'chunk is longer than its size')
      this.#state = 'size'
    } else if (line === '') {
      this.#state = 'done'
    } else {
      this.#trailerBytes += line.length
      if (this.#trailerBytes > MAX_TRAILER_BYTES) throw this.#error('too-large', 'trailer is too long')
    }
  }

  #error(code: DecodeError['code'], detail: string): DecodeError {
    return new DecodeError(code, 'response.chunk', this.#bodyBytes, detail)
  }
}
