import { leadFinding } from '../../judge/lead-finding.ts'
import type { Verdict } from '../../judge/verdict.ts'
import type { Connection } from '../../observe/observation.ts'
import { escapeText } from '../escape.ts'
import { lowestLayer } from '../reading.ts'
import { formatBytes, formatCount, formatDuration, formatList, formatNumber } from '../units.ts'
import {
  afterExchanges,
  atAnswer,
  beforeRequests,
  closeLine,
  describeConnection,
  exchangeRows,
  hiddenLine,
  maxMessages,
  mqttLines,
  readWire,
  requestLine,
  responseLine,
  type Stop,
  sayStop,
  type WireReading,
} from '../wire-reading.ts'
import { type Markup, markup } from './markup.ts'
import { drawLine, drawPicture, drawText, type Picture, percent, px, wrapWords } from './svg.ts'

/** A connection, with the verdicts of its observation. */
export interface WireView {
  readonly leg: Connection
  readonly verdicts: readonly Verdict[]
}

/** A figure: what device and server said, down two lines, with the point where each device stops. The views are alike. */
export function drawWire(id: string, views: readonly WireView[], among: boolean): Markup | undefined {
  const leg = views[0]?.leg
  if (leg === undefined || leg.messages.length === 0) return undefined
  const rows = rowsOf(leg, uniteWires(views.map((view) => readWire(view.leg, view.verdicts))))
  const who = views.flatMap(({ verdicts }) => verdicts.map(lowestLayer))
  const as = among ? `as ${formatList([...new Set(who)], 6)}: ` : ''
  const title = `${as}${describeConnection(leg, {})}`
  const said = rows.map(({ say }) => say).join('; ')
  return markup`<figure class="wire"><figcaption><strong>Wire</strong> ${title}; bytes with header</figcaption>
${drawPicture({ id, title, description: said, ...drawRows(id, rows) })}</figure>
`
}

/** The same for connections that differ in their times alone, so that one picture does for all of them. */
export function wireKey({ leg }: WireView): string {
  return JSON.stringify([
    describeConnection(leg, {}),
    readWire(leg, []).names,
    leg.messages.map(({ direction, messageBytes, records }) => [direction, messageBytes, records]),
    leg.exchanges.map((exchange) => [requestLine(exchange, {}), responseLine(exchange, {})]),
    leg.mqtt,
    leg.close?.how,
  ])
}

function uniteWires(wires: readonly WireReading[]): WireReading {
  return {
    ...wires[0]!,
    stops: wires.flatMap(({ stops }) => stops),
    end: Math.max(...wires.map(({ end }) => end)),
  }
}

/** Per cent of the width: the lines of device and server, and where words stand between them. */
const device = 1
const server = 99
const wordsLeft = 3
const wordsRight = 97
/** Characters that fit between the lines on a telephone. */
const columns = 44

const arrowPx = 34
const linePx = 17

type Row = ArrowRow | StopRow
interface ArrowRow {
  readonly kind: 'arrow'
  readonly sent: boolean
  readonly lines: readonly string[]
  readonly figures: string
  /** The device does not live to see it. */
  readonly after: boolean
  readonly say: string
}
interface StopRow {
  readonly kind: 'stop'
  readonly certain: boolean
  readonly lines: readonly string[]
  readonly say: string
}

/** In the order of text: the handshake, what was exchanged, what came after, the close. */
function rowsOf(leg: Connection, wire: WireReading): Row[] {
  const { handshakeEnd, end } = wire
  const shown = Math.min(leg.messages.length, maxMessages)
  const rows: Row[] = []
  const messages = (from: number, to: number) => {
    for (let index = from; index < Math.min(to, shown); index += 1) {
      rows.push(messageRow(leg, wire, index), ...stopRows(wire.stops, index))
    }
  }
  messages(0, handshakeEnd)
  const said = (sent: boolean, text: string, after: boolean) =>
    rows.push(arrow(sent, wrapWords(text, columns, 4), '', after))
  rows.push(...stopRows(wire.stops, beforeRequests))
  for (const row of exchangeRows(leg, wire)) {
    if ('hidden' in row) {
      said(true, hiddenLine(row), row.beyond)
      continue
    }
    const index = atAnswer(row.at)
    said(true, requestLine(leg.exchanges[row.at]!, {}), index > end)
    said(false, responseLine(leg.exchanges[row.at]!, {}), index > end)
    rows.push(...stopRows(wire.stops, index))
  }
  const beyond = end < afterExchanges
  const mqtt = mqttLines(leg, {})
  if (mqtt !== undefined) {
    said(true, mqtt.sent, beyond)
    said(false, mqtt.received, beyond)
  }
  rows.push(...stopRows(wire.stops, afterExchanges))
  messages(handshakeEnd, leg.messages.length)
  if (leg.messages.length > shown)
    said(false, `… and ${formatCount(leg.messages.length - shown, 'more message')}`, beyond)
  const close = closeLine(leg)
  if (close !== undefined) said(false, close, beyond)
  return rows
}

function messageRow(leg: Connection, { names, end }: WireReading, index: number): ArrowRow {
  const message = leg.messages[index]!
  const figures = [
    ...(message.messageBytes === undefined ? [] : [`${formatNumber(message.messageBytes)} B`]),
    ...(message.records > 1 ? [formatCount(message.records, 'record')] : []),
    formatDuration(message.atMs),
  ].join(' · ')
  const name = escapeText(names[index] ?? '', { maxChars: 26 })
  const row = arrow(message.direction === 'sent', [name], figures, index > end)
  const bytes = message.messageBytes === undefined ? '' : `, ${formatBytes(message.messageBytes)}`
  return { ...row, say: `${row.sent ? 'device' : 'server'}: ${name}${bytes}` }
}

function arrow(sent: boolean, lines: readonly string[], figures: string, after: boolean): ArrowRow {
  return {
    kind: 'arrow',
    sent,
    lines,
    figures,
    after,
    say: `${sent ? 'device' : 'server'}: ${lines.join(' ')}`,
  }
}

/** Devices that stop here with the same words share a row. */
function stopRows(stops: readonly Stop[], index: number): StopRow[] {
  const groups = new Map<string, { readonly first: Stop; readonly who: string[] }>()
  for (const stop of stops) {
    if (stop.index !== index) continue
    const words = wordsOf(stop)
    const key = JSON.stringify([stop.certain, stop.later, stageOf(stop), words])
    const group = groups.get(key) ?? { first: stop, who: [] }
    groups.set(key, group)
    const who = lowestLayer(stop.verdict)
    if (!group.who.includes(who)) group.who.push(who)
  }
  return [...groups.values()].map(({ first, who }) => {
    const text = `${first.certain ? '✗' : '?'} ${sayStop(first, who, stageOf(first))}`
    const words = wordsOf(first)
    const lines = [text, ...words].flatMap((line) => wrapWords(line, columns, 4))
    return { kind: 'stop', certain: first.certain, lines, say: [text, ...words].join(', ') }
  })
}

function stageOf({ verdict }: Stop): string {
  return verdict.stage ?? leadFinding(verdict)?.stage ?? ''
}

/** What the device shows then: its code, and the line of its log. */
function wordsOf({ verdict, certain }: Stop): string[] {
  const words = leadFinding(verdict)?.deviceWords
  if (words === undefined) return []
  const log = words.log?.split('\n')[0]
  return [
    `${certain ? 'it shows' : 'it would show'} ${escapeText(words.code)}`,
    ...(log === undefined || log === '' ? [] : [`log: ${escapeText(log)}`]),
  ]
}

function drawRows(id: string, rows: readonly Row[]): Pick<Picture, 'heightPx' | 'body'> {
  const body: Markup[] = [
    arrowHead(id),
    drawText('device', { left: 0, topPx: 13, className: 'strong' }),
    drawText('server', { left: 100, topPx: 13, anchor: 'end', className: 'strong' }),
  ]
  let topPx = 22
  const drawn: Markup[] = []
  for (const row of rows) {
    const heightPx = (row.kind === 'stop' ? 14 : arrowPx - linePx) + row.lines.length * linePx
    if (row.kind === 'stop') drawn.push(...drawStop(row, topPx, heightPx))
    else drawn.push(...drawArrow(id, row, topPx))
    topPx += heightPx
  }
  const heightPx = topPx + 6
  body.push(
    drawLine([device, 20], [device, heightPx], 'life'),
    drawLine([server, 20], [server, heightPx], 'life'),
  )
  return { heightPx, body: [...body, ...drawn] }
}

function drawArrow(id: string, row: ArrowRow, topPx: number): Markup[] {
  const className = row.after ? 'after' : undefined
  const y = topPx + row.lines.length * linePx + 4
  const [from, to] = row.sent ? [device, server] : [server, device]
  return [
    ...row.lines.map((line, at) =>
      drawText(line, {
        ...{ left: wordsLeft, topPx: topPx + 13 + at * linePx, maxChars: columns + 1 },
        ...(className === undefined ? {} : { className }),
      }),
    ),
    drawText(row.figures, {
      ...{ left: wordsRight, topPx: topPx + 13, anchor: 'end' },
      className: row.after ? 'figures after' : 'figures',
    }),
    markup`<line class="${row.after ? 'arrow after' : 'arrow'}" x1="${percent(from)}" y1="${px(y)}" x2="${percent(to)}" y2="${px(y)}" marker-end="url(#${id}-head${row.after ? '-after' : ''})"/>`,
  ]
}

function drawStop({ certain, lines }: StopRow, topPx: number, heightPx: number): Markup[] {
  const kind = certain ? 'stop' : 'open'
  return [
    markup`<rect class="${kind}-band" x="0%" y="${px(topPx + 2)}" width="100%" height="${px(heightPx - 6)}"/>`,
    ...lines.map((line, at) =>
      drawText(line, {
        ...{ left: wordsLeft, topPx: topPx + 17 + at * linePx, maxChars: columns + 1 },
        className: at === 0 ? `strong ${kind}-words` : `${kind}-words`,
      }),
    ),
  ]
}

function arrowHead(id: string): Markup {
  const head = (name: string, className: string) =>
    markup`<marker id="${id}-${name}" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path class="${className}" d="M0 0L8 4L0 8z"/></marker>`
  return markup`<defs>${head('head', 'arrow-head')}${head('head-after', 'arrow-head after')}</defs>`
}
