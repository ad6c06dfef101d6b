import * as v from 'valibot'
import { parseDataFile } from './data-file.ts'
import { type OrdinaryRange, ordinaryKinds, ordinaryMeasures } from './ordinary.ts'

const text = v.pipe(v.string(), v.nonEmpty())
const amount = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

const ordinaryFile = v.strictObject({
  asOf: v.pipe(v.string(), v.regex(/^\d{4}-\d{2}-\d{2}$/, 'write a day as 2026-09-21, in quotes')),
  ranges: v.record(
    v.picklist(ordinaryMeasures),
    v.pipe(
      v.strictObject({ low: amount, high: amount, source: text, note: v.optional(text) }),
      v.check((range) => range.low <= range.high, 'low must not exceed high'),
    ),
  ),
  kinds: v.record(
    v.picklist(ordinaryKinds),
    v.strictObject({ values: v.pipe(v.array(text), v.minLength(1)), source: text }),
  ),
})

/** Throws `DataFileError`. */
export function parseOrdinary(yaml: string, file: string): OrdinaryRange {
  return parseDataFile(yaml, file, ordinaryFile)
}
