import { DecodeError } from '../codec/decode-error.ts'
import { BodyDecoder, bodyFraming, contentLength, keepsAlive } from '../http/body.ts'
import { ERROR_BODY_BYTES, readErrorBody } from '../http/error-body.ts'
import { headerValue, MAX_HEAD_BYTES, type ResponseHead, ResponseHeadParser } from '../http/response-head.ts'
import type { HttpExchange, HttpRequestSent, HttpResponseSeen } from '../observe/observation.ts'
import type { SecretQuery } from '../observe/secret-query.ts'
import { blankText } from '../observe/secrets.ts'
import { seenHead } from '../observe/seen-head.ts'
import { MIN_WINDOW_BYTES } from './bounds.ts'
import type { Plaintext, TlsSession } from './tls-session.ts'

export interface ExchangePlan {
  /** The whole request. */
  readonly bytes: Uint8Array
  readonly seen: HttpRequestSent
  /** Secrets of the request, to blank where the server echoes them. */
  readonly secrets: readonly string[]
  /** The query that the user named as a secret: what a server may echo at every hop. */
  readonly secretQuery: SecretQuery | undefined
  /** Body bytes read at most. */
  readonly byteLimit: number
  readonly timeoutMs: number
  /** On the clock of `performance.now()`: past it we stop, however lively the server is. */
  readonly endMs: number
  readonly onBody: ((bodyBytes: number, totalBytes: number | undefined) => void) | undefined
}

export interface ExchangeResult {
  readonly exchange: HttpExchange
  readonly head: ResponseHead | undefined
  /** Location as sent, with its secrets: never printed or stored. */
  readonly location: string | undefined
  readonly bodyBytes: number
  /** Whether another request may follow on this connection. */
  readonly reusable: boolean
}

/**
 * The requests and responses of one connection, one after the other. Keeps what followed a response within its last
 * record for the next one.
 */
export class HttpConnection {
  readonly #session: TlsSession
  #left: Plaintext | undefined

  constructor(session: TlsSession) {
    this.#session = session
  }

  /** Sends one request and reads its response; whatever goes wrong is in `exchange.error`. */
  async exchange(plan: ExchangePlan): Promise<ExchangeResult> {
    this.#session.send(plan.bytes)
    const response = new ResponseBuilder(plan)
    const pace = new Pace(plan.timeoutMs)
    try {
      while (!response.complete) {
        const record = await this.#next(plan.timeoutMs)
        // Silence is no end: a body without a length is whole only where the peer closes.
        if (!record)
          return this.#session.end === 'timeout' ? response.stop('timeout') : response.end('closed')
        const consumed = response.take(record)
        this.#left = consumed < record.bytes.length ? after(record, consumed) : undefined
        if (response.complete) break
        if (response.bodyBytes >= plan.byteLimit) return response.stop('byte-limit')
        if (!pace.keeps(record.bytes.length) || performance.now() > plan.endMs)
          return response.stop('timeout')
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      return response.stop(error.code === 'too-large' ? 'head-too-large' : 'not-http')
    }
    return response.end(undefined)
  }

  async #next(timeoutMs: number): Promise<Plaintext | undefined> {
    const left = this.#left
    this.#left = undefined
    return left ?? (await this.#session.read(timeoutMs))
  }
}

function after(record: Plaintext, consumed: number): Plaintext {
  return { ...record, bytes: record.bytes.subarray(consumed), offset: record.offset + consumed }
}

/** Tells a slow server from one that drips: at least `MIN_WINDOW_BYTES` in the time of two silences. */
class Pace {
  readonly #windowMs: number
  #windowStartMs = performance.now()
  #bytes = 0

  constructor(timeoutMs: number) {
    this.#windowMs = 2 * timeoutMs
  }

  keeps(bytes: number): boolean {
    this.#bytes += bytes
    const nowMs = performance.now()
    if (nowMs - this.#windowStartMs < this.#windowMs) return true
    const kept = this.#bytes >= MIN_WINDOW_BYTES
    this.#windowStartMs = nowMs
    this.#bytes = 0
    return kept
  }
}

class ResponseBuilder {
  readonly #plan: ExchangePlan
  #parser = new ResponseHeadParser()
  #head: ResponseHead | undefined
  #body: BodyDecoder | undefined
  #reusable = false
  /** Heads of interim responses: all together may be as long as one head. */
  #interimBytes = 0
  #headOffset: number | undefined
  #bodyOffset = 0
  #largestRecordBytes = 0
  #errorBody: Uint8Array[] = []
  #errorBodyBytes = 0

  constructor(plan: ExchangePlan) {
    this.#plan = plan
  }

  get complete(): boolean {
    return this.#body?.done ?? false
  }

  get bodyBytes(): number {
    return this.#body?.bodyBytes ?? 0
  }

  /** How many bytes of the record belong to this response. Throws `DecodeError`. */
  take(record: Plaintext): number {
    let at = 0
    if (record.bytes.length > 0) {
      this.#largestRecordBytes = Math.max(this.#largestRecordBytes, record.recordBytes)
    }
    while (!this.#body && at < record.bytes.length) {
      this.#headOffset ??= record.offset + at
      const found = this.#parser.push(record.bytes.subarray(at))
      if (!found) return record.bytes.length
      at += found.consumed
      // An interim response (100, 103) is followed by the real one, RFC 9110 §15.2.
      if (found.head.status < 200) {
        this.#interimBytes += found.head.headBytes
        if (this.#interimBytes > MAX_HEAD_BYTES) {
          throw new DecodeError('too-large', 'response', this.#interimBytes, 'interim responses without end')
        }
        this.#parser = new ResponseHeadParser()
        this.#headOffset = undefined
        continue
      }
      this.#head = found.head
      this.#bodyOffset = record.offset + at
      const framing = bodyFraming(this.#plan.seen.method, found.head)
      this.#reusable = keepsAlive(found.head, framing)
      this.#body = new BodyDecoder(framing)
    }
    if (!this.#body) return at
    const { parts, consumed } = this.#body.push(record.bytes.subarray(at))
    this.#keepErrorBody(parts)
    this.#plan.onBody?.(this.#body.bodyBytes, this.#length())
    return at + consumed
  }

  /** The response came to its end, or the connection did: then `why` is what happened to it. */
  end(why: string | undefined): ExchangeResult {
    const whole = this.#body?.end() ?? false
    return this.#result(whole ? undefined : why, whole)
  }

  /** We stop reading. */
  stop(why: string): ExchangeResult {
    return this.#result(why, false)
  }

  #result(error: string | undefined, bodyComplete: boolean): ExchangeResult {
    const location = this.#head && headerValue(this.#head, 'location')
    return {
      exchange: {
        request: this.#plan.seen,
        response: this.#head && this.#seen(this.#head, bodyComplete),
        error,
      },
      head: this.#head,
      location,
      bodyBytes: this.bodyBytes,
      reusable: error === undefined && this.#reusable,
    }
  }

  #seen(head: ResponseHead, bodyComplete: boolean): HttpResponseSeen {
    const { secrets, secretQuery } = this.#plan
    const known = [...secrets, ...(secretQuery?.values ?? [])]
    const isError = head.status >= 400
    const errorBody = isError
      ? readErrorBody(Buffer.concat(this.#errorBody), headerValue(head, 'x-ms-error-code'))
      : undefined
    return {
      ...seenHead(head, this.#length(), secrets, secretQuery),
      bodyBytes: this.bodyBytes,
      bodyComplete,
      errorCode: errorBody?.code && blankText(errorBody.code, secretQuery?.values),
      errorText: errorBody?.text === undefined ? undefined : blankText(errorBody.text, known),
      headOffset: this.#headOffset ?? 0,
      bodyOffset: this.#bodyOffset,
      largestRecordBytes: this.#largestRecordBytes,
    }
  }

  /** Content-Length; undefined when absent or not one number (then the body could not be framed either). */
  #length(): number | undefined {
    try {
      return this.#head && contentLength(this.#head)
    } catch {
      return undefined
    }
  }

  #keepErrorBody(parts: readonly Uint8Array[]): void {
    if (!this.#head || this.#head.status < 400) return
    for (const part of parts) {
      if (this.#errorBodyBytes >= ERROR_BODY_BYTES) return
      this.#errorBody.push(part.slice(0, ERROR_BODY_BYTES - this.#errorBodyBytes))
      this.#errorBodyBytes += Math.min(part.length, ERROR_BODY_BYTES - this.#errorBodyBytes)
    }
  }
}
