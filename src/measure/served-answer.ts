import type { RequestSeen } from '../exam/outcome.ts'
import type { AnswerToServe } from '../exam/serving.ts'

export type BytesToSend = Buffer

/** What answers one request: each piece is written by itself, so that it is one record. */
export interface ServedAnswer {
  readonly now: readonly BytesToSend[]
  /** What ends the answer well, once the device was seen to wait for it. */
  readonly later: readonly BytesToSend[]
  /** Of the response head; 0 where there is none. */
  readonly headBytes: number
}

/** CONNACK: session not present, accepted. MQTT 3.1.1 §3.2; version 5 has an empty property length more. */
const connackOf = (version: string | undefined) =>
  version === '5' ? Buffer.from([0x20, 3, 0, 0, 0]) : Buffer.from([0x20, 2, 0, 0])

export function answerBytes(answer: AnswerToServe, request: RequestSeen): ServedAnswer {
  if (request.kind === 'mqtt') return { now: [connackOf(request.path)], later: [], headBytes: 0 }
  if (request.kind === 'other' || answer.kind === 'silence') return { now: [], later: [], headBytes: 0 }
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
      return { now: [head], later: [Buffer.from('.')], headBytes: head.length }
    }
    case 'redirect': {
      const where = answer.where === 'same-host' ? REDIRECTED_PATH : 'http://127.0.0.1:9/plain'
      const head = Buffer.from(
        `HTTP/1.1 ${answer.status} Found\r\nLocation: ${where}\r\nContent-Length: 0\r\n\r\n`,
        'latin1',
      )
      return { now: [head], later: [], headBytes: head.length }
    }
  }
}

/** Where a redirect of the same host leads to: asked for by a device that follows. */
export const REDIRECTED_PATH = '/tlsfit-redirected'

function headOf({ range }: RequestSeen, contentBytes: number, more = ''): Buffer {
  const first = Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1])
  // Who asks for a range gets one: other answers would end its download before the record is read.
  const status = Number.isNaN(first)
    ? 'HTTP/1.1 200 OK'
    : `HTTP/1.1 206 Partial Content\r\nContent-Range: bytes ${first}-${first + contentBytes - 1}/${first + contentBytes}`
  return Buffer.from(
    `${status}\r\nContent-Type: application/octet-stream\r\nContent-Length: ${contentBytes}\r\n${more}\r\n`,
    'latin1',
  )
}

/** Filled up by one field; a head that is too short for that stays as long as it is. */
function paddedHead(request: RequestSeen, bytes: number): Buffer {
  const name = 'X-Fill: '
  const bare = headOf(request, 1, `${name}\r\n`)
  return headOf(request, 1, `${name}${'.'.repeat(Math.max(0, bytes - bare.length))}\r\n`)
}
