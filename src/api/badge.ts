import type { VerdictSummary } from '../fleet/verdict-summary.ts'
import { escapeHtml } from '../report/escape-html.ts'
import { formatNumber } from '../report/units.ts'

export interface Badge {
  /** Such as `fits nRF9160 · 312 B left`. */
  readonly text: string
  readonly tone: 'good' | 'warn' | 'bad' | 'open'
}

/** Text in white stands at 4.5 to 1 or more against each. */
const colours: { readonly [tone in Badge['tone']]: string } = {
  good: '#17703a',
  warn: '#8a5300',
  bad: '#b3261e',
  open: '#57626d',
}

const NAME_CHARACTERS = 60

/** `device`: as people call it. Undefined `summary`: not seen yet. */
export function badgeOf(device: string, summary: VerdictSummary | undefined): Badge {
  const name = device.length > NAME_CHARACTERS ? `${device.slice(0, NAME_CHARACTERS)}…` : device
  if (summary === undefined) return { text: `${name} · not seen yet`, tone: 'open' }
  const { state, stage, nearest } = summary
  const left = nearest === undefined ? '' : ` · ${leftText(nearest)}`
  switch (state) {
    case 'fits':
      return { text: `fits ${name}${left}`, tone: 'good' }
    case 'at-risk':
      return { text: `at risk for ${name}${left}`, tone: 'warn' }
    case 'blocked':
      return { text: `blocked for ${name}${stage === undefined ? '' : ` · ${stage}`}`, tone: 'bad' }
    case 'undecided':
      return { text: `undecided for ${name}`, tone: 'open' }
  }
}

function leftText({ left, unit }: NonNullable<VerdictSummary['nearest']>): string {
  const amount = `${formatNumber(Math.abs(left))} ${unit === 'bytes' ? 'B' : unit}`
  return left < 0 ? `${amount} over` : `${amount} left`
}

const LABEL = 'tlsfit'
const PADDING = 7
const HEIGHT = 20

/** A picture that is one file: no font, script or address of elsewhere. */
export function badgeSvg({ text, tone }: Badge): string {
  const [labelWidth, textWidth] = [widthOf(LABEL), widthOf(text)].map((width) => width + 2 * PADDING)
  const width = (labelWidth ?? 0) + (textWidth ?? 0)
  const shown = escapeHtml(text)
  const piece = (x: number, pieceWidth: number, colour: string) =>
    `<rect x="${x}" width="${pieceWidth}" height="${HEIGHT}" fill="${colour}"/>`
  const word = (x: number, wordWidth: number, of: string) =>
    `<text x="${x + wordWidth / 2}" y="14" textLength="${wordWidth - 2 * PADDING}">${of}</text>`
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${HEIGHT}" role="img" aria-label="${LABEL}: ${shown}">
<title>${LABEL}: ${shown}</title>
<clipPath id="r"><rect width="${width}" height="${HEIGHT}" rx="3"/></clipPath>
<g clip-path="url(#r)">${piece(0, labelWidth ?? 0, '#343b42')}${piece(labelWidth ?? 0, textWidth ?? 0, colours[tone])}</g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
${word(0, labelWidth ?? 0, LABEL)}
${word(labelWidth ?? 0, textWidth ?? 0, shown)}
</g>
</svg>
`
}

/** About, in 11 px of a wide sans serif; `textLength` makes it so. */
function widthOf(text: string): number {
  let width = 0
  for (const character of text) {
    if (/[iIjl.,:;|!'·]/.test(character)) width += 4
    else if (/[frt()\- ]/.test(character)) width += 4.8
    else if (/[mwMW]/.test(character)) width += 10.5
    else if (/[A-Z0-9]/.test(character)) width += 7.4
    else width += 6.8
  }
  return Math.round(width)
}
