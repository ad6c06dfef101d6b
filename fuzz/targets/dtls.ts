import { datagramKind } from '../../src/capture/dtls-flow.ts'
import { DtlsMessages } from '../../src/capture/dtls-messages.ts'
import { UnfinishedBudget } from '../../src/capture/handshake-assembler.ts'
import { SessionReader } from '../../src/capture/read-sessions.ts'
import type { TlsSession } from '../../src/capture/session.ts'
import { handshakeTypes } from '../../src/tls/handshake-types.ts'
import { type Datagram, handshake, renumbered, udpPacket } from '../../test/support/dtls-writer.ts'
import { type FuzzTarget, must, mustEqual } from '../fuzz-target.ts'
import { about } from './decode.ts'
import { wireWords } from './tls-seeds.ts'

/** type, version, epoch, sequence_number, length, RFC 6347 §4.1. */
const HEADER_BYTES = 13
/** The first content type that hides what is in the record, RFC 9147 §4. */
const HIDDEN = 0x20

/** Datagrams of a DTLS session: whose, length in two bytes, bytes. */
const datagramsTarget: FuzzTarget = {
  name: 'dtls-datagrams',
  shortCases: 600,
  open: () => ({
    text: false,
    maxBytes: 12_000,
    maxMs: 2_000,
    words: [...wireWords, ...dtlsWords],
    seeds: seeds(),
    run(input) {
      const datagrams = datagramsIn(input)
      const sessions = read(datagrams)
      mustEqual(
        read(recordByRecord(datagrams)).map(factsOf),
        sessions.map(factsOf),
        'records in datagrams of their own are those that share one',
      )
      const [session] = sessions
      const told = Object.values(session === undefined ? {} : factsOf(session)).map((fact) =>
        Array.isArray(fact) ? about(fact.length) : JSON.stringify(fact),
      )
      return `${sessions.length} ${told} ${joined(datagrams)}`
    },
  }),
}

export const dtls: readonly FuzzTarget[] = [datagramsTarget]

function read(datagrams: readonly Datagram[]): readonly TlsSession[] {
  const reader = new SessionReader()
  for (const [at, datagram] of datagrams.entries()) reader.packet(udpPacket(datagram, at + 1))
  return reader.finish()
}

/** What does not hang on how the records lay in datagrams. */
function factsOf(session: TlsSession) {
  return {
    hellos: session.clientHellos.map(({ bytes }) => bytes),
    serverHello: session.serverHello,
    chain: session.serverCertificates,
    flight: session.serverFlightBytes,
    verifies: session.helloVerifyRequests,
    alerts: session.alerts.map(({ direction, level, description }) => [direction, level, description]),
    encryptedAlerts: session.encryptedAlertRecords,
    data: session.applicationDataRecords,
    encrypted: session.encryptedHandshakeRecords,
    cut: session.handshakeMessageCut,
    messages: session.messages.map(({ direction, name, messageBytes }) => [direction, name, messageBytes]),
  }
}

/**
 * A datagram for each record. Cut is where the next one is a record by its header: what follows another is not read. Not
 * cut is before one that would do more as the first of its datagram, which is where a session begins.
 */
function recordByRecord(datagrams: readonly Datagram[]): Datagram[] {
  let isBegun = false
  return datagrams.flatMap(({ from, bytes }) => {
    const kindAt = (at: number) => datagramKind(udpPacket({ from, bytes: bytes.subarray(at) }, 1))
    const first = kindAt(0)
    isBegun ||= first === 'begins'
    const cuts = [0]
    for (let at = 0, kind = first; kind !== 'none' && bytes[at]! < HIDDEN; ) {
      at += HEADER_BYTES + ((bytes[at + 11]! << 8) | bytes[at + 12]!)
      kind = kindAt(at)
      const mayBegin = bytes[at + HEADER_BYTES] === handshakeTypes.client_hello.code
      if (kind === 'continues' || (kind === 'begins' && isBegun && !mayBegin)) cuts.push(at)
    }
    return cuts.map((at, index) => ({ from, bytes: bytes.subarray(at, cuts[index + 1]) }))
  })
}

/** The first records' fragments joined: each message once, in order, and nothing lent is kept. */
function joined(datagrams: readonly Datagram[]): string {
  const budget = new UnfinishedBudget()
  const { left } = budget
  const seen: { type: number; sequence: number }[] = []
  const messages = new DtlsMessages(
    {
      message: (type, sequence, bodyBytes, body) => {
        must(body === undefined || body.length === bodyBytes, 'a message is as long as it says')
        seen.push({ type, sequence })
      },
      messageBegins: () => {},
    },
    budget,
    { frame: 1, timeMs: 0 },
  )
  for (const { bytes } of datagrams)
    messages.record(bytes, Math.min(HEADER_BYTES, bytes.length), bytes.length)
  messages.finish()
  messages.drop()
  must(budget.left === left, 'what was lent is given back')
  for (const [at, { type, sequence }] of seen.entries()) {
    const before = seen[at - 1]
    // A server may number its ServerHello anew after a HelloVerifyRequest.
    const anew = before?.type === VERIFY && type === handshakeTypes.server_hello.code
    must(before === undefined || anew || sequence > before.sequence, 'messages come once, in order')
  }
  return about(seen.length)
}

const VERIFY = handshakeTypes.hello_verify_request.code

function datagramsIn(input: Uint8Array): Datagram[] {
  const datagrams: Datagram[] = []
  for (let at = 0; at + 3 <= input.length; ) {
    const length = (input[at + 1]! << 8) | input[at + 2]!
    const from = (input[at]! & 1) === 0 ? 'client' : 'server'
    datagrams.push({ from, bytes: input.subarray(at + 3, at + 3 + length) })
    at += 3 + length
  }
  return datagrams
}

function written(datagrams: readonly Datagram[]): Uint8Array {
  return Buffer.concat(
    datagrams.flatMap(({ from, bytes }) => [
      Uint8Array.of(from === 'client' ? 0 : 1, bytes.length >> 8, bytes.length & 0xff),
      bytes,
    ]),
  )
}

function seeds(): Uint8Array[] {
  const plain = handshake()
  const byTurn: Datagram[] = []
  for (const { from, bytes } of plain) {
    const last = byTurn.at(-1)
    if (last?.from !== from) byTurn.push({ from, bytes })
    else byTurn[byTurn.length - 1] = { from, bytes: Buffer.concat([last.bytes, bytes]) }
  }
  const hidden = Uint8Array.of(0x2f, 0, 1, ...new Uint8Array(40).fill(9))
  return [
    written(plain),
    written(byTurn),
    written(handshake(60).slice(0, 12)),
    written([...handshake(1_000), ...plain.slice(3, 6).map(renumbered)]),
    written([...plain.slice(0, 4), { from: 'server', bytes: hidden }, { from: 'client', bytes: hidden }]),
    written([...handshake(), ...handshake(400, new Uint8Array(32).fill(4))]),
  ]
}

const dtlsWords = [
  'fefd',
  'feff',
  'fefc',
  '16fefd0000',
  '16fefd0001',
  '14fefd0000',
  '2f',
  '2c',
  '1afefd',
].map((hex) => Buffer.from(hex, 'hex'))
