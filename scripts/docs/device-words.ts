import type { Catalogue } from '../../src/device/catalogue.ts'
import type { ErrorWords } from '../../src/device/device.ts'
import { rangeText } from '../../src/report/device-words.ts'
import { mergeRows } from './merged-rows.ts'

/** What a family shows for failures, with the ranges that show it so. */
export interface FamilyWords {
  readonly family: string
  readonly name: string
  readonly words: ErrorWords
  /** Empty where all versions do. */
  readonly ranges: readonly string[]
}

/** The error words of every profile, each once, families in the order of the catalogue. */
export function deviceWords(catalogue: Catalogue): readonly FamilyWords[] {
  return catalogue.families.flatMap((family) => {
    const profile = catalogue.profile(family)
    if (profile === undefined) return []
    const told = profile.ranges.map(({ range, values }) => ({
      range: rangeText(range.text),
      values: values.errors,
    }))
    return mergeRows(told, (words) => JSON.stringify(words)).map(({ value: words, ranges }) => ({
      family,
      name: profile.name,
      words,
      ranges,
    }))
  })
}
