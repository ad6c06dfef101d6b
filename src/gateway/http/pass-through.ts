import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import type { HttpExchange } from '../../front/http-exchange.ts'
import type { HeadMode } from '../../http/write-head.ts'
import type { Admitted } from './access.ts'
import { type AnswerHead, answerOf } from './cached-answer.ts'
import { fieldsToDevice, fieldsUpstream } from './passed-fields.ts'
import { type UpstreamClient, UpstreamError } from './upstream-client.ts'

export interface PassPlan {
  readonly place: Admitted
  /** The device's own credentials count. */
  readonly own: boolean
  readonly mode: HeadMode
  /** Of a file that the cache watches over: whether it may be served although it is not cached. */
  readonly admits?: ((answer: AnswerHead) => Promise<boolean>) | undefined
}

/** Bodies without a length up to here get one: many devices need Content-Length. */
const GATHERED_BYTES = 65_536

/**
 * Asks upstream and hands the answer on as it comes, as fast as the device takes it. A body that breaks off upstream
 * breaks off here. Rejects for faults of ours only.
 */
export async function passThrough(
  exchange: HttpExchange,
  client: UpstreamClient,
  { place, own, mode, admits }: PassPlan,
  onError: (error: UpstreamError) => void,
): Promise<void> {
  const gone = new AbortController()
  exchange.onClosed = () => gone.abort()
  const { head } = exchange
  const body = head.body.kind === 'none' ? undefined : bodyOf(exchange)
  let answer: IncomingMessage
  try {
    answer = await client.send(
      {
        method: place.method,
        path: place.path,
        query: place.query,
        fields: fieldsUpstream(head.fields, own, head.body.kind !== 'none'),
        bodyBytes: head.body.kind === 'length' ? head.body.bytes : undefined,
        body,
      },
      gone.signal,
    )
  } catch (error) {
    body?.destroy()
    if (exchange.over) return
    if (!(error instanceof UpstreamError)) throw error
    onError(error)
    exchange.respond({ status: error.status, fields: [], mode }, '')
    return
  }
  const broken = () => {
    if (exchange.over) return
    onError(new UpstreamError('broken', 'the body broke off'))
    if (exchange.unanswered) exchange.respond({ status: 502, fields: [], mode }, '')
    else exchange.abort()
  }
  answer.on('error', broken)
  let isAdmitted = true
  try {
    isAdmitted = admits === undefined || (await admits(answerOf(answer)))
  } catch (error) {
    answer.destroy()
    throw error
  }
  if (!isAdmitted) {
    answer.destroy()
    onError(
      new UpstreamError(
        'broken',
        'what it shows is older than what was served before, or cannot be verified',
      ),
    )
    exchange.respond({ status: 502, fields: [], mode }, '')
    return
  }
  exchange.onClosed = () => {
    gone.abort()
    answer.destroy()
  }
  const status = answer.statusCode ?? 502
  const start = { status, fields: fieldsToDevice(answer, mode, status, own), mode }
  const length = lengthOf(answer, place.method)
  if (length === undefined && place.method !== 'HEAD') {
    await gather(exchange, answer, start, gone.signal)
  } else stream(exchange, answer, start, length, onError)
}

type Start = Parameters<HttpExchange['begin']>[0]

function stream(
  exchange: HttpExchange,
  answer: IncomingMessage,
  start: Start,
  /** Undefined: of an answer to HEAD that does not say. */
  length: number | undefined,
  onError: (error: UpstreamError) => void,
): void {
  exchange.begin(start, length)
  // Read to its end, an answer gives its connection back for the next request; to HEAD, 304 and the like it has none.
  if (exchange.over) {
    if (exchange.whole) answer.resume()
    else answer.destroy()
    return
  }
  const more = () => void answer.resume()
  let read = 0
  answer.on('data', (chunk: Buffer) => {
    read += chunk.length
    answer.pause()
    exchange.write(chunk, more)
    // The last bytes are never told as taken.
    if (exchange.over || read === length) answer.resume()
  })
  answer.on('end', () => {
    if (read === length) return
    if (!exchange.over) onError(new UpstreamError('broken', 'the body ended before its length'))
    exchange.finish()
  })
}

/** A body of unknown length: sent with its length where it is small, else until the connection ends. */
async function gather(
  exchange: HttpExchange,
  answer: IncomingMessage,
  start: Start,
  gone: AbortSignal,
): Promise<void> {
  // Not until the answer closes: it may have come in full before the device has taken it.
  const left = new Promise<void>((resolve) => {
    if (gone.aborted) resolve()
    else gone.addEventListener('abort', () => resolve(), { once: true })
  })
  const parts: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of answer) {
      parts.push(chunk)
      bytes += chunk.length
      if (bytes > GATHERED_BYTES && exchange.unanswered) exchange.begin(start, undefined)
      if (exchange.unanswered) continue
      const taken = new Promise<void>((resolve) => exchange.write(Buffer.concat(parts.splice(0)), resolve))
      await Promise.race([taken, left])
    }
  } catch {
    // Whoever asked has told it.
    return
  }
  if (exchange.unanswered) exchange.respond(start, Buffer.concat(parts))
  else exchange.finish()
}

function lengthOf(answer: IncomingMessage, method: string): number | undefined {
  if (answer.statusCode === 204 || answer.statusCode === 304) return 0
  const text = answer.headers['content-length']
  if (text === undefined) return undefined
  const length = Number(text)
  return Number.isSafeInteger(length) && (method === 'HEAD' || length >= 0) ? length : undefined
}

/** The request's body as a stream that takes as fast as the upstream does. */
function bodyOf(exchange: HttpExchange): PassThrough {
  const body = new PassThrough()
  body.on('drain', () => exchange.readOn())
  body.on('error', () => {})
  exchange.readBody({ part: (bytes) => body.write(bytes), end: () => body.end() })
  return body
}
