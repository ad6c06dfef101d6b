import { expect, test } from 'vitest'
import { scrollTo, windowOf } from './window.ts'

test('the rows in sight are drawn, and some to spare, never beyond the list', () => {
  expect(windowOf(0, 600, 30, 5000, 8)).toEqual({ first: 0, end: 28 })
  expect(windowOf(3000, 600, 30, 5000, 8)).toEqual({ first: 92, end: 128 })
  expect(windowOf(149_400, 600, 30, 5000, 8)).toEqual({ first: 4972, end: 5000 })
  expect(windowOf(90_000, 600, 30, 12, 8)).toEqual({ first: 12, end: 12 })
  expect(windowOf(0, 600, 30, 0, 8)).toEqual({ first: 0, end: 0 })
})

test('a row that stands whole is not scrolled to', () => {
  expect(scrollTo(10, 30, 0, 600)).toBeUndefined()
  expect(scrollTo(20, 30, 0, 600)).toBe(30)
  expect(scrollTo(3, 30, 300, 600)).toBe(90)
})
