import type { MarginFailure } from './comparison.ts'
import type { Amounts, MarginThresholds } from './plan-schema.ts'
import { type MarginRecord, marginKey, type RunRecord } from './run-record.ts'

/** What the plan says of one target. */
export interface TargetThresholds extends MarginThresholds {
  readonly line: number | undefined
}

/** Every margin of what this run met that breaks a threshold; `before` is what the shrinking is measured from. */
export function brokenThresholds(
  record: RunRecord,
  before: RunRecord | undefined,
  thresholdsOf: (target: string) => TargetThresholds | undefined,
): readonly MarginFailure[] {
  const known = new Map<string, MarginRecord>()
  const keyOf = (target: string, device: string, margin: MarginRecord) =>
    JSON.stringify([target, device, marginKey(margin)])
  for (const { target, devices } of before?.targets ?? []) {
    for (const { device, margins } of devices) {
      for (const margin of margins) known.set(keyOf(target, device, margin), margin)
    }
  }
  return record.targets.flatMap(({ target, devices }) => {
    const thresholds = thresholdsOf(target)
    if (thresholds === undefined) return []
    return devices.flatMap(({ device, margins }) =>
      margins.flatMap((margin) => {
        const was = known.get(keyOf(target, device, margin))
        const { limit, counts, unit, left, limitValue } = margin
        const place = { target, device, limit, counts, unit, left, limitValue, line: thresholds.line }
        const found: MarginFailure[] = []
        for (const bound of boundsOf(thresholds.least, margin)) {
          if (left < bound.amount) found.push({ rule: 'least', ...place, before: was?.left, ...bound.said })
        }
        for (const bound of was === undefined ? [] : boundsOf(thresholds.shrink, margin)) {
          const lost = (was?.left ?? left) - left
          if (lost > bound.amount) found.push({ rule: 'shrink', ...place, before: was?.left, ...bound.said })
        }
        return found
      }),
    )
  })
}

/** Whether less is left than the plan asks for. */
export function isUnderLeast(margin: MarginRecord, { least }: Pick<MarginThresholds, 'least'>): boolean {
  return boundsOf(least, margin).some(({ amount }) => margin.left < amount)
}

interface Bound {
  readonly amount: number
  readonly said: Pick<MarginFailure, 'threshold' | 'percent'>
}

function boundsOf(amounts: Amounts, { unit, limitValue }: MarginRecord): Bound[] {
  const own = amounts[unit]
  // A part of a limit means something where sizes grow by little: two certificates of three are no matter of percent.
  const percent = unit === 'bytes' ? amounts.percent : undefined
  return [
    ...(own === undefined ? [] : [{ amount: own, said: { threshold: own, percent: false } }]),
    ...(percent === undefined
      ? []
      : [{ amount: (limitValue * percent) / 100, said: { threshold: percent, percent: true } }]),
  ]
}
