import { DecodeError, unlessBroken } from '../codec/decode-error.ts'
import { BodyDecoder, type BodyFraming, bodyFraming, contentLength } from '../http/body.ts'
import { combinedField } from '../http/combined-field.ts'
import { readErrorBody } from '../http/error-body.ts'
import { readPresigned } from '../http/presigned.ts'
import { headerValue, type ResponseHead, ResponseHeadParser } from '../http/response-head.ts'
import { readSas } from '../http/sas.ts'
import type { HttpExchange, HttpRequestSent, HttpResponseSeen, RecordRun } from './observation.ts'
import { authorizationScheme, blankQuery, blankText, blankUrl, isSecretHeader } from './secrets.ts'
import { boundedField, seenHead } from './seen-head.ts'

/** What was decrypted of one connection: the first bytes of each side, and the sizes of all that the server sent. */
export interface SeenPlaintext {
  readonly request: Uint8Array
  readonly response: Uint8Array
  readonly records: readonly RecordRun[]
  readonly end: PlaintextEnd
}

/** `open`: the capture ends first. */
export type PlaintextEnd = 'open' | 'by-client' | 'by-server' | 'reset-by-server'

export interface SeenHttp {
  /** Undefined where the capture ends before the response. */
  readonly exchange: HttpExchange | undefined
  /** Path with query, secret values blanked. */
  readonly path: string
  /** Bytes of path and query as sent. */
  readonly pathBytes: number
}

/** The first request and its response; undefined where the plaintext is no HTTP/1. Secrets are blanked. */
export function readHttp(plaintext: SeenPlaintext): SeenHttp | undefined {
  const request = readRequest(plaintext.request)
  if (request === undefined) return undefined
  const { seen, secrets, pathBytes } = request
  const response = readResponse(plaintext, seen.method, secrets)
  const { path } = seen
  if (response === 'not-http') {
    return { exchange: { request: seen, response: undefined, error: response }, path, pathBytes }
  }
  const error = response === undefined ? errorOf(plaintext.end) : undefined
  const ended = response !== undefined || error !== undefined
  return { exchange: ended ? { request: seen, response, error } : undefined, path, pathBytes }
}

/** Why there is no answer; a client that closes first gave up waiting. Undefined where none is due yet. */
export function errorOf(end: PlaintextEnd): 'closed' | 'timeout' | undefined {
  if (end === 'open') return undefined
  return end === 'by-client' ? 'timeout' : 'closed'
}

interface RequestRead {
  readonly seen: HttpRequestSent
  readonly secrets: readonly string[]
  readonly pathBytes: number
}

function readRequest(bytes: Uint8Array): RequestRead | undefined {
  const text = Buffer.from(bytes).toString('latin1')
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [first = '', ...lines] = text.slice(0, end).split('\r\n')
  const [, method, path] = /^([A-Z]{3,12}) (\S{1,8192}) HTTP\/1\.[01]$/.exec(first) ?? []
  if (method === undefined || path === undefined) return undefined
  const headers = lines.flatMap((line): [string, string][] => {
    const colon = line.indexOf(':')
    return colon < 1 ? [] : [[line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]]
  })
  const authorization = headers.find(([name]) => name === 'authorization')?.[1]
  const range = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(headers.find(([name]) => name === 'range')?.[1] ?? '')
  const secrets = secretValues(path, headers)
  return {
    seen: {
      method,
      path: blankUrl(path),
      headBytes: end + 4,
      range: range === null ? undefined : { first: Number(range[1]), last: Number(range[2]) },
      authorizationScheme:
        authorization === undefined ? undefined : (authorizationScheme(authorization) ?? ''),
      sas: readSas(path, authorization),
      presigned: readPresigned(path),
      headerNames: headers.map(([name]) => name),
      acceptEncoding: boundedField(combinedField(headers, 'accept-encoding'), secrets),
    },
    secrets,
    pathBytes: path.length,
  }
}

/** Values that a server may echo: what is blanked where it was asked with is blanked in the answer. */
function secretValues(path: string, headers: readonly (readonly [string, string])[]): string[] {
  const credentials = headers.filter(([name, value]) => isSecretHeader(name, value))
  const values = [
    ...credentials.flatMap(([, value]) => {
      const bare = value.replace(/^[A-Za-z0-9-]+\s+/, '')
      // Of Basic, name and password, RFC 7617 §2; of cookies and signed schemes, each part.
      const decoded = Buffer.from(bare, 'base64').toString('latin1')
      const password = decoded.slice(decoded.indexOf(':') + 1)
      return [value, bare, ...parts(bare), ...(/^basic\s/i.test(value) ? [decoded, password] : [])]
    }),
    ...path
      .split(/[?&#]/)
      .slice(1)
      .flatMap((pair) => (blankQuery(pair) === pair ? [] : parts(pair))),
    ...(path.match(/\d{6,}:[A-Za-z0-9_-]{20,}/g) ?? []),
  ]
  return [...new Set(values)].filter((value) => value.length >= SHORTEST_SECRET)
}

/** Shorter ones stand in any text. */
const SHORTEST_SECRET = 6

/** The values of `name=value` pairs, as they are and percent-decoded. */
function parts(text: string): string[] {
  return text.split(/[&;,]\s*/).flatMap((pair) => {
    const value = pair.slice(pair.indexOf('=') + 1).replace(/^"|"$/g, '')
    try {
      return [value, decodeURIComponent(value)]
    } catch {
      return [value]
    }
  })
}

function readResponse(
  { response, records, end }: SeenPlaintext,
  method: string,
  secrets: readonly string[],
): HttpResponseSeen | 'not-http' | undefined {
  let offset = 0
  let head: ResponseHead | undefined
  let framing: BodyFraming
  let length: number | undefined
  try {
    // An interim response (100, 103) is followed by the real one, RFC 9110 §15.2.
    while (head === undefined || head.status < 200) {
      if (head !== undefined) offset += head.headBytes
      head = new ResponseHeadParser().push(response.subarray(offset))?.head
      if (head === undefined) return undefined
    }
    framing = bodyFraming(method, head)
    length = contentLength(head)
  } catch (error) {
    if (error instanceof DecodeError) return 'not-http'
    throw error
  }
  const bodyOffset = offset + head.headBytes
  const total = records.reduce((sum, run) => sum + run.plaintextBytes * run.count, 0)
  const kept = response.subarray(bodyOffset)
  const body = measureBody(framing, kept, Math.max(kept.length, total - bodyOffset), end === 'by-server')
  // Blanked before it is cut to length: a part of a secret would no longer be known as one.
  const clean = Buffer.from(blankText(Buffer.from(kept).toString('utf8'), secrets), 'utf8')
  const error = head.status >= 400 ? readErrorBody(clean, headerValue(head, 'x-ms-error-code')) : undefined
  return {
    ...seenHead(head, length, secrets),
    ...body,
    errorCode: error?.code,
    errorText: error?.text,
    headOffset: offset,
    bodyOffset,
    largestRecordBytes: Math.max(
      0,
      ...records.filter((run) => run.offset < bodyOffset + body.bodyBytes).map((run) => run.plaintextBytes),
    ),
  }
}

/** `after`: bytes that follow the head, of which `kept` are there to be read. */
function measureBody(
  framing: BodyFraming,
  kept: Uint8Array,
  after: number,
  closed: boolean,
): Pick<HttpResponseSeen, 'bodyBytes' | 'bodyComplete'> {
  if (framing.kind === 'none') return { bodyBytes: 0, bodyComplete: true }
  if (framing.kind === 'length') {
    return { bodyBytes: Math.min(after, framing.bytes), bodyComplete: after >= framing.bytes }
  }
  if (framing.kind === 'chunked' && after === kept.length) {
    const decoder = new BodyDecoder(framing)
    unlessBroken(() => decoder.push(kept))
    return { bodyBytes: decoder.bodyBytes, bodyComplete: decoder.done }
  }
  return { bodyBytes: after, bodyComplete: closed }
}
