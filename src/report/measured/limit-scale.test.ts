import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LimitScale } from './limit-scale.ts'

const value = fc.integer({ min: 1, max: 100_000 })

test('keeps order, puts the limit between what passes and what fails, and all within the axis', () => {
  fc.assert(
    fc.property(value, fc.array(value, { minLength: 1, maxLength: 30 }), (edge, values) => {
      const scale = new LimitScale(edge, values)
      const sorted = [...new Set([...values, edge])].sort((a, b) => a - b)
      const places = sorted.map((one) => scale.at(one))
      for (const [index, place] of places.entries()) {
        expect(place).toBeGreaterThan(index === 0 ? 0 : places[index - 1]!)
        expect(place).toBeLessThan(1)
      }
      expect(scale.at(edge)).toBeLessThan(scale.edge)
      expect(scale.edge).toBeLessThan(scale.at(edge + 1))
    }),
  )
})

test('one byte from the limit is told from two, at 4,096 of 65,535', () => {
  const scale = new LimitScale(4096, [1700, 65_535])
  expect(scale.at(4097) - scale.at(4096)).toBeGreaterThan(0.03)
  expect(scale.decades.map(({ distance }) => distance)).toEqual([-1000, -100, -10, 10, 100, 1000, 10_000])
})
