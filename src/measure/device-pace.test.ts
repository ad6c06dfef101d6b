import { expect, test } from 'vitest'
import { FIRST_HANDSHAKE_TIMEOUT_MS, handshakeTimeoutMs } from './device-pace.ts'

const plain = { messageBytes: 800, pausesMs: 0 }

test('a device whose speed is not known has a minute', () => {
  expect(handshakeTimeoutMs(undefined, plain)).toBe(FIRST_HANDSHAKE_TIMEOUT_MS)
})

test('a fast device has ten seconds, a slow one many times what it needs, and no device more than five minutes', () => {
  expect(handshakeTimeoutMs(20, plain)).toBe(10_000)
  expect(handshakeTimeoutMs(8_000, { messageBytes: 8_000, pausesMs: 0 })).toBe(112_000)
  expect(handshakeTimeoutMs(60_000, { messageBytes: 60_000, pausesMs: 0 })).toBe(300_000)
})

test('what the server itself waits comes on top', () => {
  expect(handshakeTimeoutMs(20, { messageBytes: 800, pausesMs: 4_000 })).toBe(18_000)
})
