import type { RequestSeen } from '../exam/outcome.ts'
import { type AnswerToServe, REDIRECTED_PATH, redirectPath, redirectStepOf } from '../exam/serving.ts'
import type { RequestRead } from './request-reader.ts'

export type BytesToSend = Buffer

/** What answers one request: each piece is written by itself, so that it is one record. */
export interface ServedAnswer {
  readonly now: readonly BytesToSend[]
  /** What ends the answer well, once the device was seen to wait for it. */
  readonly later: readonly BytesToSend[]
  /** Of the response head; 0 where there is none. */
  readonly headBytes: number
}

const nothing: ServedAnswer = { now: [], later: [], headBytes: 0 }

export function answerBytes(
  answer: AnswerToServe,
  { seen: request, reply }: Pick<RequestRead, 'seen' | 'reply'>,
  at: { readonly host: string; readonly port: number },
): ServedAnswer {
  if (request.kind === 'other' || answer.kind === 'silence') return nothing
  // Its answer ends with the head, RFC 9110 §9.3.2: whether the device waits for more cannot be seen.
  if (request.method === 'HEAD') return { ...nothing, now: [headOf(request, 2)] }
  if (reply !== undefined) return reply.length === 0 ? nothing : { ...nothing, now: [reply] }
  switch (answer.kind) {
    case 'small': {
      const head = headOf(request, 2)
      return { now: [Buffer.concat([head, Buffer.from('ok')])], later: [], headBytes: head.length }
    }
    case 'record': {
      const head = headOf(request, answer.bytes + 1)
      const body = Buffer.alloc(answer.bytes, 0x2e)
      return { now: [head, body], later: [Buffer.from('.')], headBytes: head.length }
    }
    case 'head': {
      const head = paddedHead(request, answer.bytes)
      return { now: inPieces(head, SMALL_RECORD_BYTES), later: [Buffer.from('.')], headBytes: head.length }
    }
    case 'file': {
      const content = partOfFile(request, answer.bytes)
      const head = headOf(request, content.length, '', answer.bytes)
      return { now: [head, content].filter(({ length }) => length > 0), later: [], headBytes: head.length }
    }
    case 'whole-file': {
      const head = headOf({ ...request, range: undefined }, answer.bytes)
      const content = inPieces(Buffer.alloc(answer.bytes - 1, 0x2e), SMALL_RECORD_BYTES)
      return { now: [head, ...content], later: [Buffer.from('.')], headBytes: head.length }
    }
    case 'redirect': {
      if (request.path === REDIRECTED_PATH)
        return answerBytes({ kind: 'small' }, { seen: request, reply }, at)
      return redirectTo(answer.where === 'same-host' ? REDIRECTED_PATH : plainUrl(at), answer.status)
    }
    case 'redirects': {
      const step = redirectStepOf(request.path) ?? 0
      if (step >= answer.most) return answerBytes({ kind: 'small' }, { seen: request, reply }, at)
      return redirectTo(redirectPath(step + 1), 302)
    }
  }
}

/** What is large would be refused for its record, where it came in one: each device known takes one of this size. */
const SMALL_RECORD_BYTES = 512

function redirectTo(where: string, status: number): ServedAnswer {
  const head = Buffer.from(
    `HTTP/1.1 ${status} Found\r\nLocation: ${where}\r\nContent-Length: 0\r\n\r\n`,
    'latin1',
  )
  return { now: [head], later: [], headBytes: head.length }
}

function inPieces(bytes: Buffer, most: number): Buffer[] {
  const count = Math.ceil(bytes.length / most)
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * most, (index + 1) * most))
}

/** The same host and port: who follows it is seen, since it speaks no TLS there. */
function plainUrl({ host, port }: { readonly host: string; readonly port: number }): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}${REDIRECTED_PATH}`
}

function headOf(request: RequestSeen, contentBytes: number, more = '', fileBytes?: number): Buffer {
  const first = firstByteOf(request)
  // Who asks for a range gets one: other answers would end its download before the record is read.
  const last = (first ?? 0) + contentBytes - 1
  const status =
    first === undefined
      ? 'HTTP/1.1 200 OK'
      : contentBytes === 0
        ? `HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */${fileBytes}`
        : `HTTP/1.1 206 Partial Content\r\nContent-Range: bytes ${first}-${last}/${fileBytes ?? last + 1}`
  return Buffer.from(
    `${status}\r\nContent-Type: application/octet-stream\r\nContent-Length: ${contentBytes}\r\n${more}\r\n`,
    'latin1',
  )
}

/** Undefined where no range is asked for that begins at a byte. */
function firstByteOf({ range }: RequestSeen): number | undefined {
  const first = Number(/^bytes=(\d{1,15})-/.exec(range ?? '')?.[1])
  return Number.isNaN(first) ? undefined : first
}

/** Of the file what the request asks for; nothing where the range lies behind its end. */
function partOfFile(request: RequestSeen, fileBytes: number): Buffer {
  const last = /^bytes=\d{1,15}-(\d{1,15})$/.exec(request.range ?? '')?.[1]
  const end = Math.min(fileBytes, last === undefined ? fileBytes : Number(last) + 1)
  return Buffer.alloc(Math.max(0, end - (firstByteOf(request) ?? 0)), 0x2e)
}

/** Filled up by one field; a head that is too short for that stays as long as it is. */
function paddedHead(request: RequestSeen, bytes: number): Buffer {
  const name = 'X-Fill: '
  const bare = headOf(request, 1, `${name}\r\n`)
  return headOf(request, 1, `${name}${'.'.repeat(Math.max(0, bytes - bare.length))}\r\n`)
}
