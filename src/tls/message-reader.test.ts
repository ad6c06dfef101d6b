import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DecodeError } from '../codec/decode-error.ts'
import { encodeHandshake } from './handshake-message.ts'
import { type HandshakeMessage, MAX_RECORDS_PER_MESSAGE, MessageReader } from './message-reader.ts'

const max = 1000

function readAll(reader: MessageReader, fragments: readonly Uint8Array[]): HandshakeMessage[] {
  const messages: HandshakeMessage[] = []
  for (const fragment of fragments) {
    reader.push(fragment)
    for (let message = reader.next(); message !== undefined; message = reader.next()) messages.push(message)
  }
  return messages
}

const message = (type: number, length: number): Uint8Array =>
  encodeHandshake(type, (w) => w.bytes(new Uint8Array(length).fill(type)))

describe('records of a message', () => {
  const counts = (fragments: readonly Uint8Array[]): [number, number, number][] =>
    readAll(new MessageReader(max), fragments).map((m) => [m.bytes.length, m.records, m.largestRecordBytes])

  test('one message in one record', () => {
    expect(counts([message(1, 6)])).toEqual([[10, 1, 10]])
  })

  test('two messages in one record share it', () => {
    expect(counts([Buffer.concat([message(1, 6), message(2, 0)])])).toEqual([
      [10, 1, 14],
      [4, 1, 14],
    ])
  })

  test('a message over three records, the last shared with the next message', () => {
    const bytes = Buffer.concat([message(1, 16), message(2, 6)])
    expect(counts([bytes.subarray(0, 2), bytes.subarray(2, 17), bytes.subarray(17)])).toEqual([
      [20, 3, 15],
      [10, 1, 13],
    ])
  })

  test('a zero-length fragment does not count', () => {
    const bytes = message(1, 6)
    const empty = new Uint8Array(0)
    expect(counts([empty, bytes.subarray(0, 5), empty, bytes.subarray(5)])).toEqual([[10, 2, 5]])
  })
})

test('messages are the same however they are spread over records', () => {
  const parts = fc.array(fc.record({ type: fc.nat(255), body: fc.uint8Array({ maxLength: 60 }) }))
  fc.assert(
    fc.property(parts, fc.array(fc.nat(20)), (sent, sizes) => {
      const stream = Buffer.concat(sent.map(({ type, body }) => encodeHandshake(type, (w) => w.bytes(body))))
      const fragments: Uint8Array[] = []
      let at = 0
      for (const size of sizes) {
        fragments.push(stream.subarray(at, at + size))
        at = Math.min(at + size, stream.length)
      }
      const reader = new MessageReader(max)
      const got = readAll(reader, [...fragments, stream.subarray(at)])
      expect(got.map(({ type, body }) => [type, [...body]])).toEqual(
        sent.map(({ type, body }) => [type, [...body]]),
      )
      expect(reader.pending).toBe(false)
    }),
  )
})

test('a begun message is pending', () => {
  const reader = new MessageReader(max)
  readAll(reader, [message(1, 6).subarray(0, 1)])
  expect(reader.pending).toBe(true)
})

describe('bounds', () => {
  test('a message of the bound is taken, with one byte more it is refused by its header', () => {
    expect(readAll(new MessageReader(max), [message(1, max)]).length).toBe(1)
    const header = message(1, max + 1).subarray(0, 4)
    expect(() => readAll(new MessageReader(max), [header])).toThrow(
      new DecodeError('too-large', 'Handshake.length', 1, '1001 bytes, 1000 allowed'),
    )
  })

  test('a message in too many records is refused', () => {
    const bytes = message(1, MAX_RECORDS_PER_MESSAGE)
    const single = Array.from(bytes, (byte) => Uint8Array.of(byte))
    const reader = new MessageReader(1_000_000)
    expect(readAll(reader, single.slice(0, MAX_RECORDS_PER_MESSAGE))).toEqual([])
    expect(() => readAll(reader, single.slice(MAX_RECORDS_PER_MESSAGE))).toThrow(
      'Handshake.records: over 8192 records',
    )
  })
})
