import { ClientHelloPeek, MAX_PEEK_BYTES, type Peeked } from '../../src/front/client-hello-peek.ts'
import { decodeAlerts, encodeAlert } from '../../src/tls/alert.ts'
import { decodeCertificateMessage, encodeCertificateMessage } from '../../src/tls/certificate-message.ts'
import { decodeCertificateRequest } from '../../src/tls/certificate-request.ts'
import { type CipherSuite, cipherSuites } from '../../src/tls/cipher-suites.ts'
import { decodeClientHello } from '../../src/tls/client-hello.ts'
import * as extensions from '../../src/tls/extensions.ts'
import { MAX_MESSAGE_BYTES, MAX_RECORDS_PER_MESSAGE, MessageReader } from '../../src/tls/message-reader.ts'
import * as messages13 from '../../src/tls/messages-13.ts'
import { decodeNewSessionTicket } from '../../src/tls/new-session-ticket.ts'
import { MAX_FRAGMENT_BYTES, RecordReader, type TlsRecord } from '../../src/tls/record-reader.ts'
import { decodeServerHello } from '../../src/tls/server-hello.ts'
import { decodeServerKeyExchange } from '../../src/tls/server-key-exchange.ts'
import { type FuzzTarget, must, mustEqual } from '../fuzz-target.ts'
import { piecesOf } from '../pieces.ts'
import { about, decoded } from './decode.ts'
import { clientHello, serverFlights, wireWords } from './tls-seeds.ts'

const limits = { text: false, maxBytes: 40_000, maxMs: 60, words: wireWords }

const record: FuzzTarget = {
  name: 'tls-record',
  shortCases: 8_000,
  open: () => ({
    ...limits,
    seeds: [clientHello(), ...serverFlights().filter(({ length }) => length < 1_500)],
    run(input) {
      const whole = readRecords([input])
      mustEqual(readRecords(piecesOf(input)), whole, 'records read in pieces are those read whole')
      let at = 0
      for (const { contentType, version, fragment } of whole.records) {
        must(fragment.length <= MAX_FRAGMENT_BYTES, 'a fragment is within the bound')
        const header = [
          contentType,
          version >> 8,
          version & 0xff,
          fragment.length >> 8,
          fragment.length & 0xff,
        ]
        const again = Buffer.concat([Uint8Array.from(header), fragment])
        must(again.equals(input.subarray(at, at + again.length)), 'a record is the bytes that came')
        at += again.length
      }
      return `${about(whole.records.length)} ${whole.records[0]?.contentType} ${whole.end}`
    },
  }),
}

function readRecords(pieces: readonly Uint8Array[]): { records: TlsRecord[]; end: string } {
  const reader = new RecordReader()
  const records: TlsRecord[] = []
  const end = decoded(() => {
    for (const piece of pieces) {
      reader.push(piece)
      for (let one = reader.next(); one !== undefined; one = reader.next()) records.push(one)
    }
    return reader.buffered > 0 ? 'waits' : 'all read'
  })
  return { records, end }
}

const stream: FuzzTarget = {
  name: 'handshake-stream',
  shortCases: 8_000,
  open: () => ({
    ...limits,
    seeds: serverFlights()
      .map(handshakeBytes)
      .filter(({ length }) => length < 3_000),
    run(input) {
      const whole = readMessages([input])
      const pieces = piecesOf(input).filter(({ length }) => length > 0)
      if (pieces.length <= MAX_RECORDS_PER_MESSAGE) {
        mustEqual(readMessages(pieces), whole, 'messages spread over records are those in one')
      }
      const joined = Buffer.concat(whole.messages)
      must(joined.equals(input.subarray(0, joined.length)), 'messages are the bytes that came')
      return `${about(whole.messages.length)} ${whole.messages.at(-1)?.[0]} ${whole.end}`
    },
  }),
}

function readMessages(fragments: readonly Uint8Array[]): { messages: Uint8Array[]; end: string } {
  const reader = new MessageReader(MAX_MESSAGE_BYTES)
  const messages: Uint8Array[] = []
  const end = decoded(() => {
    for (const fragment of fragments) {
      reader.push(fragment)
      for (let one = reader.next(); one !== undefined; one = reader.next()) messages.push(one.bytes)
    }
    return reader.pending ? 'waits' : 'all read'
  })
  return { messages, end }
}

/** What stands in the handshake records of a flight. */
function handshakeBytes(flight: Uint8Array): Uint8Array {
  const { records } = readRecords([flight])
  return Buffer.concat(
    records.filter(({ contentType }) => contentType === 22).map(({ fragment }) => fragment),
  )
}

const suites: readonly CipherSuite[] = Object.values(cipherSuites)

/** Each decoder of a message or extension; what can be written again is. */
const decoders: readonly ((body: Uint8Array) => unknown)[] = [
  decodeClientHello,
  decodeServerHello,
  (body) => {
    const certificates = decodeCertificateMessage(body)
    const again = encodeCertificateMessage(certificates).subarray(4)
    must(Buffer.from(again).equals(body), 'a Certificate message written again is the same')
    return about(certificates.length)
  },
  decodeCertificateRequest,
  (body) => decodeCertificateRequest(body, 0x0302),
  ...['ecdhe', 'dhe', 'psk', 'ecdhe_psk'].map((kx) => {
    const suite = suites.find((one) => one.kx === kx)
    return (body: Uint8Array) =>
      suite === undefined ? 'no suite' : decodeServerKeyExchange(body, suite, 0x0303)
  }),
  decodeNewSessionTicket,
  (body) => {
    for (const alert of decodeAlerts(body)) must(encodeAlert(alert).length === 2, 'an alert is two bytes')
  },
  messages13.decodeEncryptedExtensions,
  messages13.decodeServerShare,
  messages13.decodeSelectedGroup,
  messages13.decodeSelectedIdentity,
  messages13.decodeCertificate13,
  messages13.decodeCertificateRequest13,
  (body) => {
    const again = messages13.encodeCertificateVerify13(messages13.decodeCertificateVerify(body)).subarray(4)
    must(Buffer.from(again).equals(body), 'a CertificateVerify written again is the same')
  },
  messages13.decodeNewSessionTicket13,
  (body) => {
    const again = messages13.encodeKeyUpdate(messages13.decodeKeyUpdate(body)).subarray(4)
    must(Buffer.from(again).equals(body), 'a KeyUpdate written again is the same')
  },
  extensions.decodeMaxFragmentLength,
  extensions.decodeRecordSizeLimit,
  extensions.decodeServerName,
  extensions.decodeSupportedGroups,
  extensions.decodeSignatureAlgorithms,
  extensions.decodePointFormats,
  extensions.decodeAlpn,
  extensions.decodeSupportedVersions,
  extensions.decodeSelectedVersion,
  extensions.decodeRenegotiationInfo,
]

const messages: FuzzTarget = {
  name: 'handshake-messages',
  shortCases: 12_000,
  open: () => ({
    ...limits,
    maxBytes: 8_000,
    seeds: messageSeeds(),
    run(input) {
      const which = (input[0] ?? 0) % decoders.length
      const body = input.subarray(1)
      return decoded(() => {
        decoders[which]!(body)
        return `${which} read`
      }).concat(` ${which}`)
    },
  }),
}

/** Each message of each flight for each decoder that reads it; and for all of them a few small bodies. */
function messageSeeds(): Uint8Array[] {
  const flights = [clientHello(), ...serverFlights()].map(handshakeBytes)
  const bodies = flights.flatMap((bytes) =>
    readMessages([bytes]).messages.map((message) => message.subarray(4)),
  )
  bodies.push(...extensionBodies(bodies))
  const small = [
    '00',
    '01',
    '0304',
    '0002',
    '0001000000',
    '00020017',
    '0017000104',
    '000361616200',
    '000400020304',
  ]
  bodies.push(...small.map((hex) => Buffer.from(hex, 'hex')))
  return decoders.flatMap((decode, index) =>
    bodies.flatMap((body) => {
      const read = decoded(() => {
        decode(body)
        return 'read'
      })
      return read === 'read' || body.length <= 2 ? [Buffer.concat([Uint8Array.of(index), body])] : []
    }),
  )
}

function extensionBodies(bodies: readonly Uint8Array[]): Uint8Array[] {
  const found: Uint8Array[] = []
  for (const body of bodies) {
    decoded(() => {
      found.push(...decodeClientHello(body).extensions.map(({ data }) => data))
      return 'read'
    })
  }
  return found
}

const peek: FuzzTarget = {
  name: 'client-hello-peek',
  shortCases: 6_000,
  open: () => ({
    ...limits,
    seeds: [
      clientHello(),
      sslv2Hello,
      Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'),
      Buffer.from('1503010002022a', 'hex'),
    ],
    run(input) {
      const whole = peeked([input])
      const inPieces = peeked(piecesOf(input))
      const long = input.length >= MAX_PEEK_BYTES
      if (!long) mustEqual(shown(inPieces), shown(whole), 'a hello in pieces is the hello whole')
      must(!long || whole !== undefined, 'it answers within its bound')
      return JSON.stringify(shown(whole)).slice(0, 40)
    },
  }),
}

const sslv2Hello = Buffer.from('802b0301030012000000100000390000380000350700c0', 'hex')

function peeked(pieces: readonly Uint8Array[]): Peeked | undefined {
  const peek = new ClientHelloPeek()
  for (const piece of pieces) {
    const found = peek.push(piece)
    if (found !== undefined) return found
  }
  return undefined
}

function shown(found: Peeked | undefined): unknown {
  if (found?.kind !== 'hello') return { kind: found?.kind }
  const { hello, sslv2 } = found
  return {
    kind: 'hello',
    sslv2,
    suites: hello?.cipherSuites.length,
    extensions: hello?.extensions.map(({ code }) => code),
  }
}

export const tlsWire: readonly FuzzTarget[] = [record, stream, messages, peek]
