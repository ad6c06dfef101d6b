import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CaptureReader } from '../src/capture/capture-reader.ts'
import { Decapsulator } from '../src/capture/decapsulator.ts'
import type { FrameSink } from '../src/capture/frame.ts'
import { type WrittenFrame, writePcap, writePcapng } from './support/capture-writer.ts'
import { fragments, type IpPacket, tcpPackets } from './support/ip-writer.ts'
import { encapsulations } from './support/link-writer.ts'
import { peer } from './support/peer.ts'

const tshark = peer('tshark')
const captures = resolve(import.meta.dirname, 'captures')
const folder = mkdtempSync(join(tmpdir(), 'tlsfit-tshark-'))
afterAll(() => rmSync(folder, { recursive: true }))

const turns = [
  { from: 'client', data: Buffer.alloc(700, 'request ') },
  { from: 'server', data: Buffer.alloc(4000, 'response ') },
] as const
const four = tcpPackets(turns, { clientSequence: 0xffff_ff00 })
const six = tcpPackets(turns, { client: '2001:db8::1', server: '2001:db8::2', segmentBytes: 1000 })

describe.skipIf(!tshark)('tshark reads the same segments', () => {
  const names = Object.keys(encapsulations)
  const perName = four.length + six.length
  let all: { ours: string[]; theirs: string[] }
  // One file with an interface for each: tshark takes longer to start than to read it.
  beforeAll(() => {
    const frames = names.flatMap((name, interfaceIndex) =>
      [...four, ...six].map(({ timeMs, bytes }) => ({
        timeMs,
        interfaceIndex,
        bytes: encapsulations[name]!.wrap(bytes),
      })),
    )
    const file = writePcapng(frames, { interfaces: Object.values(encapsulations) })
    all = { ours: segments(file), theirs: theirs(file) }
  })

  test.each(names.map((name, index) => [name, index] as const))('%s', (_name, index) => {
    const slice = (lines: string[]) => lines.slice(index * perName, (index + 1) * perName)
    expect(slice(all.ours).length).toBe(perName)
    expect(slice(all.ours)).toEqual(slice(all.theirs))
  })

  test.each([
    ['microseconds', {}],
    ['nanoseconds', { nanoseconds: true }],
    ['big-endian', { bigEndian: true }],
    ['big-endian nanoseconds', { bigEndian: true, nanoseconds: true }],
    ['modified', { modified: true }],
    ['a snap length of 100', { snapBytes: 100 }],
  ])('in pcap: %s', (_name, options) => {
    const file = writePcap(ipFrames(four), { linkType: 101, ...options })
    expect(segments(file)).toEqual(theirs(file))
  })

  test.each([
    ['many interfaces, strange blocks', { strangeBlocks: true }],
    ['big-endian', { bigEndian: true }],
    ['obsolete packet blocks', { packetBlock: 'obsolete' as const }],
  ])('in pcapng: %s', (_name, options) => {
    const interfaces = [
      { linkType: 101 },
      { linkType: 1, resolution: 9, snapBytes: 120 },
      { linkType: 228, resolution: 0x80 | 20, offsetSeconds: 3600 },
      { linkType: 113, resolution: 3, offsetSeconds: -60 },
    ]
    const wraps = [undefined, encapsulations.ethernet, undefined, encapsulations.sll]
    const frames = four.map(({ timeMs, bytes }, index) => {
      const interfaceIndex = index % interfaces.length
      return { timeMs, interfaceIndex, bytes: wraps[interfaceIndex]?.wrap(bytes) ?? bytes }
    })
    const file = writePcapng(frames, { interfaces, ...options })
    expect(segments(file)).toEqual(theirs(file))
    // A second section has interfaces of its own.
    const second = writePcapng(ipFrames(six), { interfaces: [{ linkType: 101 }], ...options })
    const both = Buffer.concat([file, second])
    expect(segments(both)).toEqual(theirs(both))
  })

  test('of all captures of the collection, written again into one file', () => {
    const interfaces: { linkType: number }[] = []
    const frames: WrittenFrame[] = []
    for (const name of readdirSync(captures).filter((one) => /\.(pcap|pcapng|gz)$/.test(one))) {
      const first = interfaces.length
      const onFrame: FrameSink = ({ linkType, interfaceIndex, timeMs, bytes, start, end, wireBytes }) => {
        const index = first + interfaceIndex
        interfaces[index] = { linkType }
        const copy = Buffer.from(bytes.subarray(start, end))
        frames.push({ timeMs, bytes: copy, wireBytes, interfaceIndex: index })
      }
      const reader = new CaptureReader({ onFrame, onSecrets: () => {}, onNote: () => {} })
      const bytes = readFileSync(join(captures, name))
      reader.push(name.endsWith('.gz') ? gunzipSync(bytes) : bytes)
      reader.finish()
    }
    // An interface without frames is described all the same.
    const described = Array.from(interfaces, (one) => one ?? { linkType: 1 })
    const file = writePcapng(frames, { interfaces: described })
    const ours = segments(file)
    expect(ours.length).toBeGreaterThan(2500)
    expect(ours).toEqual(theirs(file))
  })

  test('in fragments, in order and reversed', () => {
    for (const packets of [four, six]) {
      const cut = packets.flatMap((packet, index) => fragments(packet, 512, index + 1))
      for (const order of [cut, cut.toReversed()]) {
        const file = writePcap(ipFrames(order), { linkType: 101 })
        expect(segments(file)).toEqual(theirs(file))
        expect(segments(file).length).toBe(packets.length)
      }
    }
  })
})

function ipFrames(packets: readonly IpPacket[]): WrittenFrame[] {
  return packets.map(({ timeMs, bytes }) => ({ timeMs, bytes }))
}

/** Frame, milliseconds, addresses, ports, and of TCP the numbers, flags and payload, as both sides can say it. */
function segments(file: Buffer): string[] {
  const lines: string[] = []
  const decapsulator = new Decapsulator(
    ({ bytes, start, end, wireBytes, ...p }) => {
      const sides = [p.source, p.destination].map((at) =>
        p.addresses.toString('hex', at, at + p.addressBytes),
      )
      const line = [
        p.frame,
        p.timeMs.toFixed(3),
        ...sides,
        bytes.readUInt16BE(start),
        bytes.readUInt16BE(start + 2),
      ]
      if (p.protocol === 6) {
        const headerBytes = (bytes.readUInt8(start + 12) >> 4) * 4
        line.push(bytes.readUInt32BE(start + 4), bytes.readUInt32BE(start + 8), bytes.readUInt8(start + 13))
        line.push(wireBytes - headerBytes, bytes.toString('hex', start + headerBytes, end))
      } else line.push(wireBytes, bytes.toString('hex', start + 8, end))
      lines.push(line.join(' '))
    },
    () => {},
  )
  const reader = new CaptureReader({ onFrame: decapsulator.frame, onSecrets: () => {}, onNote: () => {} })
  reader.push(file)
  reader.finish()
  return lines
}

const fields = [
  'frame.number',
  'frame.time_epoch',
  'ip.src',
  'ip.dst',
  'ipv6.src',
  'ipv6.dst',
  'udp.srcport',
  'udp.dstport',
  'udp.length',
  'udp.payload',
  'tcp.srcport',
  'tcp.dstport',
  'tcp.seq_raw',
  'tcp.ack_raw',
  'tcp.flags',
  'tcp.len',
  'tcp.payload',
] as const

function theirs(file: Buffer): string[] {
  const path = join(folder, 'capture')
  writeFileSync(path, file)
  // Nothing in an MPLS label says what it carries; 101 is that of the writer's pseudowire.
  const options = ['-n', '-d', 'mpls.label==101,pwethcw', '-o', 'tcp.desegment_tcp_streams:FALSE']
  // An error message quotes the header it is about.
  const filter = '(tcp or udp) and not icmp and not icmpv6'
  const asked = fields.flatMap((field) => ['-e', field])
  const args = [...options, '-r', path, '-Y', filter, '-T', 'fields', '-E', 'occurrence=l', ...asked]
  const out = execFileSync(tshark!, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return out.trimEnd().split('\n').map(lineOf)
}

function lineOf(row: string): string {
  const values = row.split('\t')
  const of = (field: (typeof fields)[number]) => values[fields.indexOf(field)] ?? ''
  // Where both versions occur, one is that of a tunnel around the conversation.
  const inner4 = of('ipv6.src') === '' || /^(192\.0\.2\.1|198\.51\.100\.2)$/.test(of('ip.src'))
  const sides = inner4
    ? [hexOf4(of('ip.src')), hexOf4(of('ip.dst'))]
    : [hexOf6(of('ipv6.src')), hexOf6(of('ipv6.dst'))]
  const line = [of('frame.number'), (Number(of('frame.time_epoch')) * 1000).toFixed(3), ...sides]
  if (of('tcp.srcport') === '') {
    line.push(of('udp.srcport'), of('udp.dstport'), of('udp.length'), of('udp.payload').replaceAll(':', ''))
  } else {
    line.push(of('tcp.srcport'), of('tcp.dstport'), of('tcp.seq_raw'), of('tcp.ack_raw'))
    line.push(String(Number(of('tcp.flags'))), of('tcp.len'), of('tcp.payload').replaceAll(':', ''))
  }
  return line.join(' ')
}

function hexOf4(address = ''): string {
  return Buffer.from(address.split('.').map(Number)).toString('hex')
}

function hexOf6(address = ''): string {
  const words = address.replace('::', ':'.repeat(10 - address.split(':').length)).split(':')
  return words.map((word) => word.padStart(4, '0')).join('')
}
