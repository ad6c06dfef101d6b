import * as v from 'valibot'
import { parseDataFile } from './data-file.ts'

/** What most endpoints of the field show, dated and sourced: outside of it an unknown limit stays undecided. */
export interface OrdinaryRange {
  /** Day the figures were taken together, `2026-09-21`. */
  readonly asOf: string
  readonly ranges: { readonly [Measure in OrdinaryMeasure]?: Ordinary }
}

/** Limits of a device, and those of its HTTP client that endpoints differ in. */
export type OrdinaryMeasure = (typeof measures)[number]

export interface Ordinary {
  readonly low: number
  readonly high: number
  readonly source: string
  readonly note?: string | undefined
}

const measures = [
  'chainBytes',
  'certificateBytes',
  'handshakeMessageBytes',
  'chainCertificates',
  'rsaKeyBits',
  'recordBytes',
  'responseHeadBytes',
] as const

const text = v.pipe(v.string(), v.nonEmpty())
const amount = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

const ordinaryFile = v.strictObject({
  asOf: v.pipe(v.string(), v.regex(/^\d{4}-\d{2}-\d{2}$/, 'write a day as 2026-09-21, in quotes')),
  ranges: v.record(
    v.picklist(measures),
    v.pipe(
      v.strictObject({ low: amount, high: amount, source: text, note: v.optional(text) }),
      v.check((range) => range.low <= range.high, 'low must not exceed high'),
    ),
  ),
})

/** Throws `DataFileError`. */
export function parseOrdinary(yaml: string, file: string): OrdinaryRange {
  return parseDataFile(yaml, file, ordinaryFile)
}

/** undefined when the field's range of that measure is not known. */
export function isOrdinary(
  value: number,
  measure: OrdinaryMeasure,
  ordinary: OrdinaryRange,
): boolean | undefined {
  const range = ordinary.ranges[measure]
  return range === undefined ? undefined : value >= range.low && value <= range.high
}
