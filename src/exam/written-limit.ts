import type { Counting, Readings } from '../device/limit.ts'
import type { LimitFound, LimitSearch } from './limit-search.ts'
import type { Written } from './measured-value.ts'

/** A limit with both bounds in one way of counting; the figure itself only where it is known to the unit. */
export function limitOf(
  found: LimitFound | undefined,
  counts: Counting,
  reading: (value: number) => number = (value) => value,
  note?: string,
): Written | undefined {
  if (found === undefined || found.connections === 0) return undefined
  const { passes, fails, exact } = found
  const bounds = boundsOf(passes, fails, (value) => ({ [counts]: reading(value) }))
  const unmet = exact && fails === undefined ? noLimitMet : undefined
  const notes = [note ?? unmet, ...flakyNote(found)].filter((one) => one !== undefined)
  return {
    ...(exact && fails !== undefined ? { value: reading(passes) } : {}),
    counts,
    ...bounds,
    ...noteOf(notes),
  }
}

export const noLimitMet = 'no limit was met up to there'

export function boundsOf(
  passes: number,
  fails: number | undefined,
  readings: (value: number) => Readings,
): Written {
  return { passes: readings(passes), ...(fails === undefined ? {} : { fails: readings(fails) }) }
}

export function noteOf(notes: readonly string[]): Written {
  return notes.length === 0 ? {} : { note: notes.join('; ') }
}

export function flakyNote({ contradicted, exact, fails }: LimitFound): string[] {
  return [
    ...(contradicted.length > 0
      ? [`passed and failed by turns at ${contradicted.join(', ')}: the device breaks off now and then`]
      : []),
    ...(exact
      ? []
      : [fails === undefined ? 'not looked for to the end' : 'the bounds are not next to each other yet']),
  ]
}

export function boundedBy(counts: Counting, passes: number, fails: number | undefined): Written {
  return { counts, ...boundsOf(passes, fails, (value) => ({ [counts]: value })) }
}

/** A search begins with a value that is taken to pass: where nothing larger did, nothing was shown to. */
export function shownToPass(search: LimitSearch | undefined): LimitFound | undefined {
  const found = search?.found
  return search?.steps.some(({ value, said }) => said === 'passes' && value === found?.passes)
    ? found
    : undefined
}
