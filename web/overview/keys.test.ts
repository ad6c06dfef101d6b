import { expect, test } from 'vitest'
import { stepTo } from './keys.ts'

const extent = { rows: 100, columns: 6, pageRows: 20 }

test('keys step through a grid and stop at its edges', () => {
  const from = { row: 50, column: 3 }
  expect(stepTo(from, 'ArrowDown', false, extent)).toEqual({ row: 51, column: 3 })
  expect(stepTo(from, 'PageUp', false, extent)).toEqual({ row: 30, column: 3 })
  expect(stepTo(from, 'Home', false, extent)).toEqual({ row: 50, column: 0 })
  expect(stepTo(from, 'End', true, extent)).toEqual({ row: 99, column: 5 })
  expect(stepTo({ row: 0, column: 0 }, 'ArrowUp', false, extent)).toEqual({ row: 0, column: 0 })
  expect(stepTo({ row: 99, column: 5 }, 'PageDown', false, extent)).toEqual({ row: 99, column: 5 })
  expect(stepTo(from, 'Tab', false, extent)).toBeUndefined()
})

test('an empty grid has its head alone', () => {
  expect(stepTo({ row: 0, column: 0 }, 'End', true, { rows: 0, columns: 1, pageRows: 1 })).toEqual({
    row: 0,
    column: 0,
  })
})
