import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  messagesOf,
  ownFlightNames,
  readForeignFlight,
  readOwnFlight,
  replay,
} from '../../test/support/flights.ts'
import { offerOf } from '../../test/support/offers.ts'
import { unlessBroken } from '../codec/decode-error.ts'
import { decodeAlerts } from './alert.ts'
import { decodeCertificateMessage } from './certificate-message.ts'
import { decodeCertificateRequest } from './certificate-request.ts'
import { cipherSuites } from './cipher-suites.ts'
import { MAX_IDLE, MAX_WAITING_BYTES, TlsClient } from './client.ts'
import { decodeClientHello } from './client-hello.ts'
import type { OfferedExtension } from './client-offer.ts'
import {
  decodeAlpn,
  decodeMaxFragmentLength,
  decodeServerName,
  decodeSupportedGroups,
  decodeSupportedVersions,
} from './extensions.ts'
import { encodeHandshake } from './handshake-message.ts'
import { RecordReader } from './record-reader.ts'
import { decodeServerHello } from './server-hello.ts'
import { decodeServerKeyExchange } from './server-key-exchange.ts'
import type { TlsEvent } from './tls-event.ts'

const flight = readOwnFlight('openssl-rsa-gcm-ticket')
const messages = messagesOf(flight.received.subarray(0, clearBytes(flight.received)))
const [serverHello, certificate, keyExchange, done] = [2, 11, 12, 14].map(
  (type) => messages.get(type)!.bytes,
) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]

/** Bytes before the first change_cipher_spec. */
function clearBytes(bytes: Uint8Array): number {
  return recordsOf(bytes).reduce((at, record, i, all) => {
    return all.slice(0, i + 1).some((r) => r[0] === 20) ? at : at + record.length
  }, 0)
}

/** Whole records, headers included. */
function recordsOf(bytes: Uint8Array): Uint8Array[] {
  const reader = new RecordReader()
  reader.push(bytes)
  const records: Uint8Array[] = []
  let at = 0
  for (let record = reader.next(); record !== undefined; record = reader.next()) {
    records.push(bytes.subarray(at, at + 5 + record.fragment.length))
    at += 5 + record.fragment.length
  }
  return records
}

function record(contentType: number, fragment: Uint8Array): Uint8Array {
  return Buffer.concat([
    Uint8Array.of(contentType, 3, 3, fragment.length >> 8, fragment.length & 0xff),
    fragment,
  ])
}

const handshake = (...parts: Uint8Array[]): Uint8Array => record(22, Buffer.concat(parts))

function decodeKeyExchange(body: Uint8Array) {
  return decodeServerKeyExchange(body, cipherSuites.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, 0x0303)
}

/** A changed copy: `at` counts from the end when negative. */
function flip(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  const index = at < 0 ? bytes.length + at : at
  copy[index] = copy[index]! ^ 1
  return copy
}

function endOf(events: readonly TlsEvent[]): TlsEvent | undefined {
  return events.find(({ kind }) => kind === 'stopped' || kind === 'malformed')
}

/** What became of the engine when it was sent this; it must have ended with the event, an alert before it. */
function endAfter(...parts: Uint8Array[]): { end: TlsEvent; alert: number; events: TlsEvent[] } {
  const { client, events } = replay(flight, parts)
  const end = endOf(events)
  expect(end).toBeDefined()
  expect(events.at(-1)).toBe(end)
  expect(client.finished).toBe(true)
  const alert = events.at(-2)
  if (alert?.kind !== 'alert' || alert.direction !== 'sent') throw new Error('no alert was sent')
  expect(alert.level).toBe(2)
  return { end: end!, alert: alert.description, events }
}

describe('what is no TLS', () => {
  test.each([
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n', '485454502f312e312034303020426164'],
    ['SSH', 'SSH-2.0-x\r\n', '5353482d322e302d780d0a'],
    ['one byte', 'R', '52'],
  ])('%s stops with its first bytes as hex', (_, text, detail) => {
    const { end, alert } = endAfter(Buffer.from(text))
    expect(end).toMatchObject({ kind: 'stopped', reason: 'not-tls', detail })
    expect(alert).toBe(10)
  })

  test('after a record of TLS it is malformed', () => {
    const { end } = endAfter(handshake(serverHello), Buffer.from('HTTP'))
    expect(end).toMatchObject({ kind: 'malformed', field: 'TLSRecord.type', offset: serverHello.length + 5 })
  })
})

describe('wrong proofs', () => {
  test('a signature changed by one bit: told in the event, then bad-signature', () => {
    const wrong = flip(keyExchange, -1)
    const { end, alert, events } = endAfter(handshake(serverHello, certificate, wrong))
    expect(events).toContainEqual(
      expect.objectContaining({ kind: 'server-key-exchange', signatureValid: false }),
    )
    expect(end).toMatchObject({ reason: 'bad-signature' })
    expect(alert).toBe(51)
  })

  test('a leaf whose key cannot be read: the signature is not checked, and the handshake goes on', () => {
    const unreadable = encodeHandshake(11, (w) => {
      w.vector24(() => w.vector24(() => w.bytes(Uint8Array.of(0x30, 0x00))))
    })
    const { client, events } = replay(flight, [handshake(serverHello, unreadable, keyExchange, done)])
    expect(events).toContainEqual(
      expect.objectContaining({ kind: 'server-key-exchange', signatureValid: undefined }),
    )
    expect(endOf(events)).toBeUndefined()
    expect(client.finished).toBe(false)
  })

  test('a session ticket changed on the way: the Finished does not match', () => {
    const records = recordsOf(flight.received)
    const ticket = records.findIndex((bytes) => bytes[0] === 22 && bytes[5] === 4)
    records[ticket] = flip(records[ticket]!, -1)
    const { end, alert } = endAfter(Buffer.concat(records))
    expect(end).toMatchObject({ reason: 'bad-finished' })
    expect(alert).toBe(51)
  })

  test.each(ownFlightNames)('%s: any bit of an encrypted record changed is bad-record-mac', (name) => {
    const own = readOwnFlight(name)
    const records = recordsOf(own.received)
    const finished = records.findIndex((bytes) => bytes[0] === 20) + 1
    for (let at = 5; at < records[finished]!.length; at++) {
      const changed = [...records]
      changed[finished] = flip(records[finished]!, at)
      const { events } = replay(own, changed)
      expect(endOf(events)).toMatchObject({ reason: 'bad-record-mac' })
      const broken = events.filter((event) => event.kind === 'record' && event.plaintextBytes === undefined)
      expect(broken.length).toBe(1)
    }
  })

  test('a public key that is no point is malformed', () => {
    const groups = [0x0017]
    const body = Buffer.from('030017410400', 'hex')
    const exchange = encodeHandshake(12, (w) => {
      w.bytes(body.subarray(0, 3)).vector8(() => w.u8(4).bytes(new Uint8Array(64)))
      w.u16(0x0804).vector16(() => {})
    })
    const unreadable = encodeHandshake(11, (w) => w.vector24(() => w.vector24(() => w.u8(0x30))))
    const other = {
      ...flight,
      offer: {
        ...flight.offer,
        extensions: [...flight.offer.extensions.slice(1), { kind: 'supported_groups' as const, groups }],
      },
    }
    const { events } = replay(other, [handshake(serverHello, unreadable, exchange, done)])
    expect(endOf(events)).toMatchObject({ kind: 'malformed', field: 'ServerKeyExchange.public', offset: 4 })
  })
})

describe('messages out of order', () => {
  const helloRequest = encodeHandshake(0, () => {})
  const finished = encodeHandshake(20, (w) => w.bytes(new Uint8Array(12)))

  test.each<[string, Uint8Array[], string]>([
    ['Certificate first', [handshake(certificate)], 'Certificate after client hello'],
    ['ServerHello twice', [handshake(serverHello, serverHello)], 'ServerHello after server hello'],
    ['a ClientHello', [handshake(encodeHandshake(1, () => {}))], 'ClientHello after client hello'],
    ['an unknown message', [handshake(encodeHandshake(99, () => {}))], 'handshake(99) after client hello'],
    [
      'ServerHelloDone without ServerKeyExchange',
      [handshake(serverHello, certificate, done)],
      'ServerHelloDone after certificate',
    ],
    ['Finished in clear', [handshake(serverHello, certificate, finished)], 'Finished after certificate'],
    [
      'CertificateStatus that was not offered',
      [
        handshake(
          serverHello,
          certificate,
          encodeHandshake(22, () => {}),
        ),
      ],
      'CertificateStatus after certificate',
    ],
    [
      'an early change_cipher_spec',
      [handshake(serverHello), record(20, Uint8Array.of(1))],
      'ChangeCipherSpec after server hello',
    ],
    [
      'application data in clear',
      [handshake(serverHello), record(23, Uint8Array.of(1))],
      'application_data in the handshake',
    ],
    ['a heartbeat', [handshake(serverHello), record(24, Uint8Array.of(1))], 'heartbeat in the handshake'],
    [
      'a change_cipher_spec within a message',
      [handshake(serverHello.subarray(0, 9)), record(20, Uint8Array.of(1))],
      'change_cipher_spec within a handshake message',
    ],
    [
      'Finished before change_cipher_spec',
      [handshake(serverHello, certificate, keyExchange, done), handshake(finished)],
      'Finished after client finished',
    ],
    [
      'a message behind ServerHelloDone',
      [handshake(serverHello, certificate, keyExchange, done, certificate)],
      'Certificate after client finished',
    ],
  ])('%s', (_, parts, detail) => {
    const { end, alert } = endAfter(...parts)
    expect(end).toMatchObject({ kind: 'stopped', reason: 'unexpected-message', detail })
    expect(alert).toBe(10)
  })

  test('a HelloRequest in the handshake is told and ignored', () => {
    const records = recordsOf(flight.received)
    const { client, events } = replay(flight, [handshake(helloRequest), ...records])
    expect(events).toContainEqual(expect.objectContaining({ kind: 'message', type: 0, messageBytes: 4 }))
    expect(client.established).toBe(true)
  })
})

describe('choices that were not offered', () => {
  /** The recorded ServerHello with other values. */
  function hello({ version = 0x0303, suite = 0xc02f, compression = 0, extensions = '' }): Uint8Array {
    const bytes = Buffer.from(extensions, 'hex')
    const message = encodeHandshake(2, (w) => {
      w.u16(version).bytes(new Uint8Array(32)).u8(0).u16(suite).u8(compression)
      if (bytes.length > 0) w.vector16(() => w.bytes(bytes))
    })
    return handshake(message)
  }

  test.each<[string, Parameters<typeof hello>[0], string, string, number]>([
    ['a suite', { suite: 0xc030 }, 'unoffered', 'the server chose TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 47],
    ['a newer version', { version: 0x0304 }, 'unoffered', 'the server chose TLSv1.3', 70],
    [
      'an older version, which the hello allows',
      { version: 0x0300 },
      'unsupported',
      'the server chose SSLv3',
      70,
    ],
    [
      'a suite that the chosen version does not have',
      { version: 0x0301 },
      'unoffered',
      'the server chose TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, which is no suite of TLSv1',
      47,
    ],
    ['no version at all', { version: 0x0200 }, 'unoffered', 'the server chose version(0x0200)', 70],
    ['compression', { compression: 1 }, 'unoffered', 'the server chose compression method 1', 47],
    [
      'an extension',
      { extensions: '00160000' },
      'unoffered',
      'the server sent extension encrypt_then_mac',
      110,
    ],
    ['GREASE', { extensions: '0a0a0000' }, 'unoffered', 'the server sent extension GREASE(0x0a0a)', 110],
    [
      'a renegotiation',
      { extensions: 'ff01000201aa' },
      'unoffered',
      'the server sent a renegotiated_connection in a first handshake',
      40,
    ],
  ])('%s', (_, values, reason, detail, code) => {
    const { end, alert, events } = endAfter(hello(values))
    expect(events.find(({ kind }) => kind === 'server-hello')).toBeDefined()
    expect(end).toMatchObject({ kind: 'stopped', reason, detail })
    expect(alert).toBe(code)
  })

  test.each<[string, OfferedExtension, string, string]>([
    [
      'another max_fragment_length',
      { kind: 'max_fragment_length', bytes: 512 },
      '0001000104',
      'the server answered max_fragment_length 4096',
    ],
    [
      'a max_fragment_length that none is',
      { kind: 'max_fragment_length', bytes: 512 },
      '0001000109',
      'the server answered max_fragment_length code 9',
    ],
    [
      'another protocol',
      { kind: 'application_layer_protocol_negotiation', protocols: ['h2'] },
      '001000050003026833',
      'the server chose the protocols ["h3"]',
    ],
    [
      'two protocols',
      { kind: 'application_layer_protocol_negotiation', protocols: ['h2'] },
      '001000080006026832026832',
      'the server chose the protocols ["h2","h2"]',
    ],
  ])('%s', (_, extension, extensions, detail) => {
    const offer = offerOf(['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'], { extensions: [extension] })
    const { events } = replay({ offer, seed: flight.seed }, [hello({ extensions })])
    expect(endOf(events)).toMatchObject({ reason: 'unoffered', detail })
  })

  test.each([
    ['the group', { groups: [0x0017] }, 'the server chose x25519'],
    ['the signature scheme', { schemes: [0x0401] }, 'the server chose rsa_pss_rsae_sha256'],
  ])('%s', (_, change, detail) => {
    const { events } = replay(flight, [])
    expect(endOf(events)).toBeUndefined()
    const offer = offerOf(['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'], {
      ...change,
      extensions: flight.offer.extensions.slice(3),
    })
    const other = replay({ offer, seed: flight.seed }, [flight.received])
    expect(other.events).toContainEqual(expect.objectContaining({ kind: 'server-key-exchange' }))
    expect(endOf(other.events)).toMatchObject({ reason: 'unoffered', detail })
  })
})

describe('alerts', () => {
  test.each([
    ['fatal', 2, 40],
    ['of a level that none is', 9, 40],
  ])('one that is %s ends the connection without an answer', (_, level, description) => {
    const { client, events } = replay(flight, [record(21, Uint8Array.of(level, description))])
    expect(client.finished).toBe(true)
    expect(events.at(-1)).toMatchObject({
      kind: 'alert',
      direction: 'received',
      level,
      description,
      encrypted: false,
    })
  })

  test('close_notify in the handshake is answered', () => {
    const { client, events } = replay(flight, [record(21, Uint8Array.of(1, 0))])
    expect(client.finished).toBe(true)
    expect(events.at(-1)).toMatchObject({ kind: 'alert', direction: 'sent', level: 1, description: 0 })
  })

  test('two in one record are both told', () => {
    const { events } = replay(flight, [record(21, Uint8Array.of(1, 112, 2, 40))])
    expect(events.flatMap((event) => (event.kind === 'alert' ? [event.description] : []))).toEqual([112, 40])
  })

  test('half an alert is malformed', () => {
    expect(endAfter(record(21, Uint8Array.of(2))).end).toMatchObject({
      kind: 'malformed',
      field: 'Alert.description',
    })
  })
})

describe('bounds', () => {
  test('a message larger than the bound is too-large by its header', () => {
    const { end, alert } = endAfter(handshake(serverHello), record(22, Uint8Array.of(11, 0x10, 0x00, 0x01)))
    expect(end).toMatchObject({
      reason: 'too-large',
      detail: expect.stringContaining('Handshake.length: 1048577 bytes'),
    })
    expect(alert).toBe(80)
  })

  test('the bound is the caller’s to set', () => {
    const client = new TlsClient({ ...flight, maxMessageBytes: 100 })
    client.start(0)
    const { events } = client.receive(flight.received, 0)
    expect(endOf(events)).toMatchObject({
      reason: 'too-large',
      detail: expect.stringContaining('100 allowed'),
    })
  })

  test('a record larger than TLS allows is too-large', () => {
    const { end, alert } = endAfter(Uint8Array.of(22, 3, 3, 0xff, 0xff))
    expect(end).toMatchObject({ reason: 'too-large', detail: expect.stringContaining('TLSRecord.length') })
    expect(alert).toBe(22)
  })

  test.each([
    ['empty handshake records', record(22, new Uint8Array(0))],
    ['empty alerts', record(21, new Uint8Array(0))],
    ['warning alerts', record(21, Uint8Array.of(1, 90))],
    ['HelloRequests', handshake(encodeHandshake(0, () => {}))],
  ])('%s are taken up to the bound, then too-large', (_, idle) => {
    const taken = Array.from({ length: MAX_IDLE }, () => idle)
    expect(endOf(replay(flight, [...taken, handshake(serverHello)]).events)).toBeUndefined()
    expect(endAfter(...taken, idle).end).toMatchObject({ reason: 'too-large' })
  })

  test('a hundred megabytes of handshake records stop at the bound of a message', () => {
    const filler = record(22, new Uint8Array(16_384).fill(0xff))
    const { events } = replay(flight, [handshake(serverHello), ...Array.from({ length: 6400 }, () => filler)])
    expect(endOf(events)).toMatchObject({ reason: 'too-large' })
    expect(events.length).toBeLessThan(20)
  })

  test('what is sent while the engine waits is bounded', () => {
    const client = new TlsClient(flight)
    client.start(0)
    expect(
      client.receive(handshake(serverHello, certificate, keyExchange, done), 0).events.at(-1)?.kind,
    ).toBe('server-flight')
    const chunk = new Uint8Array(65_536)
    for (let kept = 0; kept + chunk.length <= MAX_WAITING_BYTES; kept += chunk.length) {
      expect(client.receive(chunk, 0).events).toEqual([])
    }
    expect(client.receive(chunk, 0).events.at(-1)).toMatchObject({ kind: 'stopped', reason: 'too-large' })
    expect(client.proceed({}, 0).events).toEqual([])
  })
})

/** Bytes of a recording, damaged: bits changed, parts cut out, doubled or put in, in any order. */
const damage = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('set' as const),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      value: fc.nat(255),
    }),
    fc.record({
      kind: fc.constant('cut' as const),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      count: fc.nat(300),
    }),
    fc.record({
      kind: fc.constant('double' as const),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      count: fc.nat(300),
    }),
    fc.record({
      kind: fc.constant('insert' as const),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      bytes: fc.uint8Array({ maxLength: 20 }),
    }),
  ),
  { minLength: 1, maxLength: 4 },
)

function damaged(
  bytes: Uint8Array,
  changes: typeof damage extends fc.Arbitrary<infer T> ? T : never,
): Uint8Array {
  let out = Buffer.from(bytes)
  for (const change of changes) {
    const at = Math.floor(change.at * out.length)
    const [head, tail] = [out.subarray(0, at), out.subarray(at)]
    if (change.kind === 'set') out = Buffer.concat([head, Uint8Array.of(change.value), tail.subarray(1)])
    else if (change.kind === 'cut') out = Buffer.concat([head, tail.subarray(change.count)])
    else if (change.kind === 'double') out = Buffer.concat([head, tail.subarray(0, change.count), tail])
    else out = Buffer.concat([head, change.bytes, tail])
  }
  return out
}

describe('mutants', () => {
  test.each(ownFlightNames)('%s damaged anyhow never throws, and ends at most once', (name) => {
    const own = readOwnFlight(name)
    fc.assert(
      fc.property(damage, fc.nat(2000), (changes, at) => {
        const bytes = damaged(own.received, changes)
        const { client, events } = replay(own, [bytes.subarray(0, at), bytes.subarray(at)])
        const ends = events.filter(({ kind }) => kind === 'stopped' || kind === 'malformed')
        expect(ends.length).toBeLessThanOrEqual(1)
        if (ends.length > 0) {
          expect(client.finished).toBe(true)
          expect(events.at(-1)).toBe(ends[0])
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('the clear flight with a chain of Azure, damaged anyhow, never throws', () => {
    const { serverFlight, cipherSuite } = readForeignFlight('azure-g2-chain')
    const extensions = [0, 5, 23, 0xff01].map((code) => ({
      kind: 'raw' as const,
      code,
      data: new Uint8Array(0),
    }))
    const offer = offerOf([cipherSuite], { extensions })
    fc.assert(
      fc.property(damage, (changes) => {
        replay({ offer, seed: flight.seed }, [damaged(serverFlight, changes)])
      }),
      { numRuns: 1000 },
    )
  })

  test('messages and records in any order never throw, and only the right order is established', () => {
    const records = recordsOf(flight.received)
    fc.assert(
      fc.property(fc.shuffledSubarray(records.map((_, i) => i)), (order) => {
        const { client } = replay(
          flight,
          order.map((i) => records[i]!),
        )
        const inOrder = order.slice(0, 7).join() === '0,1,2,3,4,5,6'
        expect(client.established).toBe(inOrder)
      }),
      { numRuns: 500 },
    )
  })

  test.each<[string, (bytes: Uint8Array) => unknown, Uint8Array]>([
    ['ClientHello', decodeClientHello, new Uint8Array(60)],
    ['ServerHello', decodeServerHello, serverHello.subarray(4)],
    ['Certificate', decodeCertificateMessage, certificate.subarray(4)],
    ['ServerKeyExchange', decodeKeyExchange, keyExchange.subarray(4)],
    [
      'CertificateRequest',
      decodeCertificateRequest,
      messagesOf(readForeignFlight('client-cert-asked').serverFlight).get(13)!.body,
    ],
    ['Alert', decodeAlerts, Uint8Array.of(1, 2)],
    ['server_name', decodeServerName, Uint8Array.of(0, 4, 0, 0, 1, 65)],
    ['max_fragment_length', decodeMaxFragmentLength, Uint8Array.of(1)],
    ['supported_groups', decodeSupportedGroups, Uint8Array.of(0, 2, 0, 23)],
    ['supported_versions', decodeSupportedVersions, Uint8Array.of(2, 3, 4)],
    ['ALPN', decodeAlpn, Uint8Array.of(0, 3, 2, 104, 50)],
  ])('%s: any bytes, and any damage to good ones, decode or are a DecodeError', (_, decode, good) => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      damage.map((changes) => damaged(good, changes)),
    )
    fc.assert(
      fc.property(bytes, (input) => void unlessBroken(() => decode(input))),
      { numRuns: 500 },
    )
  })
})
