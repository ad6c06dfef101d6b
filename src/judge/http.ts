import { parseContentRange } from '../http/content-range.ts'
import type { Connection, HttpExchange, HttpResponseSeen } from '../observe/observation.ts'
import { judgeCoded } from './content-coded.ts'
import { judgeRedirect } from './http-redirect.ts'
import { judgeRefused } from './http-refused.ts'
import { asText, figureOf, judgeHopUrls, judgeUrl, overText } from './http-url.ts'
import { marginsOf } from './margins.ts'
import { missing } from './missing.ts'
import { responsesOf } from './record-growth.ts'
import { asksForNothing } from './records.ts'
import { type Draft, draft, fix, type Judged, type Rule } from './rule.ts'
import type { Scene } from './scene.ts'
import { isUnopened } from './unopened.ts'

/** http: what the server answers, and whether the device's own HTTP client can do with it. */
export const httpRules: readonly Rule[] = [
  { stage: 'http', needs: ['target'], scope: 'target', judge: judgeUrl },
  { stage: 'http', needs: ['target'], scope: 'target', judge: judgeWithheld },
  { stage: 'http', needs: ['response'], judge: judgeResponses },
]

/** The diagnostic client stopped: what would have come is open, whichever stage it belongs to. */
function judgeWithheld({ observation }: Scene): Judged {
  const { withheld } = observation
  if (withheld === undefined) return {}
  const stage = withheld.what.includes('client-certificate')
    ? ('handshake' as const)
    : withheld.what.includes('mqtt-password')
      ? ('mqtt' as const)
      : ('http' as const)
  return {
    findings: [draft('secrets-withheld', 'unknown', withheld, { stage })],
    missing: [missing('anchor', `${withheld.host} was not verified (${withheld.reason})`, 'secrets')],
  }
}

function judgeResponses(scene: Scene): Judged {
  const { leg } = scene
  const exchanges = leg.connections.flatMap((connection) => connection.exchanges)
  const parts: Judged[] = [
    judgeHead(scene, responsesOf(leg.connections)),
    judgeRedirect(scene, exchanges),
    judgeHopUrls(scene),
    judgeRefused(scene, exchanges),
    judgeBroken(leg.connections),
    judgeLength(scene, exchanges),
    judgeRange(scene, exchanges),
    judgeCoded(scene, exchanges),
    judgeEmpty(scene, exchanges),
  ]
  const findings = parts.flatMap((part) => part.findings ?? [])
  return {
    findings: asksForNothing(scene) ? findings.map(asInfo) : findings,
    margins: parts.flatMap((part) => part.margins ?? []),
    missing: asksForNothing(scene) ? [] : parts.flatMap((part) => part.missing ?? []),
  }
}

/** The root of a host was asked for to see whether TLS works: what it answers is told, and decides nothing. */
function asInfo(one: Draft): Draft {
  return { ...one, effect: 'info' }
}

function judgeHead({ device }: Scene, responses: readonly HttpResponseSeen[]): Judged {
  const limit = device.http?.responseHeadBytes
  if (limit === undefined || responses.length === 0) return {}
  const headBytes = Math.max(...responses.map((response) => response.headBytes))
  const effect = overText(limit, headBytes)
  const details = { headBytes, limitBytes: figureOf(limit) }
  const extras = { limit, fixes: [fix('raise-head-buffer', { headBytes }), fix('trim-response-head')] }
  return {
    findings: effect === undefined ? [] : [draft('head-too-large', effect, details, extras)],
    margins: marginsOf('responseHeadBytes', limit, asText(headBytes)),
  }
}

/** An exchange that came to nothing, or a connection for the next one. */
function judgeBroken(connections: readonly Connection[]): Judged {
  const broken = connections
    .flatMap((connection) => connection.exchanges)
    .find(({ error }) => error !== undefined && error !== 'byte-limit')
  const error = broken?.error ?? unopened(connections)
  return error === undefined ? {} : { findings: [draft('http-broken', 'unknown', { error })] }
}

/** What the device would have gone on with, where TCP or TLS failed on its way there; undefined where neither did. */
function unopened([, ...further]: readonly Connection[]): string | undefined {
  const failed = further.find(isUnopened)
  if (failed === undefined) return undefined
  return failed.role === 'range'
    ? 'no connection for the next range'
    : 'no connection for what it redirects to'
}

function judgeLength({ device }: Scene, exchanges: readonly HttpExchange[]): Judged {
  const needs = device.http?.contentLength?.value
  const response = exchanges
    .map((exchange) => exchange.response)
    .find((one) => one !== undefined && isFile(one))
  if (response === undefined || response.contentLength !== undefined || needs === 'not-needed') return {}
  const details = { transferEncoding: response.transferEncoding }
  const fixes = [fix('serve-content-length')]
  return {
    findings: [draft('no-content-length', needs === 'needed' ? 'blocks' : 'info', details, { fixes })],
  }
}

/** RFC 9110 §14.4: a 206 says which range it holds; it may end sooner only where the file does. */
export function answersAnotherRange({ request, response }: HttpExchange): boolean {
  if (request.range === undefined || response?.status !== 206) return false
  const sent = parseContentRange(response.contentRange ?? '')
  if (sent?.range === undefined) return response.contentRange !== undefined
  const last = Math.min(request.range.last, (sent.total ?? Number.POSITIVE_INFINITY) - 1)
  return sent.range.first !== request.range.first || sent.range.last !== last
}

/** A 206 whose range is not told, RFC 9110 §15.3.7.1: how long the file is remains unknown. */
export function namesNoRange({ request, response }: HttpExchange): boolean {
  return request.range !== undefined && response?.status === 206 && response.contentRange === undefined
}

function judgeRange({ device }: Scene, exchanges: readonly HttpExchange[]): Judged {
  const { http } = device
  const ignored = exchanges.find(
    ({ request, response }) => request.range !== undefined && response?.status === 200,
  )
  if (http?.rangeSupport?.value === 'needed' && exchanges.some(namesNoRange)) {
    const fixes = [fix('serve-range')]
    return { findings: [draft('range-unsupported', 'blocks', { status: 206 }, { fixes })] }
  }
  const wrong = exchanges.some(answersAnotherRange)
  if (wrong) {
    return {
      findings: [draft('range-unsupported', 'unknown', { status: 206 }, { fixes: [fix('serve-range')] })],
      missing: [missing('device-http-profile', 'what this client makes of another range is not known')],
    }
  }
  if (http === undefined || ignored === undefined) return {}
  const support = http.rangeSupport?.value
  const effect = support === 'needed' ? 'blocks' : support === 'not-needed' ? 'info' : 'unknown'
  const fixes = [fix('serve-range')]
  return {
    findings: [draft('range-unsupported', effect, { status: 200 }, { fixes })],
    missing:
      effect === 'unknown'
        ? [
            missing(
              'device-http-profile',
              'whether this client goes on without ranges is not known',
              'rangeSupport',
            ),
          ]
        : [],
  }
}

/** 2xx that carries no file, RFC 9110 §15.3. A client that needs ranges takes 206 alone. */
function judgeEmpty({ device }: Scene, exchanges: readonly HttpExchange[]): Judged {
  const response = exchanges.map((exchange) => exchange.response).find((one) => one && carriesNothing(one))
  if (response === undefined) return {}
  const { status, reason } = response
  const effect = device.http?.rangeSupport?.value === 'needed' ? 'blocks' : 'unknown'
  // The words of the profiles are those for 4xx and 5xx; only who takes 206 alone says the same of any other status.
  const failure = effect === 'blocks' ? undefined : 'none'
  return { findings: [draft('http-status', effect, { status, reason }, { failure })] }
}

function carriesNothing(response: HttpResponseSeen): boolean {
  const { status, bodyBytes, bodyComplete } = response
  if (isFile(response)) return status === 200 && bodyComplete && bodyBytes === 0
  return status >= 200 && status < 300
}

function isFile({ status }: HttpResponseSeen): boolean {
  return status === 200 || status === 206
}
