import { escapeText } from '../escape.ts'
import { type Inset, type Markup, markup } from './markup.ts'

/**
 * Pictures that follow the width of the screen: across, everything stands in per cent of the width; down, and in its
 * letters, in CSS pixels. So a text keeps its size on a telephone, and there is no view box.
 */
export interface Picture {
  /** For `id` attributes: letters, digits and `-`, once in a page. */
  readonly id: string
  readonly title: string
  /** What the picture shows, in words with its numbers, for who cannot see it. */
  readonly description: string
  readonly heightPx: number
  readonly body: readonly Markup[]
}

export function drawPicture({ id, title, description, heightPx, body }: Picture): Markup {
  return markup`<svg class="picture" role="img" width="100%" height="${px(heightPx)}" aria-labelledby="${id}-title" aria-describedby="${id}-desc">
<title id="${id}-title">${title}</title><desc id="${id}-desc">${description}</desc>
${hatches(id)}${body}</svg>
`
}

export interface Box {
  /** Per cent of the width. */
  readonly left: number
  readonly width: number
  readonly topPx: number
  readonly heightPx: number
}

/** How a box is filled: told by pattern and edge, not by colour alone. */
export type Fill = 'sent' | 'needed' | 'over' | 'plain'

export function drawBox(
  picture: string,
  { left, width, topPx, heightPx }: Box,
  fill: Fill,
  tip?: string,
): Markup {
  const shape = markup`class="fill-${fill}" x="${percent(left)}" y="${px(topPx)}" width="${percent(width)}" height="${px(heightPx)}"`
  const title = tip === undefined ? undefined : markup`<title>${tip}</title>`
  const hatch =
    fill === 'needed' || fill === 'over'
      ? markup`<rect class="hatch" fill="url(#${picture}-${fill})" x="${percent(left)}" y="${px(topPx)}" width="${percent(width)}" height="${px(heightPx)}"/>`
      : undefined
  return markup`<g>${title}<rect ${shape}/>${hatch}</g>`
}

export function drawLine(
  from: readonly [left: number, topPx: number],
  to: readonly [left: number, topPx: number],
  className: string,
): Markup {
  return markup`<line class="${className}" x1="${percent(from[0])}" y1="${px(from[1])}" x2="${percent(to[0])}" y2="${px(to[1])}"/>`
}

export interface Words {
  readonly left: number
  /** Of the base line. */
  readonly topPx: number
  readonly anchor?: 'start' | 'middle' | 'end'
  readonly className?: string
  /** Cut at so many characters; the whole of it belongs into a table or a tip. */
  readonly maxChars?: number
}

export function drawText(
  text: string,
  { left, topPx, anchor = 'start', className, maxChars = 60 }: Words,
): Markup {
  return markup`<text x="${percent(left)}" y="${px(topPx)}" text-anchor="${anchor}"${
    className === undefined ? undefined : markup` class="${className}"`
  }>${escapeText(text, { maxChars })}</text>`
}

/** Lines of at most so many characters; a longer word is cut in two. */
export function wrapWords(text: string, columns: number, maxLines: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    let rest = word
    const joined = line === '' ? rest : `${line} ${rest}`
    if ([...joined].length <= columns) {
      line = joined
      continue
    }
    if (line !== '') lines.push(line)
    while ([...rest].length > columns) {
      lines.push([...rest].slice(0, columns).join(''))
      rest = [...rest].slice(columns).join('')
    }
    line = rest
  }
  if (line !== '') lines.push(line)
  if (lines.length <= maxLines) return lines
  const kept = lines.slice(0, maxLines)
  return [...kept.slice(0, -1), `${[...(kept.at(-1) ?? '')].slice(0, columns - 1).join('')}…`]
}

/** At most three decimals. */
export function percent(value: number): string {
  return `${Number(value.toFixed(3))}%`
}

export function px(value: number): string {
  return String(Number(value.toFixed(2)))
}

/** Strokes over what the path needs, crossed strokes over what is too much. */
function hatches(id: string): Inset {
  return markup`<defs><pattern id="${id}-needed" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line class="stroke-needed" x1="0" y1="0" x2="0" y2="7"/></pattern><pattern id="${id}-over" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><path class="stroke-over" d="M0 0V6M0 0H6"/></pattern></defs>`
}
