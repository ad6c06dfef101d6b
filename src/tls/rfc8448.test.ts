import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  clearMessage,
  countingBytes,
  messagesOf,
  opened,
  readRfc8448,
  recordsOf,
  type Trace,
} from '../../test/support/rfc8448.ts'
import { formatHex } from '../codec/hex.ts'
import { deriveEcdhKey } from '../crypto/ecdh.ts'
import { hash } from '../crypto/hash.ts'
import { Seed } from '../crypto/seed.ts'
import { verifySignature } from '../crypto/signature.ts'
import { TlsClient } from './client.ts'
import { decodeClientHello } from './client-hello.ts'
import type { ClientOffer, OfferedExtension } from './client-offer.ts'
import { decodeSignatureAlgorithms, decodeSupportedGroups, findExtension } from './extensions.ts'
import { encodeHandshake } from './handshake-message.ts'
import {
  deriveSecret,
  earlySecret,
  finishedMac,
  nextSecret,
  ticketPsk,
  trafficKeys,
} from './key-schedule-13.ts'
import {
  decodeCertificate13,
  decodeCertificateVerify,
  decodeEncryptedExtensions,
  decodeNewSessionTicket13,
  decodeServerShare,
  encodeCertificate13,
  encodeCertificateVerify13,
  signedContent,
} from './messages-13.ts'
import { createOpener13, createSealer13 } from './record-protection-13.ts'
import { decodeServerHello } from './server-hello.ts'
import { findSignatureScheme } from './signature-schemes.ts'
import { TicketSession } from './ticket-session.ts'
import type { TlsEvent } from './tls-event.ts'

const { simple, resumed, retry, clientAuth, compatibility } = readRfc8448()
const sha256 = 'sha256'
const aes = {
  kind: 'aead',
  cipher: 'aes-128-gcm',
  keyBytes: 16,
  tagBytes: 16,
  explicitNonceBytes: 0,
} as const

afterEach(() => vi.restoreAllMocks())

describe('the engine sends what RFC 8448 prints, byte for byte', () => {
  test.each([simple, compatibility, clientAuth, retry])('§$section $title: the ClientHello', (trace) => {
    const { sent } = start(trace)
    expect(formatHex(sent)).toBe(formatHex(trace.clientHello[0]!))
  })

  test('§4 Resumed 0-RTT Handshake: the ClientHello with its binder', () => {
    const { sessionTicket: ticket, psk, ageAdd, ageMs } = resumed
    const session = new TicketSession({
      ...{ cipherSuite: 0x1301, hashName: sha256, lifetimeSeconds: 30, ticket, psk, ageAdd },
    })
    const { sent } = start(resumed, { ticket: session, ticketAgeMs: ageMs })
    expect(formatHex(sent)).toBe(formatHex(resumed.clientHello[0]!))
  })

  test.each([simple, compatibility])('§$section $title: its Finished and close_notify', (trace) => {
    const { client, flight } = handshake(trace)
    expect(formatHex(flight)).toBe(formatHex(withChangeCipherSpec(trace.clientFlight)))
    if (trace === simple) {
      // What the trace sends before its close_notify counts in the sequence numbers of the records.
      expect(formatHex(client.send(countingBytes, 0).send)).toBe(formatHex(simple.clientData))
    }
    expect(formatHex(client.close(0).send)).toBe(formatHex(trace.clientClose))
  })
})

// The client of the traces pads its second hello, and puts the cookie before psk_key_exchange_modes: RFC 8446 §4.1.2 leaves
// both open, so this one hello is compared by its parts.
test('§5 HelloRetryRequest: the second hello has the share and the cookie of the trace', () => {
  const { sent } = started(retry)
  const [ours, theirs] = [sent.subarray(6), retry.clientHello[1]!].map((record) =>
    decodeClientHello(clearMessage(record).subarray(4)),
  )
  expect(formatHex(ours!.random)).toBe(formatHex(theirs!.random))
  const without = ({ extensions }: typeof ours & {}) =>
    extensions
      .filter(({ code }) => code !== 21)
      .map(({ code, data }) => `${code} ${formatHex(data)}`)
      .sort()
  expect(without(ours!)).toEqual(without(theirs!))
})

describe('the engine reads what RFC 8448 prints', () => {
  test.each([
    simple,
    compatibility,
    clientAuth,
  ])('§$section $title: the server’s flight, its signature and its Finished', (trace) => {
    const { client, events } = started(trace)
    events.push(...client.receive(trace.serverFlight, 0).events)
    expect(events.find(({ kind }) => kind === 'server-key-exchange')).toMatchObject({ signatureValid: true })
    expect(events.at(-1)).toMatchObject({
      kind: 'server-flight',
      clientCertificateRequested: trace === clientAuth,
    })
  })

  test('§3 Simple 1-RTT Handshake: the ticket that §4 resumes, data and close_notify', () => {
    const { client } = handshake(simple)
    const events = [simple.ticket, simple.serverData, simple.serverClose].flatMap(
      (bytes) => client.receive(bytes, 0).events,
    )
    const ticket = events.find((event) => event.kind === 'session-ticket')?.session
    expect(ticket).toMatchObject({ ageAdd: resumed.ageAdd, lifetimeSeconds: 30 })
    expect(formatHex(ticket!.ticket)).toBe(formatHex(resumed.sessionTicket))
    expect(formatHex(ticket!.revealPsk())).toBe(formatHex(resumed.psk))
    const data = events.find((event) => event.kind === 'application-data')?.data
    expect(formatHex(data!)).toBe(formatHex(countingBytes))
    expect(events.findLast(({ kind }) => kind === 'alert')).toMatchObject({ description: 0 })
  })

  test('a byte of the server’s flight changed is not read', () => {
    for (const at of [5, 300, simple.serverFlight.length - 1]) {
      const { client, events } = started(simple)
      const changed = Uint8Array.from(simple.serverFlight)
      changed[at] = changed[at]! ^ 1
      events.push(...client.receive(changed, 0).events)
      expect(events.at(-1)).toMatchObject({ kind: 'stopped', reason: 'bad-record-mac' })
      expect(client.established).toBe(false)
    }
  })
})

describe.each([
  simple,
  resumed,
  retry,
  clientAuth,
  compatibility,
])('§$section $title: key schedule, records and messages', (trace) => {
  const keys = scheduleOf(trace)

  test('the server’s flight opens, and sealed again is the same', () => {
    const { content, contentType } = opened(trace.serverFlight, keys.openerOf(keys.serverHandshake))
    expect(contentType).toBe(22)
    expect(resealed(22, content, keys.serverHandshake)).toBe(formatHex(protectedPart(trace.serverFlight)))
  })

  test('the server’s signature and Finished are those of the transcript', () => {
    const before = [...keys.hellos]
    for (const message of keys.serverMessages) {
      const body = message.subarray(4)
      if (message[0] === 8) decodeEncryptedExtensions(body)
      if (message[0] === 11) {
        const { context, certificates } = decodeCertificate13(body)
        expect(formatHex(encodeCertificate13(context, certificates))).toBe(formatHex(message))
      }
      if (message[0] === 15) {
        const verify = decodeCertificateVerify(body)
        expect(formatHex(encodeCertificateVerify13(verify))).toBe(formatHex(message))
        expect(isSignedBy(leafOf(before), verify, signedContent('server', hash(sha256, ...before)))).toBe(
          true,
        )
      }
      if (message[0] === 20) {
        expect(formatHex(body)).toBe(
          formatHex(finishedMac(sha256, keys.serverHandshake, hash(sha256, ...before))),
        )
      }
      before.push(message)
    }
    expect(before.at(-1)?.[0]).toBe(20)
  })

  test('the client’s flight opens, is what the schedule gives, and sealed again is the same', () => {
    const opener = keys.openerOf(keys.clientHandshake)
    const before = [...keys.hellos, ...keys.serverMessages]
    const flights = trace === resumed ? [resumed.endOfEarlyData, resumed.clientFlight] : [trace.clientFlight]
    // EndOfEarlyData goes under the early keys, RFC 8446 §4.5.
    const [content] = flights.slice(-1).map((bytes) => opened(bytes, opener).content)
    if (trace === resumed) before.push(endOfEarlyData())
    for (const message of messagesOf(content!)) {
      const body = message.subarray(4)
      if (message[0] === 15) {
        const verify = decodeCertificateVerify(body)
        expect(
          isSignedBy(leafOf(before.slice(-1)), verify, signedContent('client', hash(sha256, ...before))),
        ).toBe(true)
      }
      if (message[0] === 20) {
        expect(formatHex(body)).toBe(
          formatHex(finishedMac(sha256, keys.clientHandshake, hash(sha256, ...before))),
        )
      }
      before.push(message)
    }
    expect(resealed(22, content!, keys.clientHandshake)).toBe(formatHex(protectedPart(flights.at(-1)!)))
  })

  test('close_notify of both sides', () => {
    // Records before it count: data, and on the server's side of §3 a ticket.
    const data = trace === simple || trace === resumed ? [countingBytes] : []
    const ticket =
      trace === simple ? [opened(simple.ticket, keys.openerOf(keys.serverApplication)).content] : []
    const closed = Uint8Array.of(1, 0)
    const client = [...data.map((bytes) => [23, bytes] as const), [21, closed] as const]
    const server = [...ticket.map((bytes) => [22, bytes] as const), ...client]
    expect(lastSealed(client, keys.clientApplication)).toBe(formatHex(trace.clientClose))
    expect(lastSealed(server, keys.serverApplication)).toBe(formatHex(trace.serverClose))
  })
})

describe('§4 Resumed 0-RTT Handshake', () => {
  test('the key of the ticket comes from §3', () => {
    const keys = scheduleOf(simple)
    const { content } = opened(simple.ticket, keys.openerOf(keys.serverApplication))
    const clientMessages = messagesOf(
      opened(simple.clientFlight, keys.openerOf(keys.clientHandshake)).content,
    )
    const all = [...keys.hellos, ...keys.serverMessages, ...clientMessages]
    const resumptionMaster = deriveSecret(sha256, keys.master, 'res master', hash(sha256, ...all))
    const { nonce } = decodeNewSessionTicket13(content.subarray(4))
    expect(formatHex(ticketPsk(sha256, resumptionMaster, nonce))).toBe(formatHex(resumed.psk))
  })

  test('early data and its end go under the early keys', () => {
    const early = earlySecret(sha256, resumed.psk)
    const hello = hash(sha256, clearMessage(resumed.clientHello[0]!))
    const secret = deriveSecret(sha256, early, 'c e traffic', hello)
    const records = [[23, Buffer.from('ABCDEF')] as const, [22, endOfEarlyData()] as const]
    expect(lastSealed(records.slice(0, 1), secret)).toBe(formatHex(resumed.earlyData))
    expect(lastSealed(records, secret)).toBe(formatHex(resumed.endOfEarlyData))
  })
})

/** Private values in place of those that a seed gives. */
function pretend({ clientRandom, sessionId = new Uint8Array(0), clientKeys }: Trace): void {
  const values: Readonly<Record<string, Uint8Array | undefined>> = {
    'client random': clientRandom,
    legacy_session_id: sessionId,
    x25519: clientKeys.x25519,
    'secp256r1 0': clientKeys.secp256r1,
  }
  vi.spyOn(Seed.prototype, 'expand').mockImplementation((label) => {
    const value = values[label]
    if (value === undefined) throw new Error(`RFC 8448 gives no ${label}`)
    return Uint8Array.from(value)
  })
}

/** The offer that a hello was made from. */
function offerOfHello(record: Uint8Array): ClientOffer {
  const { version, cipherSuites, extensions } = decodeClientHello(clearMessage(record).subarray(4))
  return {
    version,
    cipherSuites,
    extensions: extensions
      .filter(({ code }) => code !== 41)
      .map(({ code, data }): OfferedExtension => {
        if (code === 10) return { kind: 'supported_groups', groups: decodeSupportedGroups(data) }
        if (code === 13) return { kind: 'signature_algorithms', schemes: decodeSignatureAlgorithms(data) }
        if (code === 43) return { kind: 'supported_versions', versions: [0x0304] }
        if (code === 45) return { kind: 'psk_key_exchange_modes', modes: [1] }
        if (code === 51) return { kind: 'key_share', groups: [0x1d] }
        return { kind: 'raw', code, data }
      }),
  }
}

function start(trace: Trace, more: { ticket?: TicketSession; ticketAgeMs?: number } = {}) {
  pretend(trace)
  const offer = offerOfHello(trace.clientHello[0]!)
  const client = new TlsClient({ offer, seed: new Uint8Array(32), ...more })
  const { send: sent, events } = client.start(0)
  return { client, sent, events: [...events] }
}

/** Up to the ServerHello. */
function started(trace: Trace): { client: TlsClient; events: TlsEvent[]; sent: Uint8Array } {
  const { client, events } = start(trace)
  const step = client.receive(trace.serverHello[0]!, 0)
  return { client, events: [...events, ...step.events], sent: step.send }
}

function handshake(trace: Trace) {
  const { client, sent } = started(trace)
  const read = client.receive(trace.serverFlight, 0)
  const done = client.proceed({}, 0)
  expect(client.established).toBe(true)
  return { client, flight: Buffer.concat([sent, read.send, done.send]) }
}

/** The engine always behaves as RFC 8446 §D.4 wants; of the traces only that of §7 does. */
function withChangeCipherSpec(flight: Uint8Array): Uint8Array {
  return flight[0] === 20 ? flight : Buffer.concat([Uint8Array.of(20, 3, 3, 0, 1, 1), flight])
}

function scheduleOf(trace: Trace) {
  const [first, second] = trace.clientHello.map(clearMessage)
  const answers = trace.serverHello.map(clearMessage)
  const hellos =
    second === undefined
      ? [first!, answers[0]!]
      : // RFC 8446 §4.4.1: the first hello stands as a message of its hash.
        [encodeHandshake(254, (w) => w.bytes(hash(sha256, first!))), answers[0]!, second, answers[1]!]
  const share = findExtension(decodeServerHello(answers.at(-1)!.subarray(4)).extensions, 51)!
  const { group, publicKey } = decodeServerShare(share)
  pretend(trace)
  const key = deriveEcdhKey(group === 0x1d ? 'x25519' : 'secp256r1', new Seed(new Uint8Array(32)))
  vi.restoreAllMocks()
  const psk = trace === resumed ? resumed.psk : undefined
  const handshakeSecret = nextSecret(sha256, earlySecret(sha256, psk), key.sharedSecret(publicKey))
  const toHello = hash(sha256, ...hellos)
  const openerOf = (secret: Uint8Array) => createOpener13(aes, trafficKeys(sha256, secret, aes.keyBytes))
  const serverHandshake = deriveSecret(sha256, handshakeSecret, 's hs traffic', toHello)
  const serverMessages = messagesOf(opened(trace.serverFlight, openerOf(serverHandshake)).content)
  const master = nextSecret(sha256, handshakeSecret)
  const toFinished = hash(sha256, ...hellos, ...serverMessages)
  return {
    hellos,
    serverMessages,
    openerOf,
    serverHandshake,
    clientHandshake: deriveSecret(sha256, handshakeSecret, 'c hs traffic', toHello),
    master,
    clientApplication: deriveSecret(sha256, master, 'c ap traffic', toFinished),
    serverApplication: deriveSecret(sha256, master, 's ap traffic', toFinished),
  }
}

/** The last of records that go under the same keys, as it goes on the wire. */
function lastSealed(
  records: readonly (readonly [contentType: number, content: Uint8Array])[],
  secret: Uint8Array,
): string {
  const sealer = createSealer13(aes, trafficKeys(sha256, secret, aes.keyBytes))
  const sealed = records.map(([contentType, content]) =>
    Buffer.concat(sealer.seal(contentType, 0x0303, content)),
  )
  const fragment = sealed.at(-1)!
  const header = Uint8Array.of(23, 3, 3, fragment.length >> 8, fragment.length & 0xff)
  return formatHex(Buffer.concat([header, fragment]))
}

function resealed(contentType: number, content: Uint8Array, secret: Uint8Array): string {
  return lastSealed([[contentType, content]], secret)
}

/** Without the ChangeCipherSpec before it. */
function protectedPart(flight: Uint8Array): Uint8Array {
  return flight[0] === 20 ? flight.subarray(6) : flight
}

function leafOf(messages: readonly Uint8Array[]): Uint8Array {
  const message = messages.find(([type]) => type === 11)
  const leaf = message && decodeCertificate13(message.subarray(4)).certificates[0]
  if (leaf === undefined) throw new Error('no certificate')
  return leaf
}

function isSignedBy(
  leaf: Uint8Array,
  { signatureScheme, signature }: { signatureScheme: number; signature: Uint8Array },
  content: Uint8Array,
): boolean | undefined {
  const algorithm = findSignatureScheme(signatureScheme)?.algorithm
  return algorithm && verifySignature(leaf, algorithm, content, signature)
}

function endOfEarlyData(): Uint8Array {
  return encodeHandshake(5, () => {})
}

test('every record of the traces is one that the reader takes', () => {
  for (const trace of [simple, resumed, retry, clientAuth, compatibility]) {
    const all = [...trace.clientHello, ...trace.serverHello, trace.serverFlight, trace.clientFlight]
    for (const bytes of all) {
      const joined = recordsOf(bytes).reduce((sum, { fragment }) => sum + 5 + fragment.length, 0)
      expect(joined).toBe(bytes.length)
    }
  }
})
