import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DecodeError } from './decode-error.ts'
import { Reader } from './reader.ts'

function errorOf(act: () => unknown): DecodeError {
  try {
    act()
  } catch (error) {
    if (error instanceof DecodeError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

const eight = Uint8Array.of(0x01, 0x02, 0x03, 0x04, 0xff, 0xfe, 0xfd, 0xfc)

test('numbers are big-endian and unsigned', () => {
  const r = new Reader(eight, 'X')
  expect([r.u8('a'), r.u24('b'), r.u32('c')]).toEqual([0x01, 0x020304, 0xfffefdfc])
  expect(r.atEnd).toBe(true)
  expect(new Reader(eight, 'X').u16('a')).toBe(0x0102)
})

test('bytes are a view of the input', () => {
  const r = new Reader(eight, 'X')
  const view = r.bytes(3, 'a')
  expect(view.buffer).toBe(eight.buffer)
  expect([...view]).toEqual([1, 2, 3])
  expect([...r.rest()]).toEqual([4, 0xff, 0xfe, 0xfd, 0xfc])
})

test('an error names the field as a path, its place and what was missing', () => {
  const r = new Reader(Uint8Array.of(0, 5, 0, 1), 'Hello')
  expect(errorOf(() => r.vector16('extensions'))).toMatchObject({
    code: 'truncated',
    field: 'Hello.extensions',
    offset: 2,
    message: 'Hello.extensions: needs 5 bytes, 2 left at byte 2',
  })
})

test('a reader inside carries the path and the offsets of the outer one', () => {
  const outer = new Reader(Uint8Array.of(9, 0, 3, 1, 2, 3), 'Outer')
  outer.u8('first')
  const inner = outer.inside(outer.vector16('list'), 'list')
  inner.u16('0')
  expect(errorOf(() => inner.u16('1'))).toMatchObject({ field: 'Outer.list.1', offset: 5 })
})

test('bytes left over are an error of their own', () => {
  const r = new Reader(eight, 'X')
  r.u8('a')
  expect(errorOf(() => r.end())).toMatchObject({
    code: 'trailing',
    offset: 1,
    message: expect.stringContaining('7'),
  })
})

test('a list of odd length is truncated within', () => {
  const r = new Reader(Uint8Array.of(0, 3, 0, 1, 0), 'X')
  expect(errorOf(() => r.u16List16('suites'))).toMatchObject({
    code: 'truncated',
    field: 'X.suites.1',
    offset: 4,
  })
})

test('a field that fails is not used up', () => {
  const r = new Reader(Uint8Array.of(1), 'X')
  errorOf(() => r.u16('a'))
  expect(r.u8('a')).toBe(1)
})

type Read = (r: Reader) => unknown
const reads: Read[] = [
  (r) => r.u8('f'),
  (r) => r.u16('f'),
  (r) => r.u24('f'),
  (r) => r.u32('f'),
  (r) => r.vector8('f'),
  (r) => r.vector16('f'),
  (r) => r.vector24('f'),
  (r) => r.u16List16('f'),
  (r) => r.u8List8('f'),
  (r) => r.inside(r.vector8('f'), 'f').rest(),
]

test('any reads of any bytes end in a value or a DecodeError, and never step back or past the end', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.array(fc.constantFrom(...reads)), (bytes, plan) => {
      const r = new Reader(bytes, 'X')
      let at = 0
      for (const read of plan) {
        try {
          read(r)
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
          break
        }
        expect(r.offset).toBeGreaterThanOrEqual(at)
        expect(r.offset + r.left).toBe(bytes.length)
        at = r.offset
      }
    }),
  )
})
