import { expect, test } from 'vitest'
import { DecodeError } from '../codec/decode-error.ts'
import { decodeServerHello } from './server-hello.ts'

function helloWith(sessionIdBytes: number): Uint8Array {
  const id = new Uint8Array(sessionIdBytes)
  return Buffer.concat([
    Uint8Array.of(3, 3),
    new Uint8Array(32),
    Uint8Array.of(id.length),
    id,
    Uint8Array.of(0xc0, 0x2f, 0),
  ])
}

test('a session id has 32 bytes at most', () => {
  expect(decodeServerHello(helloWith(32)).sessionId).toHaveLength(32)
  expect(() => decodeServerHello(helloWith(33))).toThrow(DecodeError)
})
