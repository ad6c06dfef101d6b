import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cutBySizes, engineOptions, type LeafKey } from '../../../test/support/engine-server.ts'
import { offer13Of, offerOf, suites13 } from '../../../test/support/offers.ts'
import { cipherSuites } from '../cipher-suites.ts'
import { TlsClient } from '../client.ts'
import type { ClientOffer, OfferedExtension } from '../client-offer.ts'
import { namedGroups } from '../named-groups.ts'
import { protectionOf } from '../record-ciphers.ts'
import type { TlsEvent } from '../tls-event.ts'
import { cutEvenly } from './cutting.ts'
import { TlsServer } from './server.ts'
import type { TlsServerOptions } from './server-options.ts'

const seed = new Uint8Array(32).fill(3)
const text = (bytes: string) => new TextEncoder().encode(bytes)

interface Talk {
  readonly server: TlsServer
  readonly client: TlsClient
  /** As the client saw it. */
  readonly seen: TlsEvent[]
  readonly told: TlsEvent[]
}

/** A whole handshake in memory; what each side sends goes to the other in pieces of so many bytes. */
function talk(offer: ClientOffer, options: TlsServerOptions, pieceBytes = Infinity): Talk {
  const server = new TlsServer(options)
  const client = new TlsClient({ offer, seed })
  const seen: TlsEvent[] = []
  const told: TlsEvent[] = []
  let up: Uint8Array = client.start(0).send
  while (up.length > 0) {
    const down = piecesOf(up, pieceBytes).map((piece) => {
      const step = server.receive(piece, 0)
      told.push(...step.events)
      return step.send
    })
    up = Buffer.concat(
      piecesOf(Buffer.concat(down), pieceBytes).map((piece) => {
        const step = client.receive(piece, 0)
        seen.push(...step.events)
        if (!step.events.some(({ kind }) => kind === 'server-flight')) return step.send
        const reply = client.proceed({}, 0)
        seen.push(...reply.events)
        return Buffer.concat([step.send, reply.send])
      }),
    )
  }
  return { server, client, seen, told }
}

function piecesOf(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size))
  return pieces
}

function expectWhole({ server, client, seen }: Talk): void {
  expect(seen.filter(({ kind }) => kind === 'stopped' || kind === 'malformed')).toEqual([])
  expect([server.established, client.established]).toEqual([true, true])
  expect(seen.find(({ kind }) => kind === 'server-key-exchange')).not.toMatchObject({ signatureValid: false })
  const asked = server.receive(client.send(text('ask'), 0).send, 0).events
  expect(asked).toContainEqual(
    expect.objectContaining({ kind: 'application-data', data: Buffer.from('ask') }),
  )
  const got = client.receive(server.send(text('answer'), 0).send, 0).events
  expect(got).toContainEqual(
    expect.objectContaining({ kind: 'application-data', data: Buffer.from('answer') }),
  )
  expect(client.receive(server.close(0).send, 0).events).toContainEqual(
    expect.objectContaining({ kind: 'alert', description: 0, direction: 'received' }),
  )
}

const recordsOf = (events: readonly TlsEvent[], contentType: number) =>
  events.flatMap((event) =>
    event.kind === 'record' && event.direction === 'received' && event.contentType === contentType
      ? [event.plaintextBytes]
      : [],
  )
const messagesOf = (events: readonly TlsEvent[]) =>
  events.flatMap((event) => (event.kind === 'message' && event.direction === 'received' ? [event] : []))

const ems: OfferedExtension = { kind: 'extended_master_secret' }
const etm: OfferedExtension = { kind: 'encrypt_then_mac' }

const suites12 = Object.entries(cipherSuites).filter(
  ([, suite]) =>
    (suite.kx === 'ecdhe' || suite.kx === 'rsa') &&
    (suite.auth === 'rsa' || suite.auth === 'ecdsa') &&
    protectionOf(suite, { encryptThenMac: false, version: 0x0303 }) !== undefined,
)

describe('the measuring server and our own client', () => {
  test.each(suites12)('%s, with all extensions and with none', (name, { auth }) => {
    const leaf: LeafKey = auth === 'rsa' ? 'rsa' : 'p256'
    expectWhole(talk(offerOf([name]), engineOptions(leaf)))
    expectWhole(talk(offerOf([name], { extensions: [ems, etm] }), engineOptions(leaf)))
  })

  test.each([0x0301, 0x0302])('version %i', (version) => {
    for (const [name, leaf] of [
      ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'rsa'],
      ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA', 'p256'],
      ['TLS_RSA_WITH_3DES_EDE_CBC_SHA', 'rsa'],
    ] as const) {
      const whole = talk({ ...offerOf([name]), version }, engineOptions(leaf))
      expectWhole(whole)
      expect(whole.seen).toContainEqual(expect.objectContaining({ kind: 'server-hello', version }))
    }
  })

  test.each(suites13)('%s with a leaf of each kind', (suite) => {
    for (const leaf of ['rsa', 'p256', 'p384'] as const)
      expectWhole(talk(offer13Of({ suites: [suite] }), engineOptions(leaf)))
  })

  test.each([
    'x25519',
    'x448',
    'secp256r1',
    'secp384r1',
    'secp521r1',
  ] as const)('group %s, with a share and without', (name) => {
    const group = namedGroups[name].code
    expectWhole(talk(offer13Of({ groups: [group] }), engineOptions()))
    const retried = talk(
      offer13Of({ groups: [namedGroups.secp224r1.code, group], shares: [] }),
      engineOptions(),
    )
    expectWhole(retried)
    expect(retried.seen).toContainEqual(
      expect.objectContaining({ kind: 'server-hello', helloRetryRequest: true }),
    )
    expectWhole(
      talk(offerOf(['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'], { groups: [group] }), engineOptions()),
    )
  })

  test('a hello, and all else, may come byte by byte', () => {
    expectWhole(talk(offer13Of(), engineOptions(), 1))
    expectWhole(
      talk(offerOf(['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'], { extensions: [ems] }), engineOptions(), 1),
    )
  })

  test('TLS 1.2 is chosen where no more is allowed, and RSA key exchange where nothing else is', () => {
    const offer = offer13Of({
      offered: [0x0304, 0x0303],
      suites: [...suites13, 'TLS_RSA_WITH_AES_128_GCM_SHA256'],
    })
    const talked = talk(
      offer,
      engineOptions('rsa', { means: { maxVersion: 0x0303, onlyRsaKeyExchange: true } }),
    )
    expectWhole(talked)
    expect(talked.seen).toContainEqual(
      expect.objectContaining({ kind: 'server-hello', version: 0x0303, cipherSuite: 0x009c }),
    )
  })

  test('keys are changed when the client changes its own, and asks for ours', () => {
    const whole = talk(offer13Of(), engineOptions())
    const update = whole.client.updateKeys({ requestPeer: true }, 0).send
    whole.client.receive(whole.server.receive(update, 0).send, 0)
    expectWhole(whole)
  })
})

describe('records are as they are cut', () => {
  const tls12 = offerOf(['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'])

  test.each([
    ['1.2', tls12],
    ['1.3', offer13Of()],
  ] as const)('TLS %s: a message over many records', (_version, offer) => {
    const cut = cutEvenly({ recordBytes: 100, merge: false })
    const whole = talk(offer, engineOptions('rsa', { cut }))
    expectWhole(whole)
    const certificate = messagesOf(whole.seen).find(({ type }) => type === 11)!
    expect(certificate).toMatchObject({
      records: Math.ceil(certificate.messageBytes / 100),
      largestRecordBytes: 100,
    })
  })

  test.each([
    ['1.2', tls12, 2],
    ['1.3', offer13Of(), 2],
  ] as const)('TLS %s: all messages under the same keys in one record', (_version, offer, records) => {
    const cut = cutEvenly({ recordBytes: 16_384, merge: true })
    const whole = talk(offer, engineOptions('rsa', { cut }))
    expectWhole(whole)
    // 1.2: its flight and the Finished; 1.3: ServerHello and what is sealed.
    expect(recordsOf(whole.seen, 22)).toHaveLength(records)
  })

  test('sizes may differ from record to record', () => {
    const whole = talk(offer13Of(), engineOptions('rsa', { cut: cutBySizes([1, 2, 3, 300]) }))
    expectWhole(whole)
    expect(recordsOf(whole.seen, 22).slice(0, 5)).toEqual([1, 2, 3, expect.any(Number), 1])
    expect(() => cutEvenly({ recordBytes: 0, merge: true })).toThrow(RangeError)
  })

  test('data goes in records of the size asked for, also beyond what TLS allows', () => {
    const { server } = talk(tls12, engineOptions())
    const sizes = (bytes: number, recordBytes: number) =>
      server
        .send(new Uint8Array(bytes), 0, recordBytes)
        .events.map((event) => event.kind === 'record' && event.plaintextBytes)
    expect(sizes(1000, 300)).toEqual([300, 300, 300, 100])
    expect(sizes(20_000, 20_000)).toEqual([20_000])
  })

  test.each([
    'max_fragment_length',
    'record_size_limit',
  ] as const)('%s is answered only where asked for', (kind) => {
    const asked = { kind, bytes: 512 } as const
    for (const offer of [
      offerOf(['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'], { extensions: [asked] }),
      offer13Of({ extensions: [asked] }),
    ]) {
      const answered = (agreesToSizes: boolean) => {
        const whole = talk(offer, engineOptions('rsa', { agreesToSizes }))
        expect(whole.client.established).toBe(true)
        const answers = whole.seen.flatMap((event) =>
          event.kind === 'server-hello' || event.kind === 'encrypted-extensions' ? event.extensions : [],
        )
        return answers.some(({ code }) => code === (kind === 'record_size_limit' ? 28 : 1))
      }
      expect([answered(false), answered(true)]).toEqual([false, true])
    }
  })
})

describe('what comes from the client is bounded', () => {
  test('a hello that offers nothing of use is refused with an alert', () => {
    const offers = [
      offerOf(['TLS_RSA_WITH_RC4_128_SHA']),
      offerOf(['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256']),
      offer13Of({ groups: [namedGroups.ffdhe2048.code], shares: [] }),
      offer13Of({ offered: [0x0304], suites: ['TLS_RSA_WITH_AES_128_GCM_SHA256'] }),
    ]
    for (const offer of offers) {
      const { told, server } = talk(offer, engineOptions())
      expect(told).toContainEqual(
        expect.objectContaining({ kind: 'alert', direction: 'sent', level: 2, description: 40 }),
      )
      expect(server.finished).toBe(true)
    }
  })

  test('whatever bytes come, there are events and no exception', () => {
    const hello = new TlsClient({ offer: offer13Of(), seed }).start(0).send
    const changes = fc.array(fc.tuple(fc.nat(hello.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(changes, (changed) => {
        const bytes = Uint8Array.from(hello)
        for (const [at, value] of changed) bytes[at] = value
        new TlsServer(engineOptions()).receive(bytes, 0)
      }),
      { numRuns: 200 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        new TlsServer(engineOptions()).receive(bytes, 0)
      }),
    )
  })

  test('a message that does not belong is refused, and a broken record, too', () => {
    const { server, client } = talk(offerOf(['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256']), engineOptions())
    const sealed = Uint8Array.from(client.send(text('ask'), 0).send)
    sealed[sealed.length - 1]! ^= 1
    expect(server.receive(sealed, 0).events).toContainEqual(
      expect.objectContaining({ kind: 'stopped', reason: 'bad-record-mac' }),
    )
    const early = new TlsServer(engineOptions())
    expect(early.receive(Uint8Array.from([22, 3, 3, 0, 4, 20, 0, 0, 0]), 0).events).toContainEqual(
      expect.objectContaining({ kind: 'stopped', reason: 'unexpected-message' }),
    )
    expect(() => new TlsServer(engineOptions()).send(text('x'), 0)).toThrow('send')
  })
})
