import type { Details } from '../finding/details.ts'
import type { Effect, FixSuggested } from '../finding/finding.ts'
import {
  acceptsCoding,
  codingOfName,
  isRegisteredCoding,
  parseContentCodings,
} from '../http/content-coding.ts'
import type { HttpExchange, HttpRequestSent, HttpResponseSeen } from '../observe/observation.ts'
import { missing } from './missing.ts'
import { draft, fix, type Judged } from './rule.ts'
import type { Scene } from './scene.ts'
import type { Missing } from './verdict.ts'

/**
 * A body with a content coding, RFC 9110 §8.4, is not the file: a client that does not undo it stores what the coding
 * made of it. A server may send one that was not asked for (§12.5.3). A Range is one of the coded body (§14.2), and so
 * are its total and Content-Length. What a redirect or an error carries is not the file in any case.
 */
export function judgeCoded(scene: Scene, exchanges: readonly HttpExchange[]): Judged {
  const coded = exchanges.find(({ response }) => isFile(response) && codingsOf(response).length > 0)
  const response = coded?.response
  if (coded === undefined || response === undefined) return {}
  const codings = codingsOf(response)
  const request = askedIn(coded.request, codings)
  const why = whyOf(scene, coded, codings, request)
  if (why === undefined) return {}
  const { status, bodyBytes } = response
  const details = { codings, status, path: coded.request.path, bodyBytes, request, why }
  const leans = why === 'asked-by-application' || why === 'request-unknown' ? 'blocked' : undefined
  const extras = { fixes: fixesFor(request), leans } as const
  return { findings: [draft('content-coded', effects[why], details, extras)], missing: missingFor(why) }
}

/** In the order applied; empty where the body is the file itself, or there is no answer. */
export function codingsOf(response: HttpResponseSeen | undefined): readonly string[] {
  return parseContentCodings(response?.contentEncoding ?? '')
}

type Why = Details['content-coded']['why']

/** Undefined where the client undoes all of it. */
function whyOf(
  { device, observation }: Scene,
  { request, response }: HttpExchange,
  codings: readonly string[],
  asked: Details['content-coded']['request'],
): Why | undefined {
  const { contentCodings, requestHeaders } = device.http ?? {}
  if (request.method === 'HEAD') return 'no-body'
  if (!codings.every(isRegisteredCoding)) return 'unregistered'
  if (contentCodings === undefined) return 'client-unknown'
  if (codings.every((coding) => contentCodings.value.includes(coding))) {
    return response?.status === 206 ? 'in-pieces' : undefined
  }
  // Whoever names a packed file, or asks for a coding that the client itself does not ask for, may unpack it.
  if (codings.length === 1 && codingOfName(request.path) === codings[0]) return 'name-says-so'
  if (asked === 'asks') {
    return asksByItself(requestHeaders?.value, codings) ? 'not-unpacked' : 'asked-by-application'
  }
  const isOurs = observation.source === 'dial' && requestHeaders === undefined
  return isOurs && asked !== 'declines' ? 'request-unknown' : 'not-unpacked'
}

function asksByItself(lines: readonly string[] | undefined, codings: readonly string[]): boolean {
  const field = lines
    ?.map((line) => /^accept-encoding\s*:(.*)$/i.exec(line)?.[1])
    .find((one) => one !== undefined)
  return field !== undefined && codings.every((coding) => acceptsCoding(field, coding))
}

const effects: { readonly [W in Why]: Effect } = {
  'not-unpacked': 'blocks',
  'request-unknown': 'unknown',
  'asked-by-application': 'unknown',
  'name-says-so': 'unknown',
  'in-pieces': 'unknown',
  'client-unknown': 'unknown',
  unregistered: 'unknown',
  'no-body': 'unknown',
}

function askedIn(
  { headerNames, acceptEncoding }: HttpRequestSent,
  codings: readonly string[],
): Details['content-coded']['request'] {
  if (acceptEncoding === undefined) return headerNames === undefined ? undefined : 'silent'
  return codings.every((coding) => acceptsCoding(acceptEncoding, coding)) ? 'asks' : 'declines'
}

/** A request that declines it already has nothing to change. */
function fixesFor(request: Details['content-coded']['request']): FixSuggested[] {
  const server = fix('serve-uncoded')
  if (request === 'declines') return [server]
  const device = fix('ask-uncoded')
  return request === 'asks' ? [device, server] : [server, device]
}

function missingFor(why: Why): Missing[] {
  const asked = openOfClient[why]
  return asked === undefined ? [] : [missing('device-http-profile', ...asked)]
}

/** What its profile would have to say, and under which key. */
const openOfClient: { readonly [W in Why]?: readonly [why: string, about: string] } = {
  'client-unknown': ['whether this client undoes a content coding is not known', 'contentCodings'],
  'in-pieces': ['whether this client undoes the coding of a body in pieces is not known', 'contentCodings'],
  'request-unknown': [
    'whether the own request of this client declines codings is not known',
    'requestHeaders',
  ],
}

function isFile(response: HttpResponseSeen | undefined): boolean {
  return response?.status === 200 || response?.status === 206
}
