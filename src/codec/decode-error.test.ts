import { expect, test } from 'vitest'
import { DecodeError, unlessBroken } from './decode-error.ts'

test('bytes that break their format are undefined, and any other fault stays a fault', () => {
  const failing = (error: Error) => () => {
    throw error
  }
  expect(unlessBroken(() => 7)).toBe(7)
  expect(unlessBroken(failing(new DecodeError('truncated', 'Hello.random', 3)))).toBeUndefined()
  expect(() => unlessBroken(failing(new RangeError('ours')))).toThrow(RangeError)
})
