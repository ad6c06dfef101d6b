import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chanceFrom } from '../../test/support/chance.ts'
import { LimitSearch, type LimitSearchOptions, type Said } from './limit-search.ts'

const options: LimitSearchOptions = {
  passes: 700,
  most: 65_536,
  usual: [1024, 1500, 2048, 2560, 3072, 4096, 5120, 6144, 8192, 10_240, 12_288, 16_384, 32_768],
  near: 32,
}

function run(search: LimitSearch, answer: (value: number) => Said, most = 500): LimitSearch['found'] {
  for (let value = search.nextToConfirm(); value !== undefined && most-- > 0; value = search.nextToConfirm())
    search.tell(value, answer(value))
  expect(search.nextToConfirm()).toBeUndefined()
  return search.found
}

const RUNS = 400
const limits = fc.integer({ min: 700, max: 65_535 })

const upTo = (limit: number) => (value: number) => (value <= limit ? 'passes' : 'fails')

describe('the search for a limit', () => {
  test('finds every limit to the unit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 700, max: 65_535 }), (limit) => {
        const found = run(new LimitSearch(options), upTo(limit))
        expect(found).toMatchObject({ passes: limit, fails: limit + 1, exact: true, contradicted: [] })
        expect(found.connections).toBeLessThanOrEqual(26)
      }),
    )
  })

  test('one of the usual limits, and what lies a header above it, takes few connections', () => {
    for (const usual of options.usual)
      for (const more of [0, 4, 7, 10])
        expect(
          run(new LimitSearch(options), upTo(usual + more)).connections,
          `${usual + more}`,
        ).toBeLessThanOrEqual(more === 0 ? 15 : 20)
  })

  test('where nothing fails, the largest value that is asked says so', () => {
    expect(run(new LimitSearch(options), () => 'passes')).toMatchObject({
      passes: 65_536,
      fails: undefined,
      exact: true,
    })
  })

  test('a device that fails now and then is measured all the same, and said to be flaky', () => {
    fc.assert(
      fc.property(fc.integer({ min: 700, max: 60_000 }), fc.integer({ min: 0, max: 14 }), (limit, bad) => {
        let asked = 0
        const found = run(new LimitSearch(options), (value) =>
          asked++ === bad ? 'fails' : value <= limit ? 'passes' : 'fails',
        )
        expect(found.passes).toBe(limit)
        expect(found.exact).toBe(true)
      }),
    )
  })

  test('one that breaks off at random, up to each fifth time, is measured to the unit or not said to be', () => {
    let exact = 0
    fc.assert(
      fc.property(limits, fc.integer({ min: 0, max: 20 }), fc.integer(), (limit, percent, seed) => {
        const chance = chanceFrom(seed)
        // What other questions of an exam have shown of the same device.
        const steadiness = { good: 20, bad: Math.round(percent / 5) }
        const found = run(new LimitSearch({ ...options, steadiness }), (value) =>
          value <= limit && chance() * 100 >= percent ? 'passes' : 'fails',
        )
        expect(found.passes).toBeLessThanOrEqual(limit)
        expect(found.fails ?? Infinity).toBeGreaterThan(limit)
        if (found.exact) exact++
        if (found.exact) expect(found).toMatchObject({ passes: limit, fails: limit + 1 })
      }),
      { numRuns: RUNS, seed: 7 },
    )
    expect(exact / RUNS).toBeGreaterThan(0.8)
  })

  test('two accidents at one size are not taken for its limit, where the device shows elsewhere that it is flaky', () => {
    let exact = 0
    fc.assert(
      fc.property(
        fc.integer({ min: 5000, max: 60_000 }),
        fc.integer({ min: 2500, max: 4900 }),
        (limit, bad) => {
          let accidents = 0
          const search = new LimitSearch({ ...options, steadiness: { good: 12, bad: 2 } })
          const found = run(search, (value) =>
            value > bad && value <= limit && accidents++ < 2 ? 'fails' : upTo(limit)(value),
          )
          expect(found.passes).toBe(limit)
          expect(found.fails ?? Infinity).toBeGreaterThan(limit)
          if (found.exact) exact++
        },
      ),
      { numRuns: RUNS, examples: [[22_506, 2500]] },
    )
    expect(exact / RUNS).toBeGreaterThan(0.97)
  })

  test('a limit that moves from one connection to the next is seldom called exact, and its bounds hold', () => {
    let exact = 0
    fc.assert(
      fc.property(limits, fc.integer({ min: 40, max: 600 }), fc.integer(), (limit, width, seed) => {
        const chance = chanceFrom(seed)
        const found = run(new LimitSearch(options), (value) =>
          value <= limit - Math.floor(chance() * width) ? 'passes' : 'fails',
        )
        expect(found.passes).toBeLessThanOrEqual(limit)
        expect(found.fails ?? Infinity).toBeGreaterThan(limit - width)
        if (found.exact) exact++
      }),
      { numRuns: RUNS, seed: 7 },
    )
    expect(exact / RUNS).toBeLessThan(0.2)
  })

  test('one that answers at random ends, and is not called exact unless its votes agree', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.constantFrom<Said>('passes', 'fails', 'lost')), (answers) => {
        const stream = answers[Symbol.iterator]()
        const found = run(new LimitSearch(options), () => stream.next().value as Said)
        if (found.fails !== undefined) expect(found.passes).toBeLessThan(found.fails)
      }),
    )
  })

  test('what is only assumed to pass is no exact bound', () => {
    expect(run(new LimitSearch(options), upTo(700)).exact).toBe(true)
    const below = run(new LimitSearch({ ...options, assumed: true }), upTo(600))
    expect(below).toMatchObject({ passes: 699, fails: 700, exact: false })
    // It is asked itself before the search goes down to it, and no more than is needed to be sure.
    expect(below.connections).toBeLessThanOrEqual(6)
    fc.assert(
      fc.property(limits, (limit) => {
        const found = run(new LimitSearch({ ...options, assumed: true }), upTo(limit))
        expect(found).toMatchObject({ passes: limit, fails: limit + 1, exact: true })
      }),
    )
  })

  test('a client that no longer says anything ends it with what is known', () => {
    const search = new LimitSearch(options)
    const found = run(search, (value) => (search.found.connections < 3 ? upTo(4096)(value) : 'lost'))
    expect(found).toMatchObject({ exact: false, connections: 7 })
  })
})
