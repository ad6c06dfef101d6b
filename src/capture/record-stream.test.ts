import { describe, expect, test } from 'vitest'
import { talk, tcpPacket } from '../../test/support/tcp-packets.ts'
import {
  clientHello,
  message,
  record,
  sealed,
  serverHello,
  type Turn,
  tls12Turns,
} from '../../test/support/tls-turns.ts'
import { sessionJson } from '../report/sessions-json.ts'
import { SessionReader, type SessionReaderOptions } from './read-sessions.ts'
import type { RecordOpener } from './record-opener.ts'
import type { TlsSession } from './session.ts'

const turns = tls12Turns()
const hello = turns[0]!

describe('other protocols before TLS', () => {
  test.each<[string, [from: 'client' | 'server', text: string][], number]>([
    [
      'IMAP',
      [
        ['server', '* OK ready\r\n'],
        ['client', 'a STARTTLS\r\n'],
        ['server', 'a OK begin\r\n'],
      ],
      24,
    ],
    [
      'POP3',
      [
        ['server', '+OK\r\n'],
        ['client', 'STLS\r\n'],
        ['server', '+OK\r\n'],
      ],
      10,
    ],
    [
      'LDAP',
      [
        ['client', '0\x1d\x02\x01\x01w\x18\x80\x161.3.6.1.4.1.1466.20037'],
        ['server', '0\x0c\x02\x01\x01x\x07\x0a\x01\x00\x04\x00\x04\x00'],
      ],
      31,
    ],
    [
      'XMPP',
      [
        ['client', '<stream:stream>'],
        ['server', '<features/>'],
        ['client', '<starttls/>'],
        ['server', '<proceed/>'],
      ],
      26,
    ],
    [
      'PostgreSQL',
      [
        ['client', '\x00\x00\x00\x08\x04\xd2\x16\x2f'],
        ['server', 'S'],
      ],
      8,
    ],
    [
      'SOCKS5',
      [
        ['client', '\x05\x01\x00'],
        ['server', '\x05\x00'],
        ['client', '\x05\x01\x00\x01\x0a\x00\x00\x02\x01\xbb'],
        ['server', '\x05\x00\x00\x01\x0a\x00\x00\x02\x01\xbb'],
      ],
      13,
    ],
    [
      'CONNECT',
      [
        ['client', 'CONNECT a.test:443 HTTP/1.1\r\n\r\n'],
        ['server', 'HTTP/1.1 200 OK\r\n\r\n'],
      ],
      31,
    ],
  ])('%s', (_, plain, bytes) => {
    const before: Turn[] = plain.map(([from, text]) => ({ from, bytes: Buffer.from(text, 'latin1') }))
    const [session] = read([...before, ...turns])
    expect(sessionJson(session!)).toMatchObject({ plainBytesBeforeTls: bytes, sni: 'device.example' })
    expect(session?.serverCertificates).toHaveLength(2)
  })
})

describe('after ChangeCipherSpec', () => {
  test('a second hello in clear is read: a HelloRetryRequest was before it', () => {
    const compatible = record(20, Uint8Array.of(1))
    const [session] = read([hello, { from: 'client', bytes: Buffer.concat([compatible, hello.bytes]) }])
    expect(session?.clientHellos).toHaveLength(2)
  })

  test('encrypted handshake records are counted, whatever they hold', () => {
    const finished = Buffer.concat([
      record(20, Uint8Array.of(1)),
      record(22, sealed(40)),
      record(22, sealed(3)),
    ])
    const [session] = read([hello, { from: 'client', bytes: finished }])
    expect(session?.encryptedHandshakeRecords).toEqual({ c2s: 2, s2c: 0 })
    expect(session?.notes).toEqual([])
  })
})

describe('odd records', () => {
  test('bytes that are no record end that direction with a note', () => {
    const [session] = read([hello, { from: 'client', bytes: Buffer.from('QUIT\r\n') }])
    expect(session?.notes).toEqual(['bytes that are no TLS record follow the records of the client'])
  })

  test('records without content do not stop it', () => {
    const empty = [20, 21, 22, 23].map((type) => record(type, new Uint8Array(0)))
    const [session] = read([hello, { from: 'server', bytes: Buffer.concat([...empty, turns[1]!.bytes]) }])
    expect(session?.serverHello?.cipherSuite).toBe(0xc02f)
  })

  test('an unknown handshake type is a note', () => {
    const bytes = Buffer.concat([record(22, serverHello()), record(22, Uint8Array.of(99, 0, 0, 1, 0))])
    const [session] = read([hello, { from: 'server', bytes }])
    expect(session?.notes.join()).toContain('cannot be read')
  })
})

describe('with secrets', () => {
  test('the opener is made of the hellos and given each encrypted record in order', () => {
    const asked: string[] = []
    const opener: RecordOpener = {
      open: (direction, contentType, version, fragment) => {
        asked.push(`${direction} ${contentType} ${version.toString(16)} ${fragment.length}`)
        if (contentType === 23) return { contentType, content: Buffer.from('plain') }
        return contentType === 21 ? { contentType, content: Uint8Array.of(1, 0) } : undefined
      },
    }
    const [session] = read(tls12Turns(1), {
      makeOpener: ({ clientRandom, serverHello: answer }) => {
        expect(clientRandom).toEqual(new Uint8Array(32).fill(7))
        expect(answer.cipherSuite).toBe(0xc02f)
        return opener
      },
    })
    expect(asked).toEqual([
      'c2s 22 303 40',
      's2c 22 303 40',
      'c2s 23 303 200',
      's2c 23 303 16000',
      'c2s 21 303 26',
    ])
    expect(session?.decrypted).toBe(true)
    expect(Buffer.from(session!.applicationData.s2c!).toString()).toBe('plain')
    expect(session?.encryptedAlertRecords).toBe(1)
    expect(sessionJson(session!)).toMatchObject({
      alerts: [],
      decryptedAlerts: [{ direction: 'c2s', level: 'warning', description: 'close_notify' }],
    })
  })
})

test('a message over many records counts them', () => {
  const whole = Buffer.from(message('certificate', Buffer.from([0, 0, 4, 0, 0, 1, 0x30])))
  const bytes = Buffer.concat([
    record(22, serverHello()),
    ...[...whole].map((byte) => record(22, Uint8Array.of(byte))),
  ])
  const [session] = read([
    { from: 'client', bytes: record(22, clientHello()) },
    { from: 'server', bytes },
  ])
  expect(session?.messages.find(({ name }) => name === 'Certificate')?.records).toBe(whole.length)
  expect(session?.serverCertificates).toEqual([Uint8Array.of(0x30)])
})

function read(turnsOfBoth: readonly Turn[], options: SessionReaderOptions = {}): TlsSession[] {
  const reader = new SessionReader(options)
  for (const [at, segment] of talk(turnsOfBoth).entries()) reader.packet(tcpPacket(segment, at + 1))
  return reader.finish()
}
