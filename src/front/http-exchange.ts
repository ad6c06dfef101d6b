import { formatHttpDate } from '../http/preconditions.ts'
import type { RequestHead } from '../http/request-head.ts'
import { formatResponseHead, type HeadMode } from '../http/write-head.ts'

/** Head and first bytes of a body leave in one buffer, and one record, up to this size; larger bodies are not copied. */
const ONE_BUFFER_BYTES = 16_384

/** What a client has to take within the time that it may stall. */
const PIECE_BYTES = 16_384

/** What an exchange may do to its connection. */
export interface ExchangeLink {
  readonly write: (bytes: Buffer, taken: (() => void) | undefined) => void
  readonly writeTwo: (head: Buffer, body: Uint8Array, taken: (() => void) | undefined) => void
  /** Whether the request has a body that was not read to its end. */
  readonly bodyLeft: () => boolean
  readonly readBody: () => void
  readonly finished: (whole: boolean) => void
}

export interface ResponseStart {
  readonly status: number
  readonly fields: readonly (readonly [name: string, value: string])[]
  /** `full` adds Date. Default: `full`. */
  readonly mode?: HeadMode
}

/** Takes a request's body, piece by piece. */
export interface BodyReader {
  /** False: no more until `readOn`. */
  readonly part: (bytes: Uint8Array) => boolean
  readonly end: () => void
}

/** One request and its response. After it has ended, what is still written to it goes nowhere. */
export class HttpExchange {
  readonly head: RequestHead
  readonly startedAt = Date.now()
  /** Of the response; 0 before it has begun. */
  status = 0
  headBytesSent = 0
  /** Handed to the socket. */
  bodyBytesSent = 0
  /** The response left as it was begun; false where the connection broke or the handler gave up. */
  whole = false
  /** What the handler wants to be remembered of it, such as the range sent; for logs. */
  note: unknown
  /** Whether the connection stays after this response. Setting it after the head was written ends it without a word. */
  keepAlive: boolean
  /** Called once when the connection ends before the response. */
  onClosed: (() => void) | undefined
  readonly #link: ExchangeLink
  #state: 'waiting' | 'begun' | 'over' = 'waiting'
  #pendingHead: string | undefined
  #contentLength: number | undefined
  #reader: BodyReader | undefined
  #readerTakes = false

  constructor(head: RequestHead, link: ExchangeLink) {
    this.head = head
    this.#link = link
    this.keepAlive = head.keepAlive
  }

  /** Whether a response body is sent at all: not to HEAD. */
  get wantsBody(): boolean {
    return this.head.method !== 'HEAD'
  }

  get over(): boolean {
    return this.#state === 'over'
  }

  /** Nothing of the response was written yet. */
  get unanswered(): boolean {
    return this.#state === 'waiting'
  }

  /** The whole response; `body` is what GET would get. A text goes out as UTF-8. */
  respond(start: ResponseStart, body: Uint8Array | string): void {
    if (this.#state !== 'waiting') return
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    this.#begin(start, bytes.length)
    if (bytes.length > PIECE_BYTES && this.wantsBody) {
      this.write(bytes, () => {})
      return
    }
    this.#send(bytes, undefined)
    this.#finish(true)
  }

  /**
   * Begins a response of that many bytes (undefined: until the connection ends). The head leaves with the first bytes
   * of the body. To HEAD, or with no bytes to come, the response is over at once.
   */
  begin(start: ResponseStart, contentLength: number | undefined): void {
    if (this.#state !== 'waiting') return
    this.#begin(start, contentLength)
    if (contentLength === 0 || !this.wantsBody || bodyless(start.status)) this.#finishBody()
  }

  /**
   * The next bytes of the body, which must stay as they are; `taken` is called when the socket has them, but neither
   * for the last of its length, nor when the connection is gone. Many bytes go piece by piece, so that a slow client
   * shows that it still takes them. More than the length is a fault, and cuts the connection.
   */
  write(bytes: Uint8Array, taken: () => void): void {
    if (this.#state !== 'begun') return
    const length = this.#contentLength
    if (length !== undefined && this.bodyBytesSent + bytes.length > length) {
      this.abort()
      return
    }
    this.#writeFrom(bytes, 0, taken)
  }

  #writeFrom(bytes: Uint8Array, from: number, taken: () => void): void {
    if (this.#state !== 'begun') return
    const piece =
      bytes.length - from > PIECE_BYTES ? bytes.subarray(from, from + PIECE_BYTES) : bytes.subarray(from)
    const end = from + piece.length
    if (end < bytes.length) {
      this.#send(piece, () => this.#writeFrom(bytes, end, taken))
      return
    }
    const last = this.bodyBytesSent + piece.length === this.#contentLength
    this.#send(piece, last ? undefined : taken)
    if (last) this.#finish(true)
  }

  /** The body is over, as far as the handler knows. Short of its length, the connection is cut. */
  finish(): void {
    if (this.#state !== 'begun') return
    const whole = this.#contentLength === undefined || this.bodyBytesSent === this.#contentLength
    if (whole) this.#finishBody()
    else this.abort()
  }

  /** Ends the connection: the client learns by the missing bytes that what it has is not whole. */
  abort(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#link.finished(false)
  }

  /** A fault of ours: 500 where nothing was sent, else the end of the connection. */
  fail(): void {
    if (this.#state === 'waiting') this.respond({ status: 500, fields: [] }, '')
    else this.abort()
  }

  /** Asks for the request's body. To be called once; a request without one ends at once. */
  readBody(reader: BodyReader): void {
    this.#reader = reader
    if (!this.#link.bodyLeft()) {
      reader.end()
      return
    }
    if (this.head.expectsContinue) this.#link.write(CONTINUE, undefined)
    this.readOn()
  }

  readOn(): void {
    this.#readerTakes = true
    this.#link.readBody()
  }

  /** For the connection: whether body bytes may be handed on now. */
  get takesBody(): boolean {
    return this.#readerTakes && this.#state !== 'over'
  }

  /** For the connection. */
  bodyPart(bytes: Uint8Array): void {
    if (this.#reader?.part(bytes) === false) this.#readerTakes = false
  }

  /** For the connection. */
  bodyEnd(): void {
    this.#readerTakes = false
    this.#reader?.end()
  }

  /** For the connection: it is gone. */
  connectionClosed(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.onClosed?.()
  }

  #begin(start: ResponseStart, contentLength: number | undefined): void {
    const mode = start.mode ?? 'full'
    this.#state = 'begun'
    this.status = start.status
    this.#contentLength = contentLength
    if (contentLength === undefined || this.#link.bodyLeft()) this.keepAlive = false
    this.#pendingHead = formatResponseHead(
      {
        status: start.status,
        fields: mode === 'full' ? [...start.fields, dateField()] : start.fields,
        contentLength,
        connection: !this.keepAlive ? 'close' : this.head.version === '1.0' ? 'keep-alive' : undefined,
      },
      mode,
    )
    this.headBytesSent = this.#pendingHead.length
  }

  #send(bytes: Uint8Array, taken: (() => void) | undefined): void {
    const body = this.wantsBody && !bodyless(this.status) ? bytes : EMPTY
    const head = this.#pendingHead
    this.#pendingHead = undefined
    this.bodyBytesSent += body.length
    if (head === undefined) {
      this.#link.write(asBuffer(body), taken)
    } else if (head.length + body.length > ONE_BUFFER_BYTES) {
      this.#link.writeTwo(Buffer.from(head, 'latin1'), body, taken)
    } else {
      const whole = Buffer.allocUnsafe(head.length + body.length)
      whole.write(head, 0, 'latin1')
      whole.set(body, head.length)
      this.#link.write(whole, taken)
    }
  }

  #finishBody(): void {
    if (this.#pendingHead !== undefined) this.#send(EMPTY, undefined)
    this.#finish(true)
  }

  #finish(whole: boolean): void {
    this.#state = 'over'
    this.whole = whole
    this.#link.finished(whole)
  }
}

const EMPTY = Buffer.alloc(0)
const CONTINUE = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n', 'latin1')

function bodyless(status: number): boolean {
  return status === 204 || status === 304
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

let dateAt = 0
let dateText: readonly [string, string] = ['Date', '']

/** Date, made anew each second. */
function dateField(): readonly [string, string] {
  const second = Math.floor(Date.now() / 1_000)
  if (second !== dateAt) {
    dateAt = second
    dateText = ['Date', formatHttpDate(new Date(second * 1_000))]
  }
  return dateText
}
