import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, connect, createServer, type Server, type TLSSocket } from 'node:tls'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CaptureError } from '../../src/capture/capture-error.ts'
import type { TlsSession } from '../../src/capture/session.ts'
import { sessionJson } from '../../src/report/sessions-json.ts'
import { buildOf, runClient } from '../clients/clients.ts'
import { RefereeRange } from '../clients/referee.ts'
import { writePcap, writePcapng } from '../support/capture-writer.ts'
import { type Identity, identity } from '../support/dial.ts'
import { fragments, type IpPacket, type TcpOptions, type Turn, tcpPackets } from '../support/ip-writer.ts'
import { encapsulations } from '../support/link-writer.ts'
import { peer } from '../support/peer.ts'
import { readCapture } from '../support/read-capture.ts'
import { recordTurns } from '../support/recording-proxy.ts'

const tshark = peer('tshark')
const openssl = peer('openssl')
/** Clients of devices' own stacks; those that cannot be built here are left out. */
const referees = ['mbedtls-2.28', 'mbedtls-3.6-default', 'wolfssl', 'bearssl', 'gnutls'].filter(
  (name) => openssl !== undefined && buildOf(name) !== undefined,
)

interface Recording {
  readonly turns: readonly Turn[]
  readonly version?: string
  readonly cipher?: string
}

let own: Identity
let server: Server
let range: RefereeRange | undefined
let folder: string
const recordings = new Map<string, Recording>()
const names = [
  'TLS 1.2',
  'TLS 1.3',
  'TLS 1.2 resumed',
  'TLS 1.3 resumed',
  'TLS 1.2, client certificate',
  'unknown authority',
  ...referees,
]

beforeAll(async () => {
  own = await identity()
  folder = mkdtempSync(join(tmpdir(), 'tlsfit-recorded-'))
  server = createServer({ cert: own.cert, key: own.key, requestCert: true, rejectUnauthorized: false })
  server.on('secureConnection', (socket) => {
    socket.on('error', () => {})
    socket.on('data', () => socket.end(Buffer.alloc(6_000, 'answer ')))
  })
  server.on('tlsClientError', () => {})
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
  await record('TLS 1.2', port, { maxVersion: 'TLSv1.2' })
  await record('TLS 1.3', port, {})
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const session = await sessionOf(port, maxVersion)
    await record(`${maxVersion.replace('v', ' ')} resumed`, port, { maxVersion, session })
  }
  await record('TLS 1.2, client certificate', port, { maxVersion: 'TLSv1.2', cert: own.cert, key: own.key })
  await record('unknown authority', port, { maxVersion: 'TLSv1.2', rejectUnauthorized: true })
  if (referees.length > 0) {
    range = new RefereeRange()
    const root = range.file('root.pem', range.root)
    const served = await range.serve([range.leaf, range.intermediate])
    for (const name of referees) {
      const turns = await recordTurns(served, (relay) =>
        runClient(name, { port: relay, sni: 'a.test', anchors: root, request: 'GET /small.txt' }),
      )
      recordings.set(name, { turns })
    }
  }
}, 180_000)
afterAll(async () => {
  server.close()
  await range?.end()
  rmSync(folder, { recursive: true, force: true })
})

describe.each(names)('recorded: %s', (name) => {
  const packets = (options: TcpOptions = {}) => tcpPackets(recordings.get(name)!.turns, options)
  const reference = () => factsOf(sessionsOf(pcap(packets())))

  test('one session, with the version and suite that the client told', () => {
    const { version, cipher } = recordings.get(name)!
    const [session, ...others] = sessionsOf(pcap(packets()))
    expect(others).toEqual([])
    const json = sessionJson(session!) as Record<string, unknown>
    if (version !== undefined) expect(json).toMatchObject({ selectedVersion: version, selectedCipher: cipher })
    expect(json.holeInStreamFrom).toEqual([])
    expect(json.handshakeMessageCut).toEqual([])
    expect(json.notes).toEqual([])
    expect(json.resumed).toBe(name.endsWith('resumed'))
    expect(json.tcpClose).toEqual(['client FIN', 'server FIN'])
  })

  test('the same in segments of any size, with any sequence numbers', () => {
    for (const segmentBytes of [1, 7, 100, 536, 9_000]) {
      const options = { segmentBytes, clientSequence: 0xffff_ff00, serverSequence: 0xffff_f000 }
      expect(factsOf(sessionsOf(pcap(packets(options))))).toEqual(reference())
    }
  })

  test('the same in every link layer and tunnel', () => {
    const wanted = reference()
    for (const [link, { linkType, wrap }] of Object.entries(encapsulations)) {
      const frames = packets().map(({ timeMs, bytes }) => ({ timeMs, bytes: wrap(bytes) }))
      expect({ link, facts: factsOf(sessionsOf(writePcap(frames, { linkType }))) }).toEqual({ link, facts: wanted })
    }
  })

  test('the same in IP fragments, over IPv6, in pcapng, big-endian and gzipped', () => {
    const wanted = reference()
    const cut = packets().flatMap((packet, at) => fragments(packet, 256, at))
    expect(factsOf(sessionsOf(pcap(cut)))).toEqual(wanted)
    const six = packets({ client: '2001:db8::1', server: '2001:db8::2' })
    expect(factsOf(sessionsOf(pcap(six)))).toEqual(wanted)
    const frames = packets().map(({ timeMs, bytes }) => ({ timeMs, bytes }))
    const ng = writePcapng(frames, { interfaces: [{ linkType: 101 }], bigEndian: true, strangeBlocks: true })
    expect(factsOf(sessionsOf(gzipSync(ng)))).toEqual(wanted)
  })

  test('the same however packets are repeated, and data segments moved within their turn', () => {
    const wanted = reference()
    const sent = packets({ segmentBytes: 400 })
    const shuffle = fc.record({ keys: fc.array(fc.nat(6), { minLength: sent.length }), repeat: fc.nat(5) })
    fc.assert(
      fc.property(shuffle, ({ keys, repeat }) => {
        const moved = reorder(sent, keys)
        const twice = moved.flatMap((packet, at) => (at % 7 === repeat ? [packet, packet] : [packet]))
        expect(factsOf(sessionsOf(pcap(twice)))).toEqual(wanted)
      }),
      { numRuns: 20 },
    )
  })

  test('without any one packet: fewer facts, never other ones', () => {
    const sent = packets({ segmentBytes: 600 })
    const whole = sessionJson(sessionsOf(pcap(sent))[0]!) as Record<string, unknown>
    for (let lost = 0; lost < sent.length; lost++) {
      const [session] = sessionsOf(pcap(sent.filter((_, at) => at !== lost)))
      if (session === undefined) continue
      const json = sessionJson(session) as Record<string, unknown>
      for (const fact of ['sni', 'selectedVersion', 'selectedCipher', 'serverFlightBytes', 'client', 'server']) {
        expect([whole[fact], null]).toContain(json[fact])
      }
      const { c2s, s2c } = session.applicationDataRecords
      const all = whole.applicationDataRecords as { c2s: number; s2c: number }
      expect(c2s).toBeLessThanOrEqual(all.c2s)
      expect(s2c).toBeLessThanOrEqual(all.s2c)
      const lostData = sent[lost]!.bytes.length > IP_AND_TCP_BYTES
      const shorter = JSON.stringify(json.applicationDataRecords) !== JSON.stringify(all)
      if (lostData && shorter) expect(session.holeInStreamFrom.length).toBeGreaterThan(0)
    }
  })

  test('with any snap length: no more than is there', () => {
    for (const snapBytes of [0, 20, 41, 60, 96, 128, 200, 512, 1_000]) {
      const frames = packets().map(({ timeMs, bytes }) => ({ timeMs, bytes }))
      for (const session of sessionsOf(writePcap(frames, { linkType: 101, snapBytes }))) {
        expect(session.holeInStreamFrom.length).toBeGreaterThan(0)
      }
    }
  })

  test.skipIf(!tshark)('tshark names the same handshake messages, records and suite', () => {
    const file = join(folder, `${name.replace(/\W/g, '-')}.pcap`)
    writeFileSync(file, pcap(packets()))
    const [session] = sessionsOf(pcap(packets()))
    expect(tsharkFields(file, 'tls.handshake.type').map(Number)).toEqual(
      session!.messages.flatMap(({ name: message }) => clearTypes[message] ?? []),
    )
    const types = tsharkFields(file, 'tls.record.content_type', 'tls.record.opaque_type')
    const { c2s, s2c } = session!.applicationDataRecords
    expect(types.filter((type) => type === '23')).toHaveLength(c2s + s2c)
  })
})

describe('bytes that lie', () => {
  test('no change of any bytes makes it throw, hang or keep more than its bounds', () => {
    const files = [...recordings.values()].map(({ turns }) => pcap(tcpPackets(turns, { segmentBytes: 300 })))
    const change = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255))
    const mutation = fc.record({
      which: fc.nat(files.length - 1),
      changes: fc.array(change, { minLength: 1, maxLength: 60 }),
      cut: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    fc.assert(
      fc.property(mutation, ({ which, changes, cut }) => {
        const bytes = Buffer.from(files[which]!)
        for (const [at, value] of changes) bytes[Math.floor(at * (bytes.length - 1))] = value
        const part = cut < 0.3 ? bytes.subarray(0, Math.floor(bytes.length * cut)) : bytes
        try {
          for (const session of sessionsOf(part)) sessionJson(session)
        } catch (error) {
          expect(error).toBeInstanceOf(CaptureError)
        }
      }),
      { numRuns: 400 },
    )
  })

  test('no change of any TLS byte makes it throw', () => {
    const all = [...recordings.values()].map(({ turns }) => turns)
    const change = fc.tuple(fc.nat(30), fc.nat(400), fc.nat(255))
    const mutation = fc.tuple(fc.nat(all.length - 1), fc.array(change, { minLength: 1, maxLength: 8 }))
    fc.assert(
      fc.property(mutation, ([which, changes]) => {
        const turns = all[which]!.map(({ from, data }) => ({ from, data: Buffer.from(data) }))
        for (const [turn, at, value] of changes) {
          const data = turns[turn % turns.length]!.data
          data[at % data.length] = value
        }
        for (const session of sessionsOf(pcap(tcpPackets(turns)))) sessionJson(session)
      }),
      { numRuns: 400 },
    )
  })
})

/** Handshake types of RFC 8446 §B.3 and RFC 5246 §7.4 by the names of messages in clear. */
const clearTypes: Readonly<Record<string, number>> = {
  ClientHello: 1,
  ServerHello: 2,
  HelloRetryRequest: 2,
  NewSessionTicket: 4,
  Certificate: 11,
  ServerKeyExchange: 12,
  CertificateRequest: 13,
  ServerHelloDone: 14,
  CertificateVerify: 15,
  ClientKeyExchange: 16,
  CertificateStatus: 22,
}

async function record(name: string, port: number, options: ConnectionOptions): Promise<void> {
  let told: Partial<Recording> = {}
  const turns = await recordTurns(port, async (relay) => {
    const socket = dial(relay, options)
    await new Promise<void>((resolve) => {
      socket.on('secureConnect', () => {
        const version = socket.getProtocol() ?? ''
        told = { version, cipher: socket.getCipher().standardName }
        socket.write('question')
      })
      socket.on('error', () => resolve())
      socket.on('close', () => resolve())
      socket.resume()
    })
  })
  recordings.set(name, { turns, ...told })
}

function dial(port: number, options: ConnectionOptions): TLSSocket {
  return connect({ port, host: '127.0.0.1', servername: 'device.example', rejectUnauthorized: false, ...options })
}

function sessionOf(port: number, maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<Buffer> {
  const socket = dial(port, { maxVersion })
  return new Promise((resolve, reject) => {
    socket.on('secureConnect', () => socket.write('question'))
    socket.on('session', (session) => {
      resolve(session)
      socket.destroy()
    })
    socket.on('error', reject)
    socket.resume()
  })
}

function pcap(packets: readonly IpPacket[]): Buffer {
  const frames = packets.map(({ timeMs, bytes }) => ({ timeMs, bytes }))
  return writePcap(frames, { linkType: 101 })
}

function sessionsOf(file: Buffer): readonly TlsSession[] {
  return readCapture(file).sessions
}

/** All that does not depend on addresses, frames and times. */
function factsOf(sessions: readonly TlsSession[]) {
  return sessions.map((session) => {
    const { client: _c, server: _s, alerts, ...facts } = sessionJson(session) as Record<string, unknown>
    const messages = session.messages.map(({ direction, name, messageBytes, records }) => ({
      direction,
      name,
      messageBytes,
      records,
    }))
    const sides = { c2s: messages.filter(isFromClient), s2c: messages.filter((one) => !isFromClient(one)) }
    return { ...facts, sides, alerts: (alerts as object[]).map((alert) => ({ ...alert, frame: 0 })) }
  })
}

function isFromClient({ direction }: { readonly direction: string }): boolean {
  return direction === 'c2s'
}

/**
 * Data packets of one turn moved back by their key at most. Turns keep their order: which records came before the
 * other side's answer is itself a fact.
 */
function reorder(packets: readonly IpPacket[], keys: readonly number[]): IpPacket[] {
  const moved = [...packets]
  let run: number[] = []
  const flush = () => {
    const order = run.toSorted((a, b) => a + keys[a]! - (b + keys[b]!))
    for (const [at, place] of run.entries()) moved[place] = packets[order[at]!]!
    run = []
  }
  for (const [at, packet] of packets.entries()) {
    if (packet.bytes.length <= IP_AND_TCP_BYTES) continue
    if (run.length > 0 && packets[run[0]!]!.from !== packet.from) flush()
    run.push(at)
  }
  flush()
  return moved
}

const IP_AND_TCP_BYTES = 40

function tsharkFields(file: string, ...fields: readonly string[]): string[] {
  const args = ['-r', file, '-Y', 'tls', '-T', 'fields', ...fields.flatMap((field) => ['-e', field])]
  const quiet = ['ignore', 'pipe', 'ignore'] as const
  const text = execFileSync(tshark!, args, { encoding: 'utf8', stdio: [...quiet] })
  return text.split(/[\s,]+/).filter((value) => value !== '')
}
