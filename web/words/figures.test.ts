import { describe, expect, test } from 'vitest'
import { formatAway, formatLeft, formatMinute, formatNumber, formatShare, formatSpan } from './figures.ts'

describe('figures', () => {
  test('thousands stand apart by a thin space, and less than nothing has a true minus', () => {
    expect(formatNumber(5753)).toBe('5\u202f753')
    expect(formatNumber(38_000_000)).toBe('38\u202f000\u202f000')
    expect(formatNumber(-1465)).toBe('\u22121\u202f465')
    expect(formatNumber(312)).toBe('312')
    expect(formatNumber(0.5)).toBe('0.5')
  })

  test('what is over a limit is said so', () => {
    expect(formatLeft(312)).toBe('312\u00a0B left')
    expect(formatLeft(-1465)).toBe('1\u202f465\u00a0B over')
    expect(formatLeft(1, 'certificates')).toBe('1\u00a0certificate left')
  })

  test('a share is never rounded to more than there is', () => {
    expect(formatShare(0.0599)).toBe('5.9\u202f%')
    expect(formatShare(0.999)).toBe('99\u202f%')
    expect(formatShare(-0.129)).toBe('\u221212\u202f%')
  })

  test('times are told from now, and what is no time is a dash', () => {
    const now = Date.parse('2026-11-21T12:00:00Z')
    expect(formatAway('2026-11-21T11:57:00Z', now)).toBe('3\u00a0min ago')
    expect(formatAway('2026-11-23T12:00:01Z', now)).toBe('in 2\u00a0d')
    expect(formatAway('2026-11-21T12:00:04Z', now)).toBe('now')
    expect(formatAway('soon', now)).toBe('–')
    expect(formatMinute('2026-11-21T11:57:31Z')).toBe('2026-11-21\u00a011:57')
    expect(formatMinute('')).toBe('–')
    expect(formatSpan(90)).toBe('1\u00a0min')
  })
})
