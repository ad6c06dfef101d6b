import { encodeCertificateMessage } from '../../src/tls/certificate-message.ts'
import { encodeClientHello } from '../../src/tls/client-hello.ts'
import { contentTypes } from '../../src/tls/content-types.ts'
import { encodeHandshake } from '../../src/tls/handshake-message.ts'
import { handshakeTypes } from '../../src/tls/handshake-types.ts'
import type { Turn } from './tcp-packets.ts'

export type { Turn } from './tcp-packets.ts'

const { handshake, change_cipher_spec, alert, application_data } = contentTypes

export function record(type: number, fragment: Uint8Array, version = 0x0303): Buffer {
  const header = Buffer.from([
    type,
    version >> 8,
    version & 0xff,
    fragment.length >> 8,
    fragment.length & 0xff,
  ])
  return Buffer.concat([header, fragment])
}

export function clientHello(
  host = 'device.example',
  suites: readonly number[] = [0xc02f, 0x009c],
): Uint8Array {
  const offer = {
    version: 0x0303,
    cipherSuites: suites,
    extensions: [{ kind: 'server_name', host } as const],
  }
  return encodeClientHello(offer, new Uint8Array(32).fill(7))
}

export function serverHello(suite = 0xc02f, random = new Uint8Array(32).fill(9)): Uint8Array {
  return encodeHandshake(handshakeTypes.server_hello.code, (w) => {
    w.u16(0x0303).bytes(random)
    w.vector8(() => {})
    w.u16(suite).u8(0)
  })
}

export function message(name: keyof typeof handshakeTypes, body: Uint8Array): Uint8Array {
  return encodeHandshake(handshakeTypes[name].code, (w) => w.bytes(body))
}

export const certificates = [1_200, 900].map((bytes, at) => new Uint8Array(bytes).fill(at + 1))

/** A whole TLS 1.2 session with a chain of 1,200 and 900 B and `records` records of application data each way. */
export function tls12Turns(records = 3, chain: readonly Uint8Array[] = certificates): Turn[] {
  const flight = Buffer.concat([
    serverHello(),
    encodeCertificateMessage(chain),
    message('server_key_exchange', new Uint8Array(300)),
    message('server_hello_done', new Uint8Array(0)),
  ])
  const finished = [record(change_cipher_spec.code, Uint8Array.of(1)), record(handshake.code, sealed(40))]
  const data = (bytes: number) =>
    Buffer.concat(Array.from({ length: records }, () => record(application_data.code, sealed(bytes))))
  return [
    { from: 'client', bytes: record(handshake.code, clientHello(), 0x0301) },
    { from: 'server', bytes: record(handshake.code, flight) },
    {
      from: 'client',
      bytes: Buffer.concat([
        record(handshake.code, message('client_key_exchange', new Uint8Array(66))),
        ...finished,
      ]),
    },
    { from: 'server', bytes: Buffer.concat(finished) },
    { from: 'client', bytes: data(200) },
    { from: 'server', bytes: data(16_000) },
    { from: 'client', bytes: record(alert.code, sealed(26)) },
  ]
}

/** Bytes that look like nothing. */
export function sealed(bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, at) => (at * 151 + 0xa7) & 0xff)
}
