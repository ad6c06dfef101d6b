import { describe, expect, test } from 'vitest'
import {
  connection,
  dial,
  exchange,
  found,
  judged,
  records,
} from '../../../test/support/judge-observations.ts'
import { readRecords } from './record-picture.ts'

const download = (...runs: readonly (number | readonly [number, number])[]) =>
  connection({ records: records(...runs), exchanges: [exchange({})] })

describe('the record strip', () => {
  test('stops at the byte of the finding', () => {
    const verdict = judged(dial([download(300, [1500, 10], [16_384, 5])]))
    const { details } = found(verdict, 'record-too-large')!
    const strip = readRecords([verdict])!
    expect(strip.marks.filter(({ kind }) => kind !== 'grows')).toEqual([
      {
        at: details.offset,
        offset: details.offset,
        connection: undefined,
        recordBytes: 16_384,
        kind: 'stop',
      },
    ])
    expect(details.offset).toBe(300 + 15_000)
    expect(strip).toMatchObject({ records: 16, largest: 16_384, bytes: 300 + 15_000 + 5 * 16_384 })
    expect(strip.limits).toEqual([{ bytes: 2303, devices: ['test@1.0.0'] }])
  })

  test('connections stand one behind the other', () => {
    const range = { ...download(1000, 5000), role: 'range' as const }
    const strip = readRecords([judged(dial([download(1000, 1000), range]))])!
    expect(strip.connections).toEqual([0, 2000])
    expect(strip.bars.map(({ from, to, recordBytes }) => [from, to, recordBytes])).toEqual([
      [0, 1000, 1000],
      [1000, 2000, 1000],
      [2000, 3000, 1000],
      [3000, 8000, 5000],
    ])
    expect(strip.marks).toContainEqual({
      at: 3000,
      offset: 1000,
      connection: 2,
      recordBytes: 5000,
      kind: 'stop',
    })
  })

  test('of a huge download neighbours share a bar, none is lost, and the largest is seen', () => {
    const runs = Array.from({ length: 5000 }, (_, at) => 1 + ((at * 37) % 1400))
    const strip = readRecords([judged(dial([download(...runs, 2000)]))])!
    expect(strip.bars.length).toBeLessThanOrEqual(240)
    expect(strip.bars.reduce((sum, bar) => sum + bar.records, 0)).toBe(5001)
    expect(Math.max(...strip.bars.map(({ recordBytes }) => recordBytes))).toBe(2000)
    for (const [at, bar] of strip.bars.slice(1).entries()) expect(bar.from).toBe(strip.bars[at]!.to)
  })

  test('nothing received is no strip', () => {
    expect(readRecords([judged(dial([connection()]))])).toBeUndefined()
  })
})
