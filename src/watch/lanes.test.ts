import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Lanes } from './lanes.ts'

test('so much is under way as there are lanes, and the rest follows in its order', async () => {
  const lanes = new Lanes(2)
  const { signal } = new AbortController()
  const begun: number[] = []
  const ends: (() => void)[] = []
  const all = [0, 1, 2, 3].map((one) =>
    lanes.run(async () => {
      begun.push(one)
      await new Promise<void>((resolve) => {
        ends[one] = resolve
      })
      return one
    }, signal),
  )
  await setImmediate()
  expect(begun).toEqual([0, 1])
  ends[1]?.()
  await setImmediate()
  expect(begun).toEqual([0, 1, 2])
  ends[0]?.()
  ends[2]?.()
  await setImmediate()
  ends[3]?.()
  expect(await Promise.all(all)).toEqual([0, 1, 2, 3])
})

test('work that fails leaves its lane, and what is given up while it waits is not begun', async () => {
  const lanes = new Lanes(1)
  const given = new AbortController()
  const fails = lanes.run(() => setImmediate().then(() => Promise.reject(new Error('no'))), given.signal)
  let begun = 0
  const late = lanes.run(async () => {
    begun++
  }, given.signal)
  const next = lanes.run(async () => 'done', new AbortController().signal)
  given.abort(new Error('given up'))
  await expect(fails).rejects.toThrow('no')
  await expect(late).rejects.toThrow('given up')
  expect(begun).toBe(0)
  expect(await next).toBe('done')
})
