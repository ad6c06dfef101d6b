import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writePcap } from '../../test/support/capture-writer.ts'
import type { CaptureSinks } from '../capture/capture-reader.ts'
import { type CaptureBounds, readCaptureStream } from './capture-file.ts'
import { fileChunks } from './file-chunks.ts'

const captures = resolve(import.meta.dirname, '../../test/captures')
const folder = mkdtempSync(join(tmpdir(), 'tlsfit-capture-'))
afterAll(() => rmSync(folder, { recursive: true }))

const large = writePcap(
  Array.from({ length: 6000 }, (_, index) => ({ timeMs: index, bytes: Buffer.alloc(1400, index) })),
  { linkType: 1 },
)

describe('a file', () => {
  test('of several chunks gives each frame once', async () => {
    const { end, seen, notes } = await read(file('large', large))
    expect(end).toEqual({ frames: 6000 })
    expect(seen).toEqual(Array.from({ length: 6000 }, (_, index) => `${index + 1} 1400 ${index % 256}`))
    expect(notes).toEqual([])
  })

  test('packed with gzip gives the same, in two members too', async () => {
    const plain = await read(file('large', large))
    const half = 4_000_001
    const members = Buffer.concat([gzipSync(large.subarray(0, half)), gzipSync(large.subarray(half))])
    for (const packed of [gzipSync(large), gzipSync(large, { level: 0 }), members]) {
      expect(await read(file('packed', packed))).toEqual(plain)
    }
  })

  test('of the collection is read packed as it is there', async () => {
    const { end } = await read(join(captures, 'fragmented-handshake.pcap.gz'))
    expect(end).toEqual({ frames: 416 })
  })

  test.each([
    ['is not there', 'missing.pcap', 'file-unreadable', /missing\.pcap cannot be read: no such file/],
    ['is a folder', '.', 'file-unreadable', /cannot be read: it is a folder/],
  ])('that %s is an input error', async (_name, name, code, message) => {
    await expect(read(join(folder, name))).rejects.toMatchObject({
      name: 'InputError',
      code,
      message: expect.stringMatching(message),
    })
  })

  test.each([
    ['empty', Buffer.alloc(0), 'capture-truncated', 'the file is empty at byte 0'],
    [
      'text',
      Buffer.from('not a capture'),
      'not-a-capture',
      'no magic number of pcap or pcapng (6e6f7420) at byte 0',
    ],
    [
      'packed text',
      gzipSync('not a capture'),
      'not-a-capture',
      'no magic number of pcap or pcapng (6e6f7420) at byte 0',
    ],
    ['packed twice', gzipSync(gzipSync(large)), 'capture-unsupported', 'packed with gzip at byte 0'],
    [
      'cut in its header',
      large.subarray(0, 10),
      'capture-truncated',
      'the file ends inside its header at byte 10',
    ],
    [
      'gzip and nothing else',
      gzipSync(large).subarray(0, 12),
      'capture-truncated',
      'gzip data that ends early, at byte 12 of the packed file',
    ],
    ['broken gzip', Buffer.from('1f8b08ffffffffff'.repeat(4), 'hex'), 'capture-truncated', /gzip data/],
  ])('of %s is an input error that names offset and reason', async (_name, bytes, code, message) => {
    const path = file('wrong', bytes)
    const text = typeof message === 'string' ? `${path}: ${message}` : expect.stringMatching(message)
    await expect(read(path)).rejects.toMatchObject({ name: 'InputError', code, message: text })
  })

  test('of gzip cut or broken in the middle gives the frames up to there and a note', async () => {
    const packed = gzipSync(large, { level: 0 })
    const cut = await read(file('cut', packed.subarray(0, packed.length / 2)))
    expect(cut.seen.length).toBeGreaterThan(0)
    expect(cut.notes.at(-1)).toMatch(/^gzip data that ends early, at byte \d+ of the packed file$/)
    const real = gzipSync(large, { level: 0 })
    real.writeUInt32LE(0, real.length - 8)
    const broken = await read(file('broken', real))
    expect(broken.seen.length).toBeGreaterThan(5970)
    expect(broken.notes.at(-1)).toMatch(/^broken gzip data, at byte \d+ of the packed file$/)
  })

  test('of gzip that grows without measure stops with the facts up to there', async () => {
    const bomb = gzipSync(Buffer.concat([large, Buffer.alloc(50_000_000)]))
    const { seen, notes } = await read(file('bomb', bomb), { ratio: 50, freeBytes: 10_000_000 })
    expect(seen.length).toBeGreaterThanOrEqual(6000)
    expect(notes).toEqual([
      expect.stringMatching(/inside frame \d+$/),
      expect.stringMatching(/^gzip data that grows more than 50 times, at byte \d+ of the packed file$/),
    ])
  })

  test('of gzip with bytes changed anywhere gives frames, notes or an input error', async () => {
    const packed = gzipSync(large.subarray(0, 30_000), { level: 6 })
    for (let round = 0; round < 200; round++) {
      const broken = Buffer.from(packed)
      const at = (round * 7919) % broken.length
      broken.writeUInt8(broken.readUInt8(at) ^ (1 + (round % 255)), at)
      const result = await read(file('changed', broken)).catch((error: unknown) => error)
      if (result instanceof Error) expect(result.name).toBe('InputError')
    }
  })

  test('whose sink throws lets that through', async () => {
    for (const bytes of [large, gzipSync(large)]) {
      const sinks = {
        onFrame: () => {
          throw new Error('of the sink')
        },
        onSecrets: () => {},
        onNote: () => {},
      }
      await expect(readFile(file('sink', bytes), sinks)).rejects.toThrow('of the sink')
    }
  })
})

describe('a stream', () => {
  test('that drips gives the same frames', async () => {
    const bytes = readFileSync(join(captures, 'raw-ipv4-228.pcap'))
    const plain = await read(join(captures, 'raw-ipv4-228.pcap'))
    for (const whole of [bytes, gzipSync(bytes)]) {
      const drops = Readable.from(Array.from(whole, (byte) => Buffer.from([byte])))
      expect(await readStream(drops)).toEqual(plain)
    }
  })

  test('without end stops at its bound', async () => {
    let asked = 0
    async function* endless() {
      yield large.subarray(0, 24)
      for (;;) {
        asked += 1
        yield large.subarray(24)
      }
    }
    const { end, notes } = await readStream(endless(), { captureBytes: 100_000_000 })
    expect(end.frames).toBe(Math.floor((100_000_000 - 24) / 1416))
    expect(notes[0]).toBe('reading stopped at byte 100000000: no more is read of one capture')
    expect(asked).toBeLessThan(20)
  })

  test('without end that is no capture is refused at once', async () => {
    let asked = 0
    async function* endless() {
      for (;;) {
        asked += 1
        yield Buffer.alloc(65_536)
      }
    }
    await expect(readStream(endless())).rejects.toMatchObject({ code: 'not-a-capture' })
    expect(asked).toBe(1)
  })

  test('that broke its format is not read on', async () => {
    let asked = 0
    async function* endless() {
      yield large.subarray(0, 24)
      for (;;) {
        asked += 1
        yield Buffer.alloc(65_536, 0xff)
      }
    }
    const { end } = await readStream(endless())
    expect(end.stoppedAt).toMatchObject({ offset: 32 })
    expect(asked).toBe(1)
  })
})

describe.skipIf(process.platform === 'win32')('a FIFO', () => {
  const path = join(folder, 'fifo')
  beforeAll(() => {
    execFileSync('mkfifo', [path])
  })

  test('is read like a file', async () => {
    const source = file('large', large)
    const writer = spawn('cp', [source, path], { stdio: 'ignore' })
    const { end } = await read(path)
    expect(end).toEqual({ frames: 6000 })
    writer.kill()
  })
})

test('memory does not grow with the file', async () => {
  async function* gigabyte() {
    yield large.subarray(0, 24)
    for (let round = 0; round < 120; round++) yield large.subarray(24)
  }
  const before = process.memoryUsage().rss
  let peak = before
  let frames = 0
  const sinks = {
    onFrame: () => {
      frames += 1
      if (frames % 10_000 === 0) peak = Math.max(peak, process.memoryUsage().rss)
    },
    onSecrets: () => {},
    onNote: () => {},
  }
  await readCaptureStream('generated', gigabyte(), sinks)
  expect(frames).toBe(720_000)
  expect(peak - before).toBeLessThan(100_000_000)
})

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

function read(path: string, bounds?: CaptureBounds) {
  return collect((sinks) => readFile(path, sinks, bounds))
}

function readFile(path: string, sinks: CaptureSinks, bounds?: CaptureBounds) {
  return readCaptureStream(path, fileChunks(path, 'a capture'), sinks, bounds)
}

function readStream(chunks: AsyncIterable<Buffer>, bounds?: CaptureBounds) {
  return collect((sinks) => readCaptureStream('stdin', chunks, sinks, bounds))
}

async function collect(act: (sinks: CaptureSinks) => ReturnType<typeof readCaptureStream>) {
  const seen: string[] = []
  const notes: string[] = []
  const end = await act({
    onFrame: ({ number, bytes, start, end }) => {
      seen.push(`${number} ${end - start} ${end > start ? bytes[start] : ''}`)
    },
    onSecrets: () => {},
    onNote: (note) => notes.push(note),
  })
  return { end, seen, notes }
}
