import { expect, test } from 'vitest'
import type { Device } from '../device/device.ts'
import type { Connection } from '../observe/observation.ts'
import { lengthThatHelps } from './fragment-length.ts'

function device(recordBytes: number, handshakeFragments?: 'refused'): Device {
  const source = { confidence: 'measured', where: 'this test' }
  const limit = { value: recordBytes, counts: 'record', candidates: [], passes: {}, fails: {}, disputed: [] }
  return {
    evidence: [],
    layers: [],
    build: {},
    limits: { recordBytes: limit },
    ...(handshakeFragments && { handshakeFragments: { value: handshakeFragments, source } }),
  } as unknown as Device
}

function seen(messageBytes: number, recordBytes: number, maxFragmentLength?: number): Connection[] {
  const chain = { messageBytes, largestRecordBytes: Math.min(messageBytes, recordBytes) }
  const records = [{ offset: 0, plaintextBytes: recordBytes, count: 1 }]
  return [{ chain, records, negotiated: { version: 0x0303, maxFragmentLength } }] as unknown as Connection[]
}

test('no length helps where the device takes what came', () => {
  expect(lengthThatHelps(device(4096), seen(1500, 3000))).toBeUndefined()
  expect(lengthThatHelps(device(16_384), seen(1500, 16_384))).toBeUndefined()
})

test('the longest that the device takes helps it', () => {
  expect(lengthThatHelps(device(4096), seen(1500, 16_384))).toBe(4096)
  expect(lengthThatHelps(device(2303), seen(1500, 16_384))).toBe(2048)
})

test('a length helps nobody who would not take the pieces of the Certificate message', () => {
  expect(lengthThatHelps(device(2303, 'refused'), seen(1500, 16_384))).toBe(2048)
  expect(lengthThatHelps(device(2303, 'refused'), seen(3000, 16_384))).toBeUndefined()
})

test('none is shorter than the device takes', () => {
  expect(lengthThatHelps(device(500), seen(400, 16_384))).toBeUndefined()
})

test('what the server agreed to already is not asked for again', () => {
  expect(lengthThatHelps(device(2303), seen(1500, 1024, 1024))).toBeUndefined()
})
