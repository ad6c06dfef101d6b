import * as v from 'valibot'

/** Parts that the schemas of files written by people share: `gateway.yaml`, `tlsfit.yaml`. */

export const text = v.pipe(v.string(), v.minLength(1, 'write a text that is not empty'))
export const count = v.pipe(v.number(), v.integer('write a whole number'), v.minValue(1, 'write 1 or more'))

/** One of the keys of a table, and no other: faults then have the place of the key that was chosen. */
export const oneOf = <Entries extends v.ObjectEntries>(entries: Entries) =>
  v.pipe(
    v.strictObject(entries),
    v.check(
      (value) => Object.values(value as object).filter((one) => one !== undefined).length === 1,
      `write exactly one of ${Object.keys(entries).join(', ')}`,
    ),
  )

/** Where a secret lies: never in the file itself. */
export const secretPlace = oneOf({ file: v.optional(text), env: v.optional(text) })
export type SecretPlace = v.InferOutput<typeof secretPlace>
