import { createHash } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

/** A file and the headers its host sends with it. */
export interface HostedFile {
  readonly body: Buffer
  readonly contentType: string
  /** Sent before Content-Length and its like, in order. */
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** An answer that is no file: a refusal. */
export interface Refusal {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

export interface FileHostOptions {
  /** By path without query. */
  readonly files: ReadonlyMap<string, HostedFile>
  /** Says no before the file is looked up; undefined lets the request pass. */
  readonly refuse?: (request: IncomingMessage) => Refusal | undefined
  /** `own`: the head leaves in a record of its own. `shared`: it shares one with the start of the body. */
  readonly headRecord: 'own' | 'shared'
}

/** Serves files by GET and HEAD, whole or one range, RFC 9110 §14. Several ranges at once get the whole. */
export function fileHost(options: FileHostOptions): RequestListener {
  return (request, response) => {
    response.sendDate = true
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return respond(request, response, { status: 405, headers: [['Allow', 'GET, HEAD']], body: '' })
    }
    const refusal = options.refuse?.(request)
    if (refusal) return respond(request, response, refusal)
    const file = options.files.get((request.url ?? '/').split('?', 1)[0] ?? '/')
    if (!file) return respond(request, response, { status: 404, headers: [], body: 'no such file\n' })
    serve(request, response, file, options.headRecord)
  }
}

function serve(
  request: IncomingMessage,
  response: ServerResponse,
  file: HostedFile,
  headRecord: FileHostOptions['headRecord'],
): void {
  const size = file.body.length
  const range = parseRange(request.headers.range, size)
  if (range === 'unsatisfiable') {
    const headers = [['Content-Range', `bytes */${size}`]] as const
    respond(request, response, { status: 416, headers, body: '' })
    return
  }
  response.statusCode = range ? 206 : 200
  for (const [name, value] of file.headers) response.appendHeader(name, value)
  response.setHeader('Content-Type', file.contentType)
  response.setHeader('ETag', entityTag(file.body))
  response.setHeader('Accept-Ranges', 'bytes')
  const part = range ? file.body.subarray(range.first, range.last + 1) : file.body
  if (range) response.setHeader('Content-Range', `bytes ${range.first}-${range.last}/${size}`)
  response.setHeader('Content-Length', part.length)
  if (headRecord === 'own') response.flushHeaders()
  response.end(request.method === 'HEAD' ? undefined : part)
}

function respond(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  response.statusCode = refusal.status
  for (const [name, value] of refusal.headers) response.appendHeader(name, value)
  response.setHeader('Content-Length', Buffer.byteLength(refusal.body))
  response.end(request.method === 'HEAD' ? undefined : refusal.body)
}

/** Byte positions, both inclusive, RFC 9110 §14.1.2. */
export interface ByteSpan {
  readonly first: number
  readonly last: number
}

/** One range of `size` bytes; undefined where the header is absent, malformed or names several ranges. */
export function parseRange(header: string | undefined, size: number): ByteSpan | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/i.exec(header?.trim() ?? '')
  if (!match) return undefined
  const [, first = '', last = ''] = match
  if (first === '' && last === '') return undefined
  if (first === '') {
    const length = Math.min(Number(last), size)
    return length === 0 ? 'unsatisfiable' : { first: size - length, last: size - 1 }
  }
  if (last !== '' && Number(last) < Number(first)) return undefined
  if (Number(first) >= size) return 'unsatisfiable'
  return { first: Number(first), last: last === '' ? size - 1 : Math.min(Number(last), size - 1) }
}

const entityTags = new WeakMap<Buffer, string>()

/** Made once for each file: a device asks for hundreds of parts. */
function entityTag(body: Buffer): string {
  const known = entityTags.get(body)
  if (known !== undefined) return known
  const tag = `"0x${createHash('sha256').update(body).digest('hex').slice(0, 15).toUpperCase()}"`
  entityTags.set(body, tag)
  return tag
}
