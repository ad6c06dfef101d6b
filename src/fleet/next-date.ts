import type { KnownRoot } from '../trust/trust-store.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { ClockRule } from './watch-config.ts'

/** An end is compared as `notAfter < now` here and as `notAfter <= now` there: a second later both say the same. */
const PASSED_MS = 1_000

/** Dates in milliseconds, ascending: those that a verdict may hang on. */
export type Dates = readonly number[]

export function certificateDates(certificates: readonly Certificate[]): Dates {
  return ordered(certificates.flatMap(({ notBefore, notAfter }) => [notBefore, notAfter]))
}

export function knownRootDates(roots: readonly KnownRoot[]): Dates {
  return ordered(
    roots.flatMap(({ certificate, distrustedFrom, crossSignedBy = [] }) => [
      certificate.notBefore,
      certificate.notAfter,
      ...(distrustedFrom === undefined ? [] : [distrustedFrom]),
      ...crossSignedBy.map(({ until }) => until),
    ]),
  )
}

/** Those that stand anywhere in `value`, such as the end of a pre-signed URL in what was asked for. */
export function datesIn(value: unknown): Dates {
  const found: Date[] = []
  const walk = (one: unknown): void => {
    if (one instanceof Date) found.push(one)
    else if (Array.isArray(one)) for (const item of one) walk(item)
    else if (typeof one === 'object' && one !== null && !ArrayBuffer.isView(one)) {
      for (const item of Object.values(one)) walk(item)
    }
  }
  walk(value)
  return ordered(found)
}

/**
 * When, by a right clock, the first of the dates will have passed for a device with this one. Undefined where none is
 * ahead, or its clock stands.
 */
export function nextPassing(dates: Dates, clock: ClockRule, nowMs: number): number | undefined {
  if (clock.kind === 'stands') return undefined
  const aheadMs = clock.kind === 'off' ? clock.seconds * 1_000 : 0
  const wanted = nowMs + aheadMs - PASSED_MS
  let [low, high] = [0, dates.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((dates[middle] as number) > wanted) high = middle
    else low = middle + 1
  }
  const next = dates[low]
  return next === undefined ? undefined : next + PASSED_MS - aheadMs
}

function ordered(dates: readonly Date[]): Dates {
  const ms = dates.map((date) => date.getTime()).filter((one) => !Number.isNaN(one))
  return [...new Set(ms)].sort((a, b) => a - b)
}
