import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { firstTurns, type Met, meet, type Turns } from './turns.ts'

const HOUR = 3_600_000
const start = new Date('2026-12-01T00:00:00Z').getTime()

/** One round an hour; what is not met for a day is forgotten. */
function rounds(...values: readonly (readonly string[])[]): Met<string>[] {
  const [first = [], ...more] = values
  let turns: Turns<string> = firstTurns(first)
  return more.map((now, at) => {
    const met = meet(turns, now, { at: new Date(start + at * HOUR).toISOString(), rememberSeconds: 86_400 })
    turns = met.turns
    return met
  })
}

describe('what an endpoint shows by turns', () => {
  test('what stays the same leaves the memory as it is', () => {
    const [one, two] = rounds(['a'], ['a'], ['a'])
    expect(two?.turns).toEqual(one?.turns)
    expect(two).toMatchObject({ fresh: [], gone: [], beganToTurn: false })
  })

  test('another value is fresh once, and one that takes its place for good does not turn', () => {
    const [one, two] = rounds(['a'], ['b'], ['b'])
    expect(one).toMatchObject({ fresh: ['b'], gone: ['a'], beganToTurn: false })
    expect(two).toMatchObject({ fresh: [], gone: [] })
  })

  test('one address after the other that follows is one value that goes, not a turn', () => {
    const met = rounds(['a'], ['a', 'b'], ['b'], ['b'])
    expect(met.map(({ fresh }) => fresh)).toEqual([['b'], [], []])
    expect(met.some(({ turns }) => turns.turning)).toBe(false)
  })

  test('what comes back begins to turn, once', () => {
    const met = rounds(['a'], ['b'], ['a'], ['b'], ['a'])
    expect(met.map(({ beganToTurn }) => beganToTurn)).toEqual([false, true, false, false])
    expect(met.flatMap(({ fresh }) => fresh)).toEqual(['b'])
  })

  test('many values turn, though none came back', () => {
    const met = rounds(['a'], ['b'], ['c'], ['d'], ['e'], ['f'])
    expect(met.map(({ turns }) => turns.turning)).toEqual([false, false, false, true, true])
  })

  test('many values that go at once are a move, not a turn', () => {
    const met = rounds(['a', 'b', 'c', 'd', 'e'], ['f', 'g', 'h', 'i', 'j'], ['f', 'g', 'h', 'i', 'j'])
    expect(met.some(({ turns }) => turns.turning)).toBe(false)
  })

  test('what was not met for longer than is remembered is fresh again, and the turning ends', () => {
    const away = Array.from({ length: 30 }, () => ['b'])
    const met = rounds(['a'], ['b'], ['a'], ...away, ['a'])
    expect(met.at(-2)?.turns).toEqual({ current: ['b'], left: [], turning: false })
    expect(met.at(-1)?.fresh).toEqual(['a'])
  })

  test('two values by turns are fresh once each, in whatever order they come', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b'), { minLength: 2, maxLength: 40 }), (values) => {
        // Each within a day of the one before: nothing is forgotten in 20 rounds.
        const met = rounds(...values.slice(0, 20).map((value) => [value]))
        const fresh = met.flatMap(({ fresh }) => fresh)
        expect(fresh.length).toBeLessThanOrEqual(1)
        expect(met.filter(({ beganToTurn }) => beganToTurn).length).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('the memory has a bound', () => {
    const many = Array.from({ length: 20 }, (_, round) =>
      Array.from({ length: 50 }, (_, i) => `${round}.${i}`),
    )
    expect(rounds(...many).at(-1)?.turns.left.length).toBeLessThanOrEqual(64)
  })
})
