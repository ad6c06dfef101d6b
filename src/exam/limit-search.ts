/** What one connection said of one value. `lost`: nothing, such as a client that never came to the point. */
export type Said = 'passes' | 'fails' | 'lost'

export interface LimitSearchOptions {
  /** Known to pass before the search begins, such as what the first good connection sent. */
  readonly passes: number
  /** The largest value that is ever asked. */
  readonly most: number
  /** Values at which limits of this kind usually lie, ascending. */
  readonly usual: readonly number[]
  /** How far above a usual value the limit is looked for first: headers and lengths that some count and some do not. */
  readonly near: number
}

/** Where a limit lies, as far as answers tell. */
export interface LimitFound {
  /** Largest value that passed, below the smallest that failed. */
  readonly passes: number
  /** Smallest value that failed; undefined: none did, up to the largest that was asked. */
  readonly fails: number | undefined
  /** Both bounds are known to the unit, or the largest value that is asked passed. */
  readonly exact: boolean
  /** Values that passed once and failed once: the device is flaky there. */
  readonly contradicted: readonly number[]
  /** Connections that went into it, lost ones included. */
  readonly connections: number
}

/** One connection of a search, and what was known after it. */
export interface LimitStep {
  readonly value: number
  readonly said: Said
  readonly passes: number
  readonly fails: number | undefined
}

/** Answers after which a value is asked no more. */
const MOST_VOTES = 3
/** The failing bound must have failed so often: one connection may break off for a reason of its own. */
const BOUND_VOTES = 2
/** Connections in a row that said nothing: the search gives up. */
const MOST_LOST = 4

interface Votes {
  passes: number
  fails: number
}

/**
 * Looks for the largest value that passes, a connection each. Pure: what `next` asks comes back by `tell`. First the
 * usual values by bisection, then the neighbourhood above the one that passed, then what lies between. The bound that
 * fails is asked twice, and a value that contradicts another, or itself, until its votes decide.
 */
export class LimitSearch {
  readonly #options: LimitSearchOptions
  readonly #votes = new Map<number, Votes>()
  readonly #steps: LimitStep[] = []
  #lostInARow = 0

  constructor(options: LimitSearchOptions) {
    this.#options = options
  }

  /** The value to ask next; undefined: the search is over. */
  next(): number | undefined {
    if (this.#lostInARow >= MOST_LOST) return undefined
    const doubtful = this.#doubtful()
    if (doubtful !== undefined) return doubtful
    const { passes, fails } = this.#bounds()
    const { most, usual, near } = this.#options
    if (fails === undefined && passes >= most) return undefined
    if (fails !== undefined && fails - passes <= 1)
      return this.#votesOf(fails) < BOUND_VOTES ? fails : undefined
    const between = usual.filter((one) => one > passes && one < (fails ?? most))
    if (between.length > 0) return between[between.length >> 1]
    if (fails === undefined) return most
    if (usual.includes(passes) && passes + near < fails) return passes + near
    return (passes + fails) >> 1
  }

  tell(value: number, said: Said): void {
    this.#lostInARow = said === 'lost' ? this.#lostInARow + 1 : 0
    if (said !== 'lost') {
      const votes = this.#votes.get(value) ?? { passes: 0, fails: 0 }
      votes[said]++
      this.#votes.set(value, votes)
    }
    this.#steps.push({ value, said, ...this.#bounds() })
  }

  /** What was told, in order. */
  get steps(): readonly LimitStep[] {
    return this.#steps
  }

  get found(): LimitFound {
    const { passes, fails } = this.#bounds()
    const bounded = fails === undefined ? passes >= this.#options.most : fails - passes === 1
    const contradicted = [...this.#votes].filter(([, votes]) => votes.passes > 0 && votes.fails > 0)
    return {
      passes,
      fails,
      exact: bounded && this.#doubtful() === undefined && !this.#conflict(),
      contradicted: contradicted.map(([value]) => value).sort((a, b) => a - b),
      connections: this.#steps.length,
    }
  }

  /** A value whose votes are even, or one of two that cannot both be true, while it may be asked again. */
  #doubtful(): number | undefined {
    for (const [value, { passes, fails }] of this.#votes) if (passes === fails) return value
    const conflict = this.#conflict()
    if (conflict === undefined) return undefined
    return conflict
      .filter((value) => this.#votesOf(value) > 0 && this.#votesOf(value) < MOST_VOTES)
      .sort((a, b) => this.#votesOf(a) - this.#votesOf(b))[0]
  }

  /** The smallest value that fails and the largest that passes, where the one lies below the other. */
  #conflict(): readonly [number, number] | undefined {
    const lowestFail = Math.min(...this.#decided('fails'))
    const highestPass = Math.max(this.#options.passes, ...this.#decided('passes'))
    return lowestFail < highestPass ? [lowestFail, highestPass] : undefined
  }

  /** The smallest value that fails counts: what passes above it proves nothing of what lies between. */
  #bounds(): { readonly passes: number; readonly fails: number | undefined } {
    const failing = this.#decided('fails')
    const fails = failing.length === 0 ? undefined : Math.min(...failing)
    const passing = this.#decided('passes').filter((value) => fails === undefined || value < fails)
    return { passes: Math.max(Math.min(this.#options.passes, (fails ?? Infinity) - 1), ...passing), fails }
  }

  #decided(said: 'passes' | 'fails'): number[] {
    const other = said === 'passes' ? 'fails' : 'passes'
    return [...this.#votes].filter(([, votes]) => votes[said] > votes[other]).map(([value]) => value)
  }

  #votesOf(value: number): number {
    const votes = this.#votes.get(value)
    return votes === undefined ? 0 : votes.passes + votes.fails
  }
}
