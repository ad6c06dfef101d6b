import type { Verdict } from '../judge/verdict.ts'
import type { Connection } from '../observe/observation.ts'
import { type DrawnLimit, drawnLimit, readChain, subjectOf } from './chain-reading.ts'
import { type EscapeOptions, escapeText } from './escape.ts'
import { fitWidth, type Page, type Style } from './layout.ts'
import { limitNumber, limitOf, lowestLayer, pathBytes } from './reading.ts'
import { formatBytes, formatCount, formatNumber } from './units.ts'

/**
 * The chain as a ladder: each certificate as a step from where the one before it ended, against the limit of every
 * device. Where a device counts each certificate by itself, all steps start at nought.
 */
export function writeLadder(
  page: Page,
  verdicts: readonly Verdict[],
  leg: Connection,
  options: EscapeOptions,
): void {
  const { chain } = leg
  if (chain === undefined) return
  const { sizes, sentBytes, certificates, onPath } = readChain(verdicts, chain)
  const limits = verdicts.map(drawnLimit).filter((limit) => limit !== undefined)
  const cumulative = limits.length === 0 || limits.some((limit) => limit.key !== 'certificateBytes')
  const drawn = limits.filter((limit) => cumulative === (limit.key !== 'certificateBytes'))
  const reach = cumulative ? sentBytes : Math.max(0, ...sizes)
  const scale = Math.max(reach, Math.min(...drawn.map((limit) => limit.value)), 1)

  const barWidth = Math.min(40, Math.max(10, page.columns - 61))
  const nameWidth = page.columns - barWidth - 30
  const at = (bytes: number) => Math.min(barWidth, Math.round((bytes / scale) * barWidth))
  const marks = drawn.map((limit) => ({ ...limit, column: Math.min(at(limit.value), barWidth - 1) }))
  const tightest = Math.min(...drawn.map((limit) => limit.value))

  const from = leg.role === 'redirect' ? ` by ${escapeText(leg.host ?? '?', options)}` : ''
  const what = verdicts[0]?.observation.source === 'pem' ? 'in the file' : `sent${from}`
  page.paragraph(
    'chain  ',
    `${formatCount(sizes.length, 'certificate')} ${what}, ${formatBytes(sentBytes)} of DER, leaf first` +
      (onPath.size > 0 ? '; ● needed to reach the anchor' : ''),
    { label: 'strong' },
  )
  page.row([
    [`${' '.repeat(6)}bytes ${' '.repeat(barWidth)} ${fitWidth('sum', 7, 'right')} sha-256  subject`, 'dim'],
  ])
  let start = 0
  for (const [index, size] of sizes.entries()) {
    const from = cumulative ? start : 0
    start += size
    const over = (cumulative ? start : size) > tightest
    const certificate = certificates[index]
    page.row([
      [`${fitWidth(String(index + 1), 2, 'right')} ${onPath.has(index) ? '●' : ' '}`],
      [`${fitWidth(formatNumber(size), 7, 'right')} `],
      ...bar(
        at(from),
        Math.max(at(from) + 1, at(from + size)),
        marks.filter((mark) => mark.value <= scale).map((mark) => mark.column),
        barWidth,
      ),
      [` ${fitWidth(formatNumber(start), 7, 'right')} `, over ? 'bad' : 'none'],
      [`${certificate?.sha256.slice(0, 8) ?? '????????'} `, 'dim'],
      [fitWidth(escapeText(subjectOf(certificate), options), nameWidth)],
    ])
  }
  for (const mark of marks) {
    const beyond = mark.value > scale
    page.row([
      [`    ${fitWidth('limit', 7, 'right')} `],
      [fitWidth(`${' '.repeat(mark.column)}${beyond ? '→' : '◄'}`, barWidth), 'warn'],
      [` ${fitWidth(formatNumber(mark.value), 7, 'right')} `, 'warn'],
      [fitWidth(`${mark.label} ${limitNote(mark.key)}`, nameWidth + 9)],
    ])
  }
  for (const verdict of verdicts)
    writeReadings(page, verdict, sentBytes, sizes, { several: verdicts.length > 1, marked: onPath.size > 0 })
}

function limitNote(key: DrawnLimit['key']): string {
  if (key === 'certificateBytes') return 'for each certificate'
  return key === 'handshakeMessageBytes' ? 'for the whole message' : 'for the chain'
}

/**
 * The readings of the limit in words: of a chain limit both, sent and path; of a limit for each certificate the
 * largest. A limit for the message has its line in the margins.
 */
function writeReadings(
  page: Page,
  verdict: Verdict,
  sentBytes: number,
  sizes: readonly number[],
  { several, marked }: { readonly several: boolean; readonly marked: boolean },
): void {
  const limit = limitOf(verdict, 'chainBytes')
  const value = limitNumber(limit)
  const who = several ? `${lowestLayer(verdict)}: ` : ''
  if (limit === undefined || value === undefined) {
    const each = limitNumber(limitOf(verdict, 'certificateBytes'), Math.max(0, ...sizes))
    if (each === undefined || sizes.length === 0) return
    page.paragraph('       ', `${who}largest certificate ${against(Math.max(...sizes), each)}`, {
      text: 'dim',
    })
    return
  }
  const needed = marked ? pathBytes(verdict) : undefined
  const counts = limit.counts === 'unknown' ? '; which of the two it counts is not documented' : ''
  page.paragraph(
    '       ',
    `${who}sent ${against(sentBytes, value)}${
      needed === undefined ? '' : `; path ${against(needed, value)}`
    }${needed !== undefined && needed !== sentBytes ? counts : ''}`,
    { text: 'dim' },
  )
}

function against(value: number, limit: number): string {
  return value > limit
    ? `${formatNumber(value)} of ${formatNumber(limit)}, ${formatNumber(value - limit)} over`
    : `${formatNumber(value)} of ${formatNumber(limit)}, ${formatNumber(limit - value)} left`
}

function bar(
  from: number,
  to: number,
  limits: readonly number[],
  width: number,
): (readonly [string, Style?])[] {
  const cells: [string, Style][] = []
  const limit = Math.min(...limits)
  for (let column = 0; column < width; column += 1) {
    const filled = column >= from && column < Math.max(to, from + 1)
    if (limits.includes(column)) cells.push(['│', 'warn'])
    else cells.push([filled ? '█' : ' ', filled && column >= limit ? 'bad' : 'none'])
  }
  return joinEqual(cells)
}

function joinEqual(cells: readonly [string, Style][]): (readonly [string, Style?])[] {
  const runs: [string, Style][] = []
  for (const [text, style] of cells) {
    const last = runs.at(-1)
    if (last !== undefined && last[1] === style) last[0] += text
    else runs.push([text, style])
  }
  return runs
}
