import * as v from 'valibot'
import { faultWords } from './fault-words.ts'

/** Parts that the schemas of files written by people share: `gateway.yaml`, `tlsfit.yaml`. */

export const text = v.pipe(v.string(), v.minLength(1, 'write a text that is not empty'))
export const count = v.pipe(v.number(), v.integer('write a whole number'), v.minValue(1, 'write 1 or more'))

/** One of the keys of a table, and no other: faults then have the place of the key that was chosen. */
export const oneOf = <Entries extends v.ObjectEntries>(entries: Entries, form?: string) =>
  v.pipe(
    v.strictObject(entries, (issue) => (form === undefined || !isNoTable(issue) ? issue.message : form)),
    v.check(
      (value) => keysIn(value).length === 1,
      ({ input }) => {
        const keys = keysIn(input)
        const what = keys.length === 0 ? 'names nothing' : `names ${keys.join(' and ')}`
        return faultWords(what, `write exactly one of ${Object.keys(entries).join(', ')}`)
      },
    ),
  )

/** Whether something else stands where a table is asked for. */
export function isNoTable({ expected }: { readonly expected: string | null }): boolean {
  return expected === 'Object'
}

function keysIn(table: object): string[] {
  return Object.entries(table).flatMap(([key, value]) => (value === undefined ? [] : [key]))
}

/** Where a secret lies: never in the file itself. */
export const secretPlace = oneOf(
  { file: v.optional(text), env: v.optional(text) },
  'name the place of the secret: { env: NAME } or { file: PATH }',
)
export type SecretPlace = v.InferOutput<typeof secretPlace>
