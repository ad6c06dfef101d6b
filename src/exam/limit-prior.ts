export interface PriorOptions {
  /** The least that the limit can be. */
  readonly passes: number
  /** The largest value that is ever asked: where that passes, no limit is met. */
  readonly most: number
  /** Values at which limits of this kind usually lie, ascending. */
  readonly usual: readonly number[]
  /** How far above a usual value a limit still belongs to it: headers and lengths that some count and some do not. */
  readonly near: number
  /** How likely no limit is met; 0.1 unless given. */
  readonly unlimited?: number
  /** Limits above are rare; `most` unless given. */
  readonly common?: number
  /** Where another limit of the same device was found: one buffer often holds both, this one with a header less. */
  readonly found?: number | undefined
  /** Where the limit is likely to lie so many above `passes`: the room that a buffer has beyond what it is named for. */
  readonly room?: number
  /** How sure that is; 0.5 unless given. */
  readonly foundWeight?: number
}

const UNLIMITED = 0.1
/** Of limits that there are: at a usual value, and of these exactly at it. */
const AT_USUAL = 0.2
const EXACTLY = 0.6
/** Of those at no usual value. */
const RARE = 0.05
/** Of all, near another limit of the device; and how much smaller it is by headers, tags and nonces at most. */
const AT_FOUND = 0.5
const OVERHEAD = 48
/** Of all, within the room above `passes`. */
const IN_ROOM = 0.4

/**
 * How likely a limit lies where, before anything was asked. It decides which question comes first and how often a failure
 * must be seen, never where the limit is found.
 */
export class LimitPrior {
  readonly #options: PriorOptions
  readonly #usual: readonly number[]
  readonly #common: number

  constructor(options: PriorOptions) {
    const { passes, most, usual } = options
    this.#options = options
    this.#usual = usual.filter((one) => one >= passes && one < most)
    this.#common = Math.min(options.common ?? most, most)
  }

  /** That the limit is one of `from` to `to`, both among them. `most` stands for: none is met. */
  mass(from: number, to: number): number {
    return this.#upTo(to) - this.#upTo(from - 1)
  }

  /**
   * The value that parts best what is left: of limits from `passes` up, below `fails` where that is given. Whether it passes
   * is as open as it can be.
   */
  median(passes: number, fails: number | undefined): number {
    const last = fails === undefined ? this.#options.most : fails - 1
    const half = this.mass(passes, last) / 2
    let [low, high] = [passes + 1, last]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.mass(passes, middle - 1) < half) low = middle + 1
      else high = middle
    }
    const off = (value: number) => Math.abs(this.mass(passes, value - 1) - half)
    return low > passes + 1 && off(low - 1) <= off(low) ? low - 1 : low
  }

  #upTo(value: number): number {
    const {
      passes,
      most,
      near,
      unlimited = UNLIMITED,
      room = 0,
      found,
      foundWeight = AT_FOUND,
    } = this.#options
    if (value >= most) return 1
    if (value < passes) return 0
    const usual = this.#usual.length === 0 ? 0 : AT_USUAL
    const rare = this.#common < most ? RARE : 0
    const among = this.#common - 1
    const evenly = (share(value, passes, among) + shareOfOctaves(value, passes, among)) / 2
    const spread = (1 - rare) * evenly + rare * shareOfOctaves(value, this.#common, most - 1)
    const atUsual = this.#usual.reduce(
      (sum, one) =>
        sum +
        (value < one ? 0 : EXACTLY + (1 - EXACTLY) * share(value, one + 1, Math.min(one + near, most - 1))),
      0,
    )
    const anywhere =
      (1 - unlimited) * ((1 - usual) * spread + (usual * atUsual) / Math.max(1, this.#usual.length))
    const last = passes + room
    const alone =
      room === 0 || last >= most ? anywhere : (1 - IN_ROOM) * anywhere + IN_ROOM * share(value, passes, last)
    return found === undefined || found - OVERHEAD <= passes || found >= most
      ? alone
      : (1 - foundWeight) * alone + foundWeight * nearFound(value, found)
  }
}

/** How much of the whole numbers from `first` to `last` is at most `value`. */
function share(value: number, first: number, last: number): number {
  if (last < first) return value >= first - 1 ? 1 : 0
  return Math.min(1, Math.max(0, (value - first + 1) / (last - first + 1)))
}

function nearFound(value: number, found: number): number {
  return (value >= found ? EXACTLY : 0) + (1 - EXACTLY) * share(value, found - OVERHEAD, found - 1)
}

/** The same where small numbers are as likely as large ones a few times as far apart. */
function shareOfOctaves(value: number, first: number, last: number): number {
  if (last <= first) return share(value, first, last)
  return Math.min(1, Math.max(0, Math.log((value + 1) / first) / Math.log((last + 1) / first)))
}
