import { describe, expect, test } from 'vitest'
import { accidentChance, failuresNeeded } from './accidents.ts'
import { LimitPrior } from './limit-prior.ts'

const prior = new LimitPrior({ passes: 700, most: 65_535, usual: [4096], near: 0 })
const steady = { good: 20, bad: 0 }
const flaky = { good: 20, bad: 4 }

describe('whether what failed failed by accident', () => {
  test('is the less likely the more often it did, and the more likely the flakier the device', () => {
    const doubt = (fails: number, device = steady) =>
      accidentChance(prior, device, { passes: 4096, most: 65_535, failing: [{ value: 4097, fails }] })
    expect(doubt(3)).toBeLessThan(doubt(2))
    expect(doubt(2)).toBeLessThan(doubt(1))
    expect(doubt(3, flaky)).toBeGreaterThan(doubt(3) * 10)
    expect(doubt(8, flaky)).toBeLessThan(0.01)
  })

  test('is hardly possible where the next larger values failed, too', () => {
    const failing = [4097, 4098, 4101].map((value) => ({ value, fails: 1 }))
    const alone = accidentChance(prior, steady, { passes: 4096, most: 65_535, failing: failing.slice(0, 1) })
    expect(accidentChance(prior, steady, { passes: 4096, most: 65_535, failing })).toBeLessThan(alone / 100)
  })

  test('where nothing failed there is none', () => {
    expect(accidentChance(prior, steady, { passes: 65_535, most: 65_535, failing: [] })).toBe(0)
  })

  test('a question is refused by one failure of a steady device, and by several of a flaky one', () => {
    expect(failuresNeeded(steady)).toBe(1)
    expect(failuresNeeded({ good: 60, bad: 1 })).toBe(3)
    expect(failuresNeeded(flaky)).toBe(5)
    expect(failuresNeeded({ good: 1, bad: 10 })).toBe(9)
  })
})
