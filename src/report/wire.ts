import type { Verdict } from '../judge/verdict.ts'
import type { Connection, Message } from '../observe/observation.ts'
import { type EscapeOptions, escapeText } from './escape.ts'
import { fitWidth, type Page, type Style } from './layout.ts'
import { lowestLayer } from './reading.ts'
import { formatDuration, formatNumber } from './units.ts'
import {
  afterExchanges,
  atAnswer,
  beforeRequests,
  closeLine,
  describeConnection,
  exchangeRows,
  hiddenLine,
  isAfterStop,
  maxMessages,
  mqttLines,
  readWire,
  requestLine,
  responseLine,
  type Stop,
  type WireReading,
} from './wire-reading.ts'

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
  const wire = readWire(leg, verdicts)
  const { names, handshakeEnd, stops, end } = wire
  const who = among ? `as ${verdicts.map(lowestLayer).join(', ')}: ` : ''
  page.paragraph('wire   ', `${who}${describeConnection(leg, options)}; bytes with header`, {
    label: 'strong',
  })
  const write = (from: number, to: number) => {
    for (let index = from; index < Math.min(to, maxMessages, leg.messages.length); index += 1) {
      const text = isAfterStop(leg, wire, index) ? 'dim' : 'none'
      writeMessage(page, leg.messages[index]!, names[index] ?? '', text, options)
      writeStops(page, stops, index)
    }
  }
  write(0, handshakeEnd)
  writeStops(page, stops, beforeRequests)
  writeExchanges(page, leg, wire, options)
  writeMqtt(page, leg, options)
  writeStops(page, stops, afterExchanges)
  write(handshakeEnd, leg.messages.length)
  const hidden = leg.messages.length - maxMessages
  if (hidden > 0) page.paragraph('     ', `… and ${formatNumber(hidden)} more messages`, { text: 'dim' })
  writeClose(page, leg, end < afterExchanges)
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
  for (const { index: at, certain, text } of stops) {
    if (at === index)
      page.paragraph('     ', `${certain ? '✗' : '?'} ${text}`, { text: certain ? 'bad' : 'open' })
  }
}

function writeExchanges(page: Page, leg: Connection, wire: WireReading, options: EscapeOptions): void {
  for (const row of exchangeRows(leg, wire)) {
    if ('hidden' in row) page.paragraph('     ', hiddenLine(row), { text: 'dim' })
    else {
      const exchange = leg.exchanges[row.at]!
      const index = atAnswer(row.at)
      const style = index > wire.end ? { text: 'dim' as const } : {}
      page.paragraph('   → ', requestLine(exchange, options), style)
      page.paragraph('   ← ', responseLine(exchange, options), style)
      writeStops(page, wire.stops, index)
    }
  }
}

function writeMqtt(page: Page, connection: Connection, options: EscapeOptions): void {
  const lines = mqttLines(connection, options)
  if (lines === undefined) return
  page.paragraph('   → ', lines.sent)
  page.paragraph('   ← ', lines.received)
}

function writeClose(page: Page, connection: Connection, after: boolean): void {
  const line = closeLine(connection)
  if (line !== undefined) page.paragraph('   ← ', line, after ? { text: 'dim' } : {})
}
