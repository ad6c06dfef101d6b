import type { Packet } from '../../src/capture/packet.ts'
import { encodeCertificateMessage } from '../../src/tls/certificate-message.ts'
import { encodeHandshake } from '../../src/tls/handshake-message.ts'
import { handshakeTypes } from '../../src/tls/handshake-types.ts'

export type From = 'client' | 'server'
export interface Datagram {
  readonly from: From
  readonly bytes: Uint8Array
}

export const random = new Uint8Array(32).fill(3)
export const chain = [new Uint8Array(1_500).fill(1), new Uint8Array(700).fill(2)]
/** Of the next record of either side. */
const numbers = { client: 0, server: 0 }

/** Record numbers begin anew. */
export function beginRecords(): void {
  numbers.client = numbers.server = 0
}

/** The handshake of RFC 6347 §4.2.4 with cookie, the Certificate in pieces of `piece` bytes. */
export function handshake(piece = 400, clientRandom = random): Datagram[] {
  beginRecords()
  return [
    ...message('client', 0, clientHello(new Uint8Array(0), clientRandom)),
    ...message(
      'server',
      0,
      encodeHandshake(3, (w) => w.u16(0xfeff).vector8(() => w.bytes(new Uint8Array(20)))),
    ),
    ...message('client', 1, clientHello(new Uint8Array(20), clientRandom)),
    ...message('server', 1, serverHello()),
    ...message('server', 2, encodeCertificateMessage(chain), piece),
    ...message(
      'server',
      3,
      encodeHandshake(handshakeTypes.server_hello_done.code, () => {}),
    ),
    ...message(
      'client',
      2,
      encodeHandshake(handshakeTypes.client_key_exchange.code, (w) => w.bytes(random)),
    ),
    { from: 'client', bytes: record('client', 20, 0, Uint8Array.of(1)) },
    { from: 'client', bytes: record('client', 22, 1, new Uint8Array(48).fill(0xee)) },
    { from: 'server', bytes: record('server', 20, 0, Uint8Array.of(1)) },
    { from: 'server', bytes: record('server', 22, 1, new Uint8Array(48).fill(0xee)) },
    { from: 'client', bytes: record('client', 23, 1, new Uint8Array(90).fill(0xee)) },
    { from: 'server', bytes: record('server', 21, 1, new Uint8Array(18).fill(0xee)) },
  ]
}

/** Between the same two ends always. */
export function udpPacket({ from, bytes: payload }: Datagram, frame: number): Packet {
  const bytes = Buffer.alloc(8 + payload.length)
  bytes.writeUInt16BE(from === 'client' ? 40_000 : 5_684, 0)
  bytes.writeUInt16BE(from === 'client' ? 5_684 : 40_000, 2)
  bytes.set(payload, 8)
  const addresses = Buffer.from(from === 'client' ? [10, 0, 0, 1, 10, 0, 0, 2] : [10, 0, 0, 2, 10, 0, 0, 1])
  const place = { addresses, source: 0, destination: 4, addressBytes: 4 as const }
  return {
    frame,
    timeMs: frame,
    protocol: 17,
    ...place,
    bytes,
    start: 0,
    end: bytes.length,
    wireBytes: bytes.length,
  }
}

/** Sent again: under the next record number of its side. */
export function renumbered(datagram: Datagram): Datagram {
  const bytes = Buffer.from(datagram.bytes)
  bytes.writeUIntBE(numbers[datagram.from]++, 5, 6)
  return { ...datagram, bytes }
}

export function clientHello(cookie: Uint8Array, clientRandom: Uint8Array): Uint8Array {
  return encodeHandshake(1, (w) => {
    w.u16(0xfefd).bytes(clientRandom)
    w.vector8(() => {})
    w.vector8(() => w.bytes(cookie))
    w.vector16(() => w.u16(0xc02b))
    w.vector8(() => w.u8(0))
  })
}

function serverHello(): Uint8Array {
  return encodeHandshake(2, (w) => {
    w.u16(0xfefd).bytes(random)
    w.vector8(() => {})
    w.u16(0xc02b).u8(0)
  })
}

/** The datagrams of one message, a fragment each. `whole` has the 4-byte header of TLS. */
export function message(from: From, sequence: number, whole: Uint8Array, piece = 2_000): Datagram[] {
  const body = whole.subarray(4)
  const length = [...whole.subarray(1, 4)]
  const datagrams: Datagram[] = []
  for (let at = 0; at === 0 || at < body.length; at += piece) {
    const part = body.subarray(at, at + piece)
    const header = [
      whole[0]!,
      ...length,
      sequence >> 8,
      sequence & 255,
      ...uint24(at),
      ...uint24(part.length),
    ]
    datagrams.push({ from, bytes: record(from, 22, 0, Buffer.concat([Buffer.from(header), part])) })
  }
  return datagrams
}

/** Under the next record number of its side. */
export function record(from: From, type: number, epoch: number, fragment: Uint8Array): Uint8Array {
  const header = Buffer.alloc(13)
  header[0] = type
  header.writeUInt16BE(0xfefd, 1)
  header.writeUInt16BE(epoch, 3)
  header.writeUIntBE(numbers[from]++, 5, 6)
  header.writeUInt16BE(fragment.length, 11)
  return Buffer.concat([header, fragment])
}

function uint24(value: number): number[] {
  return [value >> 16, (value >> 8) & 255, value & 255]
}
