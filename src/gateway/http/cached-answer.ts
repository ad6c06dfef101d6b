import type { IncomingMessage } from 'node:http'
import type { HttpExchange } from '../../front/http-exchange.ts'
import { chooseRange, formatContentRange } from '../../http/byte-range.ts'
import { evaluatePreconditions, formatHttpDate, ifRangeHolds } from '../../http/preconditions.ts'
import { onlyField, type RequestHead } from '../../http/request-head.ts'
import type { HeadMode } from '../../http/write-head.ts'
import {
  type CachedVersion,
  CacheReadError,
  type CacheRequest,
  type Found,
  type UpstreamAnswer,
  type UpstreamAsk,
} from '../cache/contract.ts'
import type { Admitted } from './access.ts'
import type { UpstreamClient } from './upstream-client.ts'

export type AnswerHead = Pick<UpstreamAnswer, 'status' | 'field'>

/** What this side asks of the cache of whole firmware. */
export interface CacheLookup {
  find(request: CacheRequest): Found | Promise<Found>
  admits(request: CacheRequest, answer: AnswerHead): Promise<boolean>
}

/** Answers of one connection from the cache: it remembers which version the device is downloading. */
export class CachedAnswers {
  readonly #mode: HeadMode
  /** By upstream URL: the version whose first byte this connection got last. */
  readonly #began = new Map<string, string>()

  constructor(mode: HeadMode) {
    this.#mode = mode
  }

  requestOf(
    client: UpstreamClient,
    head: RequestHead,
    place: Admitted,
    sha256: string | undefined,
  ): CacheRequest {
    const url = client.urlOf(place)
    const goesOn = /^bytes=(?!0+-|-)/i.test(onlyField(head, 'range') ?? '')
    return {
      upstream: place.route.upstream,
      url,
      sha256,
      began: goesOn ? this.#began.get(url) : undefined,
      fetch: (ask) => fetchFrom(client, place, ask),
    }
  }

  send(exchange: HttpExchange, version: CachedVersion, url: string): void {
    const { head } = exchange
    const { etag, length, lastModified } = version
    const validators = { etag, lastModified, lastModifiedIsStrong: false }
    const precondition = evaluatePreconditions(head, validators)
    if (precondition !== 'go-on') {
      exchange.respond({ status: precondition, fields: [['ETag', etag]], mode: this.#mode }, '')
      return
    }
    const range = ifRangeHolds(head, validators) ? chooseRange(rangeOf(head), length) : 'whole'
    if (range === 'unsatisfiable') {
      const fields = [['Content-Range', formatContentRange(undefined, length)]] as const
      exchange.respond({ status: 416, fields, mode: this.#mode }, '')
      return
    }
    this.#remember(url, version.id)
    const whole = range === 'whole'
    const { first, last } = whole ? { first: 0, last: length - 1 } : range
    const start = {
      status: whole ? 200 : 206,
      fields: this.#fields(version, whole ? undefined : range),
      mode: this.#mode,
    }
    if (!exchange.wantsBody) {
      exchange.begin(start, last - first + 1)
      return
    }
    const bytes = version.bytes(first, last)
    if (bytes !== undefined) exchange.respond(start, bytes)
    else void streamTo(exchange, version, first, last, start)
  }

  #fields(
    { etag, length, lastModified, contentType }: CachedVersion,
    range: { first: number; last: number } | undefined,
  ) {
    const place = range === undefined ? [] : [['Content-Range', formatContentRange(range, length)] as const]
    if (this.#mode === 'minimal' && range !== undefined) return place
    const more: (readonly [string, string])[] = [...place, ['ETag', etag], ['Accept-Ranges', 'bytes']]
    if (this.#mode === 'minimal') return more
    if (contentType !== undefined) more.push(['Content-Type', contentType])
    if (lastModified !== undefined) more.push(['Last-Modified', formatHttpDate(lastModified)])
    return more
  }

  #remember(url: string, id: string): void {
    this.#began.delete(url)
    this.#began.set(url, id)
    const [oldest] = this.#began.keys()
    if (this.#began.size > MAX_REMEMBERED && oldest !== undefined) this.#began.delete(oldest)
  }
}

/** A device downloads one file at a time, or a few. */
const MAX_REMEMBERED = 8

function rangeOf(head: RequestHead): string | undefined {
  // Two Range fields are as malformed as one without numbers.
  const found = head.fields.filter(([name]) => name === 'range')
  return found.length > 1 ? 'bytes=' : found[0]?.[1]
}

async function streamTo(
  exchange: HttpExchange,
  version: CachedVersion,
  first: number,
  last: number,
  start: Parameters<HttpExchange['begin']>[0],
): Promise<void> {
  let closed: () => void = () => {}
  const gone = new Promise<void>((resolve) => {
    closed = resolve
  })
  exchange.onClosed = closed
  try {
    let left = last - first + 1
    for await (const piece of version.stream(first, last)) {
      if (exchange.unanswered) exchange.begin(start, left)
      if (exchange.over) return
      left -= piece.length
      const taken = new Promise<void>((done) => exchange.write(piece, done))
      // The last bytes are never told as taken: the exchange ends by itself.
      if (left === 0) return
      await Promise.race([taken, gone])
      if (exchange.over) return
    }
    exchange.finish()
  } catch (error) {
    if (!(error instanceof CacheReadError)) {
      exchange.fail()
      return
    }
    if (exchange.unanswered) exchange.respond({ status: 502, fields: [], mode: start.mode ?? 'full' }, '')
    else exchange.abort()
  }
}

async function fetchFrom(client: UpstreamClient, place: Admitted, ask: UpstreamAsk): Promise<UpstreamAnswer> {
  const fields: [string, string][] = [['Accept-Encoding', 'identity']]
  if (ask.range !== undefined) fields.push(['Range', `bytes=${ask.range.first}-${ask.range.last ?? ''}`])
  if (ask.ifMatch !== undefined) fields.push(['If-Match', ask.ifMatch])
  if (ask.ifNoneMatch !== undefined) fields.push(['If-None-Match', ask.ifNoneMatch])
  const gone = new AbortController()
  const request = { method: 'GET', path: place.path, query: place.query, fields }
  const answer = await client.send(request, gone.signal)
  // A body that is dropped breaks off by our own will.
  answer.on('error', () => {})
  const cancel = () => {
    answer.destroy()
    gone.abort()
  }
  return { ...answerOf(answer), body: answer, cancel }
}

/** What the cache wants to know of an answer's head. */
export function answerOf(answer: IncomingMessage): AnswerHead {
  const field = (name: string) => {
    const value = answer.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }
  return { status: answer.statusCode ?? 502, field }
}
