import { describe, expect, test } from 'vitest'
import { engineOptions } from '../../test/support/engine-server.ts'
import { offer13Of, offerOf } from '../../test/support/offers.ts'
import { record, ScriptedServer13 } from '../../test/support/scripted-server-13.ts'
import { TlsClient } from './client.ts'
import type { ClientOffer } from './client-offer.ts'
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

interface Row {
  readonly section: string
  readonly what: string
  readonly offer?: ClientOffer
  /** From the ServerHello on. */
  readonly send: (server: ScriptedServer13) => readonly Uint8Array[]
  readonly end: object
  readonly alert: number
}

const hello = (s: ScriptedServer13) => record(22, s.serverHello())
const sealed = (s: ScriptedServer13, ...messages: Uint8Array[]) => s.sealed(22, ...messages)
const unexpected = { kind: 'stopped', reason: 'unexpected-message' }
const rest = (s: ScriptedServer13) => [
  sealed(s, s.certificate()),
  sealed(s, s.certificateVerify()),
  sealed(s, s.finished()),
]
/** A message that the server makes part of its transcript. */
const said = (s: ScriptedServer13, type: number, body: Uint8Array) => sealed(s, s.other(type, body))

const rows: readonly Row[] = [
  {
    section: 'RFC 8446 §4.2.1',
    what: 'supported_versions of the ServerHello says TLS 1.2',
    send: (s) => [record(22, s.serverHello({ extensions: [{ code: 43, data: Uint8Array.of(3, 3) }] }))],
    end: { reason: 'unoffered' },
    alert: 70,
  },
  {
    section: 'RFC 8446 §4.4.2.4',
    what: 'a Certificate without certificates',
    send: (s) => [
      hello(s),
      sealed(s, s.encryptedExtensions()),
      sealed(s, s.certificate([])),
      sealed(s, s.certificateVerify()),
      sealed(s, s.finished()),
    ],
    end: { kind: 'malformed', field: 'Certificate.certificate_list' },
    alert: 50,
  },
  {
    section: 'RFC 8446 §4.4.2',
    what: 'a Certificate with a request context in the handshake',
    send: (s) => [
      hello(s),
      sealed(s, s.encryptedExtensions()),
      sealed(s, s.otherMessage(encodeCertificate13(Uint8Array.of(7), [s.leaf.der]))),
      sealed(s, s.certificateVerify()),
      sealed(s, s.finished()),
    ],
    end: { kind: 'malformed', field: 'Certificate.certificate_request_context' },
    alert: 50,
  },
  {
    section: 'RFC 8446 §4.4.2',
    what: 'an extension in a Certificate that was not offered',
    send: (s) => [
      hello(s),
      sealed(s, s.encryptedExtensions()),
      said(s, 11, certificateWithExtension(s.leaf.der, 5)),
      sealed(s, s.certificateVerify()),
      sealed(s, s.finished()),
    ],
    end: { reason: 'unoffered' },
    alert: 110,
  },
  {
    section: 'RFC 8446 §4.4.3',
    what: 'no CertificateVerify',
    send: (s) => [
      hello(s),
      sealed(s, s.encryptedExtensions()),
      sealed(s, s.certificate()),
      sealed(s, s.finished()),
    ],
    end: unexpected,
    alert: 10,
  },
  {
    section: 'RFC 8446 §4.4',
    what: 'a CertificateVerify without a Certificate',
    send: (s) => [hello(s), sealed(s, s.encryptedExtensions()), sealed(s, s.certificateVerify())],
    end: unexpected,
    alert: 10,
  },
  {
    section: 'RFC 8446 §4.3.2',
    what: 'a CertificateRequest with a context in the handshake',
    send: (s) => [
      hello(s),
      sealed(s, s.encryptedExtensions()),
      said(s, 13, Uint8Array.of(1, 7, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3)),
      ...rest(s),
    ],
    end: { kind: 'malformed', field: 'CertificateRequest.certificate_request_context' },
    alert: 50,
  },
  {
    section: 'RFC 8446 §4.3.2',
    what: 'a CertificateRequest without signature_algorithms',
    send: (s) => [
      hello(s),
      sealed(s, s.encryptedExtensions()),
      said(s, 13, Uint8Array.of(0, 0, 0)),
      ...rest(s),
    ],
    end: { reason: 'unoffered' },
    alert: 109,
  },
  {
    section: 'RFC 8446 §4.3.2',
    what: 'a CertificateRequest behind the Certificate',
    send: (s) => [
      hello(s),
      sealed(s, s.encryptedExtensions()),
      sealed(s, s.certificate()),
      sealed(s, s.certificateRequest()),
    ],
    end: unexpected,
    alert: 10,
  },
  {
    section: 'RFC 8446 §4.3.1',
    what: 'EncryptedExtensions twice',
    send: (s) => [
      hello(s),
      sealed(s, s.encryptedExtensions()),
      sealed(s, s.encryptedExtensions()),
      ...rest(s),
    ],
    end: unexpected,
    alert: 10,
  },
  {
    section: 'RFC 8446 §4.2',
    what: 'supported_versions in EncryptedExtensions',
    send: (s) => [
      hello(s),
      sealed(s, s.encryptedExtensions([{ code: 43, data: Uint8Array.of(3, 4) }])),
      ...rest(s),
    ],
    end: { reason: 'unoffered' },
    alert: 47,
  },
  {
    section: 'RFC 8446 §4.2',
    what: 'extended_master_secret in EncryptedExtensions, offered for TLS 1.2',
    send: (s) => [hello(s), sealed(s, s.encryptedExtensions([{ code: 23, data: none }])), ...rest(s)],
    end: { reason: 'unoffered' },
    alert: 47,
  },
  {
    section: 'RFC 8446 §4.2.10',
    what: 'early_data accepted, which was not offered',
    send: (s) => [hello(s), sealed(s, s.encryptedExtensions([{ code: 42, data: none }])), ...rest(s)],
    end: { reason: 'unoffered' },
    alert: 110,
  },
  {
    section: 'RFC 8446 §4.5',
    what: 'an EndOfEarlyData of the server',
    send: (s) => [hello(s), said(s, 5, none)],
    end: unexpected,
    alert: 10,
  },
  {
    section: 'RFC 8446 §4.6.1',
    what: 'a NewSessionTicket before the Finished',
    send: (s) => [
      hello(s),
      sealed(s, s.encryptedExtensions()),
      said(s, 4, Uint8Array.of(0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 1, 7, 0, 0)),
    ],
    end: unexpected,
    alert: 10,
  },
  {
    section: 'RFC 8446 §4',
    what: 'a ServerHelloDone of TLS 1.2',
    send: (s) => [hello(s), sealed(s, s.encryptedExtensions()), said(s, 14, none)],
    end: unexpected,
    alert: 10,
  },
  {
    section: 'RFC 8446 §4.1.4',
    what: 'a second ServerHello, protected',
    send: (s) => [
      hello(s),
      sealed(
        s,
        encodeHandshake(2, (w) => w.bytes(new Uint8Array(40))),
      ),
    ],
    end: unexpected,
    alert: 10,
  },
  {
    section: 'RFC 8446 §5',
    what: 'a ChangeCipherSpec of another value',
    send: (s) => [hello(s), record(20, Uint8Array.of(2)), ...flightOf(s)],
    end: unexpected,
    alert: 10,
  },
  {
    section: 'RFC 8446 §5',
    what: 'a ChangeCipherSpec of two bytes',
    send: (s) => [hello(s), record(20, Uint8Array.of(1, 1)), ...flightOf(s)],
    end: unexpected,
    alert: 10,
  },
  {
    section: 'RFC 8446 §5.1',
    what: 'an alert between the records of one message',
    send: (s) => {
      const start = hello(s)
      const message = s.encryptedExtensions()
      return [
        start,
        sealed(s, message.subarray(0, 3)),
        s.sealed(21, Uint8Array.of(1, 90)),
        sealed(s, message.subarray(3)),
      ]
    },
    end: unexpected,
    alert: 10,
  },
  {
    section: 'RFC 8446 §5.1',
    what: 'the Finished and what follows it in one record',
    send: (s) => {
      const start = [
        hello(s),
        sealed(s, s.encryptedExtensions()),
        sealed(s, s.certificate()),
        sealed(s, s.certificateVerify()),
      ]
      return [...start, sealed(s, s.finished(), Uint8Array.of(4, 0, 0, 0))]
    },
    end: unexpected,
    alert: 10,
  },
  {
    section: 'RFC 8446 §5.2',
    what: 'a protected record of 2^14 + 257 bytes',
    send: (s) => [hello(s), record(23, new Uint8Array(16_384 + 257))],
    end: { reason: 'too-large' },
    alert: 22,
  },
  {
    section: 'RFC 8446 §5.1',
    what: 'application data in clear once keys are there',
    send: (s) => [hello(s), record(24, Uint8Array.of(1))],
    end: unexpected,
    alert: 10,
  },
  {
    section: 'RFC 8446 §5',
    what: 'a handshake message in clear once keys are there',
    send: (s) => [hello(s), record(22, s.encryptedExtensions())],
    end: unexpected,
    alert: 10,
  },
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
  test.each(rows)('$section: $what', ({ offer = offers['TLS 1.3'], send, end, alert }) => {
    const { client, events, server } = meet(offer)
    for (const part of send(server)) events.push(...client.receive(part, 0).events)
    if (events.at(-1)?.kind === 'server-flight') events.push(...client.proceed({}, 0).events)
    expect(client.established).toBe(false)
    expect(events.at(-1)).toMatchObject(end)
    expect(events.at(-2)).toMatchObject({ kind: 'alert', direction: 'sent', description: alert })
  })

  test.each<[string, string, (s: ScriptedServer13) => Uint8Array, object, number]>([
    [
      'RFC 8446 §4.1.2',
      'a renegotiation: HelloRequest',
      (s) => sealed(s, Uint8Array.of(0, 0, 0, 0)),
      unexpected,
      10,
    ],
    ['RFC 8446 §4.1.2', 'a ClientHello', (s) => sealed(s, Uint8Array.of(1, 0, 0, 0)), unexpected, 10],
    ['RFC 8446 §4.4.4', 'another Finished', (s) => sealed(s, s.finished()), unexpected, 10],
    [
      'RFC 8446 §4.6.3',
      'a KeyUpdate of two bytes',
      (s) => sealed(s, Uint8Array.of(24, 0, 0, 2, 0, 0)),
      { kind: 'malformed' },
      50,
    ],
    [
      'RFC 8446 §5.1',
      'a KeyUpdate and more in one record',
      (s) => sealed(s, Uint8Array.of(24, 0, 0, 1, 0, 24, 0, 0, 1, 0)),
      unexpected,
      10,
    ],
    ['RFC 8446 §5', 'a ChangeCipherSpec', () => record(20, Uint8Array.of(1)), unexpected, 10],
    [
      'RFC 8446 §5',
      'application data in clear',
      () => record(23, Uint8Array.of(1)),
      { reason: 'bad-record-mac' },
      20,
    ],
  ])('%s: once established, %s', (_, __, make, end, alert) => {
    const { client, events, server } = meet(offers['TLS 1.3'])
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

function meet(offer: ClientOffer) {
  const client = new TlsClient({ offer, seed })
  const started = client.start(0)
  const events: TlsEvent[] = [...started.events]
  const first = started.events.find((event) => event.kind === 'client-hello')
  return { client, events, server: new ScriptedServer13(first!.message) }
}

// RFC 5246 and what extends it: what the server says is refused where it says it.
describe('what RFC 5246 forbids', () => {
  interface Row12 {
    readonly section: string
    readonly what: string
    readonly change: (message: Uint8Array) => Uint8Array | readonly Uint8Array[]
    /** Of the message that is changed. */
    readonly type: number
    readonly end: object
  }
  const rows12: readonly Row12[] = [
    {
      section: 'RFC 5246 §7.4.2',
      what: 'a Certificate without certificates',
      type: 11,
      change: () => Uint8Array.of(11, 0, 0, 3, 0, 0, 0),
      end: { kind: 'malformed', field: 'Certificate.certificate_list' },
    },
    {
      section: 'RFC 8422 §5.4',
      what: 'an explicit curve',
      type: 12,
      change: (message) => message.with(4, 1),
      end: { kind: 'malformed' },
    },
    {
      section: 'RFC 8422 §5.4',
      what: 'a curve that was not offered',
      type: 12,
      change: (message) => message.with(6, 0x1e),
      end: { reason: 'unoffered' },
    },
    {
      section: 'RFC 5246 §7.4.1.4.1',
      what: 'a signature scheme that was not offered',
      type: 12,
      change: (message) => message.with(40, 2).with(41, 3),
      end: { reason: 'unoffered' },
    },
    {
      section: 'RFC 5246 §7.4.3',
      what: 'a bad signature',
      type: 12,
      change: (message) => message.with(message.length - 1, message.at(-1)! ^ 1),
      end: { reason: 'bad-signature' },
    },
    {
      section: 'RFC 5246 §7.4.1.4',
      what: 'an extension twice',
      type: 2,
      change: (message) => withExtension(message, 23),
      end: { kind: 'malformed' },
    },
    {
      section: 'RFC 5077 §3.2',
      what: 'session_ticket answered, which was not offered',
      type: 2,
      change: (message) => withExtension(message, 35),
      end: { reason: 'unoffered' },
    },
    {
      section: 'RFC 5246 §7.4.9',
      what: 'a Finished of eleven bytes',
      type: 20,
      change: (message) => relength(message.subarray(0, -1)),
      end: { reason: 'bad-finished' },
    },
    {
      section: 'RFC 5246 §7.4.9',
      what: 'a wrong Finished',
      type: 20,
      change: (message) => message.with(7, message[7]! ^ 1),
      end: { reason: 'bad-finished' },
    },
    {
      section: 'RFC 5246 §7.4.4',
      what: 'two CertificateRequests',
      type: 14,
      change: (message) => [...Array(2).fill(Uint8Array.of(13, 0, 0, 8, 1, 64, 0, 2, 4, 3, 0, 0)), message],
      end: unexpected,
    },
    {
      section: 'RFC 5246 §6.2.1',
      what: 'a record of more than 2^14 bytes',
      type: 14,
      change: (message) => [Buffer.concat([message, new Uint8Array(16_385)])],
      end: { reason: 'too-large' },
    },
  ]

  test.each(rows12)('$section: $what', ({ change, type, end }) => {
    const tamper: Tamper = (messages) =>
      messages.flatMap((message) => (message[0] === type ? change(message) : [message]))
    const server = new TlsServer(
      engineOptions('p256', {
        cut: (messages) => tamper(messages, 0),
        means: { groups: [0x1d], maxVersion: 0x0303 },
      }),
    )
    const client = new TlsClient({ offer: offers['TLS 1.2'], seed })
    const events: TlsEvent[] = []
    let up = client.start(0).send
    for (let turn = 0; up.length > 0 && turn < 6; turn++) {
      const step = client.receive(server.receive(up, 0).send, 0)
      events.push(...step.events)
      up = step.send
      if (!step.events.some(({ kind }) => kind === 'server-flight')) continue
      const reply = client.proceed({}, 0)
      events.push(...reply.events)
      up = Buffer.concat([up, reply.send])
    }
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
