import type { LimitPrior } from './limit-prior.ts'

/** Connections that had to pass, by what is known otherwise: those that did, and those that broke off all the same. */
export interface Steadiness {
  readonly good: number
  readonly bad: number
}

/** How often a device breaks off for a reason of its own, and how many devices do so. The first: one in a steady place. */
const rates = [
  { rate: 0.0005, share: 0.9 },
  { rate: 0.01, share: 0.03 },
  { rate: 0.04, share: 0.025 },
  { rate: 0.1, share: 0.02 },
  { rate: 0.2, share: 0.015 },
  { rate: 0.35, share: 0.01 },
] as const

/** Failures of one value. */
export interface FailuresAt {
  readonly value: number
  readonly fails: number
}

/**
 * How likely the smallest failing value fails by accident only: the limit lies there or above. `passes` is shown to pass;
 * `failing` lies above it, ascending. A device is never taken to pass by accident: it has shown that it can.
 */
export function accidentChance(
  prior: LimitPrior,
  { good, bad }: Steadiness,
  { passes, most, failing }: { passes: number; most: number; failing: readonly FailuresAt[] },
): number {
  const [first] = failing
  if (first === undefined) return 0
  let real = 0
  let accident = 0
  for (const { rate, share } of rates) {
    const device = share * (1 - rate) ** good * rate ** bad
    real += device * prior.mass(passes, first.value - 1)
    let fails = 0
    for (const [index, one] of failing.entries()) {
      fails += one.fails
      const last = failing[index + 1]?.value ?? most + 1
      accident += device * prior.mass(one.value, last - 1) * rate ** fails
    }
  }
  return accident / (real + accident)
}

/** How often a question must fail, and not pass, so that it is no accident. */
export function failuresNeeded({ good, bad }: Steadiness): number {
  if (bad === 0) return 1
  // More than was seen: of few connections little is known.
  const rate = Math.min(0.5, (bad + 1 + Math.sqrt(bad + 1)) / (good + bad + 2))
  return Math.max(2, Math.ceil(Math.log(MOST_DOUBT) / Math.log(rate)))
}

const MOST_DOUBT = 0.002
