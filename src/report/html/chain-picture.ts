import type { Verdict } from '../../judge/verdict.ts'
import type { Connection } from '../../observe/observation.ts'
import { type ChainReading, readChain, subjectOf } from '../chain-reading.ts'
import { formatBytes, formatCount, formatList, formatNumber } from '../units.ts'
import {
  type ChainRow,
  countingNames,
  type LimitMark,
  type MarkKind,
  markGlyphs,
  markNames,
  readChainRows,
} from './chain-marks.ts'
import { certificatesTable, marksTable } from './chain-tables.ts'
import { type Markup, markup } from './markup.ts'
import { drawBox, drawLine, drawPicture, drawText } from './svg.ts'

/** Certificates drawn as steps; the others are one step together. A hostile server may send hundreds. */
const maxSteps = 12
/** Numbers of limits drawn; all stand in the table. */
const maxMarks = 14
/** Letters of limits beyond the right edge, on one line of a telephone. */
const maxBeyond = 6

/** A figure: the certificates one after another, then each way of counting them against what is known of limits. */
export function drawChain(id: string, verdicts: readonly Verdict[], leg: Connection): Markup | undefined {
  const { chain } = leg
  if (chain === undefined) return undefined
  const reading = readChain(verdicts, chain)
  const rows = readChainRows(verdicts, chain, reading)
  const what = verdicts[0]?.observation.source === 'pem' ? 'in the file' : 'sent'
  const from = leg.role === 'redirect' ? ` by ${leg.host ?? '?'}` : ''
  const { sizes, sentBytes } = reading
  const title = `${formatCount(sizes.length, 'certificate')} ${what}${from}, ${formatBytes(sentBytes)} of DER`
  return markup`<figure class="chain"><figcaption><strong>Chain</strong> ${title}, leaf first</figcaption>
${sizes.length === 0 ? undefined : drawRows(id, title, reading, rows)}
${marksTable(rows)}${certificatesTable(verdicts, reading)}</figure>
`
}

const bandPx = 17
const stepPx = 38
const barPx = 14
const barTopPx = 18

/** Bars first, lines of limits over them, words between the bars. */
function drawRows(id: string, title: string, reading: ChainReading, rows: readonly ChainRow[]): Markup {
  const marks = marksDrawn(rows)
  const figures = marks.filter(({ kind }) => kind === 'figure').map(({ bytes }) => bytes)
  const lowest = figures.length === 0 ? 0 : Math.min(...figures)
  const scale = Math.max(...rows.map(({ bytes }) => bytes), lowest, 1) * 1.03
  const steps = stepsOf(reading)
  const within = marks.filter(({ bytes }) => bytes <= scale)
  const at = (bytes: number) => (100 * bytes) / scale
  const levels = levelsOf(within.map(({ bytes }) => at(bytes)))
  const aside = sayUndrawn(rows, within, scale)
  const asideTopPx = steps.length * stepPx
  // Above the letters, so that the lines that lead down from them do not cross it.
  const bandsTopPx = asideTopPx + (aside === undefined ? 0 : bandPx)
  const rowsTopPx = bandsTopPx + (Math.max(-1, ...levels) + 1) * bandPx + 8
  const layers = { bars: [] as Markup[], lines: [] as Markup[], words: [] as Markup[] }

  const sent = rows.find(({ counts }) => counts === 'sent')
  const roomBytes = sent === undefined ? Infinity : sent.bytes - sent.overBytes
  let start = 0
  for (const [index, step] of steps.entries()) {
    const end = start + step.bytes
    const over = Math.min(step.bytes, Math.max(0, end - roomBytes))
    const topPx = index * stepPx
    layers.bars.push(
      ...bar(id, { from: at(start), to: at(end), over: at(over), topPx }, step.needed, step.tip),
    )
    layers.words.push(...rowWords(step.label, formatNumber(step.bytes), topPx, ['', 'figures']))
    start = end
  }
  for (const [index, row] of rows.entries()) {
    const topPx = rowsTopPx + index * stepPx
    const figure = sayRow(row)
    layers.bars.push(
      ...bar(
        id,
        { from: 0, to: at(row.bytes), over: at(row.overBytes), topPx },
        row.counts === 'path',
        `${countingNames[row.counts]}: ${figure}`,
      ),
    )
    const className = row.overBytes > 0 ? 'strong over-words' : 'strong'
    layers.words.push(...rowWords(countingNames[row.counts], figure, topPx, ['strong', className]))
  }
  for (const [index, mark] of within.entries()) {
    const left = at(mark.bytes)
    const topPx = bandsTopPx + (levels[index] ?? 0) * bandPx + 4
    const own = rows.flatMap(({ marks }, row) => (marks.includes(mark) ? [row] : []))
    layers.lines.push(drawLine([left, topPx + 14], [left, rowsTopPx], 'limit-lead'))
    for (let row = 0; row <= Math.max(...own); row += 1) {
      const kind = own.includes(row) ? mark.kind : 'lead'
      layers.lines.push(acrossBar(left, rowsTopPx + row * stepPx, `limit-${kind}`))
    }
    if (mark.kind === 'figure' && mark.counts.includes('sent')) {
      layers.lines.push(...steps.map((_, step) => acrossBar(left, step * stepPx, 'limit-figure')))
    }
    layers.words.push(
      drawText(`${mark.letter}${markGlyphs[mark.kind]}`, {
        ...{ left, topPx: topPx + 11, anchor: left > 96 ? 'end' : left < 3 ? 'start' : 'middle' },
        className: `mark mark-${mark.kind} halo`,
      }),
    )
  }
  if (aside !== undefined) {
    layers.words.push(
      drawText(aside, { left: 100, topPx: asideTopPx + 15, anchor: 'end', className: 'mark halo' }),
    )
  }
  return drawPicture({
    ...{ id, title, description: describe(reading, rows) },
    heightPx: rowsTopPx + rows.length * stepPx,
    body: [...layers.bars, ...layers.lines, ...layers.words],
  })
}

/** A line of a limit stands on the bars alone: between them are names and numbers, which it would strike through. */
function acrossBar(left: number, topPx: number, className: string): Markup {
  return drawLine([left, topPx + barTopPx - 2], [left, topPx + barTopPx + barPx + 2], className)
}

/** `D✓ E beyond this edge ▸`: what stands in the table and not in the picture; undefined when it is all there. */
function sayUndrawn(
  rows: readonly ChainRow[],
  drawn: readonly LimitMark[],
  scale: number,
): string | undefined {
  const missing = [...new Set(rows.flatMap(({ marks }) => marks))].filter((mark) => !drawn.includes(mark))
  const beyond = missing.filter(({ bytes }) => bytes > scale).sort((a, b) => a.bytes - b.bytes)
  const letters = beyond.slice(0, maxBeyond).map(({ letter, kind }) => `${letter}${markGlyphs[kind]}`)
  const more = missing.length - letters.length
  const parts = [
    ...(more > 0 ? [`${formatCount(more, 'more mark')} in the table`] : []),
    ...(letters.length > 0 ? [`${letters.join(' ')} beyond this edge ▸`] : []),
  ]
  return parts.length === 0 ? undefined : parts.join('; ')
}

function rowWords(
  name: string,
  figure: string,
  topPx: number,
  [ofName, ofFigure]: readonly [string, string],
): Markup[] {
  return [
    drawText(name, { left: 0, topPx: topPx + 13, maxChars: 40, className: `${ofName} halo` }),
    drawText(figure, { left: 100, topPx: topPx + 13, anchor: 'end', className: `${ofFigure} halo` }),
  ]
}

/** `5,738, 1,642 over`. */
function sayRow({ bytes, overBytes, passes }: ChainRow): string {
  const over = overBytes > 0 ? `, ${formatNumber(overBytes)} over` : passes ? ', known to pass' : ''
  return `${formatNumber(bytes)}${over}`
}

/** Where two letters would touch, the second stands a line lower. */
function levelsOf(lefts: readonly number[]): number[] {
  const ends: number[] = []
  return lefts.map((left) => {
    const free = ends.findIndex((end) => left - end >= 8)
    const level = free >= 0 ? free : ends.length
    ends[level] = left
    return level
  })
}

interface Bar {
  /** Per cent of the width; `over` is how much of its end is too much. */
  readonly from: number
  readonly to: number
  readonly over: number
  readonly topPx: number
}

function bar(id: string, { from, to, over, topPx }: Bar, needed: boolean, tip: string): Markup[] {
  const box = (left: number, right: number, fill: 'needed' | 'sent' | 'over') =>
    drawBox(
      id,
      { left, width: Math.max(right - left, 0.3), topPx: topPx + barTopPx, heightPx: barPx },
      fill,
      tip,
    )
  const split = Math.max(from, to - over)
  const rail = topPx + barTopPx + barPx
  const parts: Markup[] = [drawLine([0, rail], [100, rail], 'rail')]
  if (split > from || over === 0) parts.push(box(from, split, needed ? 'needed' : 'sent'))
  if (over > 0) parts.push(box(split, to, 'over'))
  return parts
}

interface Step {
  readonly label: string
  readonly tip: string
  readonly bytes: number
  readonly needed: boolean
}

function stepsOf({ sizes, certificates, onPath }: ChainReading): Step[] {
  const shown = sizes.length > maxSteps ? maxSteps - 1 : sizes.length
  const steps = sizes.slice(0, shown).map((bytes, index): Step => {
    const subject = subjectOf(certificates[index])
    const needed = onPath.has(index)
    const label = `${index + 1} ${needed ? '● ' : ''}${subject}`
    return {
      label,
      tip: `${index + 1}: ${subject}, ${formatBytes(bytes)}${needed ? ', needed' : ''}`,
      bytes,
      needed,
    }
  })
  const rest = sizes.slice(shown)
  if (rest.length === 0) return steps
  const label = `and ${formatCount(rest.length, 'more certificate')}`
  return [...steps, { label, tip: label, bytes: rest.reduce((a, b) => a + b, 0), needed: false }]
}

function marksDrawn(rows: readonly ChainRow[]): LimitMark[] {
  const all = [...new Set(rows.flatMap(({ marks }) => marks))]
  // Figures first: what devices state bounds a chain more than what was met with.
  const ranked = [...all].sort((a, b) => rank[a.kind] - rank[b.kind]).slice(0, maxMarks)
  return all.filter((mark) => ranked.includes(mark)).sort((a, b) => a.bytes - b.bytes)
}

const rank: { readonly [K in MarkKind]: number } = { figure: 0, least: 1, fails: 2, passes: 3, disputed: 4 }
/** The picture in words, with its numbers. */
function describe({ sizes, onPath }: ChainReading, rows: readonly ChainRow[]): string {
  const needed =
    onPath.size === 0
      ? ''
      : ` Needed to reach the anchor: ${formatList(
          [...onPath].map((at) => String(at + 1)),
          8,
        )}.`
  const counted = rows.map((row) => {
    const known = row.marks.map((mark) => `${markNames[mark.kind]} ${formatNumber(mark.bytes)}`)
    return `${countingNames[row.counts]}: ${sayRow(row)}${known.length === 0 ? '' : ` (${formatList(known, 6)})`}`
  })
  return `Bytes of each certificate: ${formatList(sizes.map(formatNumber), 12)}.${needed} ${counted.join('; ')}.`
}
