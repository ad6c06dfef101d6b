/**
 * Versions and ranges of versions as profiles, field rows and users write them.
 *
 *     1.3.4            that version
 *     5.2, 5.2.x       every 5.2.*: a version with fewer than three numbers stands for all that begin so
 *     1.3.1..1.3.7     from one to the other, both included; the upper end is a prefix too
 *     ..1.2   3.0..    open at one end
 *     head             the newest there is, after every number
 *     any              all
 */
export interface VersionRange {
  readonly text: string
  /** First version that belongs to it, numbers from the most significant on. */
  readonly low: readonly number[]
  /** Last version that belongs to it; `Infinity` where it is open. */
  readonly high: readonly number[]
}

const numbersAtMost = 4
const versionPattern = /^v?(\d{1,6}(?:\.\d{1,6}){0,3})(\.x)?(?:-[0-9a-z.-]{1,20})?$/

/** undefined when the text is neither a version nor a range, or its ends are the wrong way round. */
export function parseVersionRange(text: string): VersionRange | undefined {
  const trimmed = text.trim().toLowerCase()
  if (trimmed === 'any' || trimmed === '..') return { text: trimmed, low: lowest, high: highest }
  const dots = trimmed.indexOf('..')
  if (dots < 0) {
    const low = parseEnd(trimmed, 'low')
    const high = parseEnd(trimmed, 'high')
    return low === undefined || high === undefined ? undefined : { text: trimmed, low, high }
  }
  const from = trimmed.slice(0, dots)
  const to = trimmed.slice(dots + 2)
  const low = from === '' ? lowest : parseEnd(from, 'low')
  const high = to === '' ? highest : parseEnd(to, 'high')
  if (low === undefined || high === undefined || compareVersions(low, high) > 0) return undefined
  return { text: trimmed, low, high }
}

/** Whether every version of `inner` belongs to `outer`. */
export function rangeContains(outer: VersionRange, inner: VersionRange): boolean {
  return compareVersions(outer.low, inner.low) <= 0 && compareVersions(inner.high, outer.high) <= 0
}

/** Whether some version belongs to both. */
export function rangesOverlap(a: VersionRange, b: VersionRange): boolean {
  return compareVersions(a.low, b.high) <= 0 && compareVersions(b.low, a.high) <= 0
}

/** The mend for two ranges of which neither may follow the other. */
export const rangesHint = 'a version must lie in one range, or after it in a narrower one inside'

/** Whether `later`, read after `earlier`, either shares no version with it or lies inside it and so refines it. */
export function mayFollow(earlier: VersionRange, later: VersionRange): boolean {
  return !rangesOverlap(earlier, later) || rangeContains(earlier, later)
}

/** The narrowest range to which every version of `version` belongs. @param ranges each may follow those before it */
export function narrowest<T extends { readonly range: VersionRange }>(
  ranges: readonly T[],
  version: VersionRange,
): T | undefined {
  return ranges.findLast(({ range }) => rangeContains(range, version))
}

/** Negative when `a` is older; numbers that are left out count as 0. */
export function compareVersions(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < numbersAtMost; i++) {
    const [left, right] = [a[i] ?? 0, b[i] ?? 0]
    if (left !== right) return left < right ? -1 : 1
  }
  return 0
}

const lowest: readonly number[] = [0, 0, 0, 0]
const highest: readonly number[] = [Infinity, Infinity, Infinity, Infinity]

function parseEnd(text: string, end: 'low' | 'high'): readonly number[] | undefined {
  if (text === 'head') return highest
  const match = versionPattern.exec(text)
  if (match === null) return undefined
  const numbers = (match[1] ?? '').split('.').map(Number)
  const filler = end === 'high' && isPrefix(numbers, match[2]) ? Infinity : 0
  return [...numbers, ...Array<number>(numbersAtMost - numbers.length).fill(filler)]
}

/** Of three numbers none is left open unless `.x` says so: 1.3.4 is one version, 5.2 a family of them. */
function isPrefix(numbers: readonly number[], wildcard: string | undefined): boolean {
  return numbers.length < 3 || wildcard !== undefined
}
