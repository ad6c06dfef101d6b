import type { Verdict } from '../judge/verdict.ts'
import type { Connection, HttpExchange, Message } from '../observe/observation.ts'
import { formatAlert } from '../tls/alerts.ts'
import { type EscapeOptions, escapeText } from './escape.ts'
import { lowestLayer } from './ladder.ts'
import { fitWidth, type Page, type Style } from './layout.ts'
import { leadFinding, legOf } from './reading.ts'
import { formatDuration, formatNumber } from './units.ts'

/** Messages and exchanges shown of one connection; a hostile server may send any number. */
const maxMessages = 40
const maxExchanges = 4

/** In place of an index: the device stops at what follows the handshake. */
const afterHandshake = Number.MAX_SAFE_INTEGER

/**
 * The messages in order, with the point where each device stops; what the server did after the last of them is dim.
 * The verdicts are of one observation; `among` others, the heading says whose.
 */
export function writeMessages(
  page: Page,
  verdicts: readonly Verdict[],
  leg: Connection,
  among: boolean,
  options: EscapeOptions,
): void {
  if (leg.messages.length === 0) return
  const stops = verdicts.map((verdict) => stopAt(leg, verdict)).filter((stop) => stop !== undefined)
  const end = stops.length < verdicts.length ? Infinity : Math.max(...stops.map((stop) => stop.index))
  const who = among ? `as ${verdicts.map(lowestLayer).join(', ')}: ` : ''
  page.paragraph('wire   ', `${who}${describe(leg, options)}`, { label: 'strong' })
  const names = messageNames(leg)
  const finished = leg.messages.findLastIndex((message) => message.name === 'Finished') + 1
  const handshakeEnd = leg.establishedAtMs === undefined ? leg.messages.length : finished
  const write = (from: number, to: number) => {
    for (let index = from; index < Math.min(to, maxMessages, leg.messages.length); index += 1) {
      writeMessage(page, leg.messages[index]!, names[index] ?? '', index > end ? 'dim' : 'none', options)
      writeStops(page, stops, index)
    }
  }
  write(0, handshakeEnd)
  writeExchanges(page, leg, options)
  writeMqtt(page, leg, options)
  writeStops(page, stops, afterHandshake)
  write(handshakeEnd, leg.messages.length)
  const hidden = leg.messages.length - maxMessages
  if (hidden > 0) page.paragraph('     ', `… and ${formatNumber(hidden)} more messages`, { text: 'dim' })
  writeClose(page, leg)
}

function writeMessage(
  page: Page,
  message: Message,
  name: string,
  style: Style,
  options: EscapeOptions,
): void {
  const bytes = message.messageBytes === undefined ? '' : formatNumber(message.messageBytes)
  const spread = message.records > 1 ? `in ${formatNumber(message.records)} records` : ''
  page.row([
    [message.direction === 'sent' ? '   → ' : '   ← ', style],
    [`${fitWidth(escapeText(name, { ...options, maxChars: 34 }), 34)} `, style],
    [fitWidth(bytes, 9, 'right'), style],
    [fitWidth(spread, 15, 'right'), style],
    [fitWidth(formatDuration(message.atMs), 9, 'right'), 'dim'],
  ])
}

function writeStops(page: Page, stops: readonly Stop[], index: number): void {
  for (const stop of stops) if (stop.index === index) page.paragraph('     ', stop.text, { text: stop.style })
}

function describe(connection: Connection, options: EscapeOptions): string {
  const sni = connection.hello?.sni
  const where =
    connection.address === undefined
      ? ''
      : `${escapeText(connection.address, { ...options, maxChars: 60 })} port ${connection.port ?? '?'}, `
  return `${where}${sni === undefined ? 'no server name (SNI) sent' : `server name (SNI) ${escapeText(sni, options)}`}; bytes with header`
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

/** Where a device stops, as the index of a message or `afterHandshake`, and what is written there. */
interface Stop {
  readonly index: number
  readonly text: string
  readonly style: Style
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
    ? { index, text: `✗ ${who} stops here (${stage})`, style: 'bad' }
    : { index, text: `? whether ${who} gets past this is not known (${stage})`, style: 'open' }
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

function writeExchanges(page: Page, connection: Connection, options: EscapeOptions): void {
  const shown = connection.exchanges.slice(0, maxExchanges)
  for (const exchange of shown) {
    page.paragraph('   → ', requestLine(exchange, options))
    page.paragraph('   ← ', responseLine(exchange, options))
  }
  const hidden = connection.exchanges.length - shown.length
  if (hidden > 0)
    page.paragraph('     ', `… and ${formatNumber(hidden)} more requests on it`, { text: 'dim' })
}

function requestLine({ request }: HttpExchange, options: EscapeOptions): string {
  const range =
    request.range === undefined
      ? ''
      : `, bytes ${formatNumber(request.range.first)} to ${formatNumber(request.range.last)}`
  return `${escapeText(request.method, options)} ${escapeText(request.path, { ...options, maxChars: 120 })}${range}`
}

function responseLine({ response, error }: HttpExchange, options: EscapeOptions): string {
  if (response === undefined) return `no response: ${escapeText(error ?? 'none came', options)}`
  const parts = [
    `HTTP ${response.status} ${escapeText(response.errorCode ?? response.reason, options)}`.trimEnd(),
    `head ${formatNumber(response.headBytes)}`,
    `body ${formatNumber(response.bodyBytes)}${response.bodyComplete ? '' : ' (not all of it)'}`,
    `largest record ${formatNumber(response.largestRecordBytes)}`,
  ]
  return parts.join(', ') + (error === undefined ? '' : `; ${escapeText(error, options)}`)
}

function writeMqtt(page: Page, connection: Connection, options: EscapeOptions): void {
  const { mqtt } = connection
  if (mqtt === undefined) return
  page.paragraph(
    '   → ',
    `CONNECT, ${formatNumber(mqtt.connectBytes)} bytes, client id ${escapeText(mqtt.clientId, options)}`,
  )
  page.paragraph(
    '   ← ',
    mqtt.connack === undefined
      ? `no CONNACK: ${escapeText(mqtt.error ?? 'none came', options)}`
      : `CONNACK, return code ${mqtt.connack.returnCode}`,
  )
}

function writeClose(page: Page, connection: Connection): void {
  const { close } = connection
  if (close === undefined || close.by === 'us') return
  page.paragraph(
    '   ← ',
    `closed by the server (${close.how}) at ${formatDuration(close.atMs)}, ` +
      `${formatNumber(close.applicationBytesReceived)} bytes of data received before`,
  )
}
