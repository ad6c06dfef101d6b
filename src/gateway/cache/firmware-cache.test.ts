import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ScriptedUpstream } from '../../../test/support/scripted-upstream.ts'
import type { CachedVersion, CacheEvent, CacheOptions, CacheRequest, Found } from './contract.ts'
import { FirmwareCache } from './firmware-cache.ts'
import { realDisk } from './real-disk.ts'
import { BLOCK_BYTES, Store } from './store.ts'

const march = (day: number) => `${new Date(Date.UTC(2026, 2, day)).toUTCString()}`
const fileA = { etag: '"a"', lastModified: march(1), content: randomBytes(200_000) }
const fileB = { etag: '"b"', lastModified: march(2), content: randomBytes(180_001) }

let folder: string
let upstream: ScriptedUpstream
let events: CacheEvent[]
let nowMs: number

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tlsfit-cache-'))
  upstream = await ScriptedUpstream.start(fileA)
  events = []
  nowMs = Date.now()
})

afterEach(async () => {
  vi.restoreAllMocks()
  await upstream.stop()
  await rm(folder, { recursive: true, force: true, maxRetries: 10 })
})

function open(options: Partial<CacheOptions> = {}): Promise<FirmwareCache> {
  const log = events
  return FirmwareCache.open({
    folder,
    maxBytes: 10_000_000,
    staleIfUnreachable: false,
    log: (event) => log.push(event),
    now: () => nowMs,
    ...options,
  })
}

const ask = (more: Partial<CacheRequest> = {}): CacheRequest => ({
  upstream: 'store',
  url: '/fw.bin',
  fetch: upstream.fetch,
  ...more,
})

function versionOf(found: Found): CachedVersion {
  if (found.kind !== 'version') throw new Error(`no version: ${found.kind} ${found.why}`)
  return found.version
}

async function read(version: CachedVersion, first = 0, last = version.length - 1): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of version.stream(first, last)) parts.push(Buffer.from(part))
  return Buffer.concat(parts)
}

const locks = async () =>
  (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('/lock'))
const kinds = () => events.map((event) => event.kind)
/** Far beyond every bound: files are stamped by the real clock, and a slow machine takes its time. */
const stale = () => {
  nowMs += 3_600_000
}
const md5 = (content: Buffer) => createHash('md5').update(content).digest('base64')
const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex')

describe('a file in the cache', () => {
  test('is fetched once for fifty clients at the same time, and ranges are answered from it', async () => {
    const cache = await open()
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        const version = versionOf(await cache.find(ask()))
        return (await read(version, i * 4_000, i * 4_000 + 1_999)).equals(
          fileA.content.subarray(i * 4_000, i * 4_000 + 2_000),
        )
      }),
    )
    expect(answers.every(Boolean)).toBe(true)
    expect(upstream.seen).toEqual(['GET'])
  })

  test('is given without a promise once it is in memory, across blocks as well', async () => {
    const cache = await open()
    await read(versionOf(await cache.find(ask())))
    const found = cache.find(ask())
    expect(found).not.toBeInstanceOf(Promise)
    const version = versionOf(found as Found)
    for (const [first, last] of [
      [0, 1_999],
      [BLOCK_BYTES - 1, BLOCK_BYTES],
      [199_999, 199_999],
      [BLOCK_BYTES - 1_000, BLOCK_BYTES + 999],
    ] as const) {
      expect(version.bytes(first, last)).toEqual(fileA.content.subarray(first, last + 1))
    }
    expect(() => version.bytes(0, 200_000)).toThrow(RangeError)
    expect(() => version.stream(-1, 0)).toThrow(RangeError)
  })

  test('is asked for again when it is stale, on condition that it changed', async () => {
    const cache = await open()
    await read(versionOf(await cache.find(ask())))
    stale()
    expect(versionOf(await cache.find(ask())).etag).toBe('"a"')
    expect(upstream.seen).toEqual(['GET', 'GET if-none-match "a"'])
    stale()
    upstream.file = fileB
    const version = versionOf(await cache.find(ask()))
    expect([version.etag, version.length]).toEqual(['"b"', 180_001])
    expect(await read(version)).toEqual(fileB.content)
    expect(kinds()).toContain('new-version')
  })

  test('lasts over a restart, and is asked for again then', async () => {
    await read(versionOf(await (await open()).find(ask())))
    const version = versionOf(await (await open()).find(ask()))
    expect(await read(version)).toEqual(fileA.content)
    expect(version.lastModified?.toUTCString()).toBe(march(1))
    expect(upstream.seen).toEqual(['GET', 'GET if-none-match "a"'])
  })

  test('is not fetched twice by two workers that share the folder', async () => {
    const [one, two] = await Promise.all([open(), open()])
    await read(versionOf(await one.find(ask())))
    expect(await read(versionOf(await two.find(ask())))).toEqual(fileA.content)
    expect(upstream.seen).toEqual(['GET', 'GET if-none-match "a"'])
  })

  test('that another worker completes between two looks is known as whole, and not fetched again', async () => {
    let complete = () => {}
    const asked = new Promise<void>((resolve) => {
      complete = resolve
    })
    upstream.fault = (number) =>
      number === 1 ? { kind: 'hook', after: 100_000, run: () => asked } : undefined
    const [one, two] = await Promise.all([open(), open()])
    versionOf(await one.find(ask()))
    expect(await locks()).toHaveLength(1)
    const { readWhole } = Store.prototype
    const looks: unknown[] = []
    vi.spyOn(Store.prototype, 'readWhole').mockImplementationOnce(async function (this: Store, key, id) {
      const mark = await readWhole.call(this, key, id)
      looks.push(mark)
      complete()
      await vi.waitFor(async () => expect([kinds(), await locks()]).toEqual([['filled'], []]), 20_000)
      return mark
    })
    expect(await read(versionOf(await two.find(ask())))).toEqual(fileA.content)
    expect(looks).toEqual([undefined])
    expect(upstream.seen).toEqual(['GET', 'GET if-none-match "a"'])
  })

  test('is readable by nobody else', async () => {
    await read(versionOf(await (await open()).find(ask({ sha256: sha256(fileA.content) }))))
    await vi.waitFor(async () => expect(await readdir(folder, { recursive: true })).toHaveLength(8))
    const names = await readdir(folder, { recursive: true, withFileTypes: true })
    for (const name of names) {
      const { mode } = await stat(join(name.parentPath, name.name))
      expect(mode & 0o077).toBe(0)
    }
  })

  test.each([
    ['no entity tag', { ...fileA, etag: undefined as unknown as string }, 'no-strong-etag'],
    ['a weak one', { ...fileA, etag: 'W/"a"' }, 'no-strong-etag'],
    ['no-store', { ...fileA, fields: { 'Cache-Control': 'no-store' } }, 'no-store'],
    ['private', { ...fileA, fields: { 'Cache-Control': 'private' } }, 'no-store'],
  ])('is none with %s: the proxy passes it through', async (_name, file, why) => {
    upstream.file = file
    const cache = await open()
    expect(await cache.find(ask())).toEqual({ kind: 'pass', why })
    expect(await readdir(folder)).toEqual([])
    cache.find(ask())
    expect(upstream.seen).toHaveLength(1)
  })
})

describe('a change upstream', () => {
  test('in mid-download is never mixed in: who began with the old whole one goes on with it', async () => {
    const cache = await open()
    const began = versionOf(await cache.find(ask()))
    await read(began)
    upstream.file = fileB
    stale()
    expect(versionOf(await cache.find(ask())).etag).toBe('"b"')
    const goesOn = versionOf(await cache.find(ask({ began: began.id })))
    expect(await read(goesOn, 100_000)).toEqual(fileA.content.subarray(100_000))
    const afterRestart = await open()
    const again = versionOf(await afterRestart.find(ask({ began: began.id })))
    expect(await read(again, 100_000)).toEqual(fileA.content.subarray(100_000))
  })

  test('while the first download is under way ends it: bytes of the old or none', async () => {
    let change = () => {}
    const changed = new Promise<void>((resolve) => {
      change = resolve
    })
    upstream.fault = (number) => {
      if (number === 1) return { kind: 'cut', after: 100_000 }
      upstream.file = fileB
      change()
      return undefined
    }
    const cache = await open()
    const began = versionOf(await cache.find(ask()))
    const stream = began.stream(0, began.length - 1)
    expect((await stream.next()).value).toEqual(fileA.content.subarray(0, BLOCK_BYTES))
    await changed
    await expect(stream.next()).rejects.toMatchObject({ code: 'version-gone' })
    expect(await cache.find(ask({ began: began.id }))).toEqual({
      kind: 'refused',
      why: 'version-gone',
      status: 412,
    })
    const version = versionOf(await cache.find(ask()))
    expect(version.etag).toBe('"b"')
    expect(await read(version)).toEqual(fileB.content)
  })

  test('back to an older version is refused, over a restart too', async () => {
    const cache = await open()
    await read(versionOf(await cache.find(ask())))
    upstream.file = fileB
    stale()
    await read(versionOf(await cache.find(ask())))
    upstream.file = fileA
    stale()
    expect(await cache.find(ask())).toEqual({ kind: 'refused', why: 'older-version', status: 502 })
    const restarted = await open()
    expect(await restarted.find(ask())).toMatchObject({ why: 'older-version' })
    const head = (etag: string) => ({
      status: 200,
      field: (name: string) => (name === 'etag' ? etag : undefined),
    })
    expect(await restarted.admits(ask(), head('"a"'))).toBe(false)
    expect(await restarted.admits(ask(), head('"c"'))).toBe(true)
    expect(events.at(-1)?.message).toMatch(/older than "b".*publish it anew/)
  })

  test('back to an older content that was published anew is a newer version', async () => {
    const cache = await open()
    await read(versionOf(await cache.find(ask())))
    for (const file of [fileB, { ...fileA, lastModified: march(3) }]) {
      upstream.file = file
      stale()
      expect(await read(versionOf(await cache.find(ask())))).toEqual(file.content)
    }
  })

  test('seen by one worker is seen by the other before it answers', async () => {
    const [one, two] = await Promise.all([open(), open()])
    await read(versionOf(await one.find(ask())))
    await read(versionOf(await two.find(ask())))
    nowMs += 9_000
    await one.find(ask())
    upstream.file = fileB
    nowMs += 2_000
    expect(versionOf(await one.find(ask())).etag).toBe('"b"')
    expect(versionOf(await two.find(ask())).etag).toBe('"b"')
  })

  test('of the length under one entity tag is refused', async () => {
    const cache = await open()
    await read(versionOf(await cache.find(ask())))
    upstream.file = { ...fileA, content: randomBytes(10) }
    upstream.fault = () => ({ kind: 'deaf' })
    stale()
    expect(await cache.find(ask())).toMatchObject({ kind: 'refused', why: 'etag-reused' })
  })
})

describe('checksums', () => {
  test('a configured SHA-256 that holds: verified before the first byte', async () => {
    const cache = await open()
    const version = versionOf(await cache.find(ask({ sha256: sha256(fileA.content).toUpperCase() })))
    expect(kinds()).toEqual(['filled'])
    expect(version.bytes(0, 9)).toEqual(fileA.content.subarray(0, 10))
  })

  test('a configured SHA-256 that does not: nothing is served, then or when passed', async () => {
    const cache = await open()
    const request = ask({ sha256: sha256(fileB.content) })
    expect(await cache.find(request)).toEqual({ kind: 'refused', why: 'checksum', status: 502 })
    expect(kinds()).toContain('checksum')
    expect(await cache.admits(request, { status: 206, field: () => undefined })).toBe(false)
    upstream.file = fileB
    stale()
    expect(await read(versionOf(await cache.find(request)))).toEqual(fileB.content)
  })

  test('a version in the cache that another SHA-256 is configured for is not served', async () => {
    await read(versionOf(await (await open()).find(ask())))
    const cache = await open()
    expect(await cache.find(ask({ sha256: sha256(fileB.content) }))).toMatchObject({ why: 'checksum' })
    expect(await cache.find(ask({ sha256: sha256(fileB.content) }))).toMatchObject({ why: 'checksum' })
  })

  test.each([
    ['Content-MD5', 'Content-MD5'],
    ['the MD5 of the blob', 'x-ms-blob-content-md5'],
  ])('%s that does not hold: nothing is served; one that holds is', async (_name, field) => {
    const cache = await open()
    upstream.file = { ...fileA, fields: { [field]: md5(fileB.content) } }
    expect(await cache.find(ask())).toEqual({ kind: 'refused', why: 'checksum', status: 502 })
    upstream.file = { ...fileA, fields: { [field]: md5(fileA.content) } }
    stale()
    expect(await read(versionOf(await cache.find(ask())))).toEqual(fileA.content)
  })

  test('a file that cannot be kept is not served unverified', async () => {
    upstream.file = { ...fileA, etag: 'W/"a"' }
    const request = ask({ sha256: sha256(fileA.content) })
    expect(await (await open()).find(request)).toMatchObject({ kind: 'refused', why: 'not-verifiable' })
  })
})

describe('an upstream that fails', () => {
  test.each([
    ['is down', { kind: 'down' }],
    ['answers 503', { kind: 'status', status: 503 }],
  ] as const)('and %s: stale is served only if allowed', async (_name, fault) => {
    const [strict, lenient] = [await open(), await open({ staleIfUnreachable: true })]
    await read(versionOf(await strict.find(ask())))
    await vi.waitFor(() => expect(kinds()).toContain('filled'))
    await read(versionOf(await lenient.find(ask())))
    upstream.fault = () => fault
    stale()
    expect(await strict.find(ask())).toEqual({ kind: 'refused', why: 'unreachable', status: 502 })
    const found = await lenient.find(ask())
    expect(found).toMatchObject({ kind: 'version', stale: true })
    expect(await read(versionOf(found))).toEqual(fileA.content)
    expect(kinds()).toEqual(expect.arrayContaining(['unreachable', 'served-stale']))
  })

  test('and forbids what is stale: none is served', async () => {
    upstream.file = { ...fileA, fields: { 'Cache-Control': 'max-age=1, must-revalidate' } }
    const cache = await open({ staleIfUnreachable: true })
    await read(versionOf(await cache.find(ask())))
    await vi.waitFor(() => expect(kinds()).toContain('filled'))
    upstream.fault = () => ({ kind: 'down' })
    stale()
    expect(await cache.find(ask())).toMatchObject({ why: 'unreachable' })
  })

  test('and withdrew the file before: what is kept does not come back', async () => {
    const cache = await open({ staleIfUnreachable: true })
    await read(versionOf(await cache.find(ask())))
    await vi.waitFor(() => expect(kinds()).toContain('filled'))
    upstream.fault = () => ({ kind: 'status', status: 404 })
    stale()
    expect(await cache.find(ask())).toEqual({ kind: 'pass', why: 'status' })
    upstream.fault = () => ({ kind: 'down' })
    stale()
    expect(await cache.find(ask())).toMatchObject({ why: 'unreachable' })
  })

  test('and breaks the download: it goes on where it broke, on condition of the same version', async () => {
    upstream.fault = (number) => (number < 3 ? { kind: 'cut', after: 70_000 } : undefined)
    const cache = await open()
    expect(await read(versionOf(await cache.find(ask())))).toEqual(fileA.content)
    expect(upstream.seen).toEqual(['GET', 'GET bytes=65536- if-match "a"', 'GET bytes=131072- if-match "a"'])
  })

  test.each([
    ['and is always cut', { kind: 'cut', after: 1_000 }],
    ['and promises more than it sends', { kind: 'length', by: 10 }],
    ['and promises less', { kind: 'length', by: -10 }],
  ] as const)('%s: never whole, never served as whole', async (_name, fault) => {
    upstream.fault = () => fault
    const cache = await open()
    const found = await cache.find(ask({ sha256: sha256(fileA.content) }))
    expect(found).toMatchObject({ kind: 'refused', status: 502 })
    const left = await readdir(folder, { recursive: true })
    expect(left.filter((name) => name.endsWith('whole'))).toEqual([])
  })

  test('and ignores ranges: a broken download still ends right', async () => {
    upstream.fault = (number) => (number === 1 ? { kind: 'cut', after: 70_000 } : { kind: 'deaf' })
    expect(await read(versionOf(await (await open()).find(ask())))).toEqual(fileA.content)
  })
})

describe('the disk', () => {
  async function blockFile(): Promise<string> {
    const names = await readdir(folder, { recursive: true })
    return join(folder, names.find((name) => name.endsWith('/00000001')) ?? 'none')
  }

  /** All of it is on disk: the last byte is served before the last mark is set. */
  async function readWhole(): Promise<void> {
    await read(versionOf(await (await open()).find(ask())))
    await vi.waitFor(() => expect(kinds()).toContain('filled'))
  }

  test.each([
    ['a bit that flipped', (file: Buffer) => file.fill(file[5]! ^ 1, 5, 6)],
    ['a file cut short', (file: Buffer) => file.subarray(0, 100)],
    ['an empty file', () => Buffer.alloc(0)],
  ])('%s: the block is fetched anew, never served', async (_name, damage) => {
    await readWhole()
    await writeFile(await blockFile(), damage(await readFile(await blockFile())))
    const cache = await open()
    expect(await read(versionOf(await cache.find(ask())))).toEqual(fileA.content)
    expect(kinds()).toContain('damaged')
    expect(upstream.seen.at(-1)).toBe('GET bytes=65536-131071 if-match "a"')
    const restored = await open()
    await restored.find(ask())
    expect(await read(versionOf(await restored.find(ask())))).toEqual(fileA.content)
    expect(kinds().filter((kind) => kind === 'damaged')).toHaveLength(1)
  })

  test('a damaged block whose bytes upstream are others now, under the same tag, is not served', async () => {
    await readWhole()
    await writeFile(await blockFile(), 'x')
    upstream.file = { ...fileA, content: randomBytes(fileA.content.length) }
    const cache = await open()
    const version = versionOf(await cache.find(ask()))
    await expect(read(version)).rejects.toMatchObject({ code: 'checksum' })
  })

  test('a damaged record of versions: the order begins anew, the file is served', async () => {
    await read(versionOf(await (await open()).find(ask())))
    const names = await readdir(folder, { recursive: true })
    await writeFile(join(folder, names.find((name) => name.endsWith('.version'))!), 'x')
    expect(await read(versionOf(await (await open()).find(ask())))).toEqual(fileA.content)
    expect(kinds()).toContain('damaged')
  })

  test('full from the start: passed through block by block, with a line in the log', async () => {
    const cache = await open({ disk: { ...realDisk, freeBytes: async () => 1_000 } })
    expect(await read(versionOf(await cache.find(ask())))).toEqual(fileA.content)
    expect(kinds()).toEqual(['disk'])
    const left = await readdir(folder, { recursive: true })
    expect(left.filter((name) => /\/0000000\d$/.test(name))).toEqual([])
  })

  test('full in mid-download: the bytes go on, with a line in the log', async () => {
    let written = 0
    const disk = {
      ...realDisk,
      writeWhole: async (path: string, content: Uint8Array, durable: boolean) => {
        written += content.length
        if (written > 140_000) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
        await realDisk.writeWhole(path, content, durable)
      },
    }
    const cache = await open({ disk })
    expect(await read(versionOf(await cache.find(ask())))).toEqual(fileA.content)
    expect(events).toMatchObject([{ kind: 'disk', message: expect.stringContaining('ENOSPC') }])
    expect(await cache.find(ask({ sha256: sha256(fileA.content) }))).toMatchObject({ why: 'not-verifiable' })
  })

  test('that takes no record at all: the proxy passes it through', async () => {
    const writeWhole = async () => {
      throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
    }
    const cache = await open({ disk: { ...realDisk, writeWhole } })
    expect(await cache.find(ask())).toEqual({ kind: 'pass', why: 'disk' })
    expect(kinds()).toEqual(['disk'])
  })

  /** What is still being written is in use, and not evicted. */
  const filled = (count: number) =>
    vi.waitFor(() => expect(kinds().filter((kind) => kind === 'filled')).toHaveLength(count))

  test('bounded: the longest unused is evicted, what is being read is not', async () => {
    const cache = await open({ maxBytes: 450_000, memoryBytes: 1 })
    await read(versionOf(await cache.find(ask({ url: '/1' }))))
    await filled(1)
    const reading = versionOf(await cache.find(ask({ url: '/1' }))).stream(0, 199_999)
    await reading.next()
    await read(versionOf(await cache.find(ask({ url: '/2' }))))
    await filled(2)
    stale()
    await read(versionOf(await cache.find(ask({ url: '/3' }))))
    await filled(3)
    expect(kinds().filter((kind) => kind === 'evicted')).toHaveLength(1)
    const parts = [(await reading.next()).value!]
    for await (const part of reading) parts.push(part)
    expect(Buffer.concat(parts)).toEqual(fileA.content.subarray(BLOCK_BYTES))
    const before = upstream.seen.length
    expect(await read(versionOf(await cache.find(ask({ url: '/1' }))))).toEqual(fileA.content)
    expect(upstream.seen.slice(before)).toEqual(['GET if-none-match "a"'])
    expect(await read(versionOf(await cache.find(ask({ url: '/2' }))))).toEqual(fileA.content)
  })
})
