import * as v from 'valibot'

/** Ids of endpoints, fleets and channels, as `watch.yaml` has them. */
export const idSchema = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9._-]{0,79}$/i, 'an id has letters, digits, dots, dashes and underscores'),
)

export const nameSchema = v.pipe(
  v.string(),
  v.trim(),
  v.minLength(1, 'the name is empty'),
  v.maxLength(200, 'the name is longer than 200 characters'),
)

/** A number in a query, as text. */
export function numberText(least: number, most: number) {
  return v.pipe(
    v.string(),
    v.regex(/^\d{1,15}$/, 'is not a number'),
    v.transform(Number),
    v.number(),
    v.minValue(least, `is less than ${least}`),
    v.maxValue(most, `is more than ${most}`),
  )
}

export const instantSchema = v.pipe(
  v.string(),
  v.isoTimestamp('is not a time of ISO 8601, such as 2026-11-21T12:00:00Z'),
)

export const numericId = v.object({ id: numberText(1, Number.MAX_SAFE_INTEGER) })
export const namedId = v.object({ id: idSchema })
export const doneSchema = v.object({ ok: v.literal(true) })
