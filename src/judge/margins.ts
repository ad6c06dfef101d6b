import type { Counting, Limit } from '../device/limit.ts'
import { type Demand, figuresOf } from './limits.ts'
import type { Margin } from './verdict.ts'

const units: { readonly [C in Counting]: Margin['unit'] } = {
  sent: 'bytes',
  path: 'bytes',
  message: 'bytes',
  certificate: 'bytes',
  record: 'bytes',
  stored: 'bytes',
  bundle: 'bytes',
  items: 'certificates',
  bits: 'bits',
  text: 'characters',
  heap: 'bytes',
}

/** Room left in each way in which the limit may count and ours is known; nothing where there is no figure. */
export function marginsOf(name: string, limit: Limit | undefined, demand: Demand): Margin[] {
  if (limit === undefined) return []
  // Where the sources only dispute there is no figure to leave room to.
  const figure = limit.value
  if (typeof figure !== 'number') return []
  const ways =
    limit.counts !== 'unknown'
      ? [limit.counts]
      : limit.candidates.length > 0
        ? limit.candidates
        : (Object.keys(demand) as Counting[])
  return ways.flatMap((counts) => {
    const reading = demand[counts]
    if (reading === undefined || reading.least !== reading.most) return []
    const value = reading.most
    // Of two readings of a figure the lower is the room there is for certain.
    const limitValue = limit.atLeast !== undefined && value <= limit.atLeast ? limit.atLeast : figure
    return [{ limit: name, counts, value, limitValue, left: limitValue - value, unit: units[counts] }]
  })
}

/** The figure that is safe by every source: the lowest of value, reading and disputed ones. */
export function lowestFigure(limit: Limit | undefined): number | undefined {
  const figures = figuresOf(limit)
  return figures.length === 0 ? undefined : Math.min(...figures)
}

/** Details of the finding that this much comes near the lowest figure; `likelier` where the device's own figure is another. */
export function nearFigure(name: string, limit: Limit | undefined, value: number, lowest: number) {
  const own = limit?.value
  const isDisputed = limit?.disputed.some((one) => one.value === lowest) === true
  const likelier = isDisputed && typeof own === 'number' && own > lowest ? { likelier: own } : {}
  return { limit: name, value, limitValue: lowest, left: lowest - value, ...likelier }
}

/** Each limit and way of counting once: the one with the least room. */
export function uniteMargins(all: readonly Margin[]): Margin[] {
  const tightest = new Map<string, Margin>()
  for (const margin of all) {
    const key = `${margin.limit} ${margin.counts}`
    const known = tightest.get(key)
    if (known === undefined || margin.left < known.left) tightest.set(key, margin)
  }
  return [...tightest.values()]
}
