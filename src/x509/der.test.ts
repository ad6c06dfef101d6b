import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DecodeError } from '../codec/decode-error.ts'
import { DerReader, MAX_DER_DEPTH } from './der.ts'
import {
  bitLength,
  decodeString,
  readBitString,
  readBoolean,
  readInteger,
  readOid,
  readSmallInteger,
  readTime,
} from './der-values.ts'

function reader(hex: string, oddities = new Set<string>()): DerReader {
  return new DerReader(Buffer.from(hex, 'hex'), 'Test', oddities)
}

/** Code and offset of the DecodeError that `read` throws. */
function failure(read: () => unknown): [string, number] | undefined {
  try {
    read()
    return undefined
  } catch (error) {
    if (error instanceof DecodeError) return [error.code, error.offset]
    throw error
  }
}

/** Value with tag and length in front. */
function tlv(tag: number, value: Uint8Array): string {
  const length = value.length < 0x80 ? [value.length] : [0x82, value.length >> 8, value.length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), value]).toString('hex')
}

describe('elements', () => {
  test('carry their ranges in the whole document', () => {
    const outer = reader('30053003020107')
    const inner = outer.sequence('a').sequence('b').any('c')
    expect(inner).toMatchObject({ tag: 0x02, start: 4, valueStart: 6, end: 7 })
    expect([...inner.bytes]).toEqual([2, 1, 7])
  })

  test.each([
    ['nothing', '', 'truncated'],
    ['a tag alone', '30', 'truncated'],
    ['a length cut short', '3082', 'truncated'],
    ['a value cut short', '300501', 'truncated'],
    ['an indefinite length', '30800000', 'length'],
    ['five length octets', '30850000000001', 'length'],
    ['a tag number over 30', '1f8101', 'value'],
  ])('%s is refused', (_, hex, code) => {
    expect(failure(() => reader(hex).any('x'))?.[0]).toBe(code)
  })

  test('a length in more octets than it needs is read and noted', () => {
    const oddities = new Set<string>()
    expect(reader('30810105', oddities).any('x').value).toHaveLength(1)
    expect([...oddities]).toEqual(['a length in more octets than it needs'])
    expect(reader(tlv(4, new Uint8Array(300))).any('x').value).toHaveLength(300)
  })

  test('nesting has a bound', () => {
    let hex = ''
    for (let i = 0; i < 100; i++) hex = tlv(0x30, Buffer.from(hex, 'hex'))
    let at = reader(hex)
    const dive = () => {
      for (let i = 0; i < 100; i++) at = at.sequence('deeper')
    }
    expect(failure(dive)?.[0]).toBe('nesting')
    expect(MAX_DER_DEPTH).toBeLessThan(100)
  })

  test('another tag than expected names both', () => {
    expect(() => reader('0401ff').expect(0x30, 'list')).toThrow(
      /Test\.list: tag 0x04 instead of 0x30 at byte 0/,
    )
  })

  test('bytes left over are refused by end()', () => {
    const it = reader('05000500')
    it.any('x')
    expect(failure(() => it.end())).toEqual(['trailing', 2])
  })

  test('any bytes give elements or a DecodeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const it = new DerReader(bytes, 'Test', new Set())
        failure(() => {
          while (!it.atEnd) it.any('x')
        })
      }),
    )
  })
})

describe('values', () => {
  test.each([
    ['06092a864886f70d01010b', '1.2.840.113549.1.1.11'],
    ['0603551d13', '2.5.29.19'],
    ['0603883703', '2.999.3'],
    ['0601' + '27', '0.39'],
    [`0614${'69'}83ffffffffffffffffffffffffffffffffff7f`, `2.25.${(2n ** 128n - 1n).toString()}`],
  ])('OBJECT IDENTIFIER %s is %s', (hex, oid) => {
    // The last one is 2.25 and a 128-bit number: 19 bytes of seven bits.
    expect(readOid(reader(hex), 'oid')).toBe(oid)
  })

  test.each([
    '0600',
    '06018a',
    '06028001',
    `0681c8${'01'.repeat(200)}`,
  ])('OBJECT IDENTIFIER %s is refused', (hex) => {
    expect(failure(() => readOid(reader(hex), 'oid'))).toBeDefined()
  })

  test('BOOLEAN: ff is true, 01 is true and odd', () => {
    const oddities = new Set<string>()
    expect(readBoolean(reader('0101ff', oddities), 'b')).toBe(true)
    expect(readBoolean(reader('010100', oddities), 'b')).toBe(false)
    expect(oddities.size).toBe(0)
    expect(readBoolean(reader('010101', oddities), 'b')).toBe(true)
    expect(oddities.size).toBe(1)
    expect(failure(() => readBoolean(reader('0100'), 'b'))?.[0]).toBe('length')
  })

  test('INTEGER: small ones, and the bits of large ones', () => {
    expect(readSmallInteger(reader('02027fff'), 'i')).toBe(0x7fff)
    expect(failure(() => readSmallInteger(reader('0201ff'), 'i'))?.[0]).toBe('value')
    expect(failure(() => readSmallInteger(reader('02050100000000'), 'i'))?.[0]).toBe('value')
    expect(failure(() => readInteger(reader('0200'), 'i'))?.[0]).toBe('length')
    expect(bitLength(Uint8Array.of(0, 0x80, 0))).toBe(16)
    expect(bitLength(Uint8Array.of(1))).toBe(1)
    expect(bitLength(Uint8Array.of(0))).toBe(0)
  })

  test('BIT STRING: the unused bits are told, impossible ones refused', () => {
    expect(readBitString(reader('030205a0'), 'b')).toEqual({ bytes: Buffer.from([0xa0]), unusedBits: 5 })
    for (const hex of ['0300', '030208a0', '030101']) {
      expect(failure(() => readBitString(reader(hex), 'b'))).toBeDefined()
    }
  })

  test.each([
    [0x0c, 'c3bc', 'ü'],
    [0x13, '41', 'A'],
    [0x14, 'fc', 'ü'],
    [0x1e, '004100fc', 'Aü'],
    [0x1e, 'd83dde00', '😀'],
    [0x1c, '0001f600', '😀'],
    [0x0c, 'ff', '\ufffd'],
    [0x1e, '004100', 'A\ufffd'],
    [0x1c, '7fffffff', '\ufffd'],
  ])('string of tag %i, %s', (tag, hex, text) => {
    const it = reader(tlv(tag, Buffer.from(hex, 'hex')))
    expect(decodeString(it.any('s'), it)).toBe(text)
  })

  test.each([
    [0x17, '491231235959Z', '2049-12-31T23:59:59Z', []],
    [0x17, '500101000000Z', '1950-01-01T00:00:00Z', []],
    [0x18, '99991231235959Z', '9999-12-31T23:59:59Z', []],
    [0x18, '00500101000000Z', '0050-01-01T00:00:00Z', []],
    [0x17, '2001010000Z', '2020-01-01T00:00:00Z', ['t without seconds']],
    [0x17, '200101020000+0100', '2020-01-01T01:00:00Z', ['t with an offset']],
    [0x18, '20200101000000.5Z', '2020-01-01T00:00:00Z', ['t with a fraction of a second']],
  ])('time of tag %i, %s is %s', (tag, text, iso, odd) => {
    const oddities = new Set<string>()
    expect(readTime(reader(tlv(tag, Buffer.from(text)), oddities), 't')).toEqual(new Date(iso))
    expect([...oddities]).toEqual(odd)
  })

  test.each([
    '200230000000Z',
    '201301000000Z',
    '200101240000Z',
    '200101006000Z',
    'soon',
    '',
    '200101000000',
  ])('UTCTime %j is refused', (text) =>
    expect(failure(() => readTime(reader(tlv(0x17, Buffer.from(text))), 't'))?.[0]).toBe('value'))
})
