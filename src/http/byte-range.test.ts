import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chooseRange, formatContentRange } from './byte-range.ts'

describe('a Range of 1,000 bytes', () => {
  test.each([
    [undefined, 'whole'],
    ['bytes=0-99', { first: 0, last: 99 }],
    ['bytes=0-0', { first: 0, last: 0 }],
    ['bytes=999-', { first: 999, last: 999 }],
    ['bytes=500-', { first: 500, last: 999 }],
    ['bytes=-1', { first: 999, last: 999 }],
    ['bytes=-5000', { first: 0, last: 999 }],
    ['bytes=900-5000', { first: 900, last: 999 }],
    ['BYTES=0-1', { first: 0, last: 1 }],
    ['items=0-1', 'whole'],
    ['bytes=1000-', 'unsatisfiable'],
    ['bytes=1000-2000', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=-', 'unsatisfiable'],
    ['bytes=9-1', 'unsatisfiable'],
    ['bytes=0-1,5-6', 'unsatisfiable'],
    ['bytes=0-1, bytes=5-6', 'unsatisfiable'],
    ['bytes=a-b', 'unsatisfiable'],
    ['bytes=0x0-1', 'unsatisfiable'],
    ['bytes=99999999999999999999-', 'unsatisfiable'],
    ['bytes', 'unsatisfiable'],
    ['0-99', 'unsatisfiable'],
  ])('%s asks for %j', (value, outcome) => {
    expect(chooseRange(value, 1_000)).toEqual(outcome)
  })

  test('an empty file has no range', () => {
    expect(chooseRange('bytes=0-', 0)).toBe('unsatisfiable')
    expect(chooseRange('bytes=-5', 0)).toBe('unsatisfiable')
    expect(chooseRange(undefined, 0)).toBe('whole')
  })

  test('whatever is asked, what is chosen lies within the file', () => {
    const digits = fc.constantFrom('', '0', '1', '41', '42', '43', '9007199254740993', '-', ',')
    fc.assert(
      fc.property(digits, digits, fc.nat(43), (first, last, size) => {
        const range = chooseRange(`bytes=${first}-${last}`, size)
        if (typeof range === 'string') return
        expect(range.first).toBeGreaterThanOrEqual(0)
        expect(range.last).toBeGreaterThanOrEqual(range.first)
        expect(range.last).toBeLessThan(size)
      }),
    )
  })
})

test('Content-Range names the part and the whole', () => {
  expect(formatContentRange({ first: 0, last: 1 }, 10)).toBe('bytes 0-1/10')
  expect(formatContentRange(undefined, 10)).toBe('bytes */10')
})
