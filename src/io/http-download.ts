import { combinedField } from '../http/combined-field.ts'
import { parseContentRange } from '../http/content-range.ts'
import { readPresigned } from '../http/presigned.ts'
import { isRedirect, resolveLocation } from '../http/redirect.ts'
import { encodeRequest } from '../http/request.ts'
import { headerValue } from '../http/response-head.ts'
import { readSas } from '../http/sas.ts'
import type { HttpExchange, HttpRequestSent, Withheld } from '../observe/observation.ts'
import type { SecretQuery } from '../observe/secret-query.ts'
import { authorizationScheme, blankUrl, hasSecretQuery, isHarmlessHeader } from '../observe/secrets.ts'
import { boundedField } from '../observe/seen-head.ts'
import { MAX_DOWNLOAD_MS, MAX_RANGE_REQUESTS, MAX_REDIRECTS } from './bounds.ts'
import type { Dialled } from './dialler.ts'
import { type ExchangeResult, HttpConnection } from './http-exchange.ts'

/** What the device's HTTP client asks for, and how. */
export interface DownloadPlan {
  readonly method: string
  /** Path and query as they go on the wire. */
  readonly path: string
  /** The query of `path`, where the user named it as a secret. */
  readonly secretQuery: SecretQuery | undefined
  readonly host: string
  readonly port: number
  /** Lines of the device's own request; undefined: a plain one. */
  readonly deviceLines: readonly string[] | undefined
  /** Given by the user; secret ones do not follow a redirect to another host. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Bytes of one Range request; undefined: one request for the whole file. */
  readonly rangeBytes: number | undefined
  readonly followRedirects: boolean
  /** Body bytes in all. */
  readonly byteLimit: number
  readonly timeoutMs: number
  readonly onBody: ((bytes: number, totalBytes: number | undefined) => void) | undefined
}

export interface DownloadEdge {
  /** A further connection; undefined when it could not be established (the observation says why) or none may be opened. */
  open(role: 'range' | 'redirect', host: string, port: number): Promise<Dialled | undefined>
  /** Whether secrets may go to that connection's server; says what is withheld when not. */
  mayReceive(connection: Dialled, what: Withheld['what']): boolean
}

interface Hop {
  readonly host: string
  readonly port: number
  readonly path: string
  readonly headers: DownloadPlan['headers']
}

/**
 * The device's own download, from the first connection through Range requests and redirect hops. Secrets only go to
 * a server that passed standard verification, at every hop. Every connection that it is given or opens is closed.
 */
export async function download(first: Dialled, plan: DownloadPlan, edge: DownloadEdge): Promise<void> {
  let connection: Dialled | undefined = first
  let hop: Hop = plan
  const budget = { bodyBytes: plan.byteLimit, endMs: performance.now() + MAX_DOWNLOAD_MS, received: 0 }
  for (let hops = 0; connection; hops++) {
    const location = await fetchHop(connection, hop, plan, budget, edge)
    if (location === undefined || !plan.followRedirects || hops >= MAX_REDIRECTS) return
    const to = resolveLocation(location, hop)
    if (to?.scheme !== 'https') return
    const sameHost = to.host === hop.host && to.port === hop.port
    const headers: DownloadPlan['headers'] = sameHost
      ? hop.headers
      : hop.headers.filter(([name, value]) => isHarmlessHeader(name, value) && name.toLowerCase() !== 'host')
    hop = { host: to.host, port: to.port, path: to.path, headers }
    connection = await edge.open('redirect', to.host, to.port)
  }
}

interface Budget {
  /** Body bytes still to be read, all hops together. */
  bodyBytes: number
  readonly endMs: number
  received: number
}

/**
 * Everything that is asked of one host and path. The Location, when it redirects. Closes its connections.
 *
 * Every range is read, not a sample: servers that begin with small records count what they sent on the connection, not
 * in the response (Go: `bytesSent` of the Conn against 128 KiB, crypto/tls conn.go), so the record that holds a whole
 * range and its head may only come in mid-file.
 */
async function fetchHop(
  start: Dialled,
  hop: Hop,
  plan: DownloadPlan,
  budget: Budget,
  edge: DownloadEdge,
): Promise<string | undefined> {
  let connection = start
  let http = new HttpConnection(connection.session)
  let next = 0
  let total: number | undefined
  for (let requests = 1; ; requests++) {
    if (!edge.mayReceive(connection, secretsOf(hop, plan))) {
      connection.session.close()
      return undefined
    }
    const range = plan.rangeBytes === undefined ? undefined : rangeFrom(next, plan.rangeBytes, total)
    const result = await http.exchange(exchangePlan(hop, plan, range, budget))
    connection.observer.exchange(result.exchange)
    budget.bodyBytes -= result.bodyBytes
    budget.received += result.bodyBytes
    const status = result.head?.status ?? 0
    if (isRedirect(status) || range === undefined || status !== 206) {
      connection.session.close(endOf(result.exchange))
      return isRedirect(status) ? result.location : undefined
    }
    const progress = progressOf(result, range)
    next = progress.next ?? next
    total = progress.total ?? total
    const more = progress.next !== undefined && (total === undefined || next < total)
    const spent = budget.bodyBytes <= 0 || requests >= MAX_RANGE_REQUESTS || performance.now() > budget.endMs
    if (!more || spent) {
      connection.session.close(more ? 'byte-limit' : endOf(result.exchange))
      return undefined
    }
    if (result.reusable && connection.session.end === undefined) continue
    connection.session.close()
    const reopened = await edge.open('range', hop.host, hop.port)
    if (!reopened) return undefined
    connection = reopened
    http = new HttpConnection(connection.session)
  }
}

function rangeFrom(first: number, bytes: number, total: number | undefined): { first: number; last: number } {
  const last = first + bytes - 1
  return { first, last: total === undefined ? last : Math.min(last, total - 1) }
}

/** Where the next range starts; undefined when this one made no headway. */
function progressOf(
  result: ExchangeResult,
  range: { readonly first: number },
): { next: number | undefined; total: number | undefined } {
  const value = result.head && headerValue(result.head, 'content-range')
  const sent = value === undefined ? undefined : parseContentRange(value)
  const whole = result.exchange.error === undefined && result.bodyBytes > 0
  const next = sent?.range ? sent.range.last + 1 : range.first + result.bodyBytes
  return { next: whole && next > range.first ? next : undefined, total: sent?.total }
}

function endOf(exchange: HttpExchange): 'done' | 'byte-limit' | 'timeout' {
  if (exchange.error === 'byte-limit') return 'byte-limit'
  return exchange.error === 'timeout' ? 'timeout' : 'done'
}

function secretsOf(hop: Hop, { secretQuery, path: own }: DownloadPlan): Withheld['what'] {
  const what: ('query' | 'header')[] = []
  const isNamed = secretQuery !== undefined && (hop.path === own || secretQuery.isIn(hop.path))
  if (isNamed || hasSecretQuery(hop.path)) what.push('query')
  if (hop.headers.some(([name, value]) => !isHarmlessHeader(name, value))) what.push('header')
  return what
}

function exchangePlan(hop: Hop, plan: DownloadPlan, range: HttpRequestSent['range'], budget: Budget) {
  const bytes = encodeRequest({
    method: plan.method,
    path: hop.path,
    host: hop.host,
    port: hop.port,
    deviceLines: plan.deviceLines,
    headers: hop.headers,
    range,
  })
  const fields = fieldsOf(bytes)
  const secrets = secretValues(hop)
  const authorization = hop.headers.find(([name]) => name.toLowerCase() === 'authorization')?.[1]
  const { received } = budget
  const { onBody, secretQuery } = plan
  const sas = readSas(hop.path, authorization)
  const presigned = readPresigned(hop.path)
  return {
    bytes,
    seen: {
      method: plan.method,
      path: shownPath(hop, plan),
      headBytes: bytes.length,
      range,
      authorizationScheme:
        authorization === undefined ? undefined : (authorizationScheme(authorization) ?? ''),
      sas: sas && withNamesShown(sas, secretQuery),
      presigned: presigned && withNamesShown(presigned, secretQuery),
      headerNames: fields.map(([name]) => name),
      acceptEncoding: boundedField(combinedField(fields, 'accept-encoding'), secrets),
    },
    secrets,
    secretQuery,
    byteLimit: budget.bodyBytes,
    endMs: budget.endMs,
    timeoutMs: plan.timeoutMs,
    onBody:
      onBody &&
      ((body: number, total: number | undefined) => onBody(received + body, range ? undefined : total)),
  }
}

/** The user's own path is shown as it is written; one that a server made may echo the secret query. */
function shownPath({ path }: Hop, { secretQuery, path: own }: DownloadPlan): string {
  if (secretQuery === undefined) return blankUrl(path)
  return path === own ? secretQuery.shownWith(path.slice(0, path.indexOf('?'))) : secretQuery.blankIn(path)
}

function withNamesShown<T extends { readonly parameters: readonly string[] }>(
  seen: T,
  secretQuery: SecretQuery | undefined,
): T {
  if (secretQuery === undefined) return seen
  return { ...seen, parameters: seen.parameters.map((name) => secretQuery.shownName(name)) }
}

/** Names in lower case, and values, of the request as it is sent. */
function fieldsOf(head: Uint8Array): (readonly [name: string, value: string])[] {
  const lines = Buffer.from(head).toString('latin1').split('\r\n').slice(1)
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
    })
}

/** The very secrets of a request, raw and percent-decoded. */
function secretValues({ path, headers }: Hop): string[] {
  const values: string[] = []
  for (const [name, value] of headers) {
    if (!isHarmlessHeader(name, value)) values.push(value, value.replace(/^[A-Za-z0-9-]+\s+/, ''))
  }
  const blanked = blankUrl(path).split(/[?&]/)
  for (const [i, part] of path.split(/[?&]/).entries()) {
    if (part === blanked[i]) continue
    const value = part.slice(part.indexOf('=') + 1)
    values.push(value)
    try {
      values.push(decodeURIComponent(value))
    } catch {
      // not percent-encoded: the raw form is all there is
    }
  }
  return values
}
