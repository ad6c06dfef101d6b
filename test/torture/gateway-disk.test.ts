import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { FirmwareCache } from '../../src/gateway/cache/firmware-cache.ts'
import type { Listening } from '../../src/io/listen.ts'
import { GatewayPki } from '../support/gateway-range.ts'
import { ScriptedUpstream } from '../support/scripted-upstream.ts'
import { awakeMs } from './awake.ts'
import { faultyFiles, fileFaults } from './faulty-files.ts'
import { faultOf, firmware, firmwareHost, GatewayLife } from './gateway-life.ts'
import { held, leaked, unhandledIn } from './handles.ts'
import { sample } from './sample.ts'

vi.mock('node:fs/promises', async (original) => {
  const { faultyFiles } = await import('./faulty-files.ts')
  return faultyFiles.promises(await original<typeof import('node:fs/promises')>())
})
vi.mock('node:fs', async (original) => {
  const { faultyFiles } = await import('./faulty-files.ts')
  return faultyFiles.files(await original<typeof import('node:fs')>())
})

/** A device waits so long for a disk that hangs, and the disk hangs longer. */
const DEVICE_LEAVES_MS = 60
const DISK_ANSWERS_MS = 120
/** Nothing waits for anything here, but for a busy machine. */
const NO_LONGER_MS = 5_000
/** Past the time for which the cache leaves a disk that failed alone, and that for which it repeats a refusal. */
const LATER_MS = 31_000

const pki = new GatewayPki()
let upstream: Listening
let folders = 0
let skewMs = 0

beforeAll(async () => {
  upstream = await pki.openUpstream(firmwareHost)
  const now = Date.now
  vi.spyOn(Date, 'now').mockImplementation(() => now() + skewMs)
})
afterAll(async () => {
  vi.restoreAllMocks()
  await upstream.close()
  pki.remove()
})

const newFolder = () => join(pki.folder, `cache-${++folders}`)
const open = (cacheFolder: string) =>
  GatewayLife.open({ pki, upstreamPort: upstream.port, cacheFolder, onlyCached: true })

/**
 * A file is fetched and kept by one gateway, and given from its disk by the next one, which is then asked once more. What
 * is wrong with what came of it, a line each; `leave`: aborted where the devices go away.
 */
async function journey(folder: string, leave?: AbortSignal): Promise<string[]> {
  const wrong: string[] = []
  const ask = async (life: GatewayLife, what: 'first' | 'range' | 'next') => {
    const [range, expected] =
      what === 'range' ? (['bytes=60000-69999', firmware.subarray(60_000)] as const) : [undefined, firmware]
    const began = awakeMs()
    const goes = what === 'next' ? undefined : leave
    const outcome = await life.ask('/cached/a.bin', { ...(range && { range }), ...(goes && { leave: goes }) })
    const fault = faultOf(outcome, expected, what === 'next' ? [] : life.events)
    if (fault !== undefined || (what === 'next' && outcome.how !== 'whole'))
      wrong.push(`${what}: ${fault ?? outcome.how}`)
    if (awakeMs() - began > NO_LONGER_MS) wrong.push(`${what}: it took too long`)
  }
  const end = async (life: GatewayLife) => {
    await life.close()
    // What cannot be removed stays, until the next start that can.
    if (faultyFiles.faults.struck !== 'rm') wrong.push(...leftovers(folder))
  }
  const first = await openOrSay(folder)
  if (first !== undefined) {
    await ask(first, 'first')
    await end(first)
  }
  const second = await openOrSay(folder)
  if (second !== undefined) await ask(second, 'range')
  skewMs = LATER_MS
  const last = second ?? (await open(folder))
  await ask(last, 'next')
  await end(last)
  return wrong
}

/** Undefined where it says that its folder cannot be used, and does not start. */
function openOrSay(folder: string): Promise<GatewayLife | undefined> {
  return open(folder).catch((error: unknown) => {
    if ((error as { code?: string }).code === 'folder-unusable') return undefined
    throw error
  })
}

/** Files that are being written, and locks. */
function leftovers(folder: string): string[] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder, { recursive: true }) as string[]
  return names.filter((name) => basename(name).startsWith('.writing-') || basename(name) === 'lock')
}

describe('a gateway whose every call of the disk goes wrong once', () => {
  let calls: readonly string[]

  beforeAll(async () => {
    const folder = newFolder()
    faultyFiles.strike(folder, 'none', -1)
    expect(await journey(folder)).toEqual([])
    calls = faultyFiles.faults.calls
    faultyFiles.calm()
  }, 60_000)

  test('meets each of them where nothing goes wrong', () => {
    expect(new Set(calls)).toEqual(
      new Set([
        ...['mkdir', 'readdir', 'statfs', 'stat', 'statSync', 'writeFile', 'readFile', 'open', 'write'],
        ...['sync', 'close', 'rename', 'link', 'rm', 'utimes'],
      ]),
    )
  })

  test.each(fileFaults)('%s: the file or a named outcome each time, and nothing is held', async (how) => {
    const found: string[] = []
    for (const at of sample([...calls.keys()], fileFaults.indexOf(how))) {
      const folder = newFolder()
      const before = held()
      const leaving = new AbortController()
      const wrong: unknown[] = []
      skewMs = 0
      const untaken = await unhandledIn(async () => {
        faultyFiles.strike(folder, how, at, () => {
          if (how !== 'hang') return
          setTimeout(() => leaving.abort(), DEVICE_LEAVES_MS)
          setTimeout(() => faultyFiles.answerLate(), DISK_ANSWERS_MS)
        })
        wrong.push(...(await journey(folder, how === 'hang' ? leaving.signal : undefined)))
      })
      wrong.push(...untaken)
      const more = await leaked(before)
      if (more !== undefined) wrong.push(`held: ${JSON.stringify(more)}`)
      const { struck } = faultyFiles.faults
      found.push(...wrong.map((one) => `${how} of call ${at}, ${struck}: ${one}`))
      faultyFiles.calm()
    }
    expect(found).toEqual([])
  }, 300_000)
})

test('a record of versions that cannot be read for once does not let an older version in', async () => {
  const file = (tag: string, day: number) => ({
    etag: `"${tag}"`,
    lastModified: new Date(Date.UTC(2026, 2, day)).toUTCString(),
    content: firmware,
  })
  const source = await ScriptedUpstream.start(file('b', 2))
  const folder = newFolder()
  const find = async (): Promise<string> => {
    const log = () => {}
    const cache = await FirmwareCache.open({ folder, maxBytes: 1_000_000, staleIfUnreachable: false, log })
    const request = { upstream: 'store', url: '/fw.bin', fetch: source.fetch }
    const found = await cache.find(request)
    await cache.close()
    if (found.kind === 'version') return found.version.etag
    const field = (name: string) => (name === 'last-modified' ? source.file.lastModified : source.file.etag)
    const isPassed = found.kind === 'pass' && (await cache.admits(request, { status: 200, field }))
    return isPassed ? `${source.file.etag}` : 'nothing'
  }
  expect(await find()).toBe('"b"')
  source.file = file('a', 1)
  faultyFiles.strike(folder, 'none', -1)
  expect(await find()).toBe('nothing')
  const at = faultyFiles.faults.calls.indexOf('readFile')
  faultyFiles.strike(folder, 'error', at)
  expect(await find()).toBe('nothing')
  expect(faultyFiles.faults.struck).toBe('readFile')
  faultyFiles.calm()
  await source.stop()
})
