import fc from 'fast-check'
import { expect, test } from 'vitest'
import { writePcap, writePcapng } from '../../test/support/capture-writer.ts'
import { fragments, tcpPackets } from '../../test/support/ip-writer.ts'
import { encapsulations } from '../../test/support/link-writer.ts'
import { CaptureError } from './capture-error.ts'
import { CaptureReader } from './capture-reader.ts'
import { Decapsulator } from './decapsulator.ts'

const packets = tcpPackets([{ from: 'client', data: Buffer.alloc(300, 'abc') }])
const many = Object.values(encapsulations)
const frames = packets.map(({ timeMs, bytes }, index) => ({
  timeMs,
  interfaceIndex: index % many.length,
  bytes: many[index % many.length]!.wrap(bytes),
}))
const cut = packets.flatMap((packet) => fragments(packet, 16)).map(({ timeMs, bytes }) => ({ timeMs, bytes }))
const files = [
  writePcap(cut, { linkType: 101 }),
  writePcap(cut, { linkType: 101, bigEndian: true, modified: true }),
  writePcapng(frames, { interfaces: many, secrets: 'CLIENT_RANDOM 00 00\n', strangeBlocks: true }),
  writePcapng(frames, { interfaces: many, packetBlock: 'obsolete', bigEndian: true }),
  writePcapng(frames, { interfaces: many, packetBlock: 'simple' }),
]

interface Change {
  readonly at: number
  readonly value: number
  readonly bytes: 1 | 4
}

const change = fc.record<Change>({
  at: fc.double({ min: 0, max: 0.999, noNaN: true }),
  value: fc.oneof(fc.constantFrom(0, 1, 0x7fff_ffff, 0xffff_ffff), fc.nat({ max: 0xffff_ffff })),
  bytes: fc.constantFrom(1, 4),
})

test('a capture with bytes changed anywhere gives packets, notes or a CaptureError, in chunks as in one', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...files),
      fc.array(change, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 200 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (file, changes, chunkBytes, keep) => {
        const broken = Buffer.from(file)
        for (const { at, value, bytes } of changes) {
          const offset = Math.floor(at * (broken.length - 4))
          if (bytes === 4) broken.writeUInt32LE(value, offset)
          else broken.writeUInt8(value & 0xff, offset)
        }
        const bytes = broken.subarray(0, Math.ceil(keep * broken.length))
        expect(read(bytes, chunkBytes)).toEqual(read(bytes, bytes.length))
      },
    ),
    { numRuns: 3000 },
  )
})

test('any bytes behind a magic number give frames, notes or a CaptureError', () => {
  const magics = ['a1b2c3d4', 'd4c3b2a1', 'a1b23c4d', '34cdb2a1', '0a0d0d0a'].map((hex) =>
    Buffer.from(hex, 'hex'),
  )
  fc.assert(
    fc.property(fc.constantFrom(...magics), fc.uint8Array({ maxLength: 300 }), (magic, rest) => {
      read(Buffer.concat([magic, rest]), 7)
    }),
    { numRuns: 2000 },
  )
})

function read(file: Buffer, chunkBytes: number): unknown {
  const seen: string[] = []
  const notes: string[] = []
  const onNote = (note: string) => notes.push(note)
  const decapsulator = new Decapsulator((packet) => {
    const { bytes, start, end, source, destination, addressBytes, addresses } = packet
    seen.push(`${packet.frame} ${packet.timeMs} ${packet.wireBytes} ${bytes.toString('hex', start, end)}`)
    expect(start).toBeGreaterThanOrEqual(0)
    expect(end).toBeLessThanOrEqual(bytes.length)
    expect(packet.wireBytes).toBeGreaterThanOrEqual(end - start)
    expect(Math.max(source, destination) + addressBytes).toBeLessThanOrEqual(addresses.length)
  }, onNote)
  const reader = new CaptureReader({
    onFrame: decapsulator.frame,
    onSecrets: (text) => seen.push(text),
    onNote,
  })
  try {
    for (let at = 0; at < file.length; at += chunkBytes) reader.push(file.subarray(at, at + chunkBytes))
    const end = reader.finish()
    decapsulator.finish()
    return { seen, notes, end }
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error
    return { code: error.code, message: error.message }
  }
}
