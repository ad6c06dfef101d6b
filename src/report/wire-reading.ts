import type { Verdict } from '../judge/verdict.ts'
import type { Connection, HttpExchange, Message } from '../observe/observation.ts'
import { formatAlert } from '../tls/alerts.ts'
import { type EscapeOptions, escapeText } from './escape.ts'
import { leadFinding, legOf, lowestLayer } from './reading.ts'
import { formatDuration, formatNumber } from './units.ts'

/** Messages and exchanges shown of one connection; a hostile server may send any number. */
export const maxMessages = 40
export const maxExchanges = 4

/** In place of an index: the device stops at what follows the handshake. */
export const afterHandshake = Number.MAX_SAFE_INTEGER

/** Where a device stops, as the index of a message or `afterHandshake`. */
export interface Stop {
  readonly index: number
  readonly verdict: Verdict
  /** What is written there, escaped. */
  readonly text: string
  /** Blocked: it stops. Otherwise whether it does is open. */
  readonly certain: boolean
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

function stopAt(leg: Connection, verdict: Verdict): Stop | undefined {
  const lead = leadFinding(verdict)
  if (lead !== undefined && legOf(lead, verdict.observation) !== leg) return undefined
  const stage =
    verdict.state === 'blocked' ? verdict.stage : verdict.state === 'undecided' ? lead?.stage : undefined
  if (stage === undefined) return undefined
  const index = messageOf(leg, stage)
  if (index === undefined) return undefined
  const who = lowestLayer(verdict)
  return verdict.state === 'blocked'
    ? { index, verdict, text: `${who} stops here (${stage})`, certain: true }
    : { index, verdict, text: `whether ${who} gets past this is not known (${stage})`, certain: false }
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
function messageOf(connection: Connection, stage: NonNullable<Verdict['stage']>): number | undefined {
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
      return afterHandshake
    default:
      return undefined
  }
}
