import type { TLSSocket } from 'node:tls'
import { parseContentCodings } from '../http/content-coding.ts'
import type { HttpExchange, HttpResponseSeen } from '../observe/observation.ts'
import { parseRange } from './file-host.ts'

/** Larger bodies end there: what matters to a device shows long before. */
const MAX_BODY_BYTES = 64 * 1024 * 1024
const MAX_HEAD_BYTES = 65_536

/** Answers as the server did that was observed: status, size of head and body, ranges. */
export interface HttpReplay {
  readonly whole: HttpResponseSeen | undefined
  readonly part: HttpResponseSeen | undefined
  /** Bytes of what is asked for. */
  readonly bytes: number
  readonly notReplayed: readonly string[]
}

/** Undefined where no response was seen. */
export function httpReplayOf(exchanges: readonly HttpExchange[]): HttpReplay | undefined {
  const seen = exchanges.flatMap(({ response }) => response ?? [])
  const part = seen.find(({ status }) => status === 206)
  const whole = seen.find(({ status }) => status !== 206)
  if (part === undefined && whole === undefined) return undefined
  const total = Number(/\/(\d{1,15})$/.exec(part?.contentRange ?? '')?.[1] ?? Number.NaN)
  const observed = Number.isNaN(total) ? bytesOf(whole ?? (part as HttpResponseSeen)) : total
  const bytes = Math.min(observed, MAX_BODY_BYTES)
  const notReplayed: string[] = []
  if (bytes < observed) notReplayed.push(`the body after ${bytes} of its ${observed} B`)
  const chunked = seen.some(({ transferEncoding }) => transferEncoding !== undefined)
  const coded = seen.find(({ contentEncoding }) => parseContentCodings(contentEncoding ?? '').length > 0)
  if (coded !== undefined) notReplayed.push('what the body unpacks to: its Content-Encoding is only stated')
  if (chunked) notReplayed.push('Transfer-Encoding: the length is announced in its place')
  for (const one of [whole, part]) {
    if (one === undefined) continue
    const least = headOf(one, bytes, 0).length
    if (least > one.headBytes) notReplayed.push(`a head of ${one.headBytes} B: it has ${least} B`)
  }
  if (exchanges.some(({ error }) => error !== undefined && error !== 'byte-limit')) {
    const errors = exchanges.flatMap(({ error }) => error ?? [])
    notReplayed.push(`how an exchange broke off (${[...new Set(errors)].join(', ')})`)
  }
  const others = new Set(
    seen.filter((one) => one !== whole && one.status !== 206).map(({ status }) => status),
  )
  if (whole !== undefined) others.delete(whole.status)
  if (others.size > 0) notReplayed.push(`further answers, with status ${[...others].join(', ')}`)
  if (seen.some(({ location }) => location !== undefined)) {
    notReplayed.push('what stands at the place that the redirect names')
  }
  return { whole, part, bytes, notReplayed }
}

/** GET and HEAD, one after the other; a request has no body. */
export function replayHttp(socket: TLSSocket, replay: HttpReplay): void {
  let pending = ''
  socket.on('data', (chunk: Buffer) => {
    pending += chunk.toString('latin1')
    for (let end = pending.indexOf('\r\n\r\n'); end >= 0; end = pending.indexOf('\r\n\r\n')) {
      answer(socket, pending.slice(0, end), replay)
      pending = pending.slice(end + 4)
    }
    if (pending.length > MAX_HEAD_BYTES) socket.destroy()
  })
}

function answer(socket: TLSSocket, request: string, { whole, part, bytes }: HttpReplay): void {
  const asked = /^range:(.*)$/im.exec(request)?.[1]
  const span = part === undefined || bytes === 0 ? undefined : parseRange(asked, bytes)
  const isPart = part !== undefined && (span !== undefined || whole === undefined)
  const seen = isPart ? part : (whole as HttpResponseSeen)
  if (span === 'unsatisfiable') {
    socket.write(
      `HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */${bytes}\r\nContent-Length: 0\r\n\r\n`,
    )
    return
  }
  const { first, last } = span ?? { first: 0, last: bytes - 1 }
  const range = isPart && bytes > 0 ? `bytes ${first}-${last}/${bytes}` : undefined
  const bodyBytes = isPart ? last + 1 - first : bytesOf(seen)
  const size = Math.min(bodyBytes, MAX_BODY_BYTES)
  socket.write(headOf(seen, size, seen.headBytes, range))
  if (!/^HEAD /.test(request)) socket.write(bodyOf(seen, size))
}

function bytesOf({ contentLength, bodyBytes }: HttpResponseSeen): number {
  return contentLength ?? bodyBytes
}

/** Filled up to `headBytes` by a field of its own. Fields that one can do without go where there is no room. */
function headOf(seen: HttpResponseSeen, bytes: number, headBytes: number, range?: string): string {
  const needed = [
    `HTTP/1.1 ${seen.status} ${oneLine(seen.reason)}`,
    `Content-Length: ${bytes}`,
    ...field('Content-Range', range),
    ...field('Location', seen.location?.url),
    ...field('Content-Encoding', seen.contentEncoding),
  ]
  const optional = [
    ...field('Content-Type', seen.contentType),
    ...field('Accept-Ranges', seen.acceptRanges),
    ...field('ETag', seen.etag),
    ...field('Server', seen.server),
    ...field('x-ms-error-code', seen.errorText?.includes(seen.errorCode ?? '') ? undefined : seen.errorCode),
  ]
  const lines = [...needed]
  for (const line of optional) if (sizeOf([...lines, line]) <= headBytes) lines.push(line)
  const room = headBytes - sizeOf(lines) - PADDING.length - 2
  if (room >= 0) lines.push(`${PADDING}${'x'.repeat(room)}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}

const PADDING = 'X-Padding: '

function field(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [`${name}: ${oneLine(value)}`]
}

/** A capsule is anyone's: no line end in it may become one of ours. */
function oneLine(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?')
}

function sizeOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 2, 2)
}

function bodyOf({ errorText }: HttpResponseSeen, bytes: number): Buffer {
  const body = Buffer.alloc(bytes, errorText === undefined ? 0xa5 : 0x20)
  if (errorText !== undefined) body.write(errorText.slice(0, bytes), 'utf8')
  return body
}
