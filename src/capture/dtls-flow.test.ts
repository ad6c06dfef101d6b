import { describe, expect, test } from 'vitest'
import { encodeCertificateMessage } from '../tls/certificate-message.ts'
import { encodeHandshake } from '../tls/handshake-message.ts'
import { handshakeTypes } from '../tls/handshake-types.ts'
import type { Packet } from './packet.ts'
import { SessionReader } from './read-sessions.ts'
import type { TlsSession } from './session.ts'

type From = 'client' | 'server'
interface Datagram {
  readonly from: From
  readonly bytes: Uint8Array
}

const random = new Uint8Array(32).fill(3)
const chain = [new Uint8Array(1_500).fill(1), new Uint8Array(700).fill(2)]
const numbers = { client: 0, server: 0 }

/** The handshake of RFC 6347 §4.2.4 with cookie, the Certificate in pieces of `piece` bytes. */
function handshake(piece = 400, clientRandom = random): Datagram[] {
  numbers.client = numbers.server = 0
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

describe('DTLS 1.2', () => {
  test('shows hellos, chain, flight and records', () => {
    const [session] = read(handshake())
    expect(session?.transport).toBe('udp')
    expect(session?.client).toEqual({ address: '10.0.0.1', port: 40_000 })
    expect(session?.clientHellos.map(({ hello }) => hello.cipherSuites)).toEqual([[0xc02b], [0xc02b]])
    expect(session?.clientHellos[1]?.bytes.subarray(0, 12)).toEqual(
      Uint8Array.from([1, 0, 0, 62, 0, 1, 0, 0, 0, 0, 0, 62]),
    )
    expect(session?.helloVerifyRequests).toBe(1)
    expect(session?.serverCertificates).toEqual(chain)
    expect(session?.serverFlightBytes).toBe(12 + 38 + 12 + 2_209 + 12)
    expect(session?.resumed).toBe(false)
    expect(session?.encryptedAlertRecords).toBe(1)
    expect(session?.applicationDataRecords).toEqual({ c2s: 1, s2c: 0 })
    expect(session?.encryptedHandshakeRecords).toEqual({ c2s: 1, s2c: 1 })
    expect(session?.tcpClose).toEqual([])
  })

  test.each([1, 20, 100, 399, 1_000, 5_000])('says the same with fragments of %i bytes', (piece) => {
    expect(factsOf(read(handshake(piece)))).toEqual(factsOf(read(handshake())))
  })

  test('says the same when flights are sent again under new record numbers', () => {
    const first = handshake()
    const flight = first.filter(({ from, bytes }) => from === 'server' && bytes[0] === 22 && bytes[4] === 0)
    const repeated = [...first.slice(0, -4), ...flight.map(renumbered), ...first.slice(-4)]
    expect(factsOf(read(repeated))).toEqual(factsOf(read(handshake())))
  })

  test('says the same with every datagram twice', () => {
    const twice = handshake().flatMap((datagram) => [datagram, datagram])
    expect(factsOf(read(twice))).toEqual(factsOf(read(handshake())))
  })

  test('says the same when the fragments of a flight come backwards', () => {
    const datagrams = handshake(200)
    const from = datagrams.findIndex(({ bytes }) => bytes[13] === 11)
    const to = from + Math.ceil(2_209 / 200)
    const backwards = [
      ...datagrams.slice(0, from),
      ...datagrams.slice(from, to).reverse(),
      ...datagrams.slice(to),
    ]
    expect(factsOf(read(backwards))).toEqual(factsOf(read(handshake())))
  })

  test('many records in one datagram', () => {
    const byTurn: Datagram[] = []
    for (const { from, bytes } of handshake()) {
      const last = byTurn.at(-1)
      if (last?.from !== from) byTurn.push({ from, bytes })
      else byTurn[byTurn.length - 1] = { from, bytes: Buffer.concat([last.bytes, bytes]) }
    }
    expect(factsOf(read(byTurn))).toEqual(factsOf(read(handshake())))
  })

  test('a lost fragment leaves the chain unread and the message cut', () => {
    const datagrams = handshake()
    const lost = datagrams.findIndex(({ bytes }) => bytes[13] === 11)
    const [session] = read(datagrams.filter((_, at) => at !== lost))
    expect(session?.serverCertificates).toEqual([])
    expect(session?.handshakeMessageCut).toEqual(['server'])
    expect(session?.serverHello?.cipherSuite).toBe(0xc02b)
  })

  test('a reconnect from the same port is a session of its own', () => {
    const sessions = read([...handshake(), ...handshake(400, new Uint8Array(32).fill(4))])
    expect(sessions).toHaveLength(2)
    expect(factsOf([sessions[1]!])).toEqual(factsOf([sessions[0]!]))
  })

  test('an alert in clear is read', () => {
    numbers.client = numbers.server = 0
    const hello = message('client', 0, clientHello(new Uint8Array(0), random))
    const [session] = read([
      ...hello,
      { from: 'server', bytes: record('server', 21, 0, Uint8Array.of(2, 40)) },
    ])
    expect(session?.alerts).toMatchObject([{ direction: 's2c', level: 2, description: 40 }])
  })

  test('datagrams that are no DTLS are no session', () => {
    expect(read([{ from: 'client', bytes: Buffer.from('any other protocol over UDP') }])).toEqual([])
    expect(read([{ from: 'client', bytes: new Uint8Array(0) }])).toEqual([])
  })
})

function clientHello(cookie: Uint8Array, clientRandom: Uint8Array): Uint8Array {
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
function message(from: From, sequence: number, whole: Uint8Array, piece = 2_000): Datagram[] {
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

function record(from: From, type: number, epoch: number, fragment: Uint8Array): Uint8Array {
  const header = Buffer.alloc(13)
  header[0] = type
  header.writeUInt16BE(0xfefd, 1)
  header.writeUInt16BE(epoch, 3)
  header.writeUIntBE(numbers[from]++, 5, 6)
  header.writeUInt16BE(fragment.length, 11)
  return Buffer.concat([header, fragment])
}

function renumbered(datagram: Datagram): Datagram {
  const bytes = Buffer.from(datagram.bytes)
  bytes.writeUIntBE(numbers[datagram.from]++, 5, 6)
  return { ...datagram, bytes }
}

function uint24(value: number): number[] {
  return [value >> 16, (value >> 8) & 255, value & 255]
}

function read(datagrams: readonly Datagram[]): TlsSession[] {
  const reader = new SessionReader()
  for (const [at, datagram] of datagrams.entries()) reader.packet(udpPacket(datagram, at + 1))
  return reader.finish()
}

function udpPacket({ from, bytes: payload }: Datagram, frame: number): Packet {
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

/** All that does not depend on how the messages were cut into datagrams. */
function factsOf(sessions: readonly TlsSession[]) {
  return sessions.map((session) => ({
    hellos: session.clientHellos.length,
    chain: session.serverCertificates,
    flight: session.serverFlightBytes,
    verifies: session.helloVerifyRequests,
    resumed: session.resumed,
    alerts: session.encryptedAlertRecords,
    data: session.applicationDataRecords,
    finished: session.encryptedHandshakeRecords,
    cut: session.handshakeMessageCut,
    notes: session.notes,
    messages: session.messages.map(({ direction, name, messageBytes }) => ({
      direction,
      name,
      messageBytes,
    })),
  }))
}
