import { describe, expect, test } from 'vitest'
import { block, type WrittenFrame, writePcap, writePcapng } from '../../test/support/capture-writer.ts'
import { CaptureError } from './capture-error.ts'
import { type CaptureEnd, CaptureReader } from './capture-reader.ts'
import type { Frame } from './frame.ts'
import { MAX_SECRETS_BYTES } from './pcapng.ts'
import { MAX_FRAME_BYTES } from './unit-reader.ts'

const frames: readonly WrittenFrame[] = [
  { timeMs: 1_700_000_000_123.5, bytes: Buffer.from('first') },
  { timeMs: 1_700_000_000_124.75, bytes: Buffer.from('second frame'), wireBytes: 1500 },
  { timeMs: 1_700_000_001_000, bytes: Buffer.alloc(0) },
]
const ethernet = { linkType: 1 }

describe('pcap', () => {
  test.each([
    ['little-endian microseconds', {}],
    ['big-endian microseconds', { bigEndian: true }],
    ['little-endian nanoseconds', { nanoseconds: true }],
    ['big-endian nanoseconds', { bigEndian: true, nanoseconds: true }],
    ['modified records', { modified: true }],
    ['big-endian modified records', { modified: true, bigEndian: true }],
  ])('%s are read', (_name, options) => {
    const { seen, notes } = read(writePcap(frames, { linkType: 113, ...options }))
    expect(seen.map(({ timeMs, text, wireBytes, linkType }) => [timeMs, text, wireBytes, linkType])).toEqual([
      [1_700_000_000_123.5, 'first', 5, 113],
      [1_700_000_000_124.75, 'second frame', 1500, 113],
      [1_700_000_001_000, '', 0, 113],
    ])
    expect(notes).toEqual([])
  })

  test('the bits above the link type are not part of it', () => {
    const file = writePcap(frames, { linkType: 0x5400_0001 })
    expect(read(file).seen[0]?.linkType).toBe(1)
  })

  test('lengths that a writer before version 2.4 swapped are put right', () => {
    const file = writePcap([{ ...frames[1]!, wireBytes: 12 }], { linkType: 1, snapBytes: 6 })
    file.writeUInt16LE(2, 6)
    file.writeUInt32LE(12, 32)
    file.writeUInt32LE(6, 36)
    expect(read(file).seen[0]).toMatchObject({ text: 'second', wireBytes: 12 })
  })

  test('a frame longer than any snap length stops the reading there', () => {
    const file = writePcap(frames, { linkType: 1 })
    file.writeUInt32LE(0xffff_ffff, 24 + 16 + 5 + 8)
    const { end, seen, notes } = read(file)
    expect(seen.map(({ text }) => text)).toEqual(['first'])
    expect(end).toEqual({
      frames: 1,
      stoppedAt: { offset: 53, reason: 'frame 2 says 4294967295 captured bytes, more than 262144' },
    })
    expect(notes).toEqual([
      'reading stopped at byte 53: frame 2 says 4294967295 captured bytes, more than 262144',
    ])
  })

  test('a frame of the largest snap length is read, in chunks too', () => {
    const large = { timeMs: 0, bytes: Buffer.alloc(MAX_FRAME_BYTES, 'x') }
    const file = writePcap([large, large], { linkType: 1 })
    expect(read(file, 65_536).seen.map(({ text }) => text.length)).toEqual([MAX_FRAME_BYTES, MAX_FRAME_BYTES])
  })
})

describe('pcapng', () => {
  test.each([
    ['little-endian', {}],
    ['big-endian', { bigEndian: true }],
    ['unknown blocks', { strangeBlocks: true }],
    ['obsolete packet blocks', { packetBlock: 'obsolete' as const }],
  ])('%s are read', (_name, options) => {
    const { seen, notes } = read(writePcapng(frames, { interfaces: [ethernet], ...options }))
    expect(seen.map(({ timeMs, text, wireBytes }) => [timeMs, text, wireBytes])).toEqual([
      [1_700_000_000_123.5, 'first', 5],
      [1_700_000_000_124.75, 'second frame', 1500],
      [1_700_000_001_000, '', 0],
    ])
    expect(notes).toEqual([])
  })

  test('simple packets have no time and are cut by the snap length of the first interface', () => {
    const interfaces = [{ linkType: 101, snapBytes: 6 }]
    const { seen } = read(writePcapng(frames, { interfaces, packetBlock: 'simple' }))
    expect(seen.map(({ text }) => text)).toEqual(['first', 'second', ''])
    expect(seen.every(({ timeMs }) => Number.isNaN(timeMs))).toBe(true)
  })

  test.each([
    ['nanoseconds', { resolution: 9 }, 0.001],
    ['milliseconds', { resolution: 3 }, 1],
    ['seconds', { resolution: 0 }, 1000],
    ['a power of two', { resolution: 0x80 | 24 }, 0.001],
    ['an offset', { offsetSeconds: -3600 }, 0.001],
  ])('time stamps in %s', (_name, options, within) => {
    const { seen } = read(writePcapng(frames, { interfaces: [{ linkType: 1, ...options }] }))
    seen.forEach(({ timeMs }, index) => {
      expect(Math.abs(timeMs - frames[index]!.timeMs)).toBeLessThanOrEqual(within)
    })
  })

  test('sections have interfaces and a byte order of their own; frames are counted on', () => {
    const first = writePcapng(frames, { interfaces: [ethernet, { linkType: 101 }] })
    const second = writePcapng([{ ...frames[0]!, interfaceIndex: 1 }], {
      interfaces: [ethernet, { linkType: 276 }],
      bigEndian: true,
    })
    const { seen } = read(Buffer.concat([first, second]))
    expect(seen.at(-1)).toMatchObject({ number: 4, linkType: 276, interfaceIndex: 3, text: 'first' })
  })

  test('a key log is handed on; secrets of other protocols are not', () => {
    const file = writePcapng(frames, { interfaces: [ethernet], secrets: 'CLIENT_RANDOM aa bb\n' })
    const ssh = block(10, Buffer.from('4b485353040000007365637265740000', 'hex'))
    expect(read(Buffer.concat([file, ssh])).secrets).toEqual(['CLIENT_RANDOM aa bb\n'])
  })

  test('secrets past the bound are left out with a note', () => {
    const half = writePcapng([], { interfaces: [], secrets: 'x'.repeat(MAX_SECRETS_BYTES / 2 + 1) })
    const { secrets, notes } = read(Buffer.concat([half, half]), 1_000_000)
    expect(secrets.length).toBe(1)
    expect(notes).toEqual([`TLS secrets past ${MAX_SECRETS_BYTES} bytes are left out`])
  })

  test('a frame of an interface that is not described is left out', () => {
    const file = writePcapng(frames, { interfaces: [ethernet] })
    const first = file.indexOf(Buffer.from('06000000', 'hex'))
    file.writeUInt32LE(9, first + 8)
    const { seen, notes } = read(file)
    expect(seen.map(({ number }) => number)).toEqual([2, 3])
    expect(notes).toEqual(['1 frame names an interface not described'])
  })

  test('a large block of another kind is skipped without being kept', () => {
    const strange = block(0x0c0ffee, Buffer.alloc(3_000_001))
    const [start, rest] = halves()
    const { seen, notes } = read(Buffer.concat([start, strange, rest]), 1000)
    expect(seen.length).toBe(3)
    expect(notes).toEqual([])
  })

  test.each([
    ['shorter than a block', 8, 4, 'a block says it is 8 bytes long'],
    ['not a multiple of four', 47, 4, 'a block says it is 47 bytes long'],
    ['unlike the one at its end', 44, 40, 'a block of 44 bytes ends with the length '],
  ])('a block length %s stops the reading with its offset', (_name, length, offset, reason) => {
    const [start, rest] = halves()
    const broken = Buffer.concat([start, rest])
    broken.writeUInt32LE(length, start.length + 4)
    const { end, notes } = read(broken)
    expect(end.frames).toBe(0)
    expect(end.stoppedAt?.offset).toBe(start.length + offset)
    expect(end.stoppedAt?.reason).toMatch(reason)
    expect(notes).toEqual([`reading stopped at byte ${end.stoppedAt?.offset}: ${end.stoppedAt?.reason}`])
  })

  test('captured bytes that do not fit their block stop the reading', () => {
    const [start, rest] = halves()
    rest.writeUInt32LE(1000, 20)
    const { end } = read(Buffer.concat([start, rest]))
    expect(end.stoppedAt).toEqual({
      offset: start.length + 20,
      reason: 'frame 1 says 1000 captured bytes in a block of 52',
    })
  })

  test('a block of 4 GB is skipped to the end of the file, which is then said to be cut', () => {
    const [start, rest] = halves()
    const claim = block(0x0c0ffee, Buffer.alloc(4))
    claim.writeUInt32LE(0xffff_fffc, 4)
    const { end, notes } = read(Buffer.concat([start, rest, claim, Buffer.alloc(100_000)]), 4096)
    expect(end).toEqual({ frames: 3 })
    expect(notes).toEqual([
      expect.stringMatching(/^the file ends at byte \d+, inside a block of 4294967292 bytes/),
    ])
  })

  test('a packet block of 4 GB counts as a frame that is left out', () => {
    const [start, rest] = halves()
    rest.writeUInt32LE(0xffff_fffc, 4)
    const { end, notes } = read(Buffer.concat([start, rest]))
    expect(end).toEqual({ frames: 1 })
    expect(notes[0]).toBe('frame 1 is left out: it is larger than 262144 bytes')
  })

  test('an interface description of 4 GB stops the reading', () => {
    const file = writePcapng(frames, { interfaces: [ethernet] })
    file.writeUInt32LE(0xffff_fffc, 28 + 4)
    expect(read(file).end.stoppedAt).toEqual({
      offset: 32,
      reason: 'a block says it is 4294967292 bytes long',
    })
  })
})

describe('a file whose header is wrong', () => {
  test.each([
    ['nothing', '', 'truncated', 'the file is empty at byte 0'],
    ['three bytes', 'd4c3b2', 'not-a-capture', 'only 3 bytes at byte 0'],
    [
      'text',
      Buffer.from('GET / HTTP/1.1').toString('hex'),
      'not-a-capture',
      'no magic number of pcap or pcapng (47455420) at byte 0',
    ],
    ['half a header', 'd4c3b2a102000400', 'truncated', 'the file ends inside its header at byte 8'],
    [
      'an old version',
      `d4c3b2a101000000${'00'.repeat(16)}`,
      'unsupported',
      'pcap version 1.0 (2.4 is read) at byte 4',
    ],
    ['gzip', '1f8b0800', 'unsupported', 'packed with gzip at byte 0'],
    ['a snoop capture', '736e6f6f70000000', 'unsupported', 'a snoop capture at byte 0'],
    [
      'pcapng without byte order',
      `0a0d0d0a1c000000${'00'.repeat(20)}`,
      'value',
      'a section header without its byte-order magic at byte 8',
    ],
    [
      'pcapng 2.0',
      `0a0d0d0a1c0000004d3c2b1a0200000${'0'.repeat(17)}1c000000`,
      'unsupported',
      'pcapng version 2.0 (1.0 is read) at byte 12',
    ],
    [
      'a section header of 4 GB',
      `0a0d0d0afcffffff4d3c2b1a01000000${'00'.repeat(16)}`,
      'too-large',
      'a block says it is 4294967292 bytes long at byte 4',
    ],
  ])('%s throws and says so', (_name, hex, code, message) => {
    const attempt = () => read(Buffer.from(hex, 'hex'))
    expect(attempt).toThrow(CaptureError)
    try {
      attempt()
    } catch (error) {
      expect(error).toMatchObject({ code, message })
    }
  })
})

/** A file cut behind its interface description; the second half begins with a packet block. */
function halves(): [Buffer, Buffer] {
  const file = writePcapng(frames, { interfaces: [ethernet] })
  const start = writePcapng([], { interfaces: [ethernet] }).length
  return [file.subarray(0, start), file.subarray(start)]
}

type Seen = Pick<Frame, 'number' | 'timeMs' | 'linkType' | 'interfaceIndex' | 'wireBytes'> & { text: string }

function read(file: Buffer, chunkBytes = file.length) {
  const seen: Seen[] = []
  const secrets: string[] = []
  const notes: string[] = []
  const reader = new CaptureReader({
    onFrame: ({ bytes, start, end, ...rest }) => {
      seen.push({ ...rest, text: bytes.toString('latin1', start, end) })
    },
    onSecrets: (text) => secrets.push(text),
    onNote: (note) => notes.push(note),
  })
  for (let at = 0; at < file.length; at += chunkBytes) reader.push(file.subarray(at, at + chunkBytes))
  const end: CaptureEnd = reader.finish()
  return { seen, secrets, notes, end }
}
