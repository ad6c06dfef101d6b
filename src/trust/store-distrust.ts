import type { Certificate } from '../x509/certificate.ts'

export const storeRuleSource = 'https://wiki.mozilla.org/CA/Root_CA_Lifecycles'

/** Keys made before that day: trust for TLS ends on the day beside it. */
const byKey: readonly (readonly [madeBefore: string, distrustedFrom: string])[] = [
  ['2006-01-01', '2025-04-15'],
  ['2008-01-01', '2026-04-15'],
  ['2010-01-01', '2027-04-15'],
  ['2012-01-01', '2028-04-15'],
  ['2014-04-15', '2029-04-15'],
]

/** Of newer keys. */
const lifeYears = 15

/**
 * The day on which the stores that follow Mozilla end trust for TLS, by their rule. When the key was made is not written
 * in a certificate: it is taken to begin with it, and may be older.
 */
export function computeDistrust({ notBefore }: Certificate): Date {
  const day = notBefore.toISOString().slice(0, 10)
  const row = byKey.find(([madeBefore]) => day < madeBefore)
  if (row !== undefined) return new Date(row[1])
  const end = new Date(day)
  end.setUTCFullYear(end.getUTCFullYear() + lifeYears)
  return end
}
