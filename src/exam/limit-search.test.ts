import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LimitSearch, type LimitSearchOptions, type Said } from './limit-search.ts'

const options: LimitSearchOptions = {
  passes: 700,
  most: 65_536,
  usual: [1024, 1500, 2048, 2560, 3072, 4096, 5120, 6144, 8192, 10_240, 12_288, 16_384, 32_768],
  near: 32,
}

function run(search: LimitSearch, answer: (value: number) => Said, most = 200): LimitSearch['found'] {
  for (let value = search.next(); value !== undefined && most-- > 0; value = search.next())
    search.tell(value, answer(value))
  expect(search.next()).toBeUndefined()
  return search.found
}

const upTo = (limit: number) => (value: number) => (value <= limit ? 'passes' : 'fails')

describe('the search for a limit', () => {
  test('finds every limit to the unit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 700, max: 65_535 }), (limit) => {
        const found = run(new LimitSearch(options), upTo(limit))
        expect(found).toMatchObject({ passes: limit, fails: limit + 1, exact: true, contradicted: [] })
        expect(found.connections).toBeLessThanOrEqual(21)
      }),
    )
  })

  test('one of the usual limits, and what lies a header above it, takes eleven connections', () => {
    for (const usual of options.usual)
      for (const more of [0, 4, 7, 10])
        expect(
          run(new LimitSearch(options), upTo(usual + more)).connections,
          `${usual + more}`,
        ).toBeLessThanOrEqual(12)
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
      fc.property(fc.integer({ min: 700, max: 65_535 }), fc.integer({ min: 0, max: 14 }), (limit, bad) => {
        let asked = 0
        const found = run(new LimitSearch(options), (value) =>
          asked++ === bad ? 'fails' : value <= limit ? 'passes' : 'fails',
        )
        expect(found.passes).toBe(limit)
        expect(found.exact).toBe(true)
      }),
    )
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

  test('a client that no longer says anything ends it with what is known', () => {
    const search = new LimitSearch(options)
    const found = run(search, (value) => (search.found.connections < 3 ? upTo(4096)(value) : 'lost'))
    expect(found).toMatchObject({ exact: false, connections: 7 })
  })
})
