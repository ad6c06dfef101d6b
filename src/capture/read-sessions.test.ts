import { describe, expect, test } from 'vitest'
import { ACK, FIN, RST, type Segment, SYN, talk, tcpPacket } from '../../test/support/tcp-packets.ts'
import { certificates, clientHello, record, serverHello, tls12Turns } from '../../test/support/tls-turns.ts'
import { sessionJson } from '../report/sessions-json.ts'
import { SessionReader } from './read-sessions.ts'
import type { TlsSession } from './session.ts'

const turns = tls12Turns()
const whole = factsOf(read(talk(turns)))

describe('a TLS 1.2 session over TCP', () => {
  test('shows hello, chain, flight, records and close', () => {
    const [session] = read(talk(turns))
    expect(session?.clientHellos).toHaveLength(1)
    expect(session?.client).toEqual({ address: '10.0.0.1', port: 40_000 })
    expect(session?.serverCertificates).toEqual(certificates)
    expect(session?.serverCertificateMessageBytes).toBe(3 + 3 + 1_200 + 3 + 900)
    expect(session?.serverFlightBytes).toBe(4 + 38 + 4 + 2_109 + 4 + 300 + 4)
    expect(session?.resumed).toBe(false)
    expect(session?.encryptedAlertRecords).toBe(1)
    expect(session?.applicationDataRecords).toEqual({ c2s: 3, s2c: 3 })
    expect(session?.maxRecordBytes).toEqual({ c2s: 200, s2c: 16_000 })
    expect(session?.encryptedHandshakeRecords).toEqual({ c2s: 1, s2c: 1 })
    expect(session?.tcpClose.map(({ by, how }) => `${by} ${how}`)).toEqual(['client FIN', 'server FIN'])
    expect(session?.holeInStreamFrom).toEqual([])
    expect(session?.messages.map(({ name }) => name)).toEqual([
      'ClientHello',
      'ServerHello',
      'Certificate',
      'ServerKeyExchange',
      'ServerHelloDone',
      'ClientKeyExchange',
      'ChangeCipherSpec',
      'ChangeCipherSpec',
    ])
  })

  test.each([1, 2, 3, 5, 7, 11, 64, 536, 65_000])('says the same in segments of %i bytes', (segmentBytes) => {
    expect(factsOf(read(talk(turns, { segmentBytes })))).toEqual(whole)
  })

  test('says the same where sequence numbers wrap, at any byte of the handshake', () => {
    for (let before = 1; before < 3_000; before += 97) {
      const isns = { clientIsn: -before >>> 0, serverIsn: -before >>> 0 }
      expect(factsOf(read(talk(turns, isns)))).toEqual(whole)
    }
  })

  test('says the same with every segment twice, and with the later copy garbled: the first byte wins', () => {
    const twice = talk(turns).flatMap((segment) => [
      segment,
      { ...segment, ...(segment.payload && { payload: segment.payload.map((byte) => byte ^ 0xff) }) },
    ])
    expect(factsOf(read(twice))).toEqual(whole)
  })

  test('says the same with overlapping retransmissions of other lengths', () => {
    const segments = talk(turns, { segmentBytes: 500 })
    const overlapping = segments.flatMap((segment, at) => {
      const next = segments[at + 1]
      if (segment.payload === undefined || next?.payload === undefined || next.from !== segment.from) {
        return [segment]
      }
      return [
        segment,
        { ...segment, payload: Buffer.concat([segment.payload, next.payload]).subarray(0, 800) },
      ]
    })
    expect(factsOf(read(overlapping))).toEqual(whole)
  })

  test('says the same with keep-alives between', () => {
    const kept = talk(turns).flatMap((segment) =>
      segment.payload === undefined
        ? [segment]
        : [segment, { ...segment, seq: segment.seq - 1, payload: Uint8Array.of(0) }],
    )
    expect(factsOf(read(kept))).toEqual(whole)
  })

  test('says the same when pairs of segments of one direction change places', () => {
    const segments = talk(turns, { segmentBytes: 400 })
    for (let at = 3; at + 1 < segments.length - 2; at++) {
      const [a, b] = [segments[at]!, segments[at + 1]!]
      if (a.from !== b.from) continue
      expect(factsOf(read([...segments.slice(0, at), b, a, ...segments.slice(at + 2)]))).toEqual(whole)
    }
  })
})

describe('what is not in the capture', () => {
  test('a lost segment of the chain is a hole from the server, and the facts before it stay', () => {
    const segments = talk(turns, { segmentBytes: 700 })
    const lost = segments.findIndex(({ from, payload }) => from === 'server' && payload !== undefined) + 1
    const [session] = read(segments.filter((_, at) => at !== lost))
    expect(session?.holeInStreamFrom).toEqual(['server'])
    expect(session?.handshakeMessageCut).toEqual(['server'])
    expect(session?.serverHello?.cipherSuite).toBe(0xc02f)
    expect(session?.serverCertificates).toEqual([])
    expect(session?.applicationDataRecords).toEqual({ c2s: 3, s2c: 0 })
  })

  test('a snap length leaves holes from both', () => {
    const [session] = read(talk(turns).map((segment) => ({ ...segment, captured: 100 })))
    expect(session?.holeInStreamFrom).toEqual(['client', 'server'])
    expect(sessionJson(session!).sni).toBe('device.example')
  })

  test('one direction alone is a session still', () => {
    const segments = talk(turns)
    const [client] = read(segments.filter(({ from }) => from === 'client'))
    expect(client?.client.port).toBe(40_000)
    expect(client?.clientHellos).toHaveLength(1)
    expect(client?.serverHello).toBeUndefined()
    const [server] = read(segments.filter(({ from }) => from === 'server'))
    expect(server?.client.port).toBe(40_000)
    expect(server?.clientHellos).toEqual([])
    expect(server?.serverCertificates).toHaveLength(2)
  })

  test('a start in mid-stream is no session, and is counted', () => {
    const segments = talk(turns, { segmentBytes: 16_005 })
    const data = segments.slice(-6)
    const reader = new SessionReader()
    for (const [at, segment] of data.entries()) reader.packet(tcpPacket(segment, at + 1))
    expect(reader.finish()).toEqual([])
    expect(reader.withoutHandshake).toBe(1)
  })
})

describe('connections', () => {
  test('a SYN with another number on the same ports is another connection', () => {
    const sessions = read([...talk(turns), ...talk(turns, { clientIsn: 5_000_000, serverIsn: 77 })])
    expect(sessions.map(({ stream }) => stream)).toEqual([0, 1])
    expect(sessions.map((session) => factsOf([session]))).toEqual([whole, whole])
  })

  test('a repeated SYN is the same connection', () => {
    const segments = talk(turns)
    expect(read([segments[0]!, ...segments])).toHaveLength(1)
  })

  test('of SYN-ACKs with different numbers the one that the data fits counts', () => {
    const [syn, synAck, ...rest] = talk(turns)
    const others = [3, 400_000_000, -5].map((shift) => ({ ...synAck!, seq: synAck!.seq + shift }))
    for (const order of [
      [synAck!, ...others],
      [...others, synAck!],
    ]) {
      expect(factsOf(read([syn!, ...order, ...rest]))).toEqual(whole)
    }
  })

  test('a RST is told with who sent it, once', () => {
    const segments = talk(turns).slice(0, -2)
    const end: Segment = { from: 'server', seq: 0, flags: RST }
    const [session] = read([...segments, end, end])
    expect(session?.tcpClose.map(({ by, how }) => `${by} ${how}`)).toEqual(['server RST'])
  })

  test('a connection without payload is no session', () => {
    expect(read([{ from: 'client', seq: 1, flags: SYN }])).toEqual([])
    expect(read([{ from: 'client', seq: 1, flags: FIN | ACK }])).toEqual([])
  })
})

describe('plain text before TLS', () => {
  test('STARTTLS: the bytes of each side before its first record are counted', () => {
    const plain = [
      { from: 'server', bytes: Buffer.from('220 mail.example ESMTP\r\n') },
      { from: 'client', bytes: Buffer.from('EHLO device\r\n') },
      { from: 'server', bytes: Buffer.from('250-STARTTLS\r\n250 OK\r\n') },
      { from: 'client', bytes: Buffer.from('STARTTLS\r\n') },
      { from: 'server', bytes: Buffer.from('220 go\r\n') },
    ] as const
    const [session] = read(talk([...plain, ...turns]))
    expect(session?.plainBytesBeforeTls).toEqual({ c2s: 23, s2c: 54 })
    expect(session?.serverCertificates).toHaveLength(2)
  })

  test('a hello right behind the command in one segment is found', () => {
    const hello = Buffer.concat([Buffer.from('STARTTLS\r\n'), turns[0]!.bytes])
    const [session] = read(talk([{ from: 'client', bytes: hello }, ...turns.slice(1)]))
    expect(session?.plainBytesBeforeTls).toEqual({ c2s: 10, s2c: 0 })
    expect(session?.clientHellos).toHaveLength(1)
  })

  test('a server that answers in plain text is a note', () => {
    const [session] = read(
      talk([turns[0]!, { from: 'server', bytes: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n') }]),
    )
    expect(session?.plainBytesBeforeTls.s2c).toBe(0)
    expect(session?.notes).toEqual(['28 B of the server that are not TLS'])
  })

  test('talk without TLS is no session', () => {
    const text = Buffer.from('GET / HTTP/1.1\r\n\r\n')
    expect(read(talk([{ from: 'client', bytes: text }]))).toEqual([])
  })
})

describe('hostile bytes', () => {
  test('a malformed hello is a note', () => {
    const broken = Buffer.from(clientHello())
    broken[4 + 2 + 32 + 1 + 1] = 0xff
    const [session] = read(talk([{ from: 'client', bytes: record(22, broken) }]))
    expect(session?.clientHellos).toEqual([])
    expect(session?.notes.join()).toContain('malformed ClientHello')
  })

  test('certificates of a message that cannot be read are not known to be none', () => {
    const broken = Buffer.from([11, 0, 0, 4, 0, 0, 9, 0])
    const answer = record(22, Buffer.concat([serverHello(), broken]))
    const [session] = read(talk([turns[0]!, { from: 'server', bytes: answer }]))
    expect(session?.serverCertificates).toBeUndefined()
    expect(session?.serverCertificateMessageBytes).toBe(4)
    expect(session?.notes.join()).toContain('malformed Certificate')
  })

  test('a fatal alert before any ChangeCipherSpec is read with its frame', () => {
    const [session] = read(talk([turns[0]!, { from: 'server', bytes: record(21, Uint8Array.of(2, 40)) }]))
    expect(session?.alerts).toMatchObject([{ direction: 's2c', level: 2, description: 40, frame: 5 }])
    expect(session?.encryptedAlertRecords).toBe(0)
  })

  test('a third of a megabyte of certificate is kept, sixteen are not', () => {
    const large = [new Uint8Array(339_623).fill(5)]
    const [kept] = read(talk(splitRecords(tls12Turns(1, large))))
    expect(kept?.serverCertificates).toEqual(large)
    const endless = Buffer.concat([
      serverHello(),
      Buffer.from([11, 0x1e, 0x84, 0x80]), // a Certificate message of 2,000,000 B
      Buffer.alloc(2_000_000),
    ])
    const [measured] = read(talk([turns[0]!, ...pieces(endless)]))
    expect(measured?.serverCertificateMessageBytes).toBe(2_000_000)
    expect(measured?.serverCertificates).toBeUndefined()
    expect(measured?.notes.join()).toContain('too large to keep')
  })
})

function pieces(bytes: Buffer) {
  const turns: { from: 'server'; bytes: Buffer }[] = []
  for (let at = 0; at < bytes.length; at += 16_000) {
    turns.push({ from: 'server', bytes: record(22, bytes.subarray(at, at + 16_000)) })
  }
  return turns
}

/** Records of the second turn whose 16-bit length cannot hold its fragment, made anew. */
function splitRecords(turns: ReturnType<typeof tls12Turns>) {
  return turns.flatMap((turn, at) => (at === 1 ? pieces(Buffer.from(turn.bytes.subarray(5))) : [turn]))
}

function read(segments: readonly Segment[]): TlsSession[] {
  const reader = new SessionReader()
  for (const [at, segment] of segments.entries()) reader.packet(tcpPacket(segment, at + 1))
  return reader.finish()
}

/** All that does not depend on how the bytes were cut. */
function factsOf(sessions: readonly TlsSession[]) {
  return sessions.map((session) => {
    const { stream: _stream, alerts, ...facts } = sessionJson(session) as Record<string, unknown>
    return { ...facts, alerts: (alerts as object[]).map((alert) => ({ ...alert, frame: 0 })) }
  })
}
