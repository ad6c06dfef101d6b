/**
 * The values of one thing that an endpoint shows, round after round, and those that it showed lately: balancers and
 * CDNs give now this, now that, and that is no news each time. Plain JSON; it stays the same object content as long
 * as the endpoint stays the same.
 */
export interface Turns<T extends string | number> {
  /** What the last round met. */
  readonly current: readonly T[]
  /** What was met before and lately not, each with the time of the first round without it. Oldest first. */
  readonly left: readonly { readonly value: T; readonly at: string }[]
  /** They come and go: what was met before came back, or too many were met. */
  readonly turning: boolean
  /** Those that came back: they will come again. What was only rolled back did not. */
  readonly back?: readonly T[] | undefined
  /** While they turn: when one came or went last. */
  readonly movedAt?: string | undefined
}

export interface Met<T extends string | number> {
  readonly turns: Turns<T>
  /** Never met, or not for long. */
  readonly fresh: readonly T[]
  /** Met in the round before and not now. */
  readonly gone: readonly T[]
  /** It began to turn in this round. */
  readonly beganToTurn: boolean
}

export interface Round {
  readonly at: string
  /** How long a value that is not met any more may come back as one of those that turn. */
  readonly rememberSeconds: number
}

/** Values went in so many rounds within the time that is remembered: they turn, whether one came back or not. */
const manyRounds = 4
const leftAtMost = 64

export function firstTurns<T extends string | number>(values: readonly T[]): Turns<T> {
  return { current: values, left: [], turning: false }
}

export function meet<T extends string | number>(
  { current, left, turning, back = [], movedAt }: Turns<T>,
  values: readonly T[],
  { at, rememberSeconds }: Round,
): Met<T> {
  const since = new Date(new Date(at).getTime() - rememberSeconds * 1_000).toISOString()
  const recent = left.filter((one) => one.at >= since)
  const [was, now] = [new Set(current), new Set(values)]
  const known = new Set([...current, ...recent.map(({ value }) => value)])
  const fresh = values.filter((value) => !known.has(value))
  const gone = current.filter((value) => !now.has(value))
  const returned = values.filter((value) => !was.has(value) && known.has(value))
  const isBack = returned.length > 0
  const leftNow = [
    ...recent.filter(({ value }) => !now.has(value)),
    ...gone.map((value) => ({ value, at })),
  ].slice(-leftAtMost)
  const isMany = gone.length > 0 && new Set(leftNow.map((one) => one.at)).size >= manyRounds
  const hasMoved = fresh.length > 0 || gone.length > 0 || isBack
  const isStillTurning = turning && (hasMoved || (movedAt ?? '') >= since)
  const isTurning = isStillTurning || isBack || isMany
  const backNow = [...new Set([...back, ...returned])].filter(
    (value) => now.has(value) || leftNow.some((one) => one.value === value),
  )
  const moved = isTurning ? { back: backNow, movedAt: hasMoved ? at : movedAt } : {}
  return {
    turns: { current: values, left: leftNow, turning: isTurning, ...moved },
    fresh,
    gone,
    beganToTurn: isTurning && !turning,
  }
}
