import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DecodeError } from '../codec/decode-error.ts'
import { MAX_FRAGMENT_BYTES, RecordReader, type TlsRecord } from './record-reader.ts'

function encodeRecord(contentType: number, fragment: Uint8Array): Uint8Array {
  const header = Uint8Array.of(contentType, 3, 3, fragment.length >> 8, fragment.length & 0xff)
  return Buffer.concat([header, fragment])
}

function readAll(parts: Iterable<Uint8Array>): TlsRecord[] {
  const reader = new RecordReader()
  const records: TlsRecord[] = []
  for (const part of parts) {
    reader.push(part)
    for (let record = reader.next(); record !== undefined; record = reader.next()) records.push(record)
  }
  expect(reader.buffered).toBe(0)
  return records
}

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const parts: Uint8Array[] = []
  let at = 0
  for (const size of sizes) {
    parts.push(bytes.subarray(at, at + size))
    at = Math.min(at + size, bytes.length)
  }
  return [...parts, bytes.subarray(at)]
}

test('records are the same wherever the stream is cut', () => {
  const record = fc.record({
    contentType: fc.integer({ min: 20, max: 24 }),
    fragment: fc.uint8Array({ maxLength: 40 }),
  })
  fc.assert(
    fc.property(fc.array(record), fc.array(fc.nat(30)), (records, sizes) => {
      const stream = Buffer.concat(
        records.map(({ contentType, fragment }) => encodeRecord(contentType, fragment)),
      )
      const got = readAll(cut(stream, sizes)).map(({ fragment, ...rest }) => ({
        ...rest,
        fragment: [...fragment],
      }))
      expect(got).toEqual(
        records.map(({ contentType, fragment }) => ({
          contentType,
          version: 0x0303,
          fragment: [...fragment],
        })),
      )
    }),
  )
})

test('a record that lies in one part is a view of it', () => {
  const bytes = Uint8Array.from(encodeRecord(23, Uint8Array.of(1, 2, 3)))
  const [record] = readAll([bytes])
  expect(record?.fragment.buffer).toBe(bytes.buffer)
})

test('a zero-length fragment is a record', () => {
  expect(readAll([encodeRecord(22, new Uint8Array(0))])).toMatchObject([{ contentType: 22 }])
})

describe('the largest fragment', () => {
  test('of 2^14 + 2048 bytes is taken', () => {
    expect(readAll([encodeRecord(23, new Uint8Array(MAX_FRAGMENT_BYTES))])[0]?.fragment.length).toBe(18_432)
  })

  test('with one byte more is refused by its header alone', () => {
    const reader = new RecordReader()
    reader.push(Uint8Array.of(23, 3, 3, 0x48, 0x01))
    expect(() => reader.next()).toThrow('TLSRecord.length: 18433 bytes, 18432 allowed at byte 3')
  })
})

test.each([
  ['a content type that TLS does not have', [0x48], 'TLSRecord.type'],
  ['a major version other than 3', [0x16, 0x02], 'TLSRecord.version'],
])('%s is refused as soon as it is there', (_, bytes, field) => {
  const reader = new RecordReader()
  for (const byte of bytes.slice(0, -1)) {
    reader.push(Uint8Array.of(byte))
    expect(reader.next()).toBeUndefined()
  }
  reader.push(Uint8Array.of(bytes.at(-1)!))
  expect(() => reader.next()).toThrow(DecodeError)
  expect(() => reader.next()).toThrow(field)
})

test('the offset of an error counts from the first byte of the stream', () => {
  const reader = new RecordReader()
  reader.push(Buffer.concat([encodeRecord(23, new Uint8Array(7)), Uint8Array.of(0)]))
  reader.next()
  expect(() => reader.next()).toThrow('TLSRecord.type: content type 0 at byte 12')
})

test('a megabyte byte by byte, then 60,000 records in one part, take no more than their length', () => {
  const record = encodeRecord(23, new Uint8Array(16_384))
  const one = (function* () {
    for (let i = 0; i < 64 * record.length; i++)
      yield record.subarray(i % record.length, (i % record.length) + 1)
  })()
  expect(readAll(one).length).toBe(64)
  const small = encodeRecord(23, new Uint8Array(1))
  expect(readAll([Buffer.concat(Array.from({ length: 60_000 }, () => small))]).length).toBe(60_000)
}, 10_000)
