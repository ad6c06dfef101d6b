import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { certificateMessageBytes, observePem } from './from-pem.ts'
import type { Connection, Observation } from './observation.ts'
import { ObservationFormatError, observationFromJson, observationToJson } from './observation-json.ts'

const root = readFileSync(new URL('../../roots/amazon-root-ca-1.pem', import.meta.url))

const connection: Connection = {
  ...observePem(root, 'x.pem', undefined).connections[0]!,
  role: 'redirect',
  address: '127.0.0.1',
  port: 443,
  hello: {
    messageBytes: 100,
    sni: undefined,
    versions: [0x0303],
    cipherSuites: [0xc02b],
    groups: [],
    signatureSchemes: [],
    alpn: [],
    maxFragmentLength: undefined,
    extensions: [],
  },
  records: [{ plaintextBytes: 16_384, count: 3, offset: 0 }],
  exchanges: [
    {
      request: {
        method: 'GET',
        path: '/f?sig=[blanked]',
        headBytes: 60,
        range: { first: 0, last: 1023 },
        authorizationScheme: undefined,
        sas: {
          place: 'query',
          parameters: ['sig'],
          startsAt: undefined,
          expiresAt: new Date('2026-01-01T00:00:00Z'),
          doublyEncoded: false,
        },
      },
      response: undefined,
      error: 'closed',
    },
    {
      request: {
        ...{ method: 'GET', path: '/g', headBytes: 90, range: undefined, authorizationScheme: undefined },
        ...{ sas: undefined, headerNames: ['host', 'accept-encoding'], acceptEncoding: 'gzip' },
      },
      response: {
        ...{ status: 200, reason: 'OK', headBytes: 120, httpVersion: '1.1', contentLength: 9 },
        ...{ contentRange: undefined, transferEncoding: undefined, contentEncoding: 'x-gzip' },
        ...{ contentType: undefined, etag: undefined, acceptRanges: undefined, server: undefined },
        ...{ location: undefined, bodyBytes: 9, bodyComplete: true, errorCode: undefined },
        ...{ errorText: undefined, headOffset: 0, bodyOffset: 120, largestRecordBytes: 129 },
      },
      error: undefined,
    },
  ],
  close: {
    by: 'peer',
    how: 'fin',
    atMs: 12.5,
    applicationRecordsReceived: 3,
    applicationBytesReceived: 49_152,
    applicationRecordsSent: 1,
  },
}

const observation: Observation = {
  ...observePem(root, 'x.pem', 'example.com'),
  source: 'dial',
  startedAt: new Date('2026-02-03T04:05:06.789Z'),
  connections: [connection],
  withheld: { what: ['query'], host: 'h', reason: 'untrusted' },
}

describe('observation JSON', () => {
  test('comes back as it went, through text', () => {
    const json = JSON.parse(JSON.stringify(observationToJson(observation)))
    expect(json.schema).toBe('tlsfit/observation@1')
    expect(observationFromJson(json)).toEqual(observation)
  })

  test('what was not seen is null, so that keys are always there', () => {
    const json = JSON.parse(JSON.stringify(observationToJson(observation)))
    expect(json.lookup).toBeNull()
    expect(json.connections[0].hello.sni).toBeNull()
  })

  test('unknown keys are dropped, missing ones mean not seen', () => {
    const json = JSON.parse(JSON.stringify(observationToJson(observation)))
    delete json.lookup
    json.later = 1
    expect(observationFromJson(json)).toEqual(observation)
  })

  test('one written before content codings were kept is read, and says nothing of them', () => {
    const json = JSON.parse(JSON.stringify(observationToJson(observation)))
    const [, coded] = json.connections[0].exchanges
    delete coded.request.acceptEncoding
    delete coded.response.contentEncoding
    const [, read] = observationFromJson(json).connections[0]!.exchanges
    expect(read?.request.acceptEncoding).toBeUndefined()
    expect(read?.response).toMatchObject({ contentEncoding: undefined, contentLength: 9 })
  })

  test('other input says where it is wrong', () => {
    const json = JSON.parse(JSON.stringify(observationToJson(observation)))
    json.connections[0].chain.certificates[0] = '*'
    expect(() => observationFromJson(json)).toThrow(ObservationFormatError)
    try {
      observationFromJson(json)
    } catch (error) {
      expect((error as ObservationFormatError).at).toBe('connections.0.chain.certificates.0')
    }
    expect(() => observationFromJson({ schema: 'tlsfit/observation@2' })).toThrow(ObservationFormatError)
  })

  test('any JSON is an observation or an ObservationFormatError', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        try {
          observationFromJson(json)
        } catch (error) {
          expect(error).toBeInstanceOf(ObservationFormatError)
        }
      }),
    )
  })
})

describe('observePem', () => {
  test('holds the chain of the file, and the message that a TLS 1.2 server would send', () => {
    const seen = observePem(Buffer.concat([root, root]), 'chain.pem', 'Example.COM')
    const [der] = seen.connections[0]!.chain!.certificates
    expect(seen.target).toMatchObject({ protocol: 'file', host: 'example.com', text: 'chain.pem' })
    expect(seen.connections[0]!.chain).toMatchObject({
      messageBytes: 4 + 3 + 2 * (3 + der!.length),
      records: undefined,
    })
    expect(seen.startedAt).toBeUndefined()
  })

  test('one P-256 certificate of 472 bytes makes a message of 482', () => {
    expect(certificateMessageBytes([new Uint8Array(472)])).toBe(482)
  })

  test('an address is a host too', () => {
    expect(observePem(root, 'x', '2001:DB8::1').target.host).toBe('2001:db8::1')
  })
})
