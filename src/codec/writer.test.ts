import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatHex } from './hex.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

test('numbers are big-endian', () => {
  const w = new Writer().u8(1).u16(0x0203).u24(0x040506).u32(0x0708090a)
  expect(formatHex(w.finish())).toBe('0102030405060708090a')
  expect(w.length).toBe(10)
})

test('a vector has the length of what was written in it, nested ones too', () => {
  const w = new Writer()
  w.vector16(() => {
    w.u8(0xaa)
    w.vector8(() => w.ascii('hi'))
    w.vector24(() => {})
  })
  expect(formatHex(w.finish())).toBe('0007aa026869000000')
})

describe('what a field cannot hold is a RangeError', () => {
  test.each<[string, (w: Writer) => unknown]>([
    ['a number too large', (w) => w.u8(256)],
    ['a negative number', (w) => w.u16(-1)],
    ['a fraction', (w) => w.u16(1.5)],
    ['NaN', (w) => w.u32(Number.NaN)],
    ['a vector too long', (w) => w.vector8(() => w.bytes(new Uint8Array(256)))],
    ['a name that is not ASCII', (w) => w.ascii('münchen.example')],
  ])('%s', (_, write) => {
    expect(() => write(new Writer())).toThrow(RangeError)
  })
})

test('what is finished does not change when more is written', () => {
  const w = new Writer().u8(1)
  const first = w.finish()
  w.u8(2)
  expect([...first]).toEqual([1])
})

const field = fc.oneof(
  fc.record({ kind: fc.constant('u8' as const), value: fc.nat(0xff) }),
  fc.record({ kind: fc.constant('u16' as const), value: fc.nat(0xffff) }),
  fc.record({ kind: fc.constant('u24' as const), value: fc.nat(0xffffff) }),
  fc.record({ kind: fc.constant('u32' as const), value: fc.integer({ min: 0, max: 0xffffffff }) }),
)
const vector = fc.record({
  kind: fc.constantFrom('vector8' as const, 'vector16' as const, 'vector24' as const),
  value: fc.uint8Array({ maxLength: 255 }),
})

test('a reader reads back what a writer wrote', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(field, vector), { maxLength: 20 }), (fields) => {
      const w = new Writer()
      for (const { kind, value } of fields) {
        if (typeof value === 'number') (w[kind as 'u8'] as (v: number) => void).call(w, value)
        else w[kind as 'vector8'](() => w.bytes(value))
      }
      const r = new Reader(w.finish(), 'X')
      for (const { kind, value } of fields) expect(r[kind]('f')).toEqual(value)
      r.end()
    }),
  )
})
