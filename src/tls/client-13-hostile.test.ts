import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { offer13Of } from '../../test/support/offers.ts'
import { record, ScriptedServer13, type ServerHelloChanges } from '../../test/support/scripted-server-13.ts'
import { unlessBroken } from '../codec/decode-error.ts'
import { MAX_IDLE, TlsClient } from './client.ts'
import { decodeClientHello } from './client-hello.ts'
import type { ClientOffer } from './client-offer.ts'
import {
  decodeCertificate13,
  decodeCertificateRequest13,
  decodeCertificateVerify,
  decodeEncryptedExtensions,
  decodeKeyUpdate,
  decodeNewSessionTicket13,
  decodeServerShare,
  helloRetryRandom,
} from './messages-13.ts'
import { namedGroups } from './named-groups.ts'
import type { TlsEvent } from './tls-event.ts'

const none = new Uint8Array(0)

/** A client that sent its hello, and the server that is to answer it. */
class Meeting {
  readonly client: TlsClient
  readonly server: ScriptedServer13
  readonly events: TlsEvent[] = []

  constructor(offer: ClientOffer = offer13Of()) {
    this.client = new TlsClient({ offer, seed: new Uint8Array(32).fill(1) })
    const started = this.client.start(0)
    this.events.push(...started.events)
    const hello = started.events.find((event) => event.kind === 'client-hello')
    this.server = new ScriptedServer13(hello!.message)
  }

  receive(...parts: readonly Uint8Array[]): this {
    for (const part of parts) this.events.push(...this.client.receive(part, 0).events)
    return this
  }

  /** Up to the server's Finished, and ours. */
  establish(): this {
    this.receive(record(22, this.server.serverHello()), this.server.flight())
    this.server.enterApplication()
    this.events.push(...this.client.proceed({}, 0).events)
    expect(this.client.established).toBe(true)
    return this
  }

  /** How the engine ended: by which event, after which alert of ours. */
  get end(): { event: TlsEvent | undefined; alert: number | undefined } {
    expect(this.client.finished).toBe(true)
    const alert = this.events.at(-2)
    const told = alert?.kind === 'alert' && alert.direction === 'sent' ? alert.description : undefined
    return { event: this.events.at(-1), alert: told }
  }

  expectEnd(event: object, alert: number): void {
    expect(this.end).toMatchObject({ event, alert })
  }
}

/** A changed copy. */
function flip(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[at] = copy[at]! ^ 1
  return copy
}

test('a good server is established, and what it sends is read', () => {
  const meeting = new Meeting().establish()
  meeting.receive(meeting.server.sealed(23, Buffer.from('hello')))
  expect(meeting.events.at(-1)).toMatchObject({ kind: 'application-data', direction: 'received' })
  expect(meeting.events.filter(({ kind }) => kind === 'stopped' || kind === 'malformed')).toEqual([])
})

test('the same bytes cut one by one give the same events', () => {
  const whole = new Meeting()
  const cut = new Meeting()
  for (const [meeting, parts] of [
    [whole, (bytes: Uint8Array) => [bytes]],
    [cut, (bytes: Uint8Array) => [...bytes].map((byte) => Uint8Array.of(byte))],
  ] as const) {
    const { server } = meeting
    const hello = record(22, server.serverHello())
    // ECDSA signatures differ each time: one flight for both would not be signed over the same.
    const extensions = server.sealed(22, server.encryptedExtensions())
    meeting.receive(...parts(hello), ...parts(extensions))
  }
  expect(cut.events).toEqual(whole.events)
})

describe('a ServerHello that cannot be', () => {
  const duplicate = { code: 43, data: Uint8Array.of(3, 4) }
  const versionOnly = [{ code: 43, data: Uint8Array.of(3, 4) }]

  test.each<[string, ServerHelloChanges, object, number]>([
    ['a suite not offered', { cipherSuite: 0x1304 }, { reason: 'unoffered' }, 47],
    ['a suite of TLS 1.2', { cipherSuite: 0xc02f }, { reason: 'unoffered' }, 47],
    ['compression', { compressionMethod: 1 }, { reason: 'unoffered' }, 47],
    ['another session id', { sessionId: new Uint8Array(32) }, { reason: 'unoffered' }, 47],
    ['no session id', { sessionId: none }, { reason: 'unoffered' }, 47],
    ['a group not offered', { group: 0x19 }, { detail: 'the server chose secp521r1' }, 47],
    [
      'a group without a share',
      { group: 0x17 },
      { detail: 'the server chose secp256r1, of which no share was sent' },
      47,
    ],
    ['a share too short', { share: new Uint8Array(31) }, { kind: 'malformed' }, 47],
    ['a share of zeros', { share: new Uint8Array(32) }, { kind: 'malformed' }, 47],
    ['no key_share', { extensions: versionOnly }, { detail: 'the server sent no key_share' }, 109],
    ['an extension twice', { more: [duplicate] }, { kind: 'malformed', field: 'ServerHello.extensions' }, 47],
    ['a pre-shared key not offered', { more: [{ code: 41, data: Uint8Array.of(0, 0) }] }, {}, 47],
    ['ALPN in clear', { more: [{ code: 16, data: none }] }, { reason: 'unoffered' }, 110],
  ])('%s', (_, changes, event, alert) => {
    const suites = ['TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256']
    const meeting = new Meeting(offer13Of({ suites }))
    meeting.receive(record(22, meeting.server.serverHello(changes)))
    meeting.expectEnd(event, alert)
  })

  test('X25519MLKEM768 chosen is offered, and unsupported by us', () => {
    const groups = [namedGroups.X25519MLKEM768.code, namedGroups.x25519.code]
    const meeting = new Meeting(offer13Of({ groups }))
    const changes = { group: groups[0]!, share: new Uint8Array(1120) }
    meeting.receive(record(22, meeting.server.serverHello(changes)))
    meeting.expectEnd({ reason: 'unsupported', detail: 'the server chose X25519MLKEM768' }, 40)
  })

  test.each([0, 1])('TLS 1.2 with the random of a downgrade (%i)', (last) => {
    const suites = ['TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256']
    const meeting = new Meeting(offer13Of({ suites, offered: [0x0304, 0x0303] }))
    const random = Buffer.concat([new Uint8Array(24), Buffer.from('DOWNGRD'), Uint8Array.of(last)])
    const changes = { random, cipherSuite: 0xc02f, extensions: [] }
    meeting.receive(record(22, meeting.server.serverHello(changes)))
    meeting.expectEnd({ kind: 'stopped', reason: 'downgrade' }, 47)
  })

  test('TLS 1.2 where only 1.3 was offered', () => {
    const meeting = new Meeting()
    meeting.receive(record(22, meeting.server.serverHello({ extensions: [] })))
    meeting.expectEnd({ reason: 'unoffered', detail: 'the server chose TLSv1.2' }, 70)
  })
})

describe('a HelloRetryRequest that cannot be', () => {
  const version = { code: 43, data: Uint8Array.of(3, 4) }
  const asking = (...group: number[]) => ({ code: 51, data: Uint8Array.from(group) })
  const retry = (...more: { code: number; data: Uint8Array }[]): ServerHelloChanges => ({
    random: helloRetryRandom,
    extensions: [version, ...more],
  })

  test.each<[string, ServerHelloChanges, object, number]>([
    ['that asks for nothing', retry(), { reason: 'unoffered' }, 47],
    ['for the group whose share it has', retry(asking(0, 0x1d)), { reason: 'unoffered' }, 47],
    ['for a group not offered', retry(asking(0, 0x19)), { reason: 'unoffered' }, 47],
    ['with a whole share', retry(asking(0, 0x17, 0, 1, 4)), { kind: 'malformed' }, 50],
    ['with an empty cookie', retry({ code: 44, data: Uint8Array.of(0, 0) }), { kind: 'malformed' }, 50],
    [
      'with another extension',
      retry(asking(0, 0x17), { code: 10, data: none }),
      { reason: 'unoffered' },
      110,
    ],
  ])('%s', (_, changes, event, alert) => {
    const meeting = new Meeting()
    meeting.receive(record(22, meeting.server.serverHello(changes)))
    meeting.expectEnd(event, alert)
  })

  test('a second one', () => {
    const meeting = new Meeting()
    const { server } = meeting
    meeting.receive(record(22, server.serverHello(retry(asking(0, 0x17)))))
    expect(meeting.client.finished).toBe(false)
    meeting.receive(record(22, server.serverHello(retry(asking(0, 0x18)))))
    meeting.expectEnd({ reason: 'unexpected-message' }, 10)
  })

  test('another suite after it', () => {
    const meeting = new Meeting()
    const { server } = meeting
    meeting.receive(record(22, server.serverHello(retry(asking(0, 0x17)))))
    meeting.receive(record(22, server.serverHello({ cipherSuite: 0x1303 })))
    meeting.expectEnd({ reason: 'unoffered', detail: expect.stringContaining('another suite') }, 47)
  })

  test('for a group that the engine has no shares of is unsupported', () => {
    const groups = [namedGroups.x25519.code, namedGroups.ffdhe2048.code]
    const meeting = new Meeting(offer13Of({ groups }))
    meeting.receive(record(22, meeting.server.serverHello(retry(asking(1, 0)))))
    meeting.expectEnd({ reason: 'unsupported', detail: 'the server asked for ffdhe2048' }, 40)
  })
})

test('a cookie is sent back with the same shares, random and session id', () => {
  const meeting = new Meeting()
  const cookie = { code: 44, data: Uint8Array.of(0, 3, 1, 2, 3) }
  const extensions = [{ code: 43, data: Uint8Array.of(3, 4) }, cookie]
  meeting.receive(record(22, meeting.server.serverHello({ random: helloRetryRandom, extensions })))
  const [first, second] = meeting.events.flatMap((event) =>
    event.kind === 'client-hello' ? [decodeClientHello(event.message.subarray(4))] : [],
  )
  expect(second).toEqual({ ...first, extensions: [...first!.extensions, cookie] })
})

describe('wrong proofs', () => {
  function beforeVerify(): Meeting {
    const meeting = new Meeting()
    const { server } = meeting
    meeting.receive(record(22, server.serverHello()), server.sealed(22, server.encryptedExtensions()))
    return meeting.receive(server.sealed(22, server.certificate()))
  }

  test('a signature changed by one bit: told in the event, then bad-signature', () => {
    const meeting = beforeVerify()
    meeting.receive(
      meeting.server.sealed(
        22,
        meeting.server.certificateVerify((it) => flip(it, 20)),
      ),
    )
    expect(meeting.events).toContainEqual(
      expect.objectContaining({ kind: 'server-key-exchange', signatureValid: false }),
    )
    meeting.expectEnd({ reason: 'bad-signature' }, 51)
  })

  test.each([
    [0x0401, 'the server signed with rsa_pkcs1_sha256, which TLS 1.3 does not take'],
    [0x0807, 'the server chose ed25519'],
  ])('signature scheme %i', (scheme, detail) => {
    const meeting = beforeVerify()
    meeting.receive(
      meeting.server.sealed(
        22,
        meeting.server.certificateVerify((it) => it, scheme),
      ),
    )
    meeting.expectEnd({ reason: 'unoffered', detail }, 47)
  })

  test.each([
    ['changed', (it: Uint8Array) => flip(it, 0)],
    ['cut', (it: Uint8Array) => it.subarray(1)],
    ['empty', () => none],
  ])('a Finished %s', (_, change) => {
    const meeting = beforeVerify()
    const { server } = meeting
    meeting.receive(server.sealed(22, server.certificateVerify()), server.sealed(22, server.finished(change)))
    meeting.expectEnd({ reason: 'bad-finished' }, 51)
  })

  test('a leaf whose key cannot be read: the signature is not checked, and the handshake goes on', () => {
    const meeting = new Meeting()
    const { server } = meeting
    meeting.receive(record(22, server.serverHello()), server.sealed(22, server.encryptedExtensions()))
    meeting.receive(server.sealed(22, server.certificate([Uint8Array.of(0x30, 0)])))
    meeting.receive(server.sealed(22, server.certificateVerify()))
    expect(meeting.events.at(-1)).toMatchObject({ kind: 'server-key-exchange', signatureValid: undefined })
    expect(meeting.client.finished).toBe(false)
  })

  test.each([0, 5, -1])('a record changed at %i does not decrypt', (at) => {
    const meeting = new Meeting()
    const { server } = meeting
    meeting.receive(record(22, server.serverHello()))
    const bytes = server.sealed(22, server.encryptedExtensions())
    meeting.receive(flip(bytes, at < 0 ? bytes.length - 1 : 5 + at))
    meeting.expectEnd({ reason: 'bad-record-mac' }, 20)
  })
})

describe('what comes in the wrong place', () => {
  test.each<[string, (server: ScriptedServer13) => Uint8Array]>([
    ['Certificate before EncryptedExtensions', (s) => s.sealed(22, s.certificate())],
    ['Finished before EncryptedExtensions', (s) => s.sealed(22, s.finished())],
    ['EncryptedExtensions in clear', (s) => record(22, s.encryptedExtensions())],
    ['a HelloRequest', (s) => s.sealed(22, Uint8Array.of(0, 0, 0, 0))],
    ['a KeyUpdate', (s) => s.sealed(22, Uint8Array.of(24, 0, 0, 1, 0))],
    ['application data', (s) => s.sealed(23, Uint8Array.of(1))],
    ['a record of padding', (s) => s.sealed(0, new Uint8Array(5))],
    ['an encrypted ChangeCipherSpec', (s) => s.sealed(20, Uint8Array.of(1))],
    ['an unknown content type', (s) => s.sealed(99, Uint8Array.of(1))],
  ])('%s', (_, make) => {
    const meeting = new Meeting()
    meeting.receive(record(22, meeting.server.serverHello()), make(meeting.server))
    meeting.expectEnd({ kind: 'stopped', reason: 'unexpected-message' }, 10)
  })

  test('a Finished in place of the Certificate, without a pre-shared key', () => {
    const meeting = new Meeting()
    const { server } = meeting
    meeting.receive(record(22, server.serverHello()), server.sealed(22, server.encryptedExtensions()))
    meeting.receive(server.sealed(22, server.finished()))
    meeting.expectEnd({ reason: 'unexpected-message' }, 10)
  })

  test('a ServerHello and what follows in one record', () => {
    const meeting = new Meeting()
    const { server } = meeting
    meeting.receive(record(22, Buffer.concat([server.serverHello(), server.encryptedExtensions()])))
    meeting.expectEnd({ reason: 'unexpected-message' }, 10)
  })

  test('an alert in clear is read, and told as such', () => {
    const meeting = new Meeting()
    meeting.receive(record(22, meeting.server.serverHello()), record(21, Uint8Array.of(2, 40)))
    expect(meeting.events.at(-1)).toMatchObject({ kind: 'alert', description: 40, encrypted: false })
    expect(meeting.client.finished).toBe(true)
  })

  test('an encrypted alert ends the connection whatever its level', () => {
    const meeting = new Meeting().establish()
    meeting.receive(meeting.server.sealed(21, Uint8Array.of(1, 116)))
    expect(meeting.events.at(-1)).toMatchObject({
      kind: 'alert',
      level: 1,
      description: 116,
      encrypted: true,
    })
    expect(meeting.client.finished).toBe(true)
  })

  test('ChangeCipherSpec is dropped before the Finished and refused after', () => {
    const meeting = new Meeting()
    const spec = record(20, Uint8Array.of(1))
    meeting.receive(spec, record(22, meeting.server.serverHello()), spec, meeting.server.flight())
    meeting.client.proceed({}, 0)
    expect(meeting.client.established).toBe(true)
    meeting.receive(spec)
    meeting.expectEnd({ reason: 'unexpected-message' }, 10)
  })

  test('a CertificateRequest after the handshake', () => {
    const meeting = new Meeting().establish()
    meeting.receive(meeting.server.sealed(22, meeting.server.certificateRequest()))
    meeting.expectEnd({ reason: 'unexpected-message' }, 10)
  })
})

describe('EncryptedExtensions that cannot be', () => {
  test.each<[string, { code: number; data: Uint8Array }[], object, number]>([
    ['an extension not offered', [{ code: 16, data: none }], { reason: 'unoffered' }, 110],
    ['key_share', [{ code: 51, data: none }], { reason: 'unoffered' }, 47],
    [
      'an extension twice',
      [
        { code: 10, data: Uint8Array.of(0, 0) },
        { code: 10, data: Uint8Array.of(0, 0) },
      ],
      { kind: 'malformed' },
      47,
    ],
  ])('%s', (_, extensions, event, alert) => {
    const meeting = new Meeting()
    const { server } = meeting
    meeting.receive(
      record(22, server.serverHello()),
      server.sealed(22, server.encryptedExtensions(extensions)),
    )
    meeting.expectEnd(event, alert)
  })
})

describe('sizes', () => {
  test('a record of 16,384 bytes is read, one more is too large', () => {
    const meeting = new Meeting().establish()
    meeting.receive(meeting.server.sealed(23, new Uint8Array(16_384)))
    expect(meeting.client.finished).toBe(false)
    meeting.receive(meeting.server.sealed(23, new Uint8Array(16_385)))
    meeting.expectEnd({ reason: 'too-large' }, 22)
  })

  test.each<[string, (server: ScriptedServer13) => Uint8Array]>([
    ['empty records', (s) => s.sealed(23, none)],
    ['tickets', (s) => s.sealed(22, ticketMessage())],
    [
      'key updates',
      (s) => {
        const update = s.sealed(22, Uint8Array.of(24, 0, 0, 1, 1))
        s.updateKeys()
        return update
      },
    ],
  ])('%s without end are stopped', (_, make) => {
    const meeting = new Meeting().establish()
    for (let i = 0; i < MAX_IDLE; i++) meeting.receive(make(meeting.server))
    expect(meeting.client.finished).toBe(false)
    meeting.receive(make(meeting.server))
    meeting.expectEnd({ reason: 'too-large' }, 10)
  })
})

test('a KeyUpdate that asks is answered, and both sides go on', () => {
  const meeting = new Meeting().establish()
  const { server } = meeting
  meeting.receive(server.sealed(22, Uint8Array.of(24, 0, 0, 1, 1)))
  expect(meeting.events.at(-1)).toMatchObject({
    kind: 'message',
    direction: 'sent',
    type: 24,
    messageBytes: 5,
  })
  server.updateKeys()
  meeting.receive(server.sealed(23, Uint8Array.of(1)))
  expect(meeting.events.at(-1)).toMatchObject({ kind: 'application-data', direction: 'received' })
})

test('a KeyUpdate of an unknown kind is malformed', () => {
  const meeting = new Meeting().establish()
  meeting.receive(meeting.server.sealed(22, Uint8Array.of(24, 0, 0, 1, 2)))
  meeting.expectEnd({ kind: 'malformed', field: 'KeyUpdate.request_update' }, 47)
})

describe('any bytes', () => {
  const bytes = fc.uint8Array({ maxLength: 300 })

  test('after the hello, after the ServerHello and once established never throw', () => {
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 4 }), fc.nat(2), (parts, stage) => {
        const meeting = new Meeting()
        if (stage === 1) meeting.receive(record(22, meeting.server.serverHello()))
        if (stage === 2) meeting.establish()
        meeting.receive(...parts)
      }),
      { numRuns: 200 },
    )
  })

  test('in protected records of any type never throw', () => {
    fc.assert(
      fc.property(fc.constantFrom(0, 20, 21, 22, 23, 24), bytes, fc.boolean(), (type, content, late) => {
        const meeting = new Meeting()
        if (late) meeting.establish()
        else meeting.receive(record(22, meeting.server.serverHello()))
        meeting.receive(meeting.server.sealed(type, content))
      }),
      { numRuns: 200 },
    )
  })

  test('as the body of any message never throw', () => {
    fc.assert(
      fc.property(fc.nat(26), bytes, fc.boolean(), (type, body, late) => {
        const meeting = new Meeting()
        if (late) meeting.establish()
        else meeting.receive(record(22, meeting.server.serverHello()))
        const header = Uint8Array.of(type, 0, body.length >> 8, body.length & 0xff)
        meeting.receive(meeting.server.sealed(22, header, body))
      }),
      { numRuns: 300 },
    )
  })

  test.each<[string, (bytes: Uint8Array) => unknown]>([
    ['EncryptedExtensions', decodeEncryptedExtensions],
    ['Certificate', decodeCertificate13],
    ['CertificateRequest', decodeCertificateRequest13],
    ['CertificateVerify', decodeCertificateVerify],
    ['NewSessionTicket', decodeNewSessionTicket13],
    ['KeyUpdate', decodeKeyUpdate],
    ['key_share', decodeServerShare],
  ])('%s decodes them or throws a DecodeError', (_, decode) => {
    fc.assert(
      fc.property(bytes, (input) => void unlessBroken(() => decode(input))),
      { numRuns: 500 },
    )
  })
})

function ticketMessage(): Uint8Array {
  const body = Uint8Array.of(0, 0, 0, 9, 1, 2, 3, 4, 1, 0, 0, 1, 7, 0, 0)
  return Buffer.concat([Uint8Array.of(4, 0, 0, body.length), body])
}
