import { expect, test } from 'vitest'
import { datesIn, nextPassing } from './next-date.ts'

const at = (text: string) => new Date(text).getTime()
const now = at('2026-12-01T00:00:00Z')
const day = 86_400_000

test('the next date that passes is told a second late, so that every comparison has turned by then', () => {
  const dates = [now - day, now + day, now + 2 * day]
  expect(nextPassing(dates, { kind: 'right' }, now)).toBe(now + day + 1_000)
  // At the very date some comparisons have turned and some have not: it is still ahead.
  expect(nextPassing(dates, { kind: 'right' }, now + day)).toBe(now + day + 1_000)
  expect(nextPassing(dates, { kind: 'right' }, now + day + 1_000)).toBe(now + 2 * day + 1_000)
  expect(nextPassing(dates, { kind: 'right' }, now + 3 * day)).toBeUndefined()
})

test('a device that is behind meets it later, one that is ahead sooner, and one without a clock never', () => {
  const dates = [now + 5 * day]
  expect(nextPassing(dates, { kind: 'off', seconds: -2 * 86_400 }, now)).toBe(now + 7 * day + 1_000)
  expect(nextPassing(dates, { kind: 'off', seconds: 2 * 86_400 }, now)).toBe(now + 3 * day + 1_000)
  expect(nextPassing(dates, { kind: 'stands', at: '2020-01-01T00:00:00Z' }, now)).toBeUndefined()
})

test('dates are found wherever they stand, and what is no date is left out', () => {
  const value = [{ request: { sas: { expiresAt: new Date(now) }, presigned: undefined } }, new Uint8Array(3)]
  expect(datesIn(value)).toEqual([now])
  expect(datesIn({ broken: new Date(Number.NaN), text: '2026-12-01' })).toEqual([])
})
