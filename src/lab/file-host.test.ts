import { describe, expect, test } from 'vitest'
import { parseRange } from './file-host.ts'

/** RFC 9110 §14.1.2, with its examples for a file of 10,000 bytes. */
describe('one byte range', () => {
  test('the first and the second 500 bytes', () => {
    expect(parseRange('bytes=0-499', 10_000)).toEqual({ first: 0, last: 499 })
    expect(parseRange('bytes=500-999', 10_000)).toEqual({ first: 500, last: 999 })
  })

  test('the final 500 bytes, by suffix and by first position', () => {
    expect(parseRange('bytes=-500', 10_000)).toEqual({ first: 9_500, last: 9_999 })
    expect(parseRange('bytes=9500-', 10_000)).toEqual({ first: 9_500, last: 9_999 })
  })

  test('a last position or suffix beyond the end stops at the end', () => {
    expect(parseRange('bytes=9990-20000', 10_000)).toEqual({ first: 9_990, last: 9_999 })
    expect(parseRange('bytes=-20000', 10_000)).toEqual({ first: 0, last: 9_999 })
  })

  test('one byte, and the last byte', () => {
    expect(parseRange('bytes=0-0', 10_000)).toEqual({ first: 0, last: 0 })
    expect(parseRange('bytes=9999-9999', 10_000)).toEqual({ first: 9_999, last: 9_999 })
  })

  test('the unit is told apart without regard to case', () => {
    expect(parseRange('Bytes=1-2', 10)).toEqual({ first: 1, last: 2 })
  })

  test('a first position at or past the end, and a suffix of nothing, cannot be satisfied', () => {
    expect(parseRange('bytes=10000-', 10_000)).toBe('unsatisfiable')
    expect(parseRange('bytes=10001-10002', 10_000)).toBe('unsatisfiable')
    expect(parseRange('bytes=-0', 10_000)).toBe('unsatisfiable')
    expect(parseRange('bytes=-1', 0)).toBe('unsatisfiable')
  })

  test('what is malformed, of another unit, backwards or several ranges is ignored', () => {
    const ignored = [
      undefined,
      '',
      'bytes=',
      'bytes=-',
      'bytes=a-b',
      'bytes=5-2',
      'items=0-1',
      'bytes=0-1,3-4',
    ]
    for (const header of ignored) expect(parseRange(header, 10)).toBeUndefined()
  })
})
