import { type FailureFinding, findingOf } from '../front/failure-finding.ts'
import { helloNames } from '../observe/hello-match.ts'
import { escapeText } from '../report/escape.ts'
import { formatCount, formatDuration, formatList, formatNumber } from '../report/units.ts'
import type { ConnectionReport, RequestReport } from './connection-report.ts'

/** `tlsfit/connection@1`: one connection, over. */
export function connectionJson(report: ConnectionReport) {
  const { hello, secured, failure } = report
  return {
    schema: 'tlsfit/connection@1',
    id: report.id,
    client: report.client,
    server: report.server,
    startedAt: report.startedAt.toISOString(),
    endedAt: report.endedAt.toISOString(),
    hello:
      hello === undefined
        ? null
        : {
            bytes: hello.messageBytes,
            sni: hello.sni ?? null,
            ...helloNames(hello),
            maxFragmentLength: hello.maxFragmentLength ?? null,
            alpn: hello.alpn,
          },
    devices: report.devices,
    tls:
      secured === undefined
        ? null
        : {
            version: secured.version,
            cipherSuite: secured.cipherSuite,
            resumed: secured.resumed,
            certificate: report.identity ?? null,
            handshakeBytesSent: secured.handshakeBytesSent ?? null,
          },
    requests: report.requests.map((request) => ({
      ...request,
      absent: request.absent ?? null,
      range: request.range ?? null,
      size: request.size ?? null,
    })),
    requestCount: report.requestCount,
    headBytes: report.headBytes,
    bodyBytes: report.bodyBytes,
    refused: report.refused ?? null,
    end: report.end ?? null,
    finding: failure === undefined ? null : findingJson(report),
  }
}

function findingJson(report: ConnectionReport) {
  const { cause, what, fix, loadCa } = failureOf(report)
  return { cause: cause ?? null, what, fix: fix ?? null, loadCa }
}

function failureOf({ failure, hello, served }: ConnectionReport): FailureFinding {
  const known = hello !== undefined && served !== undefined
  return findingOf(failure!, known ? { offered: hello.cipherSuites, served, ways: suiteWays } : undefined)
}

const suiteWays = {
  oldSuites: 'add --old-suites',
  rsa: 'serve with --rsa',
  ecdsa: 'leave --rsa out',
}

/** What the connection came to, in one line for people; safe to print. */
export function connectionWords(report: ConnectionReport): { readonly text: string; readonly good: boolean } {
  const { failure, hello } = report
  const parts: string[] = []
  if (failure !== undefined) {
    const { what, fix } = failureOf(report)
    parts.push(fix === undefined ? what : `${what}: ${fix}`)
  }
  parts.push(...fetchedWords(report.requests))
  const more = report.requestCount - report.requests.length
  if (more > 0) parts.push(`${formatCount(more, 'request')} more, ${formatNumber(report.bodyBytes)} B in all`)
  if (report.refused !== undefined) parts.push(`no request that can be served (${report.refused})`)
  if (report.end !== undefined && endWords[report.end] !== undefined) parts.push(endWords[report.end]!)
  if (failure !== undefined && hello !== undefined) parts.push(helloWords(report))
  if (parts.length === 0) parts.push('asked for nothing')
  const took = formatDuration(report.endedAt.getTime() - report.startedAt.getTime())
  const good = failure === undefined && report.requests.length > 0 && report.requests.every(wentWell)
  return { text: `${parts.join('; ')} (${took})`, good }
}

/** Of a hello: size, name, versions and which profiles it could be of. */
export function helloWords({ hello, devices }: Pick<ConnectionReport, 'hello' | 'devices'>): string {
  if (hello === undefined) return 'no hello'
  const name =
    hello.sni === undefined ? 'no server name' : `server name ${escapeText(hello.sni, { maxChars: 80 })}`
  const versions = helloNames(hello).versions.slice(0, 4).join(' ')
  const like = devices.length === 0 ? '' : `, as of ${formatList(devices, 3, 'or')}`
  return `hello of ${formatNumber(hello.messageBytes)} B, ${name}, ${versions}${like}`
}

const endWords: { readonly [end: string]: string | undefined } = {
  reset: 'the client reset the connection',
  'slow-head': 'the request did not come to its end in time',
  stalled: 'the client took no more bytes',
  'too-long': 'the download took too long',
  cut: 'cut here: the file changed while it was sent',
}

function wentWell({ status, whole }: RequestReport): boolean {
  return whole && status < 400
}

/** Requests of the same kind in one: `GET /fw.bin 206 x 120, 245,760 B of 262,144`. */
function fetchedWords(requests: readonly RequestReport[]): string[] {
  const kinds = new Map<string, RequestReport[]>()
  for (const request of requests) {
    const key = `${request.method} ${request.path} ${request.status}`
    const all = kinds.get(key)
    if (all === undefined) kinds.set(key, [request])
    else all.push(request)
  }
  return [...kinds].map(([key, all]) => {
    const bytes = all.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0)
    const size = all[0]?.size
    const times = all.length === 1 ? '' : ` × ${all.length}`
    // Fetched more than once, it is no part of a whole.
    const of = size === undefined || bytes >= size ? '' : ` of ${formatNumber(size)}`
    const range = all.length === 1 ? rangeWords(all[0]!) : ''
    const broken = all.some(({ whole }) => !whole) ? ', not to its end' : ''
    const why = all[0]?.absent === undefined ? '' : ` (${all[0].absent})`
    return `${escapeText(key, { maxChars: 160 })}${times}${why}${range}, ${formatNumber(bytes)} B${of}${broken}`
  })
}

function rangeWords({ range }: RequestReport): string {
  return range === undefined ? '' : ` bytes ${range.first}-${range.last}`
}
