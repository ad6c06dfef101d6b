import type { Device, DeviceLimits } from '../device/device.ts'
import type { FieldRow } from '../device/evidence.ts'
import type { Counting, Limit, Readings } from '../device/limit.ts'
import { parseVersionRange, rangeContains } from '../device/version-range.ts'

/** Share of a limit that should stay free: with less left, the next renewal may pass it. */
const NEAR_SHARE = 0.1

/** What a server demands in one way of counting; `least` < `most` where it is not known exactly. */
export interface Reading {
  readonly least: number
  readonly most: number
}

export type Demand = { readonly [C in Counting]?: Reading | undefined }

/**
 * `near`: fits with less than a tenth left. `open`: what is known does not decide.
 * `none`: nothing at all is known of the limit.
 */
export type Outcome = 'fits' | 'near' | 'over' | 'open' | 'none'

export interface Comparison {
  readonly outcome: Outcome
  /** `row`: what is known to pass or to fail decided; `value`: the documented value did. */
  readonly by: 'row' | 'value' | 'unlimited' | undefined
  /** The row that decided; undefined where the profile's own extremes did. */
  readonly row: FieldRow | undefined
  /** Rows that speak for or against a way of counting, where the ways disagree. */
  readonly rows: readonly FieldRow[]
  /** Only for `open`. */
  readonly leans: 'fits' | 'blocked' | undefined
  /** The way of counting that comes closest to the limit, or passes it. */
  readonly counts: Counting | undefined
  readonly value: number | undefined
  /** Lowest and highest figure that the sources give; equal where they agree. */
  readonly low: number | undefined
  readonly high: number | undefined
  /** Some way of counting, taken alone, is over the figure, though the outcome is not `over`. */
  readonly overInSomeWay: boolean
}

export function exactly(value: number): Reading {
  return { least: value, most: value }
}

export function between(least: number, most: number): Reading {
  return { least, most }
}

/** Compares with the device's limit of that name and with the field rows that hold for its layers. */
export function compareWithDevice(device: Device, name: keyof DeviceLimits, demand: Demand): Comparison {
  const rows = applyingRows(device).filter((row) => row.limit === name)
  return compareWithLimit(device.limits[name], demand, rows)
}

/** Worked out once a device: it is compared many times a verdict. */
function applyingRows(device: Device): readonly FieldRow[] {
  const known = applying.get(device) ?? device.evidence.filter((row) => rowApplies(row, device))
  applying.set(device, known)
  return known
}

const applying = new WeakMap<Device, readonly FieldRow[]>()

/** Whether the row was seen on a layer of this device, in versions that include its own. */
function rowApplies(row: FieldRow, device: Device): boolean {
  const range = parseVersionRange(row.versions)
  return device.layers.some((layer) => {
    const version = parseVersionRange(layer.version)
    return layer.family === row.family && range && version && rangeContains(range, version)
  })
}

/**
 * The five rules of docs/architecture.md, "Limits", in their order. A row is a witness only where every way of
 * counting that it gives, and every way in which the limit may count, is compared, and ours is known in each. Where
 * rows contradict the figure in every way of counting it, the figure decides nothing.
 */
export function compareWithLimit(
  limit: Limit | undefined,
  demand: Demand,
  rows: readonly FieldRow[] = [],
): Comparison {
  const ways = waysOf(limit, demand)
  const refusing = rows.find((row) => row.outcome === 'refused' && dominates(demand, row, ways))
  const accepting = rows.find((row) => row.outcome === 'accepted' && isDominated(demand, row, ways))
  const byWay = ways.map((way) => placeOf(way, limit, demand[way]))
  const told = summaryOf(byWay, limit)
  if (refusing && accepting) return { ...told, outcome: 'open', rows: [refusing, accepting] }
  if (refusing) return { ...told, outcome: 'over', by: 'row', row: refusing }
  if (accepting) return { ...told, outcome: 'fits', by: 'row', row: accepting }
  if (limit?.value === 'unlimited') return { ...told, outcome: 'fits', by: 'unlimited' }
  const isProved = byWay.every(({ place, witnessed }) => place === 'under' && witnessed)
  // What a limit is in one version of TLS decides nothing in another: only what passes in all of them does.
  if (limit?.tlsVersions !== undefined && !isProved)
    return { ...told, outcome: 'open', leans: leaningOf(byWay) }
  if (byWay.every(({ place }) => place === 'none')) return { ...told, outcome: 'none' }
  const standing = byWay.filter(({ way }) => !rows.some((row) => contradicts(row, way, bandOf(limit, way))))
  if (byWay.every(({ place }) => place === 'under') && standing.length > 0) {
    const near = byWay.some((placed) => placed.near)
    return { ...told, outcome: near ? 'near' : 'fits', by: decidedBy(byWay) }
  }
  if (byWay.every(({ place }) => place === 'over') && standing.length > 0) {
    return { ...told, outcome: 'over', by: decidedBy(byWay) }
  }
  return {
    ...told,
    outcome: 'open',
    leans: leaningOf(standing),
    rows: rows.filter((row) => ways.some((way) => contradicts(row, way, bandOf(limit, way)))),
  }
}

/** The ways in which the limit may count; all that we know of ours where nothing is said. */
function waysOf(limit: Limit | undefined, demand: Demand): readonly Counting[] {
  if (limit !== undefined && limit.counts !== 'unknown') return [limit.counts]
  if (limit !== undefined && limit.candidates.length > 0) return limit.candidates
  return Object.keys(demand) as Counting[]
}

function decidedBy(placed: readonly Placed[]): 'row' | 'value' {
  return placed.some(({ witnessed }) => witnessed) ? 'row' : 'value'
}

/** Ours is at least as demanding as what was refused, however it is counted. */
function dominates(demand: Demand, row: FieldRow, ways: readonly Counting[]): boolean {
  const compared = comparedWays(row, ways)
  return (
    compared.length > 0 && compared.every((way) => (demand[way]?.least ?? 0) >= mostOf(row.readings, way))
  )
}

/** Ours is at most as demanding as what was accepted, however it is counted. */
function isDominated(demand: Demand, row: FieldRow, ways: readonly Counting[]): boolean {
  const compared = comparedWays(row, ways)
  return (
    compared.length > 0 &&
    compared.every((way) => (demand[way]?.most ?? Number.POSITIVE_INFINITY) <= leastOf(row.readings, way))
  )
}

function comparedWays(row: FieldRow, ways: readonly Counting[]): Counting[] {
  const given = (Object.keys(row.readings) as Counting[]).filter((way) => row.readings[way] !== undefined)
  return [...new Set([...given, ...ways])]
}

/** A row's reading at most. A path is part of what was sent, so it is never more than that. */
function mostOf(readings: Readings, way: Counting): number {
  const own = readings[way]
  if (own !== undefined) return own
  return (way === 'path' ? readings.sent : undefined) ?? Number.POSITIVE_INFINITY
}

/** A row's reading at least. What was sent held the path, and the message what was sent. */
function leastOf(readings: Readings, way: Counting): number {
  const own = readings[way]
  if (own !== undefined) return own
  if (way === 'sent') return readings.path ?? 0
  if (way === 'message') return readings.sent ?? readings.path ?? 0
  return 0
}

interface Placed {
  readonly way: Counting
  readonly place: 'under' | 'over' | 'between' | 'none'
  readonly near: boolean
  /** Decided by what is known to pass or to fail, not by the documented figure. */
  readonly witnessed: boolean
  readonly reading: Reading | undefined
}

interface Band {
  readonly low: number | undefined
  readonly high: number | undefined
}

function placeOf(way: Counting, limit: Limit | undefined, reading: Reading | undefined): Placed {
  const { low, high } = bandOf(limit, way)
  const figures = figuresOf(limit)
  const rest = { way, near: false, witnessed: false, reading }
  if (low === undefined && high === undefined) return { ...rest, place: 'none' }
  if (reading === undefined) return { ...rest, place: 'between' }
  if (low !== undefined && reading.most <= low) {
    const passes = knownOf(limit, way, 'passes') ?? 0
    const figure = figures.length > 0 ? Math.min(...figures) : undefined
    const witnessed = reading.most <= passes
    const near = !witnessed && varies(way) && figure !== undefined && reading.most > figure * (1 - NEAR_SHARE)
    return { ...rest, place: 'under', near, witnessed }
  }
  const highest = figures.length > 0 ? Math.max(...figures) : undefined
  if (high !== undefined && reading.least > high) {
    return { ...rest, place: 'over', witnessed: highest === undefined || reading.least <= highest }
  }
  // Larger than what is known to pass, and nothing else is known: that says nothing.
  return { ...rest, place: high === undefined && figures.length === 0 ? 'none' : 'between' }
}

/** Sizes grow from one renewal to the next; counts and key sizes come in steps. */
function varies(way: Counting): boolean {
  return way !== 'items' && way !== 'bits'
}

/**
 * Up to `low` passes, above `high` fails. Passes and fails of a profile are the extremes of several rows, so they
 * are used only where the way of counting is known; otherwise each row is compared by itself.
 */
function bandOf(limit: Limit | undefined, way: Counting): Band {
  if (limit === undefined || limit.value === 'unlimited') return { low: undefined, high: undefined }
  const figures = figuresOf(limit)
  const passes = knownOf(limit, way, 'passes')
  const fails = knownOf(limit, way, 'fails')
  if (passes !== undefined && fails !== undefined && passes >= fails) return { low: fails - 1, high: passes }
  const low = figures.length > 0 ? Math.min(...figures) : undefined
  const high = figures.length > 0 ? Math.max(...figures) : undefined
  return {
    low: capped(low === undefined ? passes : Math.max(low, passes ?? 0), fails),
    high: raised(high === undefined ? fails && fails - 1 : high, passes, fails),
  }
}

/** Every figure that a source gives: the value, its lower reading, and what others say. */
export function figuresOf(limit: Limit | undefined): number[] {
  if (limit === undefined || limit.value === 'unlimited') return []
  const figures = limit.disputed.map(({ value }) => value)
  if (limit.value !== undefined) figures.push(limit.value)
  if (limit.value !== undefined && limit.atLeast !== undefined) figures.push(limit.atLeast)
  return figures
}

function knownOf(limit: Limit | undefined, way: Counting, what: 'passes' | 'fails'): number | undefined {
  if (limit === undefined) return undefined
  const known = limit.counts === way || (limit.counts === 'unknown' && limit.candidates.length === 1)
  return known ? limit[what][way] : undefined
}

function capped(low: number | undefined, fails: number | undefined): number | undefined {
  return low !== undefined && fails !== undefined ? Math.min(low, fails - 1) : low
}

function raised(
  high: number | undefined,
  passes: number | undefined,
  fails: number | undefined,
): number | undefined {
  if (high === undefined) return undefined
  const atLeast = Math.max(high, passes ?? 0)
  return fails === undefined ? atLeast : Math.min(atLeast, fails - 1)
}

function summaryOf(
  placed: readonly Placed[],
  limit: Limit | undefined,
): Omit<Comparison, 'outcome'> & { readonly outcome: 'none' } {
  const worst = [...placed].sort((a, b) => (b.reading?.most ?? -1) - (a.reading?.most ?? -1))[0]
  const band = worst === undefined ? { low: undefined, high: undefined } : bandOf(limit, worst.way)
  return {
    outcome: 'none',
    by: undefined,
    row: undefined,
    rows: [],
    leans: undefined,
    counts: worst?.way,
    value: worst?.reading?.most,
    low: band.low,
    high: band.high,
    overInSomeWay: placed.some(({ place }) => place === 'over' || place === 'between'),
  }
}

/** The row cannot be, if the limit counted this way: what it took is over, or what it refused is under. */
function contradicts(row: FieldRow, way: Counting, { low, high }: Band): boolean {
  return row.outcome === 'accepted'
    ? high !== undefined && leastOf(row.readings, way) > high
    : low !== undefined && mostOf(row.readings, way) <= low
}

function leaningOf(standing: readonly Placed[]): 'fits' | 'blocked' | undefined {
  if (standing.length === 0) return undefined
  if (standing.every(({ place }) => place === 'under')) return 'fits'
  return standing.every(({ place }) => place === 'over') ? 'blocked' : undefined
}
