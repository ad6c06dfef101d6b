import { describe, expect, test } from 'vitest'
import {
  beginRecords,
  chain,
  clientHello,
  type Datagram,
  handshake,
  message,
  random,
  record,
  renumbered,
  udpPacket,
} from '../../test/support/dtls-writer.ts'
import { SessionReader } from './read-sessions.ts'
import type { TlsSession } from './session.ts'

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
    beginRecords()
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

function read(datagrams: readonly Datagram[]): TlsSession[] {
  const reader = new SessionReader()
  for (const [at, datagram] of datagrams.entries()) reader.packet(udpPacket(datagram, at + 1))
  return reader.finish()
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
