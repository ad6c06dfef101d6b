import { describe, expect, test } from 'vitest'
import { type FuzzResult, fuzz, replay } from '../fuzz/fuzz-loop.ts'
import { type FuzzTarget, must } from '../fuzz/fuzz-target.ts'
import { targets } from '../fuzz/targets.ts'

describe('a short run of the fuzzing finds nothing wrong', () => {
  test.each(targets.map((target) => [target.name, target] as const))('%s', async (_, target) => {
    const { faults } = await fuzz(target, 1, { cases: target.shortCases, ms: 20_000 })
    const told = faults.map(({ message, input }) => `${message}\n${Buffer.from(input).toString('base64')}`)
    expect(told).toEqual([])
  })
})

describe('the fuzzing itself', () => {
  const target = (run: (input: Uint8Array) => string): FuzzTarget => ({
    name: 'double',
    shortCases: 1,
    open: () => ({
      seeds: [Buffer.from('0123456789'.repeat(20)), Buffer.from('abc')],
      text: false,
      maxBytes: 400,
      maxMs: 50,
      run,
    }),
  })
  const budget = { cases: 20_000, ms: Number.POSITIVE_INFINITY }
  const shown = ({ cases, outcomes, faults }: FuzzResult) => ({ cases, outcomes, faults })

  test('finds what is wrong, and makes the input that shows it small', async () => {
    const broken = target((input) => {
      must(!input.includes(0xff), 'there is no 255')
      return `${input.length >> 4}`
    })
    const { faults } = await fuzz(broken, 7, budget)
    expect(faults.map(({ input }) => [...input])).toEqual([[0xff]])
    expect(faults[0]?.message).toContain('there is no 255')
    expect(await replay(broken, faults[0]!.input)).toContain('there is no 255')
    expect(await replay(broken, faults[0]!.input.subarray(1))).toBeUndefined()
  })

  test('does the same cases for the same seed, others for another', async () => {
    const runs: string[][] = []
    const results: unknown[] = []
    for (const seed of [3, 3, 4]) {
      const seen: string[] = []
      const begin = (input: Uint8Array) => seen.push(Buffer.from(input).toString('latin1'))
      const harmless = target((input) => `${input[0]}`)
      results.push(shown(await fuzz(harmless, seed, { ...budget, cases: 2_000 }, { begin })))
      runs.push(seen)
    }
    expect(runs[1]).toEqual(runs[0])
    expect(results[1]).toEqual(results[0])
    expect(runs[2]).not.toEqual(runs[0])
  })

  test('builds on what is new: three steps deep, each seldom by itself', async () => {
    const deep = target((input) => {
      let depth = 0
      while (depth < 3 && input[depth] === 0xa0 + depth) depth++
      must(depth < 3, 'three in a row')
      return `${depth}`
    })
    const { faults } = await fuzz(deep, 1, { ...budget, cases: 200_000 })
    expect(faults).toHaveLength(1)
  })

  test('a case that takes long, each time it is tried, is a fault', async () => {
    const slow = target((input) => {
      // Of the processor, as the bound is.
      const until = input[0] === 0x61 && input.length === 3 ? process.cpuUsage().user + 120_000 : 0
      while (process.cpuUsage().user < until);
      return 'done'
    })
    const { faults } = await fuzz(slow, 1, { cases: 2, ms: Number.POSITIVE_INFINITY })
    expect(faults.map(({ message }) => message)).toEqual(['takes more than 50 ms'])
  })
})
