import type { Counting, Limit } from '../../device/limit.ts'

/** What is known of one limit in one way of counting. */
export interface Margin {
  readonly way: Counting
  /** Largest known to pass; undefined: none. */
  readonly passes: number | undefined
  /** Smallest known to fail; undefined: none. */
  readonly fails: number | undefined
  /** The documented figure where it counts, or may count, this way. */
  readonly documented: number | undefined
  /** False where the source does not say that it counts this way. */
  readonly certain: boolean
}

export interface Margins {
  /** The right end of every bar. */
  readonly scale: number
  readonly ways: readonly Margin[]
}

/**
 * What is worth a picture: a limit of which the field tells how much passes or fails. Undefined for others, and for
 * a limit where less is harder, which such a bar would tell the wrong way round.
 */
export function marginsOf(key: string, limit: Limit): Margins | undefined {
  if (key === 'rsaKeyBitsMin') return undefined
  const seen = [...Object.keys(limit.passes), ...Object.keys(limit.fails)] as Counting[]
  const told = limit.counts === 'unknown' ? limit.candidates : [limit.counts]
  const ways = [...new Set([...told, ...seen])].map((way) => marginOf(way, limit, told))
  const points = ways.flatMap(({ passes, fails, documented }) => [passes, fails, documented])
  const known = points.filter((point) => point !== undefined)
  const witnessed = ways.some(({ passes, fails }) => passes !== undefined || fails !== undefined)
  // A single figure needs no picture.
  if (!witnessed || new Set(known).size < 2) return undefined
  return { scale: Math.ceil(Math.max(...known) * 1.15), ways }
}

function marginOf(way: Counting, limit: Limit, told: readonly Counting[]): Margin {
  const documented = typeof limit.value === 'number' && told.includes(way) ? limit.value : undefined
  return {
    way,
    passes: limit.passes[way],
    fails: limit.fails[way],
    documented,
    certain: limit.counts !== 'unknown',
  }
}

/** One cell of a bar of text: what is known of the sizes that it stands for. */
export type Zone = 'passes' | 'open' | 'fails' | 'documented'

/** A bar of `width` cells, from nothing to the scale. */
export function zonesOf(
  { passes, fails, documented }: Margin,
  scale: number,
  width: number,
): readonly Zone[] {
  const cell = (value: number) => Math.min(width - 1, Math.floor((value / scale) * width))
  return Array.from({ length: width }, (_, index) => {
    if (documented !== undefined && index === cell(documented)) return 'documented'
    if (passes !== undefined && index <= cell(passes)) return 'passes'
    if (fails !== undefined && index >= cell(fails)) return 'fails'
    return 'open'
  })
}
