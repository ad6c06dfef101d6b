import { describe, expect, test } from 'vitest'
import { clientHello, record, sealed, serverHello } from '../../test/support/tls-turns.ts'
import { findHello, recordStart } from './tls-finder.ts'

const hello = record(22, clientHello(), 0x0301)

describe('where TLS begins', () => {
  test('a hello is told by its first eleven bytes, and may be from the second on', () => {
    for (let end = 1; end < 11; end++) expect(recordStart(hello, 0, end)).toBe('more')
    for (let end = 11; end <= hello.length; end++) expect(recordStart(hello, 0, end)).toBe('hello')
    expect(recordStart(record(22, serverHello()), 0, 60)).toBe('hello')
  })

  test('a hello in records of one byte is one still', () => {
    const pieces = Buffer.concat([...clientHello()].map((byte) => record(22, Uint8Array.of(byte))))
    expect(recordStart(pieces, 0, pieces.length)).toBe('hello')
  })

  test('other records are told by their chain', () => {
    const two = Buffer.concat([record(23, sealed(50)), record(23, sealed(60))])
    expect(recordStart(two, 0, two.length)).toBe('record')
    expect(recordStart(two, 0, 80)).toBe('record')
    two[55] = 0x99
    expect(recordStart(two, 0, two.length)).toBe('none')
    expect(recordStart(record(20, Uint8Array.of(1)), 0, 6)).toBe('record')
    expect(recordStart(record(21, Uint8Array.of(2, 40)), 0, 7)).toBe('record')
  })

  test.each([
    'GET / HTTP/1.1',
    'SSH-2.0-OpenSSH_9.2',
    '\x16\x02\x01\x00\x40\x01',
    '\x16\x03\x09\x00\x40\x01',
    '\x17\x03\x03\xff\xff',
    '\x14\x03\x03\x00\x02\x01\x01',
    '\x16\x03\x01\x00\x40\x01\x7f\x00\x00\x03\x03',
    '\x16\x03\x01\x00\x40\x01\x00\x00\x3c\x09\x09',
  ])('%j is none', (text) => {
    const bytes = Buffer.from(text, 'latin1')
    expect(recordStart(bytes, 0, bytes.length)).toBe('none')
  })

  test('a hello behind other bytes is found, and only a hello', () => {
    const plain = Buffer.from('\x16\x03 a6 STARTTLS\r\n', 'latin1')
    const bytes = Buffer.concat([plain, hello])
    expect(findHello(bytes, 0, bytes.length)).toBe(plain.length)
    expect(findHello(plain, 0, plain.length)).toBe(-1)
    const data = Buffer.concat([plain, record(23, sealed(50))])
    expect(findHello(data, 0, data.length)).toBe(-1)
  })
})
