import fc from 'fast-check'
import { expect, test } from 'vitest'
import { clientHello, serverHello } from '../../test/support/tls-turns.ts'
import { decodeClientHello } from '../tls/client-hello.ts'
import { encodeHandshake } from '../tls/handshake-message.ts'
import { decodeServerHello } from '../tls/server-hello.ts'
import { decodeDtlsClientHello } from './dtls-client-hello.ts'
import { isClientHello, serverChoice } from './hello-scan.ts'

const client = clientHello().subarray(4)
const server13 = encodeHandshake(2, (w) => {
  w.u16(0x0303).bytes(new Uint8Array(32))
  w.vector8(() => w.bytes(new Uint8Array(32)))
  w.u16(0x1301).u8(0)
  w.vector16(() => {
    w.u16(43).vector16(() => w.u16(0x0304))
    w.u16(41).vector16(() => w.u16(0))
  })
}).subarray(4)
const dtls = Uint8Array.from([...client.subarray(0, 35), 3, 1, 2, 3, ...client.subarray(35)])

test('what a ServerHello chooses is read as decoded', () => {
  expect(serverChoice(serverHello().subarray(4))).toEqual({
    version: 0x0303,
    cipherSuite: 0xc02f,
    psk: false,
  })
  expect(serverChoice(server13)).toEqual({ version: 0x0304, cipherSuite: 0x1301, psk: true })
})

test('a session id that is too long is refused by both', () => {
  const hello = (length: number) =>
    encodeHandshake(2, (w) => {
      w.u16(0x0303).bytes(new Uint8Array(32))
      w.vector8(() => w.bytes(new Uint8Array(length)))
      w.u16(0xc02f).u8(0)
    }).subarray(4)
  expect(serverChoice(hello(32))).toBeDefined()
  expect(serverChoice(hello(33))).toBeUndefined()
  expect(reads(decodeServerHello, hello(33))).toBe(false)
})

test('a hello is well-formed where its decoder reads it, whatever is changed or cut', () => {
  const bodies = [client, dtls, server13, serverHello().subarray(4)]
  const mutation = fc.record({
    which: fc.nat(bodies.length - 1),
    cut: fc.nat(120),
    changes: fc.array(fc.tuple(fc.nat(150), fc.nat(255)), { maxLength: 3 }),
  })
  fc.assert(
    fc.property(mutation, ({ which, cut, changes }) => {
      const body = Uint8Array.from(bodies[which]!)
      for (const [at, value] of changes) if (at < body.length) body[at] = value
      const part = cut < 20 ? body.subarray(0, body.length - cut) : body
      expect(isClientHello(part, false)).toBe(reads(decodeClientHello, part))
      expect(isClientHello(part, true)).toBe(reads(decodeDtlsClientHello, part))
      expect(serverChoice(part) !== undefined).toBe(reads(decodeServerHello, part))
    }),
    { numRuns: 3_000 },
  )
})

function reads(decode: (body: Uint8Array) => unknown, body: Uint8Array): boolean {
  try {
    decode(body)
    return true
  } catch {
    return false
  }
}
