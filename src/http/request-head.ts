/** A request head from the first byte of its request line to its empty line, at most. */
export const MAX_REQUEST_HEAD_BYTES = 8_192
/** Field lines of one request at most. */
export const MAX_REQUEST_FIELDS = 64
/** Request target at most, RFC 9110 §4.1 asks for 8,000; a device's URL is shorter than half of that. */
export const MAX_TARGET_BYTES = 4_096
/** Empty lines before a request line that are skipped, RFC 9112 §2.2. */
const MAX_EMPTY_LINES = 2

/** How a body follows the head, RFC 9112 §6.3. */
export type RequestBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }

/** One request head, RFC 9112 §3 and §5. Everything in it is hostile text, but free of control characters. */
export interface RequestHead {
  readonly method: string
  /** Path and query, beginning with `/`; `*` of OPTIONS. Of an absolute-form what follows the authority. */
  readonly target: string
  readonly form: 'origin' | 'absolute' | 'asterisk'
  /** Name and port that the client wants: of the absolute-form, else of Host; undefined only in HTTP/1.0. */
  readonly authority: string | undefined
  readonly version: '1.0' | '1.1'
  /** In order, names in lower case, values without the white space around them. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly body: RequestBody
  /** Whether the client lets the connection carry another request, RFC 9112 §9.3. */
  readonly keepAlive: boolean
  /** `Expect: 100-continue`: the client waits with its body. */
  readonly expectsContinue: boolean
  readonly headBytes: number
}

/** Why a head is not taken. The connection must end after the answer: where the next request begins is unknown. */
export interface HeadRefusal {
  readonly status: 400 | 405 | 414 | 417 | 431 | 501 | 505
  readonly reason: RefusalReason
}

export type RefusalReason =
  | 'request-line' // not method SP target SP version
  | 'not-http-1' // HTTP/0.9, HTTP/2, another protocol
  | 'connect' // CONNECT: this is no proxy
  | 'target' // not in one of the forms of RFC 9112 §3.2
  | 'target-too-long'
  | 'head-too-large'
  | 'too-many-fields'
  | 'line-end' // CR or LF alone
  | 'control-character' // in a field's value; NUL
  | 'field-name' // no name, no colon, white space before the colon
  | 'folded-line' // obs-fold, RFC 9112 §5.2
  | 'host' // missing, twice or malformed, RFC 9112 §3.2
  | 'content-length' // no number, or more than one
  | 'length-and-encoding' // Content-Length beside Transfer-Encoding
  | 'transfer-encoding' // not `chunked` alone, or in HTTP/1.0
  | 'expectation'

export type HeadResult =
  | { readonly kind: 'more' }
  | { readonly kind: 'head'; readonly head: RequestHead; readonly end: number }
  | { readonly kind: 'refused'; readonly refusal: HeadRefusal }

const MORE: HeadResult = { kind: 'more' }
const END = Buffer.from('\r\n\r\n')

/**
 * Reads one head from `bytes`, which begin at `start` with the first byte after the message before. `end` is where the
 * body, or the next head, begins. Strict where RFC 9112 leaves a choice, for two readers that disagree about where a
 * request ends are the door for smuggling: what is unusual is refused, never mended.
 */
export function readRequestHead(bytes: Buffer, start = 0): HeadResult {
  let from = start
  for (let lines = 0; bytes[from] === CR && bytes[from + 1] === LF; lines++) {
    if (lines === MAX_EMPTY_LINES) return refused(400, 'request-line')
    from += 2
  }
  const at = bytes.indexOf(END, from)
  if (at < 0 || at + END.length - from > MAX_REQUEST_HEAD_BYTES) return unfinished(bytes, from)
  const end = at + END.length
  const text = bytes.toString('latin1', from, at)
  const outcome = parseHead(text, end - from)
  return 'status' in outcome ? { kind: 'refused', refusal: outcome } : { kind: 'head', head: outcome, end }
}

/** Value of the only field of that name (lower case); undefined where there is none or more than one. */
export function onlyField(head: RequestHead, name: string): string | undefined {
  let found: string | undefined
  for (const field of head.fields) {
    if (field[0] !== name) continue
    if (found !== undefined) return undefined
    found = field[1]
  }
  return found
}

/** All values of that name (lower case) joined as a list, RFC 9110 §5.3; undefined where there is none. */
export function listField(head: RequestHead, name: string): string | undefined {
  const values = head.fields.filter((field) => field[0] === name).map((field) => field[1])
  return values.length === 0 ? undefined : values.join(', ')
}

const CR = 0x0d
const LF = 0x0a

/** A head that has no end yet is refused as soon as nothing that follows could mend it. */
function unfinished(bytes: Buffer, from: number): HeadResult {
  const length = bytes.length - from
  const lineEnd = bytes.indexOf(LF, from)
  if (lineEnd < 0 && length > MAX_TARGET_BYTES + 64) return refused(414, 'target-too-long')
  if (length > MAX_REQUEST_HEAD_BYTES) return refused(431, 'head-too-large')
  // A whole first line is judged at once: HTTP/0.9 has no empty line to wait for, nor has another protocol.
  if (lineEnd >= 0) {
    if (bytes[lineEnd - 1] !== CR || lineEnd === from) return refused(400, 'line-end')
    const line = parseRequestLine(bytes.toString('latin1', from, lineEnd - 1))
    if ('status' in line) return { kind: 'refused', refusal: line }
  }
  return MORE
}

function parseHead(text: string, headBytes: number): RequestHead | HeadRefusal {
  const lines = text.split('\r\n')
  const line = parseRequestLine(lines[0]!)
  if ('status' in line) return line
  if (lines.length - 1 > MAX_REQUEST_FIELDS) return refusal(431, 'too-many-fields')
  const fields: (readonly [string, string])[] = []
  const framing: Framing = {
    host: undefined,
    hosts: 0,
    contentLength: undefined,
    encoding: undefined,
    lengths: 0,
    close: false,
    keepAlive: false,
    expect: undefined,
  }
  for (let i = 1; i < lines.length; i++) {
    const field = fieldLine.exec(lines[i]!)
    if (field === null) return refusal(400, faultOf(lines[i]!))
    const name = field[1]!.toLowerCase()
    const value = field[2]!
    // RFC 9112 §5 takes a tab there, and many readers do not: of what frames a body no two may think differently.
    if (framingNames.has(name) && lines[i]!.endsWith('\t')) return refusal(400, faultOfFraming(name))
    fields.push([name, value])
    note(framing, name, value)
  }
  return finish(line, fields, framing, headBytes)
}

/** field-name ":" OWS field-value OWS, RFC 9112 §5: a token, then no control character but HTAB. */
const fieldLine =
  /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*((?:[!-~\x80-\xff](?:[ \t!-~\x80-\xff]*[!-~\x80-\xff])?)?)[ \t]*$/

const framingNames = new Set(['content-length', 'transfer-encoding'])

function faultOfFraming(name: string): RefusalReason {
  return name === 'content-length' ? 'content-length' : 'transfer-encoding'
}

function faultOf(line: string): RefusalReason {
  if (/[\r\n]/.test(line)) return 'line-end'
  if (/^[ \t]/.test(line)) return 'folded-line'
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(line)) return 'control-character'
  return 'field-name'
}

interface RequestLine {
  readonly method: string
  readonly target: string
  readonly form: RequestHead['form']
  /** Of an absolute-form. */
  readonly authority: string | undefined
  readonly version: RequestHead['version']
}

function parseRequestLine(line: string): RequestLine | HeadRefusal {
  const first = line.indexOf(' ')
  const last = line.lastIndexOf(' ')
  const method = line.slice(0, Math.max(first, 0))
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/.test(method)) return refusal(400, 'request-line')
  const version = line.slice(last + 1)
  if (version !== 'HTTP/1.1' && version !== 'HTTP/1.0') {
    if (/^HTTP\/\d\.\d$/.test(version)) return refusal(505, 'not-http-1')
    return refusal(400, first === last ? 'not-http-1' : 'request-line')
  }
  const target = line.slice(first + 1, last)
  if (target.length > MAX_TARGET_BYTES) return refusal(414, 'target-too-long')
  // CONNECT would make this a proxy; its target has a form of its own.
  if (method === 'CONNECT') return refusal(405, 'connect')
  const place = parseTarget(target, method)
  if (place === undefined) return refusal(400, 'target')
  return { method, ...place, version: version === 'HTTP/1.1' ? '1.1' : '1.0' }
}

/** RFC 9112 §3.2. A fragment never stands in a target; other characters that no URI has are refused too. */
function parseTarget(
  target: string,
  method: string,
): Pick<RequestLine, 'target' | 'form' | 'authority'> | undefined {
  if (target === '*') {
    return method === 'OPTIONS' ? { target, form: 'asterisk', authority: undefined } : undefined
  }
  if (!/^[!$-;=?-Z[\]_a-z|~\\^`{}]+$/.test(target)) return undefined
  if (target.startsWith('/')) return { target, form: 'origin', authority: undefined }
  const absolute = /^https?:\/\/([^/?]+)(\/[^?]*)?(\?.*)?$/i.exec(target)
  if (absolute === null || !isAuthority(absolute[1]!)) return undefined
  return { target: `${absolute[2] ?? '/'}${absolute[3] ?? ''}`, form: 'absolute', authority: absolute[1]! }
}

/** uri-host [ ":" port ] without userinfo, RFC 9110 §4.2. */
function isAuthority(text: string): boolean {
  return /^(?:\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z._~-]{1,255})(?::\d{1,5})?$/.test(text)
}

interface Framing {
  host: string | undefined
  hosts: number
  contentLength: string | undefined
  lengths: number
  encoding: string | undefined
  close: boolean
  keepAlive: boolean
  expect: string | undefined
}

function note(framing: Framing, name: string, value: string): void {
  if (name === 'host') {
    framing.host = value
    framing.hosts++
  } else if (name === 'content-length') {
    framing.contentLength = value
    framing.lengths++
  } else if (name === 'transfer-encoding') {
    framing.encoding = framing.encoding === undefined ? value : `${framing.encoding}, ${value}`
  } else if (name === 'connection') {
    for (const option of value.toLowerCase().split(',')) {
      if (option.trim() === 'close') framing.close = true
      if (option.trim() === 'keep-alive') framing.keepAlive = true
    }
  } else if (name === 'expect') {
    framing.expect = framing.expect === undefined ? value : `${framing.expect}, ${value}`
  }
}

function finish(
  line: RequestLine,
  fields: RequestHead['fields'],
  framing: Framing,
  headBytes: number,
): RequestHead | HeadRefusal {
  if (framing.hosts > 1 || (framing.hosts === 0 && line.version === '1.1')) return refusal(400, 'host')
  if (framing.host !== undefined && !isAuthority(framing.host)) return refusal(400, 'host')
  const body = framingOf(framing, line.version)
  if ('status' in body) return body
  const expects = framing.expect !== undefined
  if (expects && framing.expect?.toLowerCase() !== '100-continue') return refusal(417, 'expectation')
  return {
    method: line.method,
    target: line.target,
    form: line.form,
    authority: line.authority ?? framing.host,
    version: line.version,
    fields,
    body,
    keepAlive: !framing.close && (line.version === '1.1' || framing.keepAlive),
    expectsContinue: expects && line.version === '1.1' && body.kind !== 'none',
    headBytes,
  }
}

const NO_BODY: RequestBody = { kind: 'none' }
const CHUNKED: RequestBody = { kind: 'chunked' }

/** RFC 9112 §6.1 and §6.3; even a Content-Length repeated with one value is refused. */
function framingOf(framing: Framing, version: RequestHead['version']): RequestBody | HeadRefusal {
  if (framing.lengths > 1) return refusal(400, 'content-length')
  if (framing.encoding !== undefined) {
    if (framing.lengths > 0) return refusal(400, 'length-and-encoding')
    if (version === '1.0') return refusal(400, 'transfer-encoding')
    if (framing.encoding.toLowerCase() === 'chunked') return CHUNKED
    // "An HTTP server … that receives a transfer coding it does not understand … SHOULD respond with 501."
    return refusal(/(^|[,\s])chunked([\s,;]|$)/i.test(framing.encoding) ? 400 : 501, 'transfer-encoding')
  }
  if (framing.contentLength === undefined) return NO_BODY
  if (!/^\d{1,15}$/.test(framing.contentLength)) return refusal(400, 'content-length')
  const bytes = Number(framing.contentLength)
  return bytes === 0 ? NO_BODY : { kind: 'length', bytes }
}

function refusal(status: HeadRefusal['status'], reason: RefusalReason): HeadRefusal {
  return { status, reason }
}

function refused(status: HeadRefusal['status'], reason: RefusalReason): HeadResult {
  return { kind: 'refused', refusal: { status, reason } }
}
