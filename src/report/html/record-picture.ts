import type { Verdict } from '../../judge/verdict.ts'
import type { Connection, RecordRun } from '../../observe/observation.ts'
import { limitNumber, limitOf, lowestLayer } from '../reading.ts'
import { formatBytes, formatCount, formatList, formatNumber } from '../units.ts'
import { type Markup, markup } from './markup.ts'
import { drawBox, drawLine, drawPicture, drawText } from './svg.ts'

/** Bars drawn; where there are more runs, neighbours share a bar as high as the largest of them. */
const maxBars = 240
/** Bars with an edge each; more would be all edge. */
const maxEdged = 40
/** Height of the largest record or limit drawn. */
const plotPx = 120
const topPx = 36

/** One bar: records that follow one another, over the bytes of all connections in a row. */
export interface RecordBar {
  /** First byte and the byte after the last, counted over all connections. */
  readonly from: number
  readonly to: number
  /** Plaintext bytes of the largest record. */
  readonly recordBytes: number
  readonly records: number
}

export interface RecordLimit {
  readonly bytes: number
  readonly devices: readonly string[]
}

/** Where a finding of the judge points to. */
export interface RecordMark {
  /** Byte of the strip. */
  readonly at: number
  /** Byte of its connection, which is how the finding tells it. */
  readonly offset: number
  /** From 1; undefined where there is but one. */
  readonly connection: number | undefined
  readonly recordBytes: number
  readonly kind: 'stop' | 'risk' | 'open' | 'grows'
}

export interface RecordReading {
  readonly records: number
  readonly bytes: number
  readonly largest: number
  readonly bars: readonly RecordBar[]
  readonly limits: readonly RecordLimit[]
  readonly marks: readonly RecordMark[]
  /** First byte of each connection. */
  readonly connections: readonly number[]
}

/** The verdicts are of one observation. */
export function readRecords(verdicts: readonly Verdict[]): RecordReading | undefined {
  const connections = (verdicts[0]?.observation.connections ?? []).filter((each) => each.records.length > 0)
  if (connections.length === 0) return undefined
  const starts = new Map<Connection, number>()
  let bytes = 0
  const runs = connections.flatMap((connection) => {
    const first = connection.records[0]?.offset ?? 0
    starts.set(connection, bytes - first)
    const own = connection.records.map((run) => ({ ...run, offset: run.offset + bytes - first }))
    bytes = Math.max(bytes, ...own.map((run) => run.offset + run.count * run.plaintextBytes))
    return own
  })
  return {
    records: runs.reduce((count, run) => count + run.count, 0),
    bytes,
    largest: Math.max(...runs.map((run) => run.plaintextBytes)),
    bars: barsOf(runs),
    limits: limitsOf(verdicts),
    marks: marksOf(verdicts, starts),
    connections: connections.map((each) => (starts.get(each) ?? 0) + (each.records[0]?.offset ?? 0)),
  }
}

function barsOf(runs: readonly RecordRun[]): RecordBar[] {
  const each = Math.ceil(runs.length / maxBars)
  const bars: RecordBar[] = []
  for (let at = 0; at < runs.length; at += each) {
    const group = runs.slice(at, at + each)
    const last = group.at(-1)!
    bars.push({
      from: group[0]!.offset,
      to: last.offset + last.count * last.plaintextBytes,
      recordBytes: Math.max(...group.map((run) => run.plaintextBytes)),
      records: group.reduce((count, run) => count + run.count, 0),
    })
  }
  return bars
}

function limitsOf(verdicts: readonly Verdict[]): RecordLimit[] {
  const limits = new Map<number, string[]>()
  for (const verdict of verdicts) {
    const bytes = limitNumber(limitOf(verdict, 'recordBytes'))
    if (bytes === undefined) continue
    const devices = limits.get(bytes) ?? []
    limits.set(bytes, devices)
    if (!devices.includes(lowestLayer(verdict))) devices.push(lowestLayer(verdict))
  }
  return [...limits].map(([bytes, devices]) => ({ bytes, devices })).sort((a, b) => a.bytes - b.bytes)
}

function marksOf(verdicts: readonly Verdict[], starts: ReadonlyMap<Connection, number>): RecordMark[] {
  const marks = verdicts.flatMap(({ findings }) =>
    findings.flatMap((finding): { offset: number; recordBytes: number; kind: RecordMark['kind'] }[] => {
      if (finding.id === 'record-too-large') {
        return [{ ...finding.details, kind: finding.effect === 'blocks' ? 'stop' : 'risk' }]
      }
      if (finding.id === 'record-size-undecided') return [{ ...finding.details, kind: 'open' }]
      if (finding.id !== 'record-growth') return []
      return [{ offset: finding.details.offset, recordBytes: finding.details.toBytes, kind: 'grows' }]
    }),
  )
  const placed = marks.flatMap(({ offset, recordBytes, kind }): RecordMark[] => {
    let number = 0
    for (const [connection, start] of starts) {
      number += 1
      // The offset of growth may lie inside a run.
      const holds = (run: RecordRun) =>
        run.plaintextBytes === recordBytes &&
        offset >= run.offset &&
        offset < run.offset + run.count * recordBytes
      if (connection.records.some(holds))
        return [
          { at: start + offset, offset, connection: starts.size > 1 ? number : undefined, recordBytes, kind },
        ]
    }
    return []
  })
  return placed.filter(
    (mark, at) => placed.findIndex((other) => other.at === mark.at && other.kind === mark.kind) === at,
  )
}

/** A figure: how large the records of the download are, byte by byte, under the limits for one record. */
export function drawRecords(id: string, verdicts: readonly Verdict[]): Markup | undefined {
  const reading = readRecords(verdicts)
  if (reading === undefined) return undefined
  const { records, bytes, largest, limits } = reading
  const title = `${formatCount(records, 'record')} received, ${formatBytes(bytes)}, largest ${formatNumber(largest)}`
  return markup`<figure class="records"><figcaption><strong>Data</strong> ${title}</figcaption>
${drawPicture({ id, title, description: describe(reading), heightPx: topPx + plotPx + 22, body: drawBars(id, reading) })}
${
  limits.length === 0
    ? markup`<p class="dim">No limit for one record is known of this device.</p>`
    : markup`<ul class="legend">${limits.map(
        (limit) =>
          markup`<li>limit for one record ${formatNumber(limit.bytes)}: ${formatList(limit.devices, 6)}${
            limit.bytes > scaleOf(reading) ? ', above this picture' : undefined
          }</li>`,
      )}</ul>`
}</figure>
`
}

function scaleOf({ largest, limits }: RecordReading): number {
  return Math.max(largest, limits[0]?.bytes ?? 0, 1) * 1.05
}

function drawBars(id: string, reading: RecordReading): Markup[] {
  const { bars, bytes, limits, marks, connections, largest } = reading
  const scale = scaleOf(reading)
  const x = (at: number) => (100 * at) / Math.max(bytes, 1)
  const y = (size: number) => topPx + plotPx - (size / scale) * plotPx
  const limit = limits[0]?.bytes ?? Infinity
  const body: Markup[] = []
  for (const bar of bars) {
    const over = bar.recordBytes > limit
    const heightPx = Math.max(1.5, topPx + plotPx - y(bar.recordBytes))
    const box = { left: x(bar.from), width: Math.max(0.15, x(bar.to) - x(bar.from)) }
    const tip = `bytes ${formatNumber(bar.from)} to ${formatNumber(bar.to)}: ${formatCount(bar.records, 'record')} of up to ${formatBytes(bar.recordBytes)}`
    body.push(
      drawBox(
        id,
        { ...box, topPx: topPx + plotPx - heightPx, heightPx },
        over ? 'over' : bars.length > maxEdged ? 'plain' : 'sent',
        tip,
      ),
    )
  }
  for (const start of connections.slice(1, 60)) {
    body.push(drawLine([x(start), topPx], [x(start), topPx + plotPx], 'seam'))
  }
  body.push(drawLine([0, topPx + plotPx], [100, topPx + plotPx], 'axis'))
  let above = Infinity
  for (const each of limits.filter((one) => one.bytes <= scale)) {
    const at = y(each.bytes)
    body.push(drawLine([0, at], [100, at], 'limit-figure'))
    // Two labels need a line's height between them; the legend has them all.
    if (above - at >= 14) {
      body.push(
        drawText(`limit ${formatNumber(each.bytes)}`, {
          left: 0.5,
          topPx: at - 4,
          className: 'mark mark-figure halo',
        }),
      )
      above = at
    }
  }
  for (const mark of [...marks].sort((a, b) => rank[a.kind] - rank[b.kind]).slice(0, 3)) {
    const left = x(mark.at)
    const row = rank[mark.kind] === 0 ? 11 : 25
    body.push(
      drawLine([left, topPx - 8], [left, topPx + plotPx], `at-${mark.kind}`),
      drawText(sayMark(mark), {
        ...{ left, topPx: row, anchor: left > 50 ? 'end' : 'start' },
        className: `mark at-words-${mark.kind} halo`,
      }),
    )
  }
  body.push(
    drawText('byte 0', { left: 0, topPx: topPx + plotPx + 15, className: 'figures' }),
    drawText(`${formatNumber(bytes)}, largest record ${formatNumber(largest)}`, {
      ...{ left: 100, topPx: topPx + plotPx + 15, anchor: 'end', className: 'figures' },
    }),
  )
  return body
}

const rank: { readonly [K in RecordMark['kind']]: number } = { stop: 0, open: 0, risk: 0, grows: 1 }
const words: { readonly [K in RecordMark['kind']]: string } = {
  stop: '✗ stops at byte',
  open: '? open from byte',
  risk: '! over at byte',
  grows: 'grows at byte',
}

function sayMark({ kind, offset, connection }: RecordMark): string {
  return `${words[kind]} ${formatNumber(offset)}${connection === undefined ? '' : ` of connection ${connection}`}`
}

function describe({ bars, limits, marks }: RecordReading): string {
  const sizes = bars
    .slice(0, 8)
    .map(
      (bar) =>
        `from byte ${formatNumber(bar.from)} ${formatCount(bar.records, 'record')} of up to ${formatNumber(bar.recordBytes)}`,
    )
  const more = bars.length > 8 ? `; and ${formatNumber(bars.length - 8)} more runs` : ''
  const lines = limits.map((limit) => `limit ${formatNumber(limit.bytes)} of ${formatList(limit.devices, 4)}`)
  const found = marks.map(sayMark)
  return [`${sizes.join('; ')}${more}`, ...lines, ...found].join('. ')
}
