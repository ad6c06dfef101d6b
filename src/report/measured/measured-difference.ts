import type { Device } from '../../device/device.ts'
import type { DeviceDifferences } from '../../device/device-differences.ts'
import { type DevicePart, isLimit } from '../../device/device-parts.ts'
import type { Counting, Limit } from '../../device/limit.ts'
import type { ExamView } from '../../exam/topic.ts'
import { groupNames, partItems, partName, partValue } from '../device-words.ts'
import { type KnownLine, knownLines } from '../measure-words.ts'

/** What was measured, beside what the catalogue says of the device that it is taken to be. */
export interface MeasuredDifference {
  readonly known: Device
  /** Values that both have, and that cannot both be true. */
  readonly changed: readonly ChangedValue[]
  /** Limits whose measured bounds leave room for what the catalogue says. */
  readonly agrees: readonly string[]
  /** What was measured and the catalogue says nothing of. */
  readonly added: readonly string[]
}

export interface ChangedValue {
  readonly group: string
  readonly name: string
  readonly catalogue: ValueSaid
  readonly measured: ValueSaid
  /** Where both are lists: what differs between them. */
  readonly lists: ChangedLists | undefined
  /** Of the catalogue's value: confidence and place. */
  readonly source: string
}

export interface ChangedLists {
  /** Measured, and not in the catalogue. */
  readonly added: readonly string[]
  /** In the catalogue, and not measured. */
  readonly removed: readonly string[]
  readonly both: readonly string[]
}

export interface ValueSaid {
  readonly value: string
  /** What it counts, what is known to pass and fail, notes. */
  readonly more: readonly string[]
}

/** `b` of the differences is what was measured. What the catalogue alone says is none: nobody asked the device for it. */
export function readDifference(
  known: Device,
  { parts }: DeviceDifferences,
  exam: ExamView,
): MeasuredDifference {
  const lines = new Map(knownLines(exam).map((line) => [line.key, line]))
  const both = parts.filter(({ a, b }) => a.known !== undefined && b.known !== undefined)
  const isAgreed = ({ a, b }: (typeof parts)[number]) =>
    a.known !== undefined && b.known !== undefined && leavesRoomFor(a.known, b.known)
  return {
    known,
    changed: both.filter((part) => !isAgreed(part)).flatMap(({ a, b }) => changedOf(a, b, lines.get(b.key))),
    agrees: both.filter(isAgreed).map(({ a }) => partName(a)),
    added: parts.flatMap(({ a, b }) => (a.known === undefined && b.known !== undefined ? [partName(b)] : [])),
  }
}

function changedOf(a: DevicePart, b: DevicePart, line: KnownLine | undefined): ChangedValue[] {
  if (a.known === undefined || b.known === undefined) return []
  const { confidence, source } = a.known
  const measured = isLimit(b.known) && line !== undefined ? lineSaid(line) : said({ ...b, known: b.known })
  return [
    {
      group: groupNames[a.group],
      name: partName(a),
      catalogue: said({ ...a, known: a.known }),
      measured,
      lists: listsOf(a, b),
      source: `${confidence}: ${source}`,
    },
  ]
}

function listsOf(catalogue: DevicePart, measured: DevicePart): ChangedLists | undefined {
  const [before, now] = [partItems(catalogue), partItems(measured)]
  if (before === undefined || now === undefined) return undefined
  return {
    added: now.filter((one) => !before.includes(one)),
    removed: before.filter((one) => !now.includes(one)),
    both: now.filter((one) => before.includes(one)),
  }
}

type Known = NonNullable<DevicePart['known']>

/** A bound that was measured contradicts a figure only where the figure lies beyond it. */
function leavesRoomFor(catalogue: Known, measured: Known): boolean {
  if (!isLimit(catalogue) || !isLimit(measured)) return false
  const { value } = catalogue
  const ways = waysOf(catalogue).filter(
    (way) => waysOf(measured).includes(way) || (way === 'items' && isOfCertificates(measured)),
  )
  return ways.some((way) => {
    const [passes, fails] = [readingOf(measured, 'passes', way), readingOf(measured, 'fails', way)]
    if (passes === undefined && fails === undefined) return false
    if (value === undefined) return boundsMeet(catalogue, way, passes, fails)
    if (value === 'unlimited') return fails === undefined
    return (passes ?? 0) <= value && value < (fails ?? Number.POSITIVE_INFINITY)
  })
}

/** Things counted, of which it was measured whether all that are sent count, or those of the path. */
function isOfCertificates({ counts }: Limit): boolean {
  return counts === 'path' || counts === 'sent'
}

function readingOf(limit: Limit, known: 'passes' | 'fails', way: Counting): number | undefined {
  const { [known]: readings, counts } = limit
  return readings[way] ?? (way === 'items' && counts !== 'unknown' ? readings[counts] : undefined)
}

/** The catalogue has no figure: only what it knows to pass and the device refuses, or the contrary, is a difference. */
function boundsMeet(
  catalogue: Limit,
  way: Counting,
  passes: number | undefined,
  fails: number | undefined,
): boolean {
  const known = {
    passes: catalogue.passes[way] ?? 0,
    fails: catalogue.fails[way] ?? Number.POSITIVE_INFINITY,
  }
  return (passes ?? 0) < known.fails && known.passes < (fails ?? Number.POSITIVE_INFINITY)
}

function waysOf({ counts, candidates }: Limit) {
  return counts === 'unknown' ? candidates : [counts]
}

function lineSaid({ text, bounds, counts, notes }: KnownLine): ValueSaid {
  return { value: text, more: [bounds, counts, ...notes].filter((one) => one !== undefined) }
}

function said(part: DevicePart & { known: Known }): ValueSaid {
  const { value, more } = partValue(part)
  const { note } = part.known
  return { value, more: note === undefined ? more : [...more, note] }
}
