import { expect, test } from 'vitest'
import { exitCodeOf } from './exit-code.ts'

const of = (...states: ('fits' | 'at-risk' | 'blocked' | 'undecided')[]) => states.map((state) => ({ state }))

test('1 beats 3 beats 2 beats 0', () => {
  expect(exitCodeOf(of('fits', 'undecided', 'at-risk', 'blocked'), true)).toBe(1)
  expect(exitCodeOf(of('fits', 'undecided', 'at-risk'), true)).toBe(3)
  expect(exitCodeOf(of('fits', 'at-risk'), true)).toBe(2)
  expect(exitCodeOf(of('fits'), true)).toBe(0)
})

test('at risk is 0 unless strict', () => {
  expect(exitCodeOf(of('at-risk'), false)).toBe(0)
})
