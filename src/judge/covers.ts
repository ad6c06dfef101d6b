/** Steps of one search at most. */
const MAX_COVER_STEPS = 20_000
/** Covers kept at most. */
export const MAX_COVERS = 500

export interface Covers {
  /** Ascending positions of candidates; none has another of them within. */
  readonly sets: readonly (readonly number[])[]
  /** The search met one of its bounds: there may be others. */
  readonly bounded: boolean
}

/**
 * Every set of candidates that covers all of `count` things and loses one where any of the set is left out. Exact for
 * small inputs. `coverage[i]` is what candidate `i` covers; those that come first are tried first, so that a bounded
 * search has met the better ones.
 */
export function findCovers(count: number, coverage: readonly ReadonlySet<number>[]): Covers {
  const found = new Map<string, readonly number[]>()
  let steps = 0
  let bounded = false
  const ways = Array.from({ length: count }, (_, thing) =>
    coverage.flatMap((covers, candidate) => (covers.has(thing) ? [candidate] : [])),
  )
  const search = (chosen: readonly number[], left: ReadonlySet<number>): void => {
    if (steps++ >= MAX_COVER_STEPS || found.size >= MAX_COVERS) {
      bounded = true
      return
    }
    if (left.size === 0) {
      const set = [...chosen].sort((a, b) => a - b)
      if (isIrredundant(set, coverage, count)) found.set(set.join(), set)
      return
    }
    // The thing with the fewest ways: where there is none, nothing covers it.
    const [thing] = [...left].sort((a, b) => ways[a]!.length - ways[b]!.length)
    for (const candidate of ways[thing!]!) {
      const covers = coverage[candidate]!
      search([...chosen, candidate], new Set([...left].filter((one) => !covers.has(one))))
    }
  }
  search([], new Set(Array.from({ length: count }, (_, thing) => thing)))
  return { sets: [...found.values()], bounded }
}

function isIrredundant(
  set: readonly number[],
  coverage: readonly ReadonlySet<number>[],
  count: number,
): boolean {
  return set.every((one) =>
    Array.from({ length: count }, (_, thing) => thing).some(
      (thing) =>
        coverage[one]!.has(thing) && set.every((other) => other === one || !coverage[other]!.has(thing)),
    ),
  )
}
