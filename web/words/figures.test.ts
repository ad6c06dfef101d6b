import { describe, expect, test } from 'vitest'
import {
  formatAway,
  formatLeft,
  formatMinute,
  formatNames,
  formatNumber,
  formatShare,
  formatSpan,
  formatTook,
} from './figures.ts'

describe('figures', () => {
  test('thousands stand apart by a comma, and less than nothing has a true minus', () => {
    expect(formatNumber(5753)).toBe('5,753')
    expect(formatNumber(38_000_000)).toBe('38,000,000')
    expect(formatNumber(-1465)).toBe('\u22121,465')
    expect(formatNumber(312)).toBe('312')
    expect(formatNumber(0.5)).toBe('0.5')
  })

  test('what is over a limit is said so', () => {
    expect(formatLeft(312)).toBe('312\u00a0B left')
    expect(formatLeft(-1465)).toBe('1,465\u00a0B over')
    expect(formatLeft(1, 'certificates')).toBe('1\u00a0certificate left')
  })

  test('a share is never rounded to more than there is', () => {
    expect(formatShare(0.0599)).toBe('5.9%')
    expect(formatShare(0.999)).toBe('99%')
    expect(formatShare(-0.129)).toBe('\u221212%')
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

  test('of many names the first are told, and how many there are besides', () => {
    expect(formatNames(['a', 'b'], 2)).toBe('a, b')
    expect(formatNames(['a', 'b', 'c', 'd'], 3)).toBe('a, b and 2 more')
  })

  test('how long it took is told as fine as it tells something', () => {
    expect(formatTook(0.84)).toBe('0.8\u00a0ms')
    expect(formatTook(45.2)).toBe('45\u00a0ms')
    expect(formatTook(2693)).toBe('2.7\u00a0s')
  })
})
