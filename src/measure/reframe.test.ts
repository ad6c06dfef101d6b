import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { Reframer } from './reframe.ts'

function message(type: number, bytes: number): Buffer {
  return Buffer.concat([Buffer.from([type, 0, bytes >> 8, bytes & 0xff]), Buffer.alloc(bytes, type)])
}

function record(type: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([type, 3, 3, body.length >> 8, body.length & 0xff]), body])
}

function framesOf(bytes: Buffer): [type: number, length: number][] {
  const frames: [number, number][] = []
  for (let at = 0; at < bytes.length; at += 5 + bytes.readUInt16BE(at + 3)) {
    frames.push([bytes[at]!, bytes.readUInt16BE(at + 3)])
  }
  return frames
}

const flight = [message(2, 60), message(11, 1_000), message(14, 0)]

test('cuts each message into records of its own, wherever TCP cut them', () => {
  const whole = Buffer.concat(flight.map((one) => record(22, one)))
  const reframer = new Reframer({ recordBytes: 400, merge: false })
  const out = Buffer.concat([...whole].map((byte) => reframer.push(Uint8Array.of(byte))))
  expect(framesOf(out)).toEqual([
    [22, 64],
    [22, 400],
    [22, 400],
    [22, 204],
    [22, 4],
  ])
})

test('puts messages that share a record into one, and leaves what is sealed alone', () => {
  const reframer = new Reframer({ recordBytes: 16_384, merge: true })
  const sealed = record(22, Buffer.alloc(40, 1))
  const out = [
    reframer.push(Buffer.concat(flight.map((one) => record(22, one)))),
    reframer.push(record(20, Buffer.from([1]))),
    reframer.push(sealed),
  ]
  expect(out.flatMap(framesOf)).toEqual([
    [22, 64 + 1_004 + 4],
    [20, 1],
    [22, 40],
  ])
  expect(out[2]).toEqual(sealed)
})

test('an alert goes after what was held back', () => {
  const reframer = new Reframer({ recordBytes: 16_384, merge: true })
  const held = reframer.push(record(22, message(2, 60)))
  const alert = record(21, Buffer.from([2, 40]))
  expect(held.length).toBe(0)
  expect(framesOf(reframer.push(alert))).toEqual([
    [22, 64],
    [21, 2],
  ])
})

test('a HelloRetryRequest does not wait for more', () => {
  const random = createHash('sha256').update('HelloRetryRequest').digest()
  const retry = Buffer.concat([Buffer.from([2, 0, 0, 40, 3, 3]), random, Buffer.alloc(6)])
  const reframer = new Reframer({ recordBytes: 16_384, merge: true })
  expect(framesOf(reframer.push(record(22, retry)))).toEqual([[22, 44]])
})
