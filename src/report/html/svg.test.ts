import { describe, expect, test } from 'vitest'
import { percent, px, wrapWords } from './svg.ts'

describe('words in a picture', () => {
  test('are broken at spaces, into lines of so many characters', () => {
    expect(wrapWords('it shows errno 111 (ECONNREFUSED)', 14, 4)).toEqual([
      'it shows errno',
      '111',
      '(ECONNREFUSED)',
    ])
  })

  test('a word without spaces is cut into lines, and no line is longer', () => {
    const lines = wrapWords(`at ${'x'.repeat(100)} end`, 20, 10)
    expect(lines.every((line) => line.length <= 20)).toBe(true)
    expect(lines.join('').replaceAll(' ', '')).toBe(`at${'x'.repeat(100)}end`)
  })

  test('of too many lines the last one shows that more was there', () => {
    expect(wrapWords('a b c d e f', 1, 3)).toEqual(['a', 'b', '…'])
    expect(wrapWords('abc def ghi', 3, 2)).toEqual(['abc', 'de…'])
  })

  test('no words are no line', () => expect(wrapWords('', 10, 3)).toEqual([]))
})

test('numbers of a picture are short', () => {
  expect(percent(33.333333)).toBe('33.333%')
  expect(px(12.50001)).toBe('12.5')
})
