import type { HttpHandler } from '../front/http-connection.ts'
import type { HttpExchange } from '../front/http-exchange.ts'
import { type ByteRange, chooseRange, formatContentRange } from '../http/byte-range.ts'
import { evaluatePreconditions, hangsOnTag, ifRangeHolds } from '../http/preconditions.ts'
import { listField } from '../http/request-head.ts'
import type { HeadMode } from '../http/write-head.ts'
import { BLOCK_BYTES, type FileVersion } from './file-version.ts'
import type { FolderEntry, Found, HostedFiles } from './hosted-files.ts'
import { formatUrlPath, parseUrlPath, type UrlPath } from './url-path.ts'

/** A response of up to this many bytes, all in memory, leaves in one write. */
const AT_ONCE_BYTES = 32_768

/** Why there is nothing to send, for the log; `note` of an exchange. */
export interface Absent {
  readonly absent: string
}

/** What was sent of a file; `note` of an exchange. */
export interface Fetched {
  readonly path: string
  /** Undefined: the whole. */
  readonly range: ByteRange | undefined
  readonly size: number
}

/**
 * Answers GET and HEAD from files: whole, or one range. RFC 9110 §13 and §14. `ownHosts`: names and addresses that a
 * request in absolute-form may name; for any other we would be a proxy.
 */
export function fileHandler(
  files: HostedFiles,
  mode: HeadMode = 'full',
  ownHosts: readonly string[] = [],
): HttpHandler {
  const paths = new PathMemory()
  return (exchange) => {
    const { method, target } = exchange.head
    if (method !== 'GET' && method !== 'HEAD') {
      refuse(exchange, 405, 'GET and HEAD only', [['Allow', 'GET, HEAD']])
      return
    }
    if (exchange.head.form === 'absolute' && !ownHosts.includes(hostOf(exchange.head.authority))) {
      refuse(exchange, 421, 'this is no proxy')
      return
    }
    const path = paths.read(target)
    if (path.kind === 'refused') {
      exchange.note = { absent: path.why } satisfies Absent
      refuse(exchange, path.status, path.status === 400 ? path.why : 'no such file')
      return
    }
    files.find(path.segments, (found) => answer(exchange, path, found, mode))
  }
}

/** Without port and brackets. */
function hostOf(authority = ''): string {
  return authority
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase()
}

/** A device asks for one path again and again. */
class PathMemory {
  readonly #known = new Map<string, UrlPath>()

  read(target: string): UrlPath {
    const known = this.#known.get(target)
    if (known !== undefined) return known
    const path = parseUrlPath(target)
    if (this.#known.size >= MAX_PATHS_KEPT) this.#known.clear()
    this.#known.set(target, path)
    return path
  }
}

const MAX_PATHS_KEPT = 64

function answer(
  exchange: HttpExchange,
  { segments, slash }: Extract<UrlPath, { kind: 'path' }>,
  found: Found,
  mode: HeadMode,
): void {
  if (exchange.over) return
  if (found.kind === 'file' && slash) absent(exchange, 'it is a file, and the path ends in a slash')
  else if (found.kind === 'file') sendFile(exchange, formatUrlPath(segments), found.version, mode)
  else if (found.kind === 'folder') list(exchange, segments, found.entries)
  else if (found.kind === 'absent') absent(exchange, found.why)
  else refuse(exchange, 503, 'the file is being written', [['Retry-After', '2']])
}

/** The client is told no more than that: what there is and is not here is none of its business. */
function absent(exchange: HttpExchange, why: string): void {
  exchange.note = { absent: why } satisfies Absent
  refuse(exchange, 404, 'no such file')
}

function sendFile(exchange: HttpExchange, path: string, version: FileVersion, mode: HeadMode): void {
  const { head } = exchange
  if (version.etag === undefined && hangsOnTag(head)) {
    refuse(exchange, 503, 'the file is large, and its tag is not yet known', [['Retry-After', '2']])
    return
  }
  const condition = evaluatePreconditions(head, version)
  if (condition !== 'go-on') {
    exchange.note = { path, range: undefined, size: version.size } satisfies Fetched
    exchange.respond({ status: condition, fields: version.validatorFields, mode }, '')
    return
  }
  // "A server MUST ignore a Range header field received with a request method … for which range handling is not
  // defined": of HEAD it is not. RFC 9110 §14.2.
  const asked = head.method === 'GET' && ifRangeHolds(head, version) ? listField(head, 'range') : undefined
  const range = chooseRange(asked, version.size)
  if (range === 'unsatisfiable') {
    const fields: [string, string][] = [['Content-Range', formatContentRange(undefined, version.size)]]
    exchange.note = { path, range: undefined, size: version.size } satisfies Fetched
    exchange.respond({ status: 416, fields, mode }, '')
    return
  }
  const part = range === 'whole' ? undefined : range
  exchange.note = { path, range: part, size: version.size } satisfies Fetched
  const fields: (readonly [string, string])[] = part
    ? [['Content-Range', formatContentRange(part, version.size)]]
    : []
  if (mode === 'full') {
    fields.push(['Content-Type', contentType(path)], ['Accept-Ranges', 'bytes'], ...version.validatorFields)
  } else if (version.etag !== undefined && head.fields.some(([name]) => name === 'if-range')) {
    fields.push(['ETag', version.etag])
  }
  send(
    exchange,
    version,
    { status: part ? 206 : 200, fields, mode },
    part ?? { first: 0, last: version.size - 1 },
  )
}

function send(
  exchange: HttpExchange,
  version: FileVersion,
  start: Parameters<HttpExchange['respond']>[0],
  { first, last }: ByteRange,
): void {
  const length = last - first + 1
  const bytes = exchange.wantsBody && length <= AT_ONCE_BYTES ? fromMemory(version, first, last) : undefined
  if (bytes !== undefined) {
    exchange.respond(start, bytes)
    return
  }
  exchange.begin(start, length)
  if (exchange.over) return
  version.hold()
  stream(
    exchange,
    version,
    first,
    last,
    once(() => version.release()),
  )
}

/** Block by block, the next when the socket took the last. */
function stream(
  exchange: HttpExchange,
  version: FileVersion,
  first: number,
  last: number,
  free: () => void,
): void {
  exchange.onClosed = free
  let at = first
  const next = () => {
    if (exchange.over || at > last) {
      free()
      return
    }
    const index = Math.floor(at / BLOCK_BYTES)
    const block = version.block(index)
    if (block !== undefined) write(index, block)
    else version.readBlock(index, (read) => write(index, read))
  }
  const write = (index: number, block: Buffer | undefined) => {
    // The file is no longer what was promised: what the client has must not be taken for whole.
    if (block === undefined) {
      exchange.abort()
      free()
      return
    }
    const from = at - index * BLOCK_BYTES
    const part = block.subarray(from, Math.min(block.length, last + 1 - index * BLOCK_BYTES))
    at += part.length
    const ending = at > last
    exchange.write(part, next)
    if (ending || exchange.over) free()
  }
  next()
}

/** The bytes where all of them are in memory. */
function fromMemory(version: FileVersion, first: number, last: number): Buffer | undefined {
  const index = Math.floor(first / BLOCK_BYTES)
  if (last < first) return EMPTY
  const block = version.block(index)
  const from = first - index * BLOCK_BYTES
  const until = last + 1 - index * BLOCK_BYTES
  if (block === undefined || until <= BLOCK_BYTES) return block?.subarray(from, until)
  const following = version.block(index + 1)
  return following && Buffer.concat([block.subarray(from), following.subarray(0, until - BLOCK_BYTES)])
}

const EMPTY = Buffer.alloc(0)

/** Plain text: sizes and paths that can be pasted after the host. */
function list(exchange: HttpExchange, segments: readonly string[], entries: readonly FolderEntry[]): void {
  const lines = entries.map(({ name, bytes }) => {
    const size = bytes === undefined ? 'folder' : String(bytes)
    return `${size.padStart(12)}  ${formatUrlPath([...segments, name])}${bytes === undefined ? '/' : ''}\n`
  })
  exchange.respond({ status: 200, fields: TEXT }, lines.join(''))
}

function refuse(
  exchange: HttpExchange,
  status: number,
  words: string,
  fields: readonly (readonly [string, string])[] = [],
): void {
  exchange.respond({ status, fields: [...TEXT, ...fields] }, `${words}\n`)
}

const TEXT: readonly (readonly [string, string])[] = [['Content-Type', 'text/plain; charset=utf-8']]

function contentType(path: string): string {
  if (/\.json$/i.test(path)) return 'application/json'
  if (/\.(txt|log|md|csv|pem|hex)$/i.test(path)) return 'text/plain; charset=utf-8'
  return 'application/octet-stream'
}

function once(action: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    action()
  }
}
