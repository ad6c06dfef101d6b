import type { Bisection, BisectionStep } from '../../exam/bisections.ts'
import { type Markup, markup } from '../html/markup.ts'
import { drawLine, drawPicture, drawText, percent, px } from '../html/svg.ts'
import { formatNumber } from '../units.ts'
import { amountOf, type CatalogueMark, foundSentence, foundWords, searchTitle } from './bisection-words.ts'
import { LimitScale } from './limit-scale.ts'

/** In CSS pixels: two lines of names above, one row a connection, the axis below. */
const headPx = 44
const rowPx = 20
const axisPx = 40
/** Per cent of the width: the number of the connection stands before, what came of it behind. */
const plotLeft = 8
const plotRight = 75

/** How a limit was found: each connection a row, what was still open as a band that narrows. */
export function bisectionPicture(
  id: string,
  bisection: Bisection,
  catalogue: readonly CatalogueMark[],
): Markup {
  const { found, steps } = bisection
  const marks = catalogue.slice(0, maxMarks)
  const values = [...steps.map(({ value }) => value), ...steps.map(({ passes }) => passes)]
  const scale = new LimitScale(found.passes, [...values, ...marks.map(({ value }) => value)])
  const x = (share: number) => plotLeft + share * (plotRight - plotLeft)
  const bottomPx = headPx + steps.length * rowPx
  return drawPicture({
    id,
    title: `How the limit was found: ${searchTitle(bisection.id)}, ${foundWords(bisection.id, found)}`,
    description: describe(bisection, marks),
    heightPx: bottomPx + axisPx,
    body: [
      ...steps.map((step, row) => band(step, row, scale, x)),
      ...gridLines(scale, x, bottomPx),
      ...marks.flatMap((mark) => catalogueLine(mark, scale, x, bottomPx)),
      ...limitLine(bisection, scale, x, bottomPx),
      ...steps.flatMap((step, row) => probe(step, row, scale, x)),
    ],
  })
}

/** Its line of names has room for no more; the others are told beside the picture. */
const maxMarks = 1

type Across = (share: number) => number

function band({ passes, fails }: BisectionStep, row: number, scale: LimitScale, x: Across): Markup {
  const left = x(scale.at(passes))
  const right = fails === undefined ? plotRight : x(scale.at(fails))
  const topPx = headPx + row * rowPx
  const edge = (at: number, className: string) => drawLine([at, topPx], [at, topPx + rowPx], className)
  return markup`<rect class="open-span" x="${percent(left)}" y="${px(topPx)}" width="${percent(Math.max(0, right - left))}" height="${px(rowPx)}"/>${edge(left, 'edge-passes')}${fails === undefined ? undefined : edge(right, 'edge-fails')}`
}

function gridLines(scale: LimitScale, x: Across, bottomPx: number): Markup[] {
  const axis = drawLine([plotLeft, bottomPx], [plotRight, bottomPx], 'axis')
  const ticks = scale.decades.flatMap(({ distance, at }) => {
    const left = x(at)
    const tick = drawLine([left, bottomPx], [left, bottomPx + 5], 'axis')
    // Every second one has room for its figure on a telephone.
    if (Math.round(Math.log10(Math.abs(distance))) % 2 === 0) return [tick]
    const figure = `${distance < 0 ? '\u2212' : '+'}${formatNumber(Math.abs(distance))}`
    return [tick, drawText(figure, { left, topPx: bottomPx + 20, anchor: 'middle', className: 'figures' })]
  })
  const about = 'distance from the limit'
  return [
    axis,
    ...ticks,
    drawText(about, {
      left: (plotLeft + plotRight) / 2,
      topPx: bottomPx + 36,
      anchor: 'middle',
      className: 'figures',
    }),
  ]
}

function limitLine({ id, found }: Bisection, scale: LimitScale, x: Across, bottomPx: number): Markup[] {
  const left = x(scale.edge)
  const words = foundWords(id, found)
  const kind = found.exact && found.fails !== undefined ? 'found-exact' : 'found-open'
  return [
    drawLine([left, 20], [left, bottomPx + 5], kind),
    drawText(words, { ...placed(left), topPx: 14, className: 'strong halo' }),
  ]
}

function catalogueLine(
  { value, figure }: CatalogueMark,
  scale: LimitScale,
  x: Across,
  bottomPx: number,
): Markup[] {
  // As the limit's own line: between what it lets pass and the next.
  const left = x(scale.at(value + 0.5))
  const beside = besideLimit(left, x(scale.edge))
  const here =
    figure === value ? formatNumber(value) : `${formatNumber(figure)} (here ${formatNumber(value)})`
  return [
    drawLine([left, 36], [left, bottomPx], 'documented'),
    drawText(`catalogue: ${here}`, { ...beside, topPx: 32, className: 'catalogue halo' }),
  ]
}

/** Where the limit's line is near, on the side away from it, so that it strikes no figure through. */
function besideLimit(left: number, limit: number): Placed {
  if (Math.abs(left - limit) > 18) return placed(left)
  const toRight = left === limit ? left < 55 : left > limit
  return toRight ? { left: left + 1, anchor: 'start' } : { left: left - 1, anchor: 'end' }
}

interface Placed {
  readonly left: number
  readonly anchor: 'start' | 'middle' | 'end'
}

/** Kept within the picture. */
function placed(left: number): Placed {
  if (left < 22) return { left: Math.max(0, left - 2), anchor: 'start' }
  return left > 78 ? { left: Math.min(100, left + 2), anchor: 'end' } : { left, anchor: 'middle' }
}

function probe({ at, value, said }: BisectionStep, row: number, scale: LimitScale, x: Across): Markup[] {
  const left = x(scale.at(value))
  const middlePx = headPx + row * rowPx + rowPx / 2
  const basePx = middlePx + 4.5
  return [
    drawText(`#${at + 1}`, { left: 0, topPx: basePx, className: 'figures' }),
    shapes[said](percent(left), px(middlePx)),
    drawText(`${formatNumber(value)} ${saidWords[said]}`, {
      ...{ left: 100, topPx: basePx, anchor: 'end' },
      className: `said-${said}`,
    }),
  ]
}

const saidWords = { passes: 'passed', fails: 'failed', lost: 'unclear' } as const

/** Told apart by shape: a disc, a cross, an empty diamond. */
const shapes = {
  passes: (x: string, y: string) => markup`<circle class="probe-passes" cx="${x}" cy="${y}" r="5"/>`,
  fails: (x: string, y: string) =>
    markup`<svg x="${x}" y="${y}" width="1" height="1" overflow="visible"><path class="probe-fails" d="M-4.5-4.5 4.5 4.5M4.5-4.5-4.5 4.5"/></svg>`,
  lost: (x: string, y: string) =>
    markup`<svg x="${x}" y="${y}" width="1" height="1" overflow="visible"><path class="probe-lost" d="M0-5.5 5.5 0 0 5.5-5.5 0Z"/></svg>`,
} as const

function describe(bisection: Bisection, marks: readonly CatalogueMark[]): string {
  const { id, steps } = bisection
  const told = steps.map(
    ({ at, value, said }) => `connection ${at + 1}: ${amountOf(id, value)} ${saidWords[said]}`,
  )
  const documented = marks.map(({ words }) => ` The catalogue says ${words}.`).join('')
  return `${foundSentence(bisection)}${documented} In order: ${told.join('; ')}.`
}
