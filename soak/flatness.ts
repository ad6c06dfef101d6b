import type { Sample } from './sample.ts'

export interface TimedSample extends Sample {
  readonly minutes: number
}

export interface Flatness {
  /** Of the straight line through the last two thirds of the samples. */
  readonly heapBytesAMinute: number
  readonly heapBytesAnOperation: number
  readonly rssBytesAMinute: number
  readonly faults: readonly string[]
}

/**
 * A connection or probe that is not let go holds its socket, its TLS session and its buffers: tens of kB. A rise of less
 * than this for each is less than one in a hundred of them.
 */
const HEAP_BYTES_AN_OPERATION = 256
/** What caches fill and compiled code takes meanwhile: short runs tell nothing below it. */
const HEAP_NOISE_BYTES = 4_000_000
/** Of what the process holds: the allocator gives pages back late, and in pieces. */
const RSS_SHARE = 0.15

/**
 * `before`, `after`: at rest, without load. Descriptors, sockets and timers have to be back where they were; the heap
 * after a collection, and what the process takes of the machine, must not rise with what is done.
 */
export function judgeFlatness(
  samples: readonly TimedSample[],
  before: Sample,
  after: Sample,
  rssShare = RSS_SHARE,
): Flatness {
  const late = samples.slice(Math.floor(samples.length / 3))
  const [first, last] = [late.at(0), late.at(-1)]
  const minutes = (last?.minutes ?? 0) - (first?.minutes ?? 0)
  const operations = (last?.operations ?? 0) - (first?.operations ?? 0)
  const heapBytesAMinute = slope(late.map(({ minutes: x, heapBytes: y }) => ({ x, y })))
  const rssBytesAMinute = slope(late.map(({ minutes: x, rssBytes: y }) => ({ x, y })))
  const heapRise = heapBytesAMinute * minutes
  const faults: string[] = []
  if (late.length < 3) faults.push('fewer than three samples: nothing can be said of memory')
  if (operations === 0) faults.push('nothing was done')
  if (heapRise > Math.max(HEAP_NOISE_BYTES, HEAP_BYTES_AN_OPERATION * operations)) {
    faults.push(`the heap rises by ${Math.round(heapRise / Math.max(1, operations))} bytes an operation`)
  }
  const rss = late.reduce((sum, one) => sum + one.rssBytes, 0) / late.length
  if (rssBytesAMinute * minutes > rssShare * rss) {
    faults.push(`what the process takes rises by ${Math.round(rssBytesAMinute / 1_000)} kB a minute`)
  }
  for (const what of ['descriptors', 'sockets', 'timers'] as const) {
    if (after[what] > before[what]) faults.push(`${what}: ${before[what]} before, ${after[what]} after`)
  }
  return {
    heapBytesAMinute,
    heapBytesAnOperation: operations === 0 ? 0 : heapRise / operations,
    rssBytesAMinute,
    faults,
  }
}

/** Least squares. */
function slope(points: readonly { readonly x: number; readonly y: number }[]): number {
  const mean = (of: 'x' | 'y') => points.reduce((sum, point) => sum + point[of], 0) / points.length
  const [x0, y0] = [mean('x'), mean('y')]
  const spread = points.reduce((sum, { x }) => sum + (x - x0) ** 2, 0)
  return spread === 0 ? 0 : points.reduce((sum, { x, y }) => sum + (x - x0) * (y - y0), 0) / spread
}
