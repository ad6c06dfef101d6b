import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { judgeFlatness, type TimedSample } from '../soak/flatness.ts'
import type { Sample } from '../soak/sample.ts'

const rest: Sample = {
  ...{ rssBytes: 100e6, heapBytes: 30e6, descriptors: 20, sockets: 2, timers: 1 },
  ...{ operations: 0, failures: 0, storeBytes: 0 },
}

/** Nine samples, one a minute, of 1,000 operations each. */
function samples(at: (minute: number) => Partial<Sample>): TimedSample[] {
  return Array.from({ length: 9 }, (_, minutes) => ({
    ...{ ...rest, operations: 1_000 * minutes, ...at(minutes) },
    minutes,
  }))
}

describe('the verdict of a soak', () => {
  test('is flat where memory goes up and down around one level, and all is let go', () => {
    const wave = samples((minute) => ({ heapBytes: 30e6 + 1e6 * (minute % 2) }))
    expect(judgeFlatness(wave, rest, rest).faults).toEqual([])
  })

  test('lets what fills at the beginning fill', () => {
    const filling = samples((minute) => ({ heapBytes: 30e6 + 20e6 * Math.min(1, minute / 2) }))
    expect(judgeFlatness(filling, rest, rest).faults).toEqual([])
  })

  test.each([
    [
      'a kB an operation is kept',
      samples((minute) => ({ heapBytes: 30e6 + 1e6 * minute })),
      /the heap rises/,
    ],
    ['the process takes ever more', samples((minute) => ({ rssBytes: 100e6 + 5e6 * minute })), /takes rises/],
    ['nothing was done', samples(() => ({ operations: 5 })), /nothing was done/],
    ['there are too few samples', samples(() => ({})).slice(0, 3), /fewer than three/],
  ])('is not where %s', (_what, series, fault) => {
    expect(judgeFlatness(series, rest, rest).faults.join()).toMatch(fault)
  })

  test.each(['descriptors', 'sockets', 'timers'] as const)('is not where %s are left behind', (what) => {
    const after = { ...rest, [what]: rest[what] + 1 }
    const [fault, ...more] = judgeFlatness(
      samples(() => ({})),
      rest,
      after,
    ).faults
    expect(fault).toContain(what)
    expect(more).toEqual([])
  })
})

test('a soak of the gateway for some seconds: bytes are right, and nothing is held afterwards', async () => {
  const run = join(import.meta.dirname, '../soak/run.mjs')
  // A third of the clients stay silent or slow until the gateway gives them up, which takes seconds: so many that some act.
  const options = ['--minutes', '0.1', '--every', '1', '--load', '16']
  const child = spawn(process.execPath, [run, 'gateway', ...options])
  const exited = once(child, 'exit')
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = await exited
  expect(errors).toBe('')
  expect(out).not.toMatch(/WRONG BYTES|TOO LONG/)
  expect(out).toMatch(/\n\| after \|/)
  expect(out).toMatch(/\nflat\n$/)
  expect(code).toBe(0)
}, 180_000)
