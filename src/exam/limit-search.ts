import { accidentChance, type Steadiness } from './accidents.ts'
import { LimitPrior, type PriorOptions } from './limit-prior.ts'

/** What one connection said of one value. `lost`: nothing, such as a client that never came to the point. */
export type Said = 'passes' | 'fails' | 'lost'

/** `passes` is known before the search begins, such as from what the first good connection sent. */
export interface LimitSearchOptions extends PriorOptions {
  /** `passes` is taken for granted only: as a bound it is not exact unless it was shown to pass. */
  readonly assumed?: boolean
  /** What is known from elsewhere of how steady the device is. */
  readonly steadiness?: Steadiness
}

/** Where a limit lies, as far as answers tell. */
export interface LimitFound {
  /** Largest value that passed, below the smallest that failed. */
  readonly passes: number
  /** Smallest value that failed, and not by accident; undefined: none did, up to the largest that was asked. */
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
const MOST_VOTES = 10
/** The failing bound must have failed so often: one connection may break off for a reason of its own. */
const BOUND_VOTES = 2
/** And the passing one of a device that contradicts itself: a limit that moves would not pass so often. */
const FLAKY_VOTES = 4
/** So often without a pass: what passes above is no proof against it. */
const FIRM_VOTES = 3
/** Values that failed, and none that passed: what was taken for granted is asked, before the search goes down to it. */
const MANY_FAILING = 3
/** Connections in a row that said nothing: the search gives up. */
const MOST_LOST = 4
/** Above, it is cheaper to ask the failing bound again than to look for the limit below it. */
const MUCH_DOUBT = 0.2
/** Below, the bound of a device that never broke off is no accident. */
const LITTLE_DOUBT = 0.01
/** And that of one that did; and so far is asked once all else is known. */
const LEAST_DOUBT = 0.0001

interface Bounds {
  readonly passes: number
  readonly fails: number | undefined
}

interface Votes {
  passes: number
  fails: number
}

/**
 * Looks for the largest value that passes, a connection each. Pure: what `next` asks comes back by `tell`. Each question
 * halves what is left, weighed by where limits usually lie. A pass is proof; a failure may be an accident, and is asked
 * again until that is out of the question, the sooner the flakier the device.
 */
export class LimitSearch {
  readonly #options: LimitSearchOptions
  readonly #prior: LimitPrior
  readonly #votes = new Map<number, Votes>()
  readonly #steps: LimitStep[] = []
  #lostInARow = 0
  /** Of the answers so far. */
  #known: Bounds | undefined

  constructor(options: LimitSearchOptions) {
    this.#options = options
    this.#prior = new LimitPrior(options)
  }

  /** The value to ask next; undefined: the search is over. */
  next(): number | undefined {
    if (this.#lostInARow >= MOST_LOST || this.refusesLeast) return undefined
    const { passes, fails } = this.#bounds()
    const below = this.#unsettledBelow(passes)
    if (below !== undefined) return below
    if (this.#isDoubtful) return this.#options.passes
    if (fails === undefined)
      return passes >= this.#options.most ? undefined : this.#prior.median(passes, fails)
    const doubt = this.#doubt()
    const adjacent = fails - passes <= 1
    const votes = this.#votesOf(fails)
    const again = adjacent ? doubt > this.#mostDoubt || votes.fails < BOUND_VOTES : doubt > MUCH_DOUBT
    if (again && votes.fails < MOST_VOTES) return fails
    return adjacent ? undefined : this.#prior.median(passes, fails)
  }

  /** The same, and then both bounds once more: they may be such that pass, or fail, now and then only. */
  nextToConfirm(): number | undefined {
    const next = this.next()
    if (next !== undefined || this.#lostInARow >= MOST_LOST || this.refusesLeast) return next
    const { passes, fails } = this.#bounds()
    const votes = this.#votesOf(passes)
    if (fails === undefined) return undefined
    const failed = this.#votesOf(fails).fails
    if (failed < FIRM_VOTES || (this.#doubt() > LEAST_DOUBT && failed < MOST_VOTES)) return fails
    if (votes.passes + votes.fails === 0) return undefined
    const open = votes.passes < BOUND_VOTES || !this.#isSteady(votes)
    return open && votes.passes + votes.fails < MOST_VOTES ? passes : undefined
  }

  tell(value: number, said: Said): void {
    this.#lostInARow = said === 'lost' ? this.#lostInARow + 1 : 0
    if (said !== 'lost') {
      this.#known = undefined
      const votes = this.#votes.get(value) ?? { passes: 0, fails: 0 }
      votes[said]++
      this.#votes.set(value, votes)
    }
    this.#steps.push({ value, said, ...this.#bounds() })
  }

  /** What was taken for granted does not pass: the limit lies below all that can be asked. */
  get refusesLeast(): boolean {
    return this.#isDoubtful && this.#votesOf(this.#options.passes).fails >= FIRM_VOTES
  }

  /** What was told, in order. */
  get steps(): readonly LimitStep[] {
    return this.#steps
  }

  get found(): LimitFound {
    const { passes, fails } = this.#bounds()
    const steady = this.#steadyPass(passes)
    const sure = fails === undefined ? undefined : this.#surelyFails()
    const bounded =
      fails === undefined
        ? passes >= this.#options.most
        : sure === steady + 1 &&
          this.#isSteady(this.#votesOf(steady)) &&
          this.#votesOf(sure).fails >= BOUND_VOTES
    return {
      passes: steady,
      fails: sure,
      exact:
        bounded &&
        this.#isShown(steady) &&
        this.#unsettledBelow(passes) === undefined &&
        !this.#passesAbove(fails),
      contradicted: [...this.#votes]
        .filter(([, votes]) => votes.passes > 0 && votes.fails > 0)
        .map(([value]) => value)
        .sort((a, b) => a - b),
      connections: this.#steps.length,
    }
  }

  /** What passed once counts, below what failed again and again. */
  #bounds(): Bounds {
    this.#known ??= this.#boundsNow()
    return this.#known
  }

  #boundsNow(): Bounds {
    const least = this.#options.passes
    const firm = Math.min(...this.#valuesWhere(({ passes, fails }) => passes === 0 && fails >= FIRM_VOTES))
    const passing = this.#valuesWhere(({ passes }) => passes > 0).filter((value) => value < firm)
    const passes = Math.max(Math.min(least, firm - 1), ...passing)
    return { passes, fails: this.#failingAbove(passes)[0]?.value }
  }

  /** That the smallest failing value fails by accident. */
  #doubt(from = 0): number {
    const { passes } = this.#bounds()
    const { most, steadiness = { good: 0, bad: 0 } } = this.#options
    const below = [...this.#votes].filter(([value]) => value <= passes).map(([, votes]) => votes)
    return accidentChance(
      this.#prior,
      {
        good: steadiness.good + sum(below.map((votes) => votes.passes)),
        bad: steadiness.bad + sum(below.map((votes) => votes.fails)),
      },
      { passes, most, failing: this.#failingAbove(passes).slice(from) },
    )
  }

  /** The smallest value whose failures are no accident; undefined: none is sure. */
  #surelyFails(): number | undefined {
    if (this.refusesLeast && (this.#options.steadiness?.bad ?? 0) === 0) return this.#options.passes
    const failing = this.#failingAbove(this.#bounds().passes)
    return failing.find((_, index) => this.#doubt(index) <= this.#mostDoubt)?.value
  }

  /** A value that only failed although a larger one passes, while it may be asked again. */
  #unsettledBelow(passes: number): number | undefined {
    return this.#valuesWhere((votes) => votes.passes === 0 && votes.fails < FIRM_VOTES).find(
      (value) => value < passes,
    )
  }

  /** What is only assumed to pass, where all else fails and it was not asked often enough to be sure. */
  get #isDoubtful(): boolean {
    return (
      this.#options.assumed === true &&
      this.#valuesWhere((votes) => votes.passes > 0).length === 0 &&
      this.#valuesWhere((votes) => votes.fails > 0).length >= MANY_FAILING
    )
  }

  #isShown(passes: number): boolean {
    return !this.#options.assumed || this.#votesOf(passes).passes > 0
  }

  get #mostDoubt(): number {
    return this.#contradicts || (this.#options.steadiness?.bad ?? 0) > 0 ? LEAST_DOUBT : LITTLE_DOUBT
  }

  get #contradicts(): boolean {
    return [...this.#votes.values()].some((votes) => votes.passes > 0 && votes.fails > 0)
  }

  /** Whether a bound passes each time but for accidents; where there were any, that takes more to tell. */
  #isSteady({ passes, fails }: Votes): boolean {
    return !this.#contradicts || (passes >= FLAKY_VOTES && passes > 2 * fails)
  }

  #passesAbove(fails: number | undefined): boolean {
    return fails !== undefined && this.#valuesWhere(({ passes }) => passes > 0).some((value) => value > fails)
  }

  /** The largest that passes more often than it fails; not asked: as it was known before. */
  #steadyPass(passes: number): number {
    const steady = this.#valuesWhere((votes) => votes.passes > votes.fails).filter((value) => value <= passes)
    return Math.max(Math.min(this.#options.passes, passes), ...steady)
  }

  #failingAbove(passes: number) {
    return [...this.#votes]
      .filter(([value, votes]) => value > passes && votes.passes === 0)
      .map(([value, { fails }]) => ({ value, fails }))
      .sort((a, b) => a.value - b.value)
  }

  #valuesWhere(fits: (votes: Votes) => boolean): number[] {
    return [...this.#votes].filter(([, votes]) => fits(votes)).map(([value]) => value)
  }

  #votesOf(value: number): Votes {
    return this.#votes.get(value) ?? { passes: 0, fails: 0 }
  }
}

function sum(list: readonly number[]): number {
  return list.reduce((total, one) => total + one, 0)
}
