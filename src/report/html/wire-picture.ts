import { lowestLayer } from '../reading.ts'
import { formatBytes, formatCount, formatDuration, formatList, formatNumber } from '../units.ts'
import { describeConnection, sayStop } from '../wire-reading.ts'
import { type WireView, wireRows } from '../wire-rows.ts'
import type { WireArrow, WireStop } from '../wire-story.ts'
import { type Markup, markup } from './markup.ts'
import { drawLine, drawPicture, drawText, type Picture, percent, px, wrapWords } from './svg.ts'

/** A figure: what device and server said, down two lines, with the point where each device stops. The views are alike. */
export function drawWire(id: string, views: readonly WireView[], among: boolean): Markup | undefined {
  const leg = views[0]?.leg
  if (leg === undefined || leg.messages.length === 0) return undefined
  const rows = wireRows(views, lowestLayer).map((row) => (row.kind === 'arrow' ? arrow(row) : stop(row)))
  const who = views.flatMap(({ verdicts }) => verdicts.map(lowestLayer))
  const as = among ? `as ${formatList([...new Set(who)], 6)}: ` : ''
  const title = `${as}${describeConnection(leg, {})}`
  const said = rows.map(({ say }) => say).join('; ')
  return markup`<figure class="wire"><figcaption><strong>Wire</strong> ${title}; bytes with header</figcaption>
${drawPicture({ id, title, description: said, ...drawRows(id, rows) })}</figure>
`
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

function arrow({ sent, text, after, messageBytes, records, atMs }: WireArrow): ArrowRow {
  const figures = [
    ...(messageBytes === undefined ? [] : [`${formatNumber(messageBytes)} B`]),
    ...(records === undefined || records <= 1 ? [] : [formatCount(records, 'record')]),
    ...(atMs === undefined ? [] : [formatDuration(atMs)]),
  ].join(' · ')
  const bytes = messageBytes === undefined ? '' : `, ${formatBytes(messageBytes)}`
  const say = `${sent ? 'device' : 'server'}: ${text}${bytes}`
  // A name of a message is short already, and its figures stand beside it.
  const lines = atMs === undefined ? wrapWords(text, columns, 4) : [text]
  return { kind: 'arrow', sent, lines, figures, after, say }
}

function stop(row: WireStop): StopRow {
  const { certain, who, stage = '', shows } = row
  const text = `${certain ? '✗' : '?'} ${sayStop(row, who, stage)}`
  const words =
    shows === undefined
      ? []
      : [
          `${certain ? 'it shows' : 'it would show'} ${shows.code}`,
          ...(shows.log === undefined ? [] : [`log: ${shows.log}`]),
        ]
  const lines = [text, ...words].flatMap((line) => wrapWords(line, columns, 4))
  return { kind: 'stop', certain, lines, say: [text, ...words].join(', ') }
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
