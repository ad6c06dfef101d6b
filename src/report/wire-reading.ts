import type { Finding } from '../finding/finding.ts'
import { leadFinding } from '../judge/lead-finding.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { Connection, HttpExchange, Message } from '../observe/observation.ts'
import { formatAlert } from '../tls/alerts.ts'
import { type EscapeOptions, escapeText } from './escape.ts'
import { legOf, lowestLayer } from './reading.ts'
import { stopExchange } from './stop-exchange.ts'
import { formatCount, formatDuration, formatList, formatNumber } from './units.ts'

/** Messages and exchanges shown of one connection; a hostile server may send any number. */
export const maxMessages = 40
const maxExchanges = 4

/** In place of an index: the device sends no request, stops at the answer to one, or at the end of all of it. */
export const beforeRequests = 2 ** 32
export const atAnswer = (exchange: number): number => beforeRequests + 1 + exchange
export const afterExchanges = Number.MAX_SAFE_INTEGER

/** Where a device stops, as the index of a message or one of the places above. */
export interface Stop {
  readonly index: number
  readonly verdict: Verdict
  /** What is written there, escaped. */
  readonly text: string
  /** Blocked: it stops. Otherwise whether it does is open. */
  readonly certain: boolean
  /** It lives to see all of this connection, and meets with its end on one that is not drawn. */
  readonly later: boolean
}

/** A connection in the order it is told: the handshake, what was exchanged, what came after. */
export interface WireReading {
  /** Name of each message. */
  readonly names: readonly string[]
  /** Index of the first message that came after the handshake. */
  readonly handshakeEnd: number
  readonly stops: readonly Stop[]
  /** Index of the last message that one of the devices lives to see; `Infinity` where one of them does not stop. */
  readonly end: number
}

/** The verdicts are of the observation that the leg is part of. */
export function readWire(leg: Connection, verdicts: readonly Verdict[]): WireReading {
  const stops = verdicts.map((verdict) => stopAt(leg, verdict)).filter((stop) => stop !== undefined)
  const finished = leg.messages.findLastIndex((message) => message.name === 'Finished') + 1
  return {
    names: messageNames(leg),
    handshakeEnd: leg.establishedAtMs === undefined ? leg.messages.length : finished,
    stops,
    end: stops.length < verdicts.length ? Infinity : Math.max(...stops.map((stop) => stop.index)),
  }
}

/** The device does not live to see that message. An alert behind the handshake ends a connection: it comes after all exchanges. */
export function isAfterStop(leg: Connection, { handshakeEnd, end }: WireReading, index: number): boolean {
  const closing = index >= handshakeEnd && leg.messages[index]?.name === 'Alert'
  return index > end || (closing && end >= beforeRequests && end < afterExchanges)
}

function stopAt(leg: Connection, verdict: Verdict): Stop | undefined {
  const lead = leadFinding(verdict)
  const at = lead === undefined ? undefined : stopExchange(lead, verdict.observation)
  if (lead !== undefined && legOf(lead, verdict.observation, at?.connection) !== leg) return undefined
  const stage =
    verdict.state === 'blocked' ? verdict.stage : verdict.state === 'undecided' ? lead?.stage : undefined
  if (stage === undefined) return undefined
  const index = at?.connection === leg ? atAnswer(at.index) : messageOf(leg, stage, lead)
  if (index === undefined) return undefined
  const later = at !== undefined && at.connection !== leg
  const certain = verdict.state === 'blocked'
  const stop = { index, verdict, certain, later }
  return { ...stop, text: sayStop(stop, [lowestLayer(verdict)], stage) }
}

/** `nrf9160@1.3.7 stops here (records)`. */
export function sayStop(
  { certain, later }: Pick<Stop, 'certain' | 'later'>,
  who: readonly string[],
  stage: string,
): string {
  const several = who.length > 1
  const names = formatList(who, 3)
  return certain
    ? `${names} ${several ? 'stop' : 'stops'} ${later ? 'on a later connection' : 'here'} (${stage})`
    : `whether ${names} ${several ? 'get' : 'gets'} past ${later ? 'a later connection' : 'this'} is not known (${stage})`
}

/** A row of the exchanges: one of them by its index, or how many are left out before the next one shown. */
export type ExchangeRow = { readonly at: number } | { readonly hidden: number; readonly beyond: boolean }

/** The first few, and those at which a device stops. */
export function exchangeRows(
  leg: Connection,
  { stops, end }: Pick<WireReading, 'stops' | 'end'>,
): ExchangeRow[] {
  const stopped = new Set(stops.map(({ index }) => index))
  const rows: ExchangeRow[] = []
  let hidden = 0
  const skip = (next: number) => {
    if (hidden > 0) rows.push({ hidden, beyond: atAnswer(next - hidden) > end })
    hidden = 0
  }
  for (const at of leg.exchanges.keys()) {
    if (at < maxExchanges || stopped.has(atAnswer(at))) {
      skip(at)
      rows.push({ at })
    } else hidden += 1
  }
  skip(leg.exchanges.length)
  return rows
}

/** `… and 26 more requests on it, after the stop`. */
export function hiddenLine({
  hidden,
  beyond,
}: {
  readonly hidden: number
  readonly beyond: boolean
}): string {
  return `… and ${formatCount(hidden, 'more request')} on it${beyond ? ', after the stop' : ''}`
}

/** The name of each message; an alert with what it says. */
function messageNames(connection: Connection): string[] {
  const alerts = { sent: 0, received: 0 }
  return connection.messages.map((message: Message) => {
    if (message.name !== 'Alert') return message.name
    const nth = alerts[message.direction]
    alerts[message.direction] += 1
    const alert = connection.alerts.filter((each) => each.direction === message.direction)[nth]
    return alert === undefined ? 'Alert' : `Alert ${formatAlert(alert.description)}`
  })
}

export function requestLine({ request }: HttpExchange, options: EscapeOptions): string {
  const range =
    request.range === undefined
      ? ''
      : `, bytes ${formatNumber(request.range.first)} to ${formatNumber(request.range.last)}`
  return `${escapeText(request.method, options)} ${escapeText(request.path, { ...options, maxChars: 120 })}${range}`
}

export function responseLine({ response, error }: HttpExchange, options: EscapeOptions): string {
  if (response === undefined) return `no response: ${escapeText(error ?? 'none came', options)}`
  const parts = [
    `HTTP ${response.status} ${escapeText(response.errorCode ?? response.reason, options)}`.trimEnd(),
    `head ${formatNumber(response.headBytes)}`,
    `body ${formatNumber(response.bodyBytes)}${response.bodyComplete ? '' : ' (not all of it)'}`,
    `largest record ${formatNumber(response.largestRecordBytes)}`,
  ]
  return parts.join(', ') + (error === undefined ? '' : `; ${escapeText(error, options)}`)
}

/** CONNECT, and what came back; undefined where MQTT was not spoken. */
export function mqttLines(
  { mqtt }: Connection,
  options: EscapeOptions,
): { readonly sent: string; readonly received: string } | undefined {
  if (mqtt === undefined) return undefined
  return {
    sent: `CONNECT, ${formatNumber(mqtt.connectBytes)} bytes, client id ${escapeText(mqtt.clientId, options)}`,
    received:
      mqtt.connack === undefined
        ? `no CONNACK: ${escapeText(mqtt.error ?? 'none came', options)}`
        : `CONNACK, return code ${mqtt.connack.returnCode}`,
  }
}

/** Undefined where it was not the server that closed. */
export function closeLine({ close }: Connection): string | undefined {
  if (close === undefined || close.by === 'us') return undefined
  return (
    `closed by the server (${close.how}) at ${formatDuration(close.atMs)}, ` +
    `${formatNumber(close.applicationBytesReceived)} bytes of data received before`
  )
}

/** Address, port and server name. */
export function describeConnection(connection: Connection, options: EscapeOptions): string {
  const sni = connection.hello?.sni
  const where =
    connection.address === undefined
      ? ''
      : `${escapeText(connection.address, { ...options, maxChars: 60 })} port ${connection.port ?? '?'}, `
  return `${where}${sni === undefined ? 'no server name (SNI) sent' : `server name (SNI) ${escapeText(sni, options)}`}`
}

/** The message at which a stage is decided; undefined for stages before the first and after the last message. */
function messageOf(
  connection: Connection,
  stage: NonNullable<Verdict['stage']>,
  lead: Finding | undefined,
): number | undefined {
  // The client finds it in the URL, before it sends anything of it; in one that it is sent on to, after the redirect.
  const ofUrl = lead?.id === 'path-too-long' || lead?.id === 'host-too-long'
  if (ofUrl && lead.details.status === undefined) return beforeRequests

  const find = (name: string) => connection.messages.findIndex((message) => message.name === name)
  const certificate = find('Certificate')
  switch (stage) {
    case 'chain':
    case 'path':
    case 'name':
    case 'dates':
      return certificate >= 0 ? certificate : undefined
    case 'hello': {
      const received = connection.messages.findIndex((message) => message.direction === 'received')
      return received >= 0 ? received : connection.messages.length - 1
    }
    case 'handshake':
      return connection.messages.length - 1
    case 'records':
    case 'http':
    case 'mqtt':
      return afterExchanges
    default:
      return undefined
  }
}
