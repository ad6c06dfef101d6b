import { formatVersion } from '../tls/versions.ts'
import type { Written } from './measured-value.ts'
import { otherVersionOf } from './other-version.ts'
import type { ExamView } from './topic.ts'

/** A limit of the profile, as far as both versions matter to it. */
interface WrittenLimit {
  readonly value?: number
  readonly counts: string
  readonly passes?: Bounds
  readonly fails?: Bounds
  readonly note?: string
}
type Bounds = Readonly<Record<string, number>>

/** How a limit is told in one version, and what is known to pass there however it counts. */
export interface LimitReader {
  readonly of: (exam: ExamView) => Written | undefined
  /** By the same way of counting; undefined: nothing is known to pass. */
  readonly passes: (exam: ExamView, counts: string) => number | undefined
}

/**
 * The limit of a device that speaks two versions: what passes in both, what fails in both, and what was seen in one alone
 * only with its name. A figure of one version is never that of the other.
 */
export function inBothVersions({ of, passes }: LimitReader): (exam: ExamView) => Written | undefined {
  return (exam) => {
    const main = of(exam) as WrittenLimit | undefined
    const other = otherVersionOf(exam)
    const version = formatVersion(exam.baseline?.version ?? 0)
    if (other === undefined) return main && { ...main, ...noted(main, `measured in ${spoken(version)}`) }
    const second = formatVersion(OTHER)
    if (other.baseline === undefined)
      return main && onlyIn(main, version, undefined, `${spoken(second)} was not measured`)
    const theirs = of(other) as WrittenLimit | undefined
    const mainSide = { version, limit: main, passes: (counts: string) => passes(exam, counts) }
    const otherSide = { version: second, limit: theirs, passes: (counts: string) => passes(other, counts) }
    return together(mainSide, otherSide)
  }
}

const OTHER = 0x0304

interface Side {
  readonly version: string
  readonly limit: WrittenLimit | undefined
  readonly passes: (counts: string) => number | undefined
}

function together(a: Side, b: Side): Written | undefined {
  if (a.limit === undefined && b.limit === undefined) return undefined
  if (a.limit !== undefined && b.limit !== undefined && a.limit.counts === b.limit.counts)
    return sameWay(a.limit, b.limit, a, b)
  // Each counts in its own way: what bounds is told, and what the other is known to take of it.
  const [one, rest] = a.limit === undefined || (b.limit?.fails && !a.limit.fails) ? [b, a] : [a, b]
  const limit = one.limit!
  const also = limit.counts === 'unknown' ? undefined : rest.passes(limit.counts)
  return onlyIn(limit, one.version, also, said(rest))
}

function sameWay(x: WrittenLimit, y: WrittenLimit, a: Side, b: Side): Written {
  const both = `${said(a)}; ${said(b)}`
  if (isSame(x, y)) {
    const note = `the same in ${spoken(a.version)} and ${spoken(b.version)}`
    return { ...x, passes: merged(x.passes, y.passes, Math.min), ...noted(x, note) }
  }
  const passes = merged(x.passes, y.passes, Math.min)
  if (x.fails === undefined || y.fails === undefined) {
    const [bounded, side] = x.fails === undefined ? [y, b] : [x, a]
    return { ...bounded, passes, tlsVersions: [side.version], note: both }
  }
  const { value: _, note: __, ...rest } = x
  const values = [x.value, y.value].filter((value) => value !== undefined)
  const figure = values.length === 2 ? { value: Math.max(...values), atLeast: Math.min(...values) } : {}
  return { ...rest, ...figure, passes, fails: merged(x.fails, y.fails, Math.max), note: both }
}

/** What passes there passes here where that is known, too; nothing else of it holds in the other version. */
function onlyIn(limit: WrittenLimit, version: string, also: number | undefined, note: string): Written {
  const { passes, ...rest } = limit
  const known = passes?.[limit.counts]
  const least = known === undefined || also === undefined ? undefined : Math.min(known, also)
  return {
    ...rest,
    ...(least === undefined ? {} : { passes: { [limit.counts]: least } }),
    tlsVersions: [version],
    ...noted(limit, `measured in ${spoken(version)}: ${boundsOf(limit)}; ${note}`),
  }
}

function isSame(x: WrittenLimit, y: WrittenLimit): boolean {
  if (x.fails === undefined && y.fails === undefined) return true
  return x.value !== undefined && x.value === y.value
}

function merged(x: Bounds = {}, y: Bounds = {}, pick: (...values: number[]) => number): Bounds {
  const ways = Object.keys(x).filter((way) => y[way] !== undefined)
  return Object.fromEntries(ways.map((way) => [way, pick(x[way]!, y[way]!)]))
}

function noted({ note }: WrittenLimit, more: string): { readonly note: string } {
  return { note: note === undefined ? more : `${note}; ${more}` }
}

function said({ version, limit }: Side): string {
  return `${spoken(version)}: ${limit === undefined ? 'not limited in this way, or not told' : boundsOf(limit)}`
}

function boundsOf({ counts, passes = {}, fails }: WrittenLimit): string {
  const way = counts === 'unknown' ? Object.keys(passes)[0] : counts
  const [low, high] = way === undefined ? [] : [passes[way], fails?.[way]]
  if (low === undefined) return 'nothing passed'
  return high === undefined ? `${low} pass, and nothing failed` : `${low} pass, ${high} fail`
}

const spoken = (version: string) => version.replace('v', ' ')
