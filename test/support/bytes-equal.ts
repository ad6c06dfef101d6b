import { expect } from 'vitest'

/** Bytes are compared as bytes: element by element, as `toEqual` has it, 200 kB take most of a second. */
expect.addEqualityTesters([
  (one: unknown, other: unknown) =>
    one instanceof Uint8Array && other instanceof Uint8Array && one.constructor === other.constructor
      ? Buffer.from(one.buffer, one.byteOffset, one.byteLength).equals(other)
      : undefined,
])
