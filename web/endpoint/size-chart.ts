import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { EndpointHistory, SizeSeries } from '../../src/api/contract.ts'
import { formatNumber } from '../words/figures.ts'

/** Steps of sizes, a line down at each change. Drawn anew when the width or the colours change. */
export function drawSizes(
  place: HTMLElement,
  history: EndpointHistory,
  series: readonly SizeSeries[],
  days: number,
): { destroy(): void } {
  let plot: uPlot | undefined
  const nowMs = Date.now()
  const data = joined(series, nowMs)
  const draw = () => {
    plot?.destroy()
    plot = new uPlot(optionsOf(place, history, series, nowMs, days), data, place)
  }
  const resize = new ResizeObserver(() =>
    plot?.setSize({ width: place.clientWidth, height: place.clientHeight }),
  )
  const themes = new MutationObserver(draw)
  const screen = matchMedia('(prefers-color-scheme: dark)')
  draw()
  resize.observe(place)
  themes.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  screen.addEventListener('change', draw)
  return {
    destroy() {
      resize.disconnect()
      themes.disconnect()
      screen.removeEventListener('change', draw)
      plot?.destroy()
    },
  }
}

const dashes = [[], [6, 4], [2, 3], [8, 3, 2, 3]]

function optionsOf(
  place: HTMLElement,
  history: EndpointHistory,
  series: readonly SizeSeries[],
  nowMs: number,
  days: number,
): uPlot.Options {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  const axis = {
    ...{ stroke: colour('--dim'), font: `11px ${style.getPropertyValue('--mono')}` },
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  }
  const fromMs = beginning(series, nowMs, days)
  const strokes = [colour('--accent'), colour('--ink'), colour('--dim'), colour('--bar')]
  return {
    ...{ width: place.clientWidth, height: place.clientHeight, legend: { show: false } },
    cursor: { drag: { setScale: false }, points: { show: false } },
    scales: {
      x: { time: true, range: [fromMs / 1000, nowMs / 1000] },
      y: { range: (_plot, _low, high) => [0, Math.ceil(high * 1.08)] },
    },
    axes: [
      {
        ...axis,
        incrs: steps,
        values: (_plot, ticks) => ticks.map(nowMs - fromMs < 3 * dayMs ? minuteOf : dayOf),
      },
      { ...axis, size: 60, values: (_plot, ticks) => ticks.map((tick) => formatNumber(tick)) },
    ],
    series: [
      {},
      ...series.map(
        (_, index): uPlot.Series => ({
          stroke: strokes[index % strokes.length] ?? colour('--ink'),
          ...{ width: index === 0 ? 2 : 1.5, dash: dashes[index % dashes.length] ?? [] },
          ...(uPlot.paths.stepped === undefined ? {} : { paths: uPlot.paths.stepped({ align: 1 }) }),
          points: { show: false },
        }),
      ),
    ],
    hooks: { draw: [(plot) => markChanges(plot, history, colour('--accent'))] },
  }
}

const dayMs = 86_400_000

/** Seconds from line to line: a label tells minutes or days, and none stands twice. */
const steps = [60, 300, 600, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400].concat(
  [2, 7, 14, 30, 60, 90, 180, 365].map((days) => days * 86_400),
)

/** What is watched since yesterday is not drawn at the edge of three empty months. */
function beginning(series: readonly SizeSeries[], nowMs: number, days: number): number {
  const first = Math.min(nowMs - 600_000, ...series.map(({ points }) => points[0]?.[0] ?? nowMs))
  return Math.max(nowMs - days * dayMs, first - 0.03 * (nowMs - first))
}

/** `20:18`, in UTC as all times of the page. */
function minuteOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(11, 16)
}

/** `11-21`. */
function dayOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(5, 10)
}

function markChanges(plot: uPlot, { changes }: EndpointHistory, stroke: string): void {
  const { ctx, bbox } = plot
  ctx.save()
  ctx.strokeStyle = stroke
  ctx.fillStyle = stroke
  ctx.lineWidth = devicePixelRatio
  for (const { at } of changes) {
    const x = Math.round(plot.valToPos(new Date(at).getTime() / 1000, 'x', true)) + 0.5
    if (x < bbox.left || x > bbox.left + bbox.width) continue
    ctx.beginPath()
    ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio])
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    ctx.beginPath()
    ctx.setLineDash([])
    ctx.arc(x, bbox.top, 3.5 * devicePixelRatio, 0, 2 * Math.PI)
    ctx.fill()
  }
  ctx.restore()
}

/** One row of times for all series; each keeps its last size until it changes, and until now. */
function joined(series: readonly SizeSeries[], nowMs: number): uPlot.AlignedData {
  const times = [...new Set([...series.flatMap(({ points }) => points.map(([at]) => at)), nowMs])].sort(
    (a, b) => a - b,
  )
  const rows = series.map(({ points }) => {
    const known = new Map(points)
    let last: number | null = null
    return times.map((at) => {
      last = known.get(at) ?? last
      return last
    })
  })
  return [times.map((at) => at / 1000), ...rows]
}
