import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeClientHello } from '../tls/client-hello.ts'
import type { ClientOffer } from '../tls/client-offer.ts'
import type { RecordEvent, TlsEvent } from '../tls/tls-event.ts'
import { ConnectionObserver, MAX_MESSAGES } from './connection-observer.ts'
import { emptyConnection } from './empty-connection.ts'
import { MAX_RECORD_RUNS, RecordRuns } from './record-runs.ts'

const offer: ClientOffer = {
  version: 0x0303,
  cipherSuites: [0xc02b, 0xc023],
  extensions: [
    { kind: 'server_name', host: 'h.example' },
    { kind: 'max_fragment_length', bytes: 1024 },
    { kind: 'supported_groups', groups: [0x0017] },
    { kind: 'signature_algorithms', schemes: [0x0403, 0x0401] },
    { kind: 'application_layer_protocol_negotiation', protocols: ['x-amzn-mqtt-ca'] },
    { kind: 'raw', code: 0x7777, data: Uint8Array.of(1) },
  ],
}

function record(given: Partial<RecordEvent>): RecordEvent {
  return {
    kind: 'record',
    atMs: 1,
    direction: 'received',
    contentType: 22,
    version: 0x0303,
    fragmentBytes: 100,
    plaintextBytes: 100,
    encrypted: false,
    ...given,
  }
}

function observe(events: readonly TlsEvent[]): ConnectionObserver {
  const observer = new ConnectionObserver({
    role: 'first',
    host: 'h.example',
    address: '127.0.0.1',
    port: 443,
  })
  observer.take(events)
  return observer
}

describe('ConnectionObserver', () => {
  test('says what the hello offered', () => {
    const message = encodeClientHello(offer, new Uint8Array(32))
    expect(observe([{ kind: 'client-hello', atMs: 0, message }]).toConnection().hello).toEqual({
      messageBytes: message.length,
      sni: 'h.example',
      versions: [0x0303],
      cipherSuites: [0xc02b, 0xc023],
      groups: [0x0017],
      signatureSchemes: [0x0403, 0x0401],
      alpn: ['x-amzn-mqtt-ca'],
      maxFragmentLength: 1024,
      extensions: [0, 1, 10, 13, 16, 0x7777],
    })
  })

  test('what was never seen is undefined', () => {
    const where = { host: 'h.example', address: '127.0.0.1', port: 443 }
    expect(observe([]).toConnection()).toEqual({ ...emptyConnection, ...where })
  })

  test('the chain knows its message, whichever of its events comes first', () => {
    const certificate: TlsEvent = {
      kind: 'certificate',
      atMs: 5,
      certificates: [Uint8Array.of(1, 2)],
      messageBytes: 12,
    }
    const message: TlsEvent = {
      kind: 'message',
      atMs: 5,
      direction: 'received',
      type: 11,
      messageBytes: 12,
      records: 2,
      largestRecordBytes: 10,
    }
    const chain = {
      certificates: [Uint8Array.of(1, 2)],
      messageBytes: 12,
      records: 2,
      largestRecordBytes: 10,
    }
    expect(observe([certificate, message]).toConnection().chain).toEqual(chain)
    expect(observe([message, certificate]).toConnection().chain).toEqual(chain)
  })

  test('handshake bytes count headers and end where the handshake does', () => {
    const connection = observe([
      record({ direction: 'sent', fragmentBytes: 999 }),
      record({ fragmentBytes: 95 }),
      record({ contentType: 20, fragmentBytes: 1, plaintextBytes: 1 }),
      { kind: 'established', atMs: 9, resumed: false },
      record({ fragmentBytes: 500 }),
    ]).toConnection()
    expect(connection.handshakeBytesReceived).toBe(100 + 6)
    expect(connection.establishedAtMs).toBe(9)
    expect(connection.messages).toEqual([
      {
        direction: 'received',
        name: 'ChangeCipherSpec',
        messageBytes: undefined,
        records: 1,
        largestRecordBytes: 1,
        atMs: 1,
      },
    ])
  })

  test('alerts know whether they came before or after the handshake', () => {
    const alert = (atMs: number, description: number): TlsEvent => ({
      kind: 'alert',
      atMs,
      direction: 'received',
      level: 2,
      description,
      encrypted: false,
    })
    const observer = observe([alert(1, 40), { kind: 'established', atMs: 2, resumed: false }, alert(3, 0)])
    expect(observer.toConnection().alerts.map(({ afterEstablished }) => afterEstablished)).toEqual([
      false,
      true,
    ])
    expect(observer.closeNotifyReceived).toBe(true)
    expect(observer.toConnection().messages.map(({ name }) => name)).toEqual(['Alert', 'Alert'])
  })

  test('the first end of a connection counts, with what came before it', () => {
    const observer = observe([
      record({ contentType: 23, plaintextBytes: 10 }),
      record({ contentType: 23, direction: 'sent', plaintextBytes: 99 }),
    ])
    observer.closed('peer', 'close_notify', 7)
    observer.closed('us', 'done', 8)
    expect(observer.toConnection().close).toEqual({
      by: 'peer',
      how: 'close_notify',
      atMs: 7,
      applicationRecordsReceived: 1,
      applicationBytesReceived: 10,
      applicationRecordsSent: 1,
    })
  })

  test('messages without end are kept up to a bound', () => {
    const hello: TlsEvent = {
      kind: 'message',
      atMs: 1,
      direction: 'received',
      type: 0,
      messageBytes: 4,
      records: 1,
      largestRecordBytes: 4,
    }
    expect(observe(Array(MAX_MESSAGES + 50).fill(hello)).toConnection().messages).toHaveLength(MAX_MESSAGES)
  })
})

describe('RecordRuns', () => {
  test('records of one size in a row are one run', () => {
    const runs = new RecordRuns()
    for (const size of [1984, 1984, 16_344, 16_344, 16_344, 100]) runs.add(size)
    expect(runs.toRuns()).toEqual([
      { plaintextBytes: 1984, count: 2, offset: 0 },
      { plaintextBytes: 16_344, count: 3, offset: 3968 },
      { plaintextBytes: 100, count: 1, offset: 53_000 },
    ])
    expect(runs.totalBytes).toBe(53_100)
  })

  test('memory is bounded, and a later larger record is still found with its offset', () => {
    const runs = new RecordRuns()
    for (let i = 0; i < MAX_RECORD_RUNS; i++) runs.add(1 + (i % 2))
    const offset = runs.totalBytes
    runs.add(16_384)
    runs.add(1)
    expect(runs.toRuns()).toHaveLength(MAX_RECORD_RUNS)
    expect(runs.toRuns().at(-1)).toEqual({ plaintextBytes: 16_384, count: 1, offset })
  })

  test('below the bound nothing is lost', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 60 }), (sizes) => {
        const runs = new RecordRuns()
        for (const size of sizes) runs.add(size)
        const unrolled = runs
          .toRuns()
          .flatMap(({ plaintextBytes, count }) => Array(count).fill(plaintextBytes))
        expect(unrolled).toEqual(sizes)
      }),
    )
  })
})
