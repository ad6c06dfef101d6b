import { describe, expect, test } from 'vitest'
import {
  byteByByte,
  foreignFlightNames,
  ownFlightNames,
  readForeignFlight,
  readOwnFlight,
  replay,
} from '../../test/support/flights.ts'
import { offerOf } from '../../test/support/offers.ts'
import { findCipherSuite } from './cipher-suites.ts'
import { TlsClient } from './client.ts'
import type { TlsEvent } from './tls-event.ts'

/** One word an event, for order: `received record 22`, `sent message 1`, `established`. */
function outline(events: readonly TlsEvent[]): string[] {
  return events.map((event) => {
    if (event.kind === 'record') return `${event.direction} record ${event.contentType}`
    if (event.kind === 'message') return `${event.direction} message ${event.type}`
    if (event.kind === 'alert') return `${event.direction} alert ${event.level} ${event.description}`
    return event.kind
  })
}

describe.each(ownFlightNames)('a recorded connection, %s', (name) => {
  const flight = readOwnFlight(name)
  const whole = replay(flight, [flight.received])

  test('is lived again to its end', () => {
    expect(outline(whole.events)).toEqual([
      ...['sent record 22', 'sent message 1', 'client-hello'],
      ...['received record 22', 'received message 2', 'server-hello'],
      ...['received record 22', 'received message 11', 'certificate'],
      ...['received record 22', 'received message 12', 'server-key-exchange'],
      ...['received record 22', 'received message 14', 'server-flight'],
      ...['sent record 22', 'sent message 16', 'sent record 20', 'sent record 22', 'sent message 20'],
      ...['received record 22', 'received message 4', 'received record 20'],
      ...['received record 22', 'received message 20', 'session', 'established'],
      ...['received record 23', 'application-data', 'received record 21', 'received alert 1 0'],
      ...['sent record 21', 'sent alert 1 0'],
    ])
    expect(whole.client.established).toBe(true)
    expect(whole.client.finished).toBe(true)
  })

  test('tells what is encrypted, and the sizes on both sides of it', () => {
    const suite = findCipherSuite(flight.offer.cipherSuites[0]!)!
    const data = whole.events.filter((event) => event.kind === 'record' && event.contentType === 23)
    expect(data).toMatchObject([{ encrypted: true, plaintextBytes: 7, version: 0x0303 }])
    const [record] = data
    if (record?.kind !== 'record') throw new Error('no record')
    if (suite.cipher === 'aes-128-gcm') expect(record.fragmentBytes).toBe(8 + 7 + 16)
    else expect(record.fragmentBytes % 16).toBe(suite.mac === 'sha256' || suite.mac === 'sha384' ? 0 : 4)
    const finished = whole.events.filter((event) => event.kind === 'message' && event.type === 20)
    expect(finished).toMatchObject([
      { messageBytes: 16 },
      { messageBytes: 16, records: 1, largestRecordBytes: 16 },
    ])
    const alert = whole.events.filter((event) => event.kind === 'alert')
    expect(alert).toMatchObject([{ encrypted: true }, { encrypted: true }])
  })

  test('has the same events byte by byte', () => {
    expect(replay(flight, byteByByte(flight.received)).events).toEqual(whole.events)
  })

  test('has the same events cut at every offset', () => {
    const suite = findCipherSuite(flight.offer.cipherSuites[0]!)
    // Two exponentiations in a finite field a time, 7 s for every offset.
    const step = suite?.kx === 'dhe' ? 7 : 1
    for (let at = 0; at <= flight.received.length; at += step) {
      const parts = [flight.received.subarray(0, at), flight.received.subarray(at)]
      expect(outline(replay(flight, parts).events)).toEqual(outline(whole.events))
    }
  })

  test('ended anywhere leaves the engine waiting, without a word', () => {
    const ends = ['stopped', 'malformed']
    for (let length = 0; length < flight.received.length; length += 7) {
      const { client, events } = replay(flight, [flight.received.subarray(0, length)])
      expect(client.finished).toBe(false)
      expect(events.filter(({ kind }) => ends.includes(kind))).toEqual([])
    }
  })

  test('sends the same bytes for the same seed, and others for another', () => {
    const { offer, seed } = flight
    const start = (bytes: Uint8Array) => new TlsClient({ offer, seed: bytes }).start(0).send
    expect(start(seed)).toEqual(start(seed))
    expect(start(seed)).not.toEqual(start(new Uint8Array(32)))
  })
})

describe.each(foreignFlightNames)('the clear flight of %s', (name) => {
  const flight = readForeignFlight(name)
  const extensions = [5, 16, 18, 23, 35, 0xff01, 0].map((code) => ({
    kind: 'raw' as const,
    code,
    data: new Uint8Array(0),
  }))
  const offer = offerOf([flight.cipherSuite], { extensions })
  const { events } = replay({ offer, seed: new Uint8Array(32) }, [flight.serverFlight])
  const find = <Kind extends TlsEvent['kind']>(kind: Kind) =>
    events.find((event): event is Extract<TlsEvent, { kind: Kind }> => event.kind === kind)

  test('shows the certificates and their message with the sizes that are known of it', () => {
    const certificate = find('certificate')
    expect(certificate?.certificates.map(({ length }) => length)).toEqual(flight.certificateBytes)
    expect(certificate?.messageBytes).toBe(flight.certificateMessageBodyBytes + 4)
  })

  test('is signed for another client random, so it ends as bad-signature', () => {
    expect(find('server-key-exchange')?.signatureValid).toBe(false)
    expect(find('stopped')?.reason).toBe('bad-signature')
    expect(outline(events).slice(-3)).toEqual(['sent record 21', 'sent alert 2 51', 'stopped'])
  })
})

test('a warning unrecognized_name before the ServerHello does not end the handshake', () => {
  const { serverFlight, cipherSuite } = readForeignFlight('unrecognized-name')
  const extensions = [0, 35, 0xff01].map((code) => ({ kind: 'raw' as const, code, data: new Uint8Array(0) }))
  const offer = offerOf([cipherSuite], { extensions })
  const { events } = replay({ offer, seed: new Uint8Array(32) }, [serverFlight])
  expect(outline(events).slice(3, 8)).toEqual([
    'received record 21',
    'received alert 1 112',
    'received record 22',
    'received message 2',
    'server-hello',
  ])
})

describe('mistakes of the caller throw', () => {
  const flight = readOwnFlight('openssl-rsa-gcm-ticket')
  const fresh = () => new TlsClient({ offer: flight.offer, seed: flight.seed })
  const started = () => {
    const client = fresh()
    client.start(0)
    return client
  }

  test.each<[string, () => unknown, string]>([
    ['a short seed', () => new TlsClient({ offer: flight.offer, seed: new Uint8Array(31) }), 'seed'],
    ['bytes before start', () => fresh().receive(new Uint8Array(1), 0), 'receive'],
    ['close before start', () => fresh().close(0), 'close'],
    ['start twice', () => started().start(0), 'start'],
    ['proceed before the flight', () => started().proceed({}, 0), 'proceed'],
    ['data before the handshake', () => started().send(new Uint8Array(1), 0), 'send'],
  ])('%s', (_, act, word) => {
    expect(act).toThrow(word)
  })
})

describe('after the end', () => {
  test('nothing is sent and nothing is told', () => {
    const flight = readOwnFlight('openssl-rsa-gcm-ticket')
    const { client } = replay(flight, [flight.received])
    const nothing = { send: Buffer.alloc(0), events: [] }
    expect(client.receive(flight.received, 0)).toEqual(nothing)
    expect(client.send(Uint8Array.of(1), 0)).toEqual(nothing)
    expect(client.close(0)).toEqual(nothing)
    expect(client.proceed({}, 0)).toEqual(nothing)
  })

  test('close during the handshake sends close_notify in clear', () => {
    const { offer, seed } = readOwnFlight('openssl-rsa-gcm-ticket')
    const client = new TlsClient({ offer, seed })
    client.start(0)
    const step = client.close(5)
    expect([...step.send]).toEqual([21, 3, 1, 0, 2, 1, 0])
    expect(step.events.at(-1)).toEqual({
      kind: 'alert',
      atMs: 5,
      direction: 'sent',
      level: 1,
      description: 0,
      encrypted: false,
    })
    expect(client.finished).toBe(true)
  })
})
