import { getDiffieHellman } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { messagesOf, readOwnFlight } from '../../test/support/flights.ts'
import { offerOf } from '../../test/support/offers.ts'
import { type CipherSuite, cipherSuites } from './cipher-suites.ts'
import { TlsClient } from './client.ts'
import { encodeHandshake } from './handshake-message.ts'
import { ResumableSession } from './resumable-session.ts'
import type { TlsEvent } from './tls-event.ts'

const psk = { identity: Buffer.from('sensor'), key: Buffer.from('0123456789abcdef') }
const p2048 = getDiffieHellman('modp14').getPrime()
const two = Uint8Array.of(2)

/** The certificate of a recorded flight: an RSA key, or one on P-256. */
function certificateOf(name: 'openssl-rsa-gcm-ticket' | 'openssl-ecdsa-cbc-mac-then-encrypt'): Uint8Array {
  const { received } = readOwnFlight(name)
  let clear = 0
  while (received[clear] === 22) clear += 5 + received[clear + 3]! * 256 + received[clear + 4]!
  return messagesOf(received.subarray(0, clear)).get(11)!.bytes
}

const rsaCertificate = certificateOf('openssl-rsa-gcm-ticket')
const ecCertificate = certificateOf('openssl-ecdsa-cbc-mac-then-encrypt')
const done = encodeHandshake(14, () => {})

function record(contentType: number, fragment: Uint8Array): Uint8Array {
  const header = Uint8Array.of(contentType, 3, 3, fragment.length >> 8, fragment.length & 0xff)
  return Buffer.concat([header, fragment])
}

function serverHello(
  cipherSuite: number,
  version = 0x0303,
  sessionId: Uint8Array = new Uint8Array(0),
): Uint8Array {
  return encodeHandshake(2, (w) => {
    w.u16(version).bytes(new Uint8Array(32))
    w.vector8(() => w.bytes(sessionId))
    w.u16(cipherSuite).u8(0)
  })
}

/** ServerKeyExchange of DHE_PSK. */
function dhePsk(p: Uint8Array, g: Uint8Array, y: Uint8Array): Uint8Array {
  return encodeHandshake(12, (w) => {
    for (const field of [new Uint8Array(0), p, g, y]) w.vector16(() => w.bytes(field))
  })
}

function receive(suite: keyof typeof cipherSuites, ...messages: Uint8Array[]): TlsEvent[] {
  const client = new TlsClient({ offer: offerOf([suite]), seed: new Uint8Array(32), psk })
  const events = [...client.start(0).events]
  for (const message of messages) {
    const step = client.receive(record(22, message), 0)
    events.push(...step.events)
    if (step.events.some(({ kind }) => kind === 'server-flight')) events.push(...client.proceed({}, 0).events)
  }
  return events
}

function endOf(events: readonly TlsEvent[]): TlsEvent | undefined {
  return events.find(({ kind }) => kind === 'stopped' || kind === 'malformed')
}

const dheSuite = 'TLS_DHE_PSK_WITH_AES_128_GCM_SHA256'
const dheHello = serverHello(cipherSuites[dheSuite].code)
const minusOne = Buffer.concat([p2048.subarray(0, -1), Uint8Array.of(p2048.at(-1)! - 1)])

describe('finite-field groups', () => {
  test('a good value is taken, so that the refusals below are due to theirs', () => {
    const events = receive(dheSuite, dheHello, dhePsk(p2048, two, Uint8Array.of(9)), done)
    expect(endOf(events)).toBeUndefined()
    expect(events).toContainEqual(expect.objectContaining({ kind: 'server-key-exchange', dhBits: 2048 }))
    expect(events).toContainEqual(expect.objectContaining({ kind: 'message', direction: 'sent', type: 20 }))
  })

  test.each<[string, Uint8Array, Uint8Array, Uint8Array]>([
    ['a public value of no bytes', p2048, two, new Uint8Array(0)],
    ['a public value of 0', p2048, two, Uint8Array.of(0)],
    ['a public value of 1', p2048, two, Uint8Array.of(0, 1)],
    ['a public value of p - 1', p2048, two, minusOne],
    ['a public value of p', p2048, two, p2048],
    ['a generator of 0', p2048, Uint8Array.of(0), Uint8Array.of(9)],
    ['a generator of 1', p2048, Uint8Array.of(1), Uint8Array.of(9)],
    ['a generator of p - 1', p2048, minusOne, Uint8Array.of(9)],
    ['an even modulus', minusOne, two, Uint8Array.of(9)],
  ])('%s is malformed', (_, p, g, y) => {
    const end = endOf(receive(dheSuite, dheHello, dhePsk(p, g, y), done))
    expect(end).toMatchObject({ kind: 'malformed', field: 'ServerKeyExchange.dh_Ys' })
  })

  test.each<[string, Uint8Array, number]>([
    ['of no bytes', new Uint8Array(0), 0],
    ['of zero', Uint8Array.of(0, 0), 0],
    ['of 5 bits', Uint8Array.of(23), 5],
    ['of 511 bits', new Uint8Array(64).fill(0x7f), 511],
    ['of 16,384 bits', new Uint8Array(2048).fill(0xff), 16_384],
  ])('a modulus %s is unsupported, its size told', (_, p, bits) => {
    const events = receive(dheSuite, dheHello, dhePsk(p, two, Uint8Array.of(9)), done)
    expect(events).toContainEqual(expect.objectContaining({ kind: 'server-key-exchange', dhBits: bits }))
    expect(endOf(events)).toMatchObject({
      reason: 'unsupported',
      detail: `the server chose a finite-field group of ${bits} bits, outside 512 to 10000`,
    })
  })
})

describe('RSA key exchange', () => {
  const suite = 'TLS_RSA_WITH_AES_128_GCM_SHA256'
  const hello = serverHello(cipherSuites[suite].code)
  const empty = encodeHandshake(11, (w) => w.vector24(() => {}))
  const broken = encodeHandshake(11, (w) => w.vector24(() => w.vector24(() => w.u8(0x30))))

  test('with a certificate that has an RSA key it goes on', () => {
    const events = receive(suite, hello, rsaCertificate, done)
    expect(endOf(events)).toBeUndefined()
    expect(events).toContainEqual(expect.objectContaining({ kind: 'message', direction: 'sent', type: 20 }))
  })

  test('with no certificate in its message it is malformed, RFC 5246 §7.4.2', () => {
    expect(endOf(receive(suite, hello, empty, done))).toMatchObject({
      kind: 'malformed',
      field: 'Certificate.certificate_list',
    })
  })

  test.each<[string, Uint8Array[]]>([
    ['an EC key', [ecCertificate]],
    ['no Certificate at all', []],
    ['bytes that are no certificate', [broken]],
  ])('with %s it has nothing to encrypt to', (_, certificates) => {
    const events = receive(suite, hello, ...certificates, done)
    expect(endOf(events)).toMatchObject({ kind: 'stopped', reason: 'unusable-key' })
    expect(events.at(-2)).toMatchObject({ kind: 'alert', direction: 'sent', level: 2, description: 43 })
  })

  test('a ServerKeyExchange has no place in it, RFC 5246 §7.4.3', () => {
    const events = receive(suite, hello, rsaCertificate, dhePsk(p2048, two, two))
    expect(endOf(events)).toMatchObject({
      reason: 'unexpected-message',
      detail: 'ServerKeyExchange after certificate',
    })
  })
})

describe('a session taken up', () => {
  const session = new ResumableSession({
    version: 0x0303,
    cipherSuite: 0x009c,
    extendedMasterSecret: false,
    sessionId: new Uint8Array(32).fill(7),
    ticket: undefined,
    ticketLifetimeSeconds: undefined,
    masterSecret: new Uint8Array(48),
  })

  function resumed(...records: Uint8Array[]): TlsEvent[] {
    const offer = offerOf(['TLS_RSA_WITH_AES_128_GCM_SHA256'])
    const client = new TlsClient({ offer, seed: new Uint8Array(32), session })
    const hello = record(22, serverHello(0x009c, 0x0303, session.sessionId))
    return [client.start(0), client.receive(Buffer.concat([hello, ...records]), 0)].flatMap((s) => s.events)
  }

  test.each<[string, Uint8Array[], string, string]>([
    [
      'a Certificate',
      [record(22, rsaCertificate)],
      'unexpected-message',
      'Certificate after resuming server hello',
    ],
    [
      'ServerHelloDone',
      [record(22, done)],
      'unexpected-message',
      'ServerHelloDone after resuming server hello',
    ],
    [
      'a ticket that was not asked for',
      [
        record(
          22,
          encodeHandshake(4, (w) => w.bytes(new Uint8Array(6))),
        ),
      ],
      'unexpected-message',
      'NewSessionTicket after resuming server hello',
    ],
    [
      'a Finished that does not open',
      [record(20, Uint8Array.of(1)), record(22, new Uint8Array(40))],
      'bad-record-mac',
      'a record of 40 bytes does not decrypt',
    ],
  ])('then %s ends it', (_, records, reason, detail) => {
    expect(endOf(resumed(...records))).toMatchObject({ kind: 'stopped', reason, detail })
  })

  test('without an echo the id says nothing: a full handshake follows', () => {
    const offer = offerOf(['TLS_RSA_WITH_AES_128_GCM_SHA256'])
    const client = new TlsClient({ offer, seed: new Uint8Array(32), session })
    client.start(0)
    const other = serverHello(0x009c, 0x0303, new Uint8Array(32).fill(8))
    const flight = Buffer.concat([other, rsaCertificate, done])
    expect(client.receive(record(22, flight), 0).events.at(-1)).toMatchObject({ kind: 'server-flight' })
  })
})

describe('mutants', () => {
  const names = Object.keys(cipherSuites)
  const field = fc.uint8Array({ maxLength: 80 })
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.array(field, { maxLength: 5 }).map((fields) => {
      return Buffer.concat(fields.map((bytes) => Buffer.concat([Uint8Array.of(0, bytes.length), bytes])))
    }),
    fc
      .record({ group: fc.constantFrom(0x1d, 0x17, 0x18, 0x19, 0x100), point: field, rest: field })
      .map(({ group, point, rest }) =>
        Buffer.concat([Uint8Array.of(3, 0, group & 0xff, point.length), point, rest]),
      ),
  )

  test('any suite, version and ServerKeyExchange is an outcome, never an exception', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.constantFrom(0x0301, 0x0302, 0x0303),
        fc.option(fc.constantFrom(rsaCertificate, ecCertificate)),
        fc.option(body),
        fc.boolean(),
        fc.uint8Array({ maxLength: 100 }),
        (name, version, certificate, exchange, request, tail) => {
          const suite: CipherSuite = cipherSuites[name as keyof typeof cipherSuites]
          const messages = [serverHello(suite.code, version)]
          if (certificate !== null) messages.push(certificate)
          if (exchange !== null) messages.push(encodeHandshake(12, (w) => w.bytes(exchange)))
          if (request) messages.push(encodeHandshake(13, (w) => w.bytes(Uint8Array.of(1, 1, 0, 0))))
          const client = new TlsClient({ offer: offerOf([name]), seed: new Uint8Array(32), psk })
          const events = [...client.start(0).events]
          const flight = client.receive(record(22, Buffer.concat([...messages, done])), 0).events
          events.push(...flight)
          if (flight.at(-1)?.kind === 'server-flight') {
            events.push(...client.proceed({}, 0).events)
            events.push(...client.receive(record(20, Uint8Array.of(1)), 0).events)
            events.push(...client.receive(record(22, tail), 0).events)
          }
          expect(client.established).toBe(false)
          const ends = events.filter(({ kind }) => kind === 'stopped' || kind === 'malformed')
          expect(ends.length).toBeLessThanOrEqual(1)
          if (ends.length > 0) expect(client.finished).toBe(true)
        },
      ),
      { numRuns: 3000 },
    )
  })
})
