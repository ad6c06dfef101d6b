import { gzipSync } from 'node:zlib'
import { CaptureError } from '../../src/capture/capture-error.ts'
import { looksLikeCapture, looksLikeCutCapture } from '../../src/capture/capture-format.ts'
import { CaptureReader } from '../../src/capture/capture-reader.ts'
import { Decapsulator } from '../../src/capture/decapsulator.ts'
import { KeyLogReader } from '../../src/capture/key-log.ts'
import { ModemTraceReader } from '../../src/capture/modem-trace.ts'
import { SessionReader } from '../../src/capture/read-sessions.ts'
import type { TlsSession } from '../../src/capture/session.ts'
import { vendorTrace } from '../../src/capture/vendor-trace.ts'
import { gunzip } from '../../src/io/gunzip.ts'
import { modemLog } from '../../src/log/modem-log.ts'
import { writePcap, writePcapng } from '../../test/support/capture-writer.ts'
import { fragments, tcpPackets } from '../../test/support/ip-writer.ts'
import { encapsulations } from '../../test/support/link-writer.ts'
import { exportedPdu, gsmtap, nas } from '../../test/support/modem-writer.ts'
import { type FuzzTarget, must, mustEqual } from '../fuzz-target.ts'
import { piecesOf } from '../pieces.ts'
import { seedFiles, seedText } from '../seed-files.ts'
import { about } from './decode.ts'
import { clientHello, serverFlights, wireWords } from './tls-seeds.ts'

const limits = { text: false, maxBytes: 12_000, maxMs: 120, words: wireWords }

/** A short talk that begins with a hello. */
const talk = () =>
  tcpPackets([
    { from: 'client', data: Buffer.from(clientHello()) },
    { from: 'server', data: Buffer.from(serverFlights()[0] ?? []) },
  ])
const many = Object.values(encapsulations)

const pcap: FuzzTarget = {
  name: 'pcap',
  shortCases: 1_500,
  open: () => {
    const packets = talk().map(({ timeMs, bytes }) => ({ timeMs, bytes }))
    const cut = talk()
      .slice(0, 4)
      .flatMap((packet) => fragments(packet, 64))
      .map(({ timeMs, bytes }) => ({ timeMs, bytes }))
    return {
      ...limits,
      seeds: [
        writePcap(packets, { linkType: 101 }),
        writePcap(packets, { linkType: 101, nanoseconds: true, modified: true }),
        writePcap(cut, { linkType: 101, bigEndian: true }),
        ...Object.values(encapsulations).map(({ linkType, wrap }) =>
          writePcap(
            packets.slice(0, 4).map(({ timeMs, bytes }) => ({ timeMs, bytes: wrap(bytes) })),
            { linkType },
          ),
        ),
        ...seedFiles('test/captures', '.pcap', 4_000),
      ],
      run: runCapture,
    }
  },
}

const pcapng: FuzzTarget = {
  name: 'pcapng',
  shortCases: 1_500,
  open: () => {
    const frames = talk()
      .slice(0, 5)
      .map(({ timeMs, bytes }, index) => ({
        timeMs,
        interfaceIndex: index % many.length,
        bytes: many[index % many.length]!.wrap(bytes),
      }))
    const options = { interfaces: many }
    return {
      ...limits,
      seeds: [
        writePcapng(frames, { ...options, secrets: 'CLIENT_RANDOM 00 00\n', strangeBlocks: true }),
        writePcapng(frames, { ...options, packetBlock: 'obsolete', bigEndian: true }),
        writePcapng(frames, { ...options, packetBlock: 'simple' }),
        ...seedFiles('test/captures', '.pcapng', 7_000),
      ],
      run: runCapture,
    }
  },
}

const modem: FuzzTarget = {
  name: 'modem-trace',
  shortCases: 2_000,
  open: () => {
    const messages = Object.values(nas)
    const at = [
      'AT+CFUN=1\r',
      'OK\r\n',
      '+CEREG: 2,3\r\n',
      '%CMNG: 42,0,"00"\r\n',
      'AT#XHTTPCCON=1,"a",443\r',
    ].map((text) => Buffer.from(text))
    const bytesOf = (all: readonly Buffer[]) => all.map((bytes, index) => ({ timeMs: index * 10, bytes }))
    return {
      ...limits,
      seeds: [
        writePcap(
          bytesOf([
            ...messages.map((one) => exportedPdu('nas-eps_plain', one)),
            ...at.map((one) => exportedPdu('at_command', one)),
          ]),
          { linkType: 252 },
        ),
        writePcap(
          bytesOf([...messages.map((one) => gsmtap(18, 0, one)), ...at.map((one) => gsmtap(12, 12, one))]),
          { linkType: 217 },
        ),
        writePcap(
          bytesOf([
            ...talk()
              .slice(0, 4)
              .map(({ bytes }) => exportedPdu('ip', bytes)),
            exportedPdu('lte_rrc', messages[0]!),
          ]),
          { linkType: 252 },
        ),
        writePcap(bytesOf(messages.map((one) => exportedPdu('nas-eps', one, { tag: 14 }))), {
          linkType: 150,
        }),
      ],
      words: [...messages, ...at, ...wireWords],
      run: runCapture,
    }
  },
}

/** The sessions within: a reader of them has tables that take longer to make than a small capture to read. */
const sessionsTarget: FuzzTarget = {
  name: 'capture-sessions',
  shortCases: 300,
  open: () => ({
    ...limits,
    seeds: [
      writePcap(
        talk().map(({ timeMs, bytes }) => ({ timeMs, bytes })),
        { linkType: 101 },
      ),
      ...seedFiles('test/captures', '.pcap', 4_000),
    ],
    run(input) {
      const whole = readSessions([Buffer.from(input)])
      const inPieces = readSessions(piecesOf(input).map((piece) => Buffer.from(piece)))
      mustEqual(inPieces, whole, 'sessions of a capture in pieces are those of the whole')
      const first = whole[0]
      return `${about(whole.length)} ${
        first === undefined
          ? ''
          : Object.entries(first)
              .map(([key, value]) =>
                value === undefined
                  ? ''
                  : key.slice(0, 3) + (Array.isArray(value) ? about(value.length) : ''),
              )
              .join()
      }`
    },
  }),
}

function readSessions(chunks: readonly Buffer[]): readonly TlsSession[] {
  const sessions = new SessionReader()
  const decapsulator = new Decapsulator(sessions.packet, () => {})
  const reader = new CaptureReader({ onFrame: decapsulator.frame, onSecrets: () => {}, onNote: () => {} })
  try {
    for (const chunk of chunks) if (!reader.push(chunk)) break
    reader.finish()
    decapsulator.finish()
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error
  }
  return sessions.finish()
}

function runCapture(input: Uint8Array): string {
  looksLikeCapture(input)
  looksLikeCutCapture(input)
  vendorTrace('trace.bin', input)
  const whole = readAll([Buffer.from(input)])
  const inPieces = readAll(piecesOf(input).map((piece) => Buffer.from(piece)))
  mustEqual(inPieces, whole, 'a capture in pieces is the capture whole')
  const { notes, fault, trace, packets } = whole
  const note = notes[0]?.replaceAll(/\d+/g, '#').slice(0, 40)
  return `${about(packets)} ${about(trace?.lines.length ?? 0)} ${about(trace?.rejects.length ?? 0)} ${fault} ${note}`
}

function readAll(chunks: readonly Buffer[]) {
  const notes: string[] = []
  const secrets: string[] = []
  const seen: (Buffer | string)[] = []
  let packets = 0
  const onNote = (note: string) => notes.push(note)
  const modem = new ModemTraceReader((frame) => decapsulator.frame(frame))
  const decapsulator: Decapsulator = new Decapsulator(
    (packet) => {
      packets++
      must(packet.start >= 0 && packet.end <= packet.bytes.length, 'a packet lies in its frame')
      must(packet.wireBytes >= packet.end - packet.start, 'a packet is no longer than it was')
      seen.push(
        Buffer.from(packet.bytes.subarray(packet.start, packet.end)),
        `${packet.frame} ${packet.wireBytes}`,
      )
    },
    onNote,
    modem.other,
  )
  const reader = new CaptureReader({
    onFrame: decapsulator.frame,
    onSecrets: (text) => secrets.push(text),
    onNote,
  })
  try {
    for (const chunk of chunks) if (!reader.push(chunk)) break
    const end = reader.finish()
    decapsulator.finish()
    const trace = modem.finish()
    if (trace !== undefined) modemLog(trace)
    return { notes, secrets, packets, seen, end, trace, fault: undefined }
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error
    return { notes, secrets, packets, seen, end: undefined, trace: undefined, fault: error.code }
  }
}

const keyLog: FuzzTarget = {
  name: 'key-log',
  shortCases: 3_000,
  open: () => ({
    seeds: seedText(
      `# a comment\nCLIENT_RANDOM ${'ab'.repeat(32)} ${'cd'.repeat(48)}\r\nSERVER_TRAFFIC_SECRET_0 ${'AB'.repeat(32)} ${'01'.repeat(32)}\nRSA ${'00'.repeat(8)} ${'11'.repeat(48)}\n`,
      `PMS_CLIENT_RANDOM ${'00'.repeat(32)} ${'11'.repeat(48)}\nEXPORTER_SECRET ${'00'.repeat(32)} ${'11'.repeat(32)}\nbad line`,
    ),
    words: [
      'CLIENT_RANDOM ',
      'SERVER_HANDSHAKE_TRAFFIC_SECRET ',
      'zz',
      ' ',
      '\n',
      '\r\n',
      'RSA ',
      'a'.repeat(1_100),
    ],
    text: true,
    maxBytes: 6_000,
    maxMs: 60,
    run(input) {
      const whole = readKeys([Buffer.from(input)])
      const inPieces = readKeys(piecesOf(input).map((piece) => Buffer.from(piece)))
      mustEqual(inPieces, whole, 'a key log in pieces is the key log whole')
      return `${about(whole.secrets.length)} ${whole.secrets[0]?.label} ${whole.note?.replaceAll(/\d+/g, '#')}`
    },
  }),
}

function readKeys(chunks: readonly Buffer[]) {
  const secrets: { label: string; of: string; secret: Uint8Array }[] = []
  const reader = new KeyLogReader((secret) => secrets.push(secret))
  for (const chunk of chunks) reader.push(chunk)
  const note = reader.finish()
  for (const { of, secret } of secrets) must(/^[0-9a-f]+$/.test(of) && secret.length > 0, 'a secret is whole')
  return { secrets, note }
}

const gzip: FuzzTarget = {
  name: 'gzip',
  shortCases: 300,
  open: () => ({
    ...limits,
    seeds: [
      gzipSync(writePcap([], { linkType: 101 })),
      gzipSync(Buffer.alloc(200_000, 'ab'), { level: 9 }),
      Buffer.concat([gzipSync('one'), gzipSync('two')]),
      gzipSync(Buffer.from(clientHello())),
    ],
    async run(input) {
      let bytes = 0
      const bounds = { freeBytes: 100_000, ratio: 100 }
      const sink = (piece: Buffer) => {
        bytes += piece.length
        return bytes < 1_000_000
      }
      const end = await gunzip(chunksOf(input), sink, bounds)
      must(bytes <= 1_000_000 + 1_048_576, 'it stops when it is told to')
      return `${about(bytes)} ${end?.reason}`
    },
  }),
}

async function* chunksOf(input: Uint8Array): AsyncIterable<Buffer> {
  yield Buffer.from(input)
}

export const captures: readonly FuzzTarget[] = [pcap, pcapng, modem, sessionsTarget, keyLog, gzip]
