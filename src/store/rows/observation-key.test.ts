import { describe, expect, test } from 'vitest'
import { observationKey } from './observation-key.ts'

const connection = {
  address: '192.0.2.1',
  atMs: 12,
  negotiated: { version: 0x0303, cipherSuite: 0xc02b },
  records: [{ plaintextBytes: 16_384, count: 3 }, { plaintextBytes: 120 }],
  etag: '"a1"',
}
const seen = {
  startedAt: '2026-11-21T12:00:00Z',
  lookup: { addresses: [{ address: '192.0.2.1' }, { address: '192.0.2.2' }] },
  tcp: [{ outcome: 'connected', purpose: 'first', durationMs: 3 }],
  connections: [connection],
}
const other = (parts: object): object => ({ ...seen, ...parts })
const otherConnection = (parts: object) => other({ connections: [{ ...connection, ...parts }] })
const key = observationKey(seen)

describe('two observations are kept as one', () => {
  test.each<[string, object]>([
    ['whatever the time', other({ startedAt: '2026-11-22T12:00:00Z' })],
    ['however long it took', otherConnection({ atMs: 90 })],
    [
      'in whatever order the resolver gives addresses',
      other({ lookup: { addresses: seen.lookup.addresses.toReversed() } }),
    ],
    ['whatever a server writes anew into each answer', otherConnection({ etag: '"b2"' })],
    [
      'however many records came, the largest being the same',
      otherConnection({ records: [{ plaintextBytes: 16_384, count: 1 }] }),
    ],
    [
      'however long the TCP handshake took',
      other({ tcp: [{ outcome: 'connected', purpose: 'first', durationMs: 80 }] }),
    ],
  ])('%s', (_name, observation) => {
    expect(observationKey(observation)).toBe(key)
  })
})

describe('two observations are kept apart', () => {
  test.each<[string, object]>([
    ['of another address', otherConnection({ address: '192.0.2.9' })],
    [
      'where the name leads to another address',
      other({ lookup: { addresses: [{ address: '192.0.2.1' }, { address: '192.0.2.3' }] } }),
    ],
    ['of another cipher suite', otherConnection({ negotiated: { version: 0x0303, cipherSuite: 0xc02f } })],
    ['with a larger record', otherConnection({ records: [{ plaintextBytes: 16_385 }] })],
    ['where TCP ended otherwise', other({ tcp: [{ outcome: 'refused', purpose: 'first' }] })],
  ])('%s', (_name, observation) => {
    expect(observationKey(observation)).not.toBe(key)
  })
})

test('an observation has the key of its JSON, in the words of JSON', () => {
  const observation = {
    ...seen,
    startedAt: new Date(0),
    connections: [{ ...connection, hello: undefined, alpn: ['h2', '"'], sas: { expiresAt: new Date(0) } }],
    serverNames: [{ leaf: Uint8Array.of(1, 2, 3), sni: null }],
  }
  const json = JSON.parse(
    JSON.stringify({
      ...observation,
      connections: [{ ...observation.connections[0], hello: null }],
      serverNames: [{ leaf: 'AQID', sni: null }],
    }),
  )
  expect(observationKey(observation)).toBe(observationKey(json))
  expect(JSON.parse(observationKey(observation))).toEqual({
    lookup: { addresses: ['{"address":"192.0.2.1"}', '{"address":"192.0.2.2"}'] },
    tcp: ['first connected'],
    connections: [
      {
        address: '192.0.2.1',
        negotiated: { version: 0x0303, cipherSuite: 0xc02b },
        records: 16_384,
        hello: null,
        alpn: ['h2', '"'],
        sas: { expiresAt: '1970-01-01T00:00:00.000Z' },
      },
    ],
    serverNames: [{ leaf: 'AQID', sni: null }],
  })
})
