import { describe, expect, test } from 'vitest'
import { engineOptions } from '../../test/support/engine-server.ts'
import { offer13Of, offerOf } from '../../test/support/offers.ts'
import { record, ScriptedServer13 } from '../../test/support/scripted-server-13.ts'
import { TlsClient } from './client.ts'
import type { Extension } from './extensions.ts'
import { encodeHandshake } from './handshake-message.ts'
import { encodeCertificate13 } from './messages-13.ts'
import { TlsServer } from './server/server.ts'
import type { TlsEvent } from './tls-event.ts'

const seed = new Uint8Array(32).fill(3)
const none = new Uint8Array(0)
const suite12 = 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'

const offers = {
  'TLS 1.3': offer13Of({
    suites: ['TLS_AES_128_GCM_SHA256'],
    extensions: [{ kind: 'extended_master_secret' }],
  }),
  'TLS 1.2': offerOf([suite12], { extensions: [{ kind: 'extended_master_secret' }] }),
} as const
type Version = keyof typeof offers

/** Handshake messages that go under the same keys -> plaintexts, one a record. `flight` counts from 0. */
type Tamper = (messages: readonly Uint8Array[], flight: number) => readonly Uint8Array[]

/** A whole talk of the client with our own server, whose messages are changed before they are protected. */
function talk(version: Version, tamper: Tamper): { client: TlsClient; events: TlsEvent[] } {
  let flight = 0
  const cut = (messages: readonly Uint8Array[]) => tamper(messages, flight++)
  const server = new TlsServer(engineOptions('p256', { cut, means: { groups: [0x1d] } }))
  const client = new TlsClient({ offer: offers[version], seed })
  const events: TlsEvent[] = []
  let up = client.start(0).send
  for (let turn = 0; up.length > 0 && turn < 8; turn++) {
    const step = client.receive(server.receive(up, 0).send, 0)
    events.push(...step.events)
    up = step.send
    if (!step.events.some(({ kind }) => kind === 'server-flight')) continue
    const reply = client.proceed({}, 0)
    events.push(...reply.events)
    up = Buffer.concat([up, reply.send])
  }
  return { client, events }
}

const untouched: Tamper = (messages) => messages

/** The server's messages of a good talk, by flight. */
function messagesOf(version: Version): Uint8Array[][] {
  const flights: Uint8Array[][] = []
  talk(version, (messages) => {
    flights.push([...messages])
    return messages
  })
  return flights
}

/** Never established; where it ended, by an event that names why. */
function expectRefused({ client, events }: { client: TlsClient; events: TlsEvent[] }, what: string): void {
  expect(client.established, what).toBe(false)
  expect(
    events.find(({ kind }) => kind === 'established' || kind === 'application-data'),
    what,
  ).toBeUndefined()
  if (client.finished) expect(['stopped', 'malformed', 'alert'], what).toContain(events.at(-1)?.kind)
}

describe.each(['TLS 1.3', 'TLS 1.2'] as const)('%s: a handshake with any message changed', (version) => {
  const flights = messagesOf(version)
  const places = flights.flatMap((messages, flight) =>
    messages.map((message, at) => ({ flight, at, message })),
  )
  const put = (flight: number, change: (messages: Uint8Array[]) => Uint8Array[]): Tamper => {
    return (messages, now) => (now === flight ? change([...messages]) : messages)
  }

  test('untouched it is established', () => {
    const { client, events } = talk(version, untouched)
    expect(client.established).toBe(true)
    expect(events.filter(({ kind }) => kind === 'stopped' || kind === 'malformed')).toEqual([])
    expect(places.map(({ message }) => message[0])).toEqual(
      version === 'TLS 1.3' ? [2, 8, 11, 15, 20] : [2, 11, 12, 14, 20],
    )
  })

  test.each(places)('left out, repeated, exchanged with the next: message $at of flight $flight', ({
    flight,
    at,
    message,
  }) => {
    const changes: Record<string, (messages: Uint8Array[]) => Uint8Array[]> = {
      'left out': (all) => all.toSpliced(at, 1),
      repeated: (all) => all.toSpliced(at, 0, message),
      'put first': (all) => [message, ...all.toSpliced(at, 1)],
      'put last': (all) => [...all.toSpliced(at, 1), message],
      'instead of all': () => [message],
    }
    for (const [name, change] of Object.entries(changes)) {
      const same = change(flights[flight]!).every((one, index) => one === flights[flight]![index])
      if (same && change(flights[flight]!).length === flights[flight]!.length) continue
      expectRefused(talk(version, put(flight, change)), name)
    }
  })

  test.each(places)('of another type, cut, longer or with any byte changed: message $at of flight $flight', ({
    flight,
    at,
    message,
  }) => {
    const as = (changed: Uint8Array) => put(flight, (all) => all.with(at, changed))
    for (let type = 0; type <= 25; type++) {
      // A HelloRequest is ignored within a handshake, RFC 5246 §7.4.1.1; the message it stands for is missing all the same.
      if (type !== message[0]) expectRefused(talk(version, as(message.with(0, type))), `type ${type}`)
    }
    for (const [name, changed] of [
      ['cut by a byte', message.subarray(0, -1)],
      ['cut by a byte, and says so', relength(message.subarray(0, -1))],
      ['longer by a byte', Buffer.concat([message, Uint8Array.of(0)])],
      ['longer by a byte, and says so', relength(Buffer.concat([message, Uint8Array.of(0)]))],
      ['empty', relength(message.subarray(0, 4))],
      ['of 16 MiB, as it says', message.with(1, 0xff)],
    ] as const) {
      if (message.length > 4 || !/cut|empty/.test(name)) expectRefused(talk(version, as(changed)), name)
    }
    for (const place of placesIn(message)) {
      for (const by of [1, 255, 128]) {
        const changed = message.with(place, (message[place]! + by) & 0xff)
        expectRefused(talk(version, as(changed)), `byte ${place} by ${by}`)
      }
    }
  })
})

/** Every byte where lengths and choices are, and one in 29 of the rest. */
function placesIn(message: Uint8Array): number[] {
  return [...message.keys()].filter((at) => at >= 1 && (at < 16 || message.length < 48 || at % 29 === 0))
}

function relength(message: Uint8Array): Uint8Array {
  const length = message.length - 4
  return Uint8Array.from([message[0]!, 0, length >> 8, length & 0xff, ...message.subarray(4)])
}

// In what follows the server's signature and Finished are those of what it said: nothing but the rule itself stands
// against it.

type Row = readonly [
  section: string,
  what: string,
  /** From the ServerHello on. */
  send: (server: ScriptedServer13) => readonly Uint8Array[],
  end: object,
  alert: number,
]

const unexpected = { kind: 'stopped', reason: 'unexpected-message' }
const unoffered = { kind: 'stopped', reason: 'unoffered' }
const malformed = (field: string) => ({ kind: 'malformed', field })

const hello = (s: ScriptedServer13) => record(22, s.serverHello())
const sealed = (s: ScriptedServer13, ...messages: Uint8Array[]) => s.sealed(22, ...messages)
/** A message that the server makes part of its transcript. */
const said = (s: ScriptedServer13, type: number, body: Uint8Array) => sealed(s, s.other(type, body))
const begun = (s: ScriptedServer13, extensions: readonly Extension[] = []) => [
  hello(s),
  sealed(s, s.encryptedExtensions(extensions)),
]
const proved = (s: ScriptedServer13) => [sealed(s, s.certificateVerify()), sealed(s, s.finished())]
const rest = (s: ScriptedServer13) => [sealed(s, s.certificate()), ...proved(s)]
const ticket = Uint8Array.of(0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 1, 7, 0, 0)
const requestWithContext = Uint8Array.of(1, 7, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3)

const rows: readonly Row[] = [
  [
    '§4.2.1',
    'supported_versions of the ServerHello says TLS 1.2',
    (s) => [record(22, s.serverHello({ extensions: [{ code: 43, data: Uint8Array.of(3, 3) }] }))],
    unoffered,
    70,
  ],
  [
    '§4.4.2.4',
    'a Certificate without certificates',
    (s) => [...begun(s), sealed(s, s.certificate([])), ...proved(s)],
    malformed('Certificate.certificate_list'),
    50,
  ],
  [
    '§4.4.2',
    'a Certificate with a request context in the handshake',
    (s) => [
      ...begun(s),
      sealed(s, s.otherMessage(encodeCertificate13(Uint8Array.of(7), [s.leaf.der]))),
      ...proved(s),
    ],
    malformed('Certificate.certificate_request_context'),
    50,
  ],
  [
    '§4.4.2',
    'an extension in a Certificate that was not offered',
    (s) => [...begun(s), said(s, 11, certificateWithExtension(s.leaf.der, 5)), ...proved(s)],
    unoffered,
    110,
  ],
  [
    '§4.4.3',
    'no CertificateVerify',
    (s) => [...begun(s), sealed(s, s.certificate()), sealed(s, s.finished())],
    unexpected,
    10,
  ],
  [
    '§4.4',
    'a CertificateVerify without a Certificate',
    (s) => [...begun(s), sealed(s, s.certificateVerify())],
    unexpected,
    10,
  ],
  [
    '§4.3.2',
    'a CertificateRequest with a context in the handshake',
    (s) => [...begun(s), said(s, 13, requestWithContext), ...rest(s)],
    malformed('CertificateRequest.certificate_request_context'),
    50,
  ],
  [
    '§4.3.2',
    'a CertificateRequest without signature_algorithms',
    (s) => [...begun(s), said(s, 13, Uint8Array.of(0, 0, 0)), ...rest(s)],
    unoffered,
    109,
  ],
  [
    '§4.3.2',
    'a CertificateRequest behind the Certificate',
    (s) => [...begun(s), sealed(s, s.certificate()), sealed(s, s.certificateRequest())],
    unexpected,
    10,
  ],
  [
    '§4.3.1',
    'EncryptedExtensions twice',
    (s) => [...begun(s), sealed(s, s.encryptedExtensions()), ...rest(s)],
    unexpected,
    10,
  ],
  [
    '§4.2',
    'supported_versions in EncryptedExtensions',
    (s) => [...begun(s, [{ code: 43, data: Uint8Array.of(3, 4) }]), ...rest(s)],
    unoffered,
    47,
  ],
  [
    '§4.2',
    'extended_master_secret in EncryptedExtensions, offered for TLS 1.2',
    (s) => [...begun(s, [{ code: 23, data: none }]), ...rest(s)],
    unoffered,
    47,
  ],
  [
    '§4.2.10',
    'early_data accepted, which was not offered',
    (s) => [...begun(s, [{ code: 42, data: none }]), ...rest(s)],
    unoffered,
    110,
  ],
  ['§4.5', 'an EndOfEarlyData of the server', (s) => [hello(s), said(s, 5, none)], unexpected, 10],
  [
    '§4.6.1',
    'a NewSessionTicket before the Finished',
    (s) => [...begun(s), said(s, 4, ticket)],
    unexpected,
    10,
  ],
  ['§4', 'a ServerHelloDone of TLS 1.2', (s) => [...begun(s), said(s, 14, none)], unexpected, 10],
  [
    '§4.1.4',
    'a second ServerHello, protected',
    (s) => [hello(s), sealed(s, relength(new Uint8Array(44).with(0, 2)))],
    unexpected,
    10,
  ],
  [
    '§5',
    'a ChangeCipherSpec of another value',
    (s) => [hello(s), record(20, Uint8Array.of(2)), ...flightOf(s)],
    unexpected,
    10,
  ],
  [
    '§5',
    'a ChangeCipherSpec of two bytes',
    (s) => [hello(s), record(20, Uint8Array.of(1, 1)), ...flightOf(s)],
    unexpected,
    10,
  ],
  [
    '§5.1',
    'an alert between the records of one message',
    (s) => {
      const start = hello(s)
      const message = s.encryptedExtensions()
      const begin = sealed(s, message.subarray(0, 3))
      return [start, begin, s.sealed(21, Uint8Array.of(1, 90)), sealed(s, message.subarray(3))]
    },
    unexpected,
    10,
  ],
  [
    '§5.1',
    'the Finished and what follows it in one record',
    (s) => {
      const start = [...begun(s), sealed(s, s.certificate()), sealed(s, s.certificateVerify())]
      return [...start, sealed(s, s.finished(), Uint8Array.of(4, 0, 0, 0))]
    },
    unexpected,
    10,
  ],
  [
    '§5.2',
    'a protected record of 2^14 + 257 bytes',
    (s) => [hello(s), record(23, new Uint8Array(16_384 + 257))],
    { reason: 'too-large' },
    22,
  ],
  [
    '§5.1',
    'application data in clear once keys are there',
    (s) => [hello(s), record(24, Uint8Array.of(1))],
    unexpected,
    10,
  ],
  [
    '§5',
    'a handshake message in clear once keys are there',
    (s) => [hello(s), record(22, s.encryptedExtensions())],
    unexpected,
    10,
  ],
]

function flightOf(s: ScriptedServer13): Uint8Array[] {
  return [sealed(s, s.encryptedExtensions()), ...rest(s)]
}

function certificateWithExtension(der: Uint8Array, code: number): Uint8Array {
  return encodeHandshake(11, (w) => {
    w.vector8(() => {})
    w.vector24(() => {
      w.vector24(() => w.bytes(der))
      w.vector16(() => w.u16(code).vector16(() => {}))
    })
  }).subarray(4)
}

describe('what RFC 8446 forbids, by a server that is consistent with itself', () => {
  test.each(rows)('%s: %s', (_, __, send, end, alert) => {
    const { client, events, server } = meet()
    for (const part of send(server)) events.push(...client.receive(part, 0).events)
    if (events.at(-1)?.kind === 'server-flight') events.push(...client.proceed({}, 0).events)
    expect(client.established).toBe(false)
    expect(events.at(-1)).toMatchObject(end)
    expect(events.at(-2)).toMatchObject({ kind: 'alert', direction: 'sent', description: alert })
  })

  test.each<[string, string, (s: ScriptedServer13) => Uint8Array, object, number]>([
    ['§4.1.2', 'a renegotiation: HelloRequest', (s) => sealed(s, Uint8Array.of(0, 0, 0, 0)), unexpected, 10],
    ['§4.1.2', 'a ClientHello', (s) => sealed(s, Uint8Array.of(1, 0, 0, 0)), unexpected, 10],
    ['§4.4.4', 'another Finished', (s) => sealed(s, s.finished()), unexpected, 10],
    [
      '§4.6.3',
      'a KeyUpdate of two bytes',
      (s) => sealed(s, Uint8Array.of(24, 0, 0, 2, 0, 0)),
      { kind: 'malformed' },
      50,
    ],
    [
      '§5.1',
      'a KeyUpdate and more in one record',
      (s) => sealed(s, Uint8Array.of(24, 0, 0, 1, 0, 24, 0, 0, 1, 0)),
      unexpected,
      10,
    ],
    ['§5', 'a ChangeCipherSpec', () => record(20, Uint8Array.of(1)), unexpected, 10],
    ['§5', 'application data in clear', () => record(23, Uint8Array.of(1)), { reason: 'bad-record-mac' }, 20],
  ])('%s: once established, %s', (_, __, make, end, alert) => {
    const { client, events, server } = meet()
    for (const part of [hello(server), ...flightOf(server)]) events.push(...client.receive(part, 0).events)
    server.enterApplication()
    events.push(...client.proceed({}, 0).events)
    expect(client.established).toBe(true)
    events.push(...client.receive(make(server), 0).events)
    expect(client.finished).toBe(true)
    expect(events.at(-1)).toMatchObject(end)
    expect(events.at(-2)).toMatchObject({ kind: 'alert', direction: 'sent', description: alert })
  })
})

function meet() {
  const client = new TlsClient({ offer: offers['TLS 1.3'], seed })
  const started = client.start(0)
  const events: TlsEvent[] = [...started.events]
  const first = started.events.find((event) => event.kind === 'client-hello')
  return { client, events, server: new ScriptedServer13(first!.message) }
}

// RFC 5246 and what extends it: what the server says is refused where it says it.
describe('what RFC 5246 forbids', () => {
  type Change = (message: Uint8Array) => Uint8Array | readonly Uint8Array[]
  const requests = Array(2).fill(Uint8Array.of(13, 0, 0, 8, 1, 64, 0, 2, 4, 3, 0, 0))
  const noCertificates = Uint8Array.of(11, 0, 0, 3, 0, 0, 0)

  test.each<[section: string, what: string, type: number, change: Change, end: object]>([
    [
      'RFC 5246 §7.4.2',
      'a Certificate without certificates',
      11,
      () => noCertificates,
      malformed('Certificate.certificate_list'),
    ],
    ['RFC 8422 §5.4', 'an explicit curve', 12, (message) => message.with(4, 1), { kind: 'malformed' }],
    ['RFC 8422 §5.4', 'a curve that was not offered', 12, (message) => message.with(6, 0x1e), unoffered],
    [
      'RFC 5246 §7.4.1.4.1',
      'a signature scheme that was not offered',
      12,
      (message) => message.with(40, 2).with(41, 3),
      unoffered,
    ],
    [
      'RFC 5246 §7.4.3',
      'a bad signature',
      12,
      (message) => message.with(message.length - 1, message.at(-1)! ^ 1),
      { reason: 'bad-signature' },
    ],
    [
      'RFC 5246 §7.4.1.4',
      'an extension twice',
      2,
      (message) => withExtension(message, 23),
      { kind: 'malformed' },
    ],
    [
      'RFC 5077 §3.2',
      'session_ticket answered, which was not offered',
      2,
      (message) => withExtension(message, 35),
      unoffered,
    ],
    [
      'RFC 5246 §7.4.9',
      'a Finished of eleven bytes',
      20,
      (message) => relength(message.subarray(0, -1)),
      { reason: 'bad-finished' },
    ],
    [
      'RFC 5246 §7.4.9',
      'a wrong Finished',
      20,
      (message) => message.with(7, message[7]! ^ 1),
      { reason: 'bad-finished' },
    ],
    ['RFC 5246 §7.4.4', 'two CertificateRequests', 14, (message) => [...requests, message], unexpected],
    [
      'RFC 5246 §6.2.1',
      'a record of more than 2^14 bytes',
      14,
      (message) => [Buffer.concat([message, new Uint8Array(16_385)])],
      { reason: 'too-large' },
    ],
  ])('%s: %s', (_, __, type, change, end) => {
    const { client, events } = talk('TLS 1.2', (messages) =>
      messages.flatMap((message) => (message[0] === type ? change(message) : [message])),
    )
    expect(client.established).toBe(false)
    expect(events.at(-1)).toMatchObject(end)
  })
})

/** One more extension of a ServerHello, without data. */
function withExtension(message: Uint8Array, code: number): Uint8Array {
  const at = 4 + 2 + 32 + 1 + message[38]! + 2 + 1
  const length = message[at]! * 256 + message[at + 1]! + 4
  const extensions = [length >> 8, length & 0xff, ...message.subarray(at + 2), 0, code, 0, 0]
  return relength(Uint8Array.from([...message.subarray(0, at), ...extensions]))
}
