import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareVersions, parseVersionRange, rangeContains, rangesOverlap } from './version-range.ts'

describe('ranges of versions', () => {
  test.each([
    ['1.3.1..1.3.7', '1.3.4', true],
    ['1.3.1..1.3.7', '1.3.7', true],
    ['1.3.1..1.3.7', '1.3.0', false],
    ['1.3.1..1.3.7', '1.3.8', false],
    ['1.3.1..1.3.7', '1.3', false],
    ['5.x', '5.5.5', true],
    ['5.x', '5', true],
    ['5.x', '6.0', false],
    ['4.0..4.1', '4.1.3', true],
    ['4.0..4.1', '4.2', false],
    ['1.1.5..1.1', '1.1.9', true],
    ['1.1.5..1.1', '1.2.0', false],
    ['..1.2', '0.43.3', true],
    ['..1.2', '1.2.5', true],
    ['..1.2', '1.3.0', false],
    ['2.9..', '3.0.1', true],
    ['2.9..', 'head', true],
    ['1.3..1.40', '1.10.2', true],
    ['1.3..1.40', 'head', false],
    ['any', 'head', true],
    ['any', 'v2.4.2', true],
    ['1.3.1..1.3.7', '1.3.4-rc1', true],
    ['1.3.1..1.3.7', '1.3.2..1.3.5', true],
  ])('%s and %s: %s', (range, version, inside) => {
    const [outer, inner] = [parseVersionRange(range), parseVersionRange(version)]
    if (outer === undefined || inner === undefined) throw new Error('not parsed')
    expect(rangeContains(outer, inner)).toBe(inside)
  })

  test.each([
    '',
    'x',
    '1..2..3',
    '1.2.3.4.5',
    '-1',
    '1,2',
    '2.0..1.9',
    '1. 2',
    '1e3',
    '..x',
    '9999999',
  ])('%j is no range', (text) => {
    expect(parseVersionRange(text)).toBeUndefined()
  })

  test('1.10 is newer than 1.9', () => {
    expect(compareVersions([1, 10], [1, 9])).toBe(1)
  })

  test('a version lies in a range exactly when it is neither below nor above it', () => {
    const version = fc.tuple(fc.nat(20), fc.nat(20), fc.nat(20)).map((numbers) => numbers.join('.'))
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        const range = parseVersionRange(`${a}..${b}`)
        const point = parseVersionRange(c)
        const numbers = (text: string) => text.split('.').map(Number)
        if (point === undefined) throw new Error('not parsed')
        expect(range === undefined).toBe(compareVersions(numbers(a), numbers(b)) > 0)
        if (range === undefined) return
        const between =
          compareVersions(numbers(a), numbers(c)) <= 0 && compareVersions(numbers(c), numbers(b)) <= 0
        expect(rangeContains(range, point)).toBe(between)
        expect(rangesOverlap(range, point)).toBe(between)
      }),
    )
  })

  test('no text makes it throw', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseVersionRange(text)))
  })
})
