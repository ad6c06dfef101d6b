import { expect, test } from 'vitest'
import { Seed } from './seed.ts'

const seed = new Seed(new Uint8Array(32).fill(7))

test('a seed under 32 bytes is refused', () => {
  expect(() => new Seed(new Uint8Array(31))).toThrow('seed must have at least 32 bytes, has 31')
})

test('the same label gives the same bytes, another label others', () => {
  expect(seed.expand('a', 32)).toEqual(seed.expand('a', 32))
  expect(seed.expand('a', 32)).not.toEqual(seed.expand('b', 32))
})

test('all lengths are met, and no block repeats', () => {
  for (const length of [0, 1, 31, 32, 33, 66]) expect(seed.expand('a', length).length).toBe(length)
  const long = seed.expand('a', 64)
  expect(long.subarray(0, 32)).not.toEqual(long.subarray(32))
})

test('changing the given bytes later changes nothing', () => {
  const bytes = new Uint8Array(32).fill(7)
  const kept = new Seed(bytes)
  bytes.fill(0)
  expect(kept.expand('a', 16)).toEqual(seed.expand('a', 16))
})
