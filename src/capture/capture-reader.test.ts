import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { CaptureError } from './capture-error.ts'
import { type CaptureEnd, CaptureReader } from './capture-reader.ts'

const folder = resolve(import.meta.dirname, '../../test/captures')
const expected: { files: Record<string, { frames: number; interfaces: string[] }> } = JSON.parse(
  readFileSync(join(folder, 'expected.json'), 'utf8'),
)
/** Where `frames` of expected.json is that of the last interface alone: `capinfos` and `tshark` count these. */
const framesOf: Readonly<Record<string, number>> = {
  'pcapng-11-interfaces.pcapng': 64,
  'pcapng-4-interfaces.pcapng': 48,
}
const names = readdirSync(folder).filter((name) => name in expected.files)

describe('real captures', () => {
  test('all files of expected.json are there', () => {
    expect(names.length).toBe(Object.keys(expected.files).length)
  })

  test.each(names)('%s has the frames that tshark counts, without a note', (name) => {
    const { end, notes } = read([capture(name)])
    expect(end).toEqual({ frames: framesOf[name] ?? expected.files[name]?.frames })
    expect(notes).toEqual([])
  })

  test.each(names)('%s gives the same frames in chunks of any size', (name) => {
    const bytes = capture(name)
    const whole = read([bytes]).frames
    const sizes = bytes.length > 100_000 ? [1, 4096] : [1, 2, 3, 7, 61, 1500, 4096]
    for (const size of sizes) expect(read(chunksOf(bytes, size)).frames).toEqual(whole)
  })

  test('a secrets block gives its key log', () => {
    const { secrets } = read([capture('pcapng-dsb.pcapng')])
    expect(secrets.join('')).toMatch(/^CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}$/m)
  })

  test('nanosecond and big-endian files give the frames of the files they were made of', () => {
    const bytesOf = (name: string) => read([capture(name)]).frames.map((line) => line.replace(/^\S+/, ''))
    expect(bytesOf('derived-nanosecond.pcap')).toEqual(bytesOf('hello-retry-request.pcap'))
    expect(read([capture('derived-big-endian.pcap')]).frames).toEqual(
      read([capture('alert-unknown-ca.pcap')]).frames,
    )
  })
})

describe('truncation', () => {
  test.each([
    'alert-handshake-failure.pcap',
    'alert-protocol-version-by-server.pcap',
    'raw-ipv4-228.pcap',
  ])('%s cut at any byte gives the frames before the cut', (name) => {
    const bytes = capture(name)
    const whole = read([bytes]).frames
    for (let cut = 0; cut < bytes.length; cut++) {
      let result: ReturnType<typeof read>
      try {
        result = read([bytes.subarray(0, cut)])
      } catch (error) {
        expect(error).toBeInstanceOf(CaptureError)
        expect(cut).toBeLessThan(128)
        continue
      }
      expect(result.frames).toEqual(whole.slice(0, result.frames.length))
      expect(result.end.stoppedAt).toBeUndefined()
      expect(result.notes.every((note) => note.startsWith(`the file ends at byte ${cut}, inside `))).toBe(
        true,
      )
    }
  })
})

interface Read {
  readonly end: CaptureEnd
  readonly frames: string[]
  readonly notes: string[]
  readonly secrets: string[]
}

/** Each chunk is overwritten after the push, as a file's reader does with its one buffer. */
function read(chunks: readonly Buffer[]): Read {
  const frames: string[] = []
  const notes: string[] = []
  const secrets: string[] = []
  const reader = new CaptureReader({
    onFrame: (f) => {
      const data = f.bytes.toString('hex', f.start, f.end)
      frames.push(`${f.timeMs} ${f.number} ${f.linkType} ${f.interfaceIndex} ${f.wireBytes} ${data}`)
    },
    onSecrets: (text) => secrets.push(text),
    onNote: (note) => notes.push(note),
  })
  for (const chunk of chunks) {
    const reused = Buffer.from(chunk)
    reader.push(reused)
    reused.fill(0xee)
  }
  return { end: reader.finish(), frames, notes, secrets }
}

function chunksOf(bytes: Buffer, size: number): Buffer[] {
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
  return chunks
}

function capture(name: string): Buffer {
  const bytes = readFileSync(join(folder, name))
  return name.endsWith('.gz') ? gunzipSync(bytes) : bytes
}
