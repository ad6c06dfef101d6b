import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LimitPrior, type PriorOptions } from './limit-prior.ts'

const options: PriorOptions = { passes: 700, most: 20_000, usual: [1024, 4096], near: 32, common: 16_900 }
const value = fc.integer({ min: 700, max: 20_000 })

describe('where a limit may lie', () => {
  test('all of it together is certain, and no value is out of the question', () => {
    for (const found of [undefined, 700, 5000, 20_000]) {
      const prior = new LimitPrior({ ...options, found })
      expect(prior.mass(700, 20_000)).toBeCloseTo(1, 12)
      fc.assert(
        fc.property(value, (one) => {
          expect(prior.mass(one, one)).toBeGreaterThan(0)
        }),
      )
    }
  })

  test('what is asked lies above what passes and below what fails, and parts what is left', () => {
    const prior = new LimitPrior(options)
    fc.assert(
      fc.property(value, value, (one, other) => {
        const [passes, fails] = [Math.min(one, other), Math.max(one, other)]
        if (fails - passes < 2) return
        const asked = prior.median(passes, fails)
        expect(asked).toBeGreaterThan(passes)
        expect(asked).toBeLessThan(fails)
        const off = (at: number) => Math.abs(prior.mass(passes, at - 1) - prior.mass(at, fails - 1))
        if (asked > passes + 1) expect(off(asked)).toBeLessThanOrEqual(off(asked - 1) + 1e-12)
        if (asked < fails - 1) expect(off(asked)).toBeLessThanOrEqual(off(asked + 1) + 1e-12)
      }),
    )
  })

  test('where most devices have no limit, the largest value is asked first', () => {
    expect(new LimitPrior({ ...options, unlimited: 0.6 }).median(700, undefined)).toBe(20_000)
  })

  test('another limit of the same device is asked soon', () => {
    const asked = new LimitPrior({ ...options, found: 7777 }).median(700, 20_000)
    expect(7777 - asked).toBeGreaterThanOrEqual(0)
    expect(7777 - asked).toBeLessThan(48)
  })
})
