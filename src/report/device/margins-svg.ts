import { countingNames, withUnit } from '../device-words.ts'
import { escapeHtml } from '../escape-html.ts'
import type { Margin, Margins } from './margins.ts'

const width = 640
const barHeight = 18
/** Name above, bar, figures below, room to the next. */
const rowHeight = 72
/** Of the font that the page draws with, for keeping figures apart. */
const charWidth = 7.2

/** Hatching for what fails, so that it tells itself apart without colour. Stands once in a page that has margins. */
export const marginDefs = `<svg width="0" height="0" aria-hidden="true" class="defs"><defs>
<pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect width="7" height="7" fill="var(--bad-soft)"/><rect width="3" height="7" fill="var(--bad)"/></pattern>
</defs></svg>
`

/** One bar for each way of counting, all to one scale: what passes, what is not known, what fails, what is documented. */
export function marginsSvg(key: string, { scale, ways }: Margins): string {
  const rows = ways.map((margin, index) => row(key, margin, scale, index * rowHeight))
  const title = ways.map((margin) => sentence(key, margin)).join('; ')
  return `<svg viewBox="0 0 ${width} ${ways.length * rowHeight}" role="img"><title>${escapeHtml(title, { maxChars: 600 })}</title>
${rows.join('\n')}
</svg>
`
}

function sentence(key: string, { way, passes, fails, documented, certain }: Margin): string {
  const told = [
    ...(passes === undefined ? [] : [`${withUnit(key, passes)} known to pass`]),
    ...(fails === undefined ? [] : [`${withUnit(key, fails)} known to fail`]),
    ...(documented === undefined
      ? []
      : [`${withUnit(key, documented)} documented${certain ? '' : ', may count so'}`]),
  ]
  return `${countingNames[way]}: ${told.length === 0 ? 'nothing known' : told.join(', ')}`
}

function row(key: string, margin: Margin, scale: number, top: number): string {
  const { way, passes, fails, documented, certain } = margin
  const x = (value: number) => Math.round((value / scale) * width * 10) / 10
  const bar = top + 24
  const parts = [
    text(0, top + 15, countingNames[way], 'start', 'way'),
    `<rect x="0" y="${bar}" width="${width}" height="${barHeight}" fill="var(--panel)" stroke="var(--line)"/>`,
  ]
  if (passes !== undefined) parts.push(rect(0, bar, x(passes), 'var(--good)'))
  if (fails !== undefined) parts.push(rect(x(fails), bar, width - x(fails), 'url(#hatch)'))
  if (documented !== undefined) {
    const dash = certain ? '' : ' stroke-dasharray="3 3"'
    const at = x(documented)
    parts.push(
      `<line x1="${at}" x2="${at}" y1="${bar - 5}" y2="${bar + barHeight + 5}" stroke="var(--ink)" stroke-width="2.5"${dash}/>`,
      label(at, top + 15, `${withUnit(key, documented)} documented${certain ? '' : '?'}`),
    )
  }
  const below = bar + barHeight + 16
  const good = passes === undefined ? '' : `${withUnit(key, passes)} passes`
  const bad = fails === undefined ? '' : `${withUnit(key, fails)} fails`
  const goodEnd = passes === undefined ? 0 : Math.max(x(passes), good.length * charWidth)
  if (good !== '') parts.push(text(goodEnd, below, good, 'end', 'good'))
  if (fails !== undefined) {
    const badStart = Math.min(width - bad.length * charWidth, Math.max(x(fails), goodEnd + 14))
    parts.push(text(badStart, below, bad, 'start', 'bad'))
  }
  return parts.join('\n')
}

function rect(x: number, y: number, length: number, fill: string): string {
  return `<rect x="${x}" y="${y}" width="${Math.max(0, Math.round(length * 10) / 10)}" height="${barHeight}" fill="${fill}"/>`
}

/** Centred over its mark, and kept within the picture. */
function label(at: number, y: number, words: string): string {
  const half = (words.length * charWidth) / 2
  if (at + half > width) return text(width, y, words, 'end', 'mark')
  return text(Math.max(at, half), y, words, 'middle', 'mark')
}

function text(x: number, y: number, words: string, anchor: 'start' | 'middle' | 'end', kind: string): string {
  return `<text x="${Math.round(x * 10) / 10}" y="${y}" text-anchor="${anchor}" class="${kind}">${escapeHtml(words)}</text>`
}
