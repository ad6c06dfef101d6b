import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'tsdown'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { ScriptedUpstream } from '../../../test/support/scripted-upstream.ts'
import { FirmwareCache } from './firmware-cache.ts'
import { BLOCK_BYTES } from './store.ts'

const root = resolve(import.meta.dirname, '../../..')
const content = randomBytes(40 * BLOCK_BYTES + 123)
const started: ChildProcess[] = []
let built: string
let folder: string
let upstream: ScriptedUpstream

beforeAll(async () => {
  built = await mkdtemp(join(tmpdir(), 'tlsfit-worker-'))
  const entry = ['test/support/cache-process.ts']
  await build({ entry, outDir: built, cwd: root, config: false, dts: false, clean: false, logLevel: 'error' })
})

afterAll(() => rm(built, { recursive: true, force: true }))

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tlsfit-cache-'))
  upstream = await ScriptedUpstream.start({ etag: '"a"', content })
})

afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
  await upstream.stop()
  await rm(folder, { recursive: true, force: true, maxRetries: 10 })
})

function worker(): ChildProcess {
  const child = spawn(process.execPath, [join(built, 'cache-process.mjs'), folder, String(upstream.port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  started.push(child)
  return child
}

async function output(child: ChildProcess): Promise<string> {
  let text = ''
  for await (const chunk of child.stdout!) text += chunk
  return text.trim()
}

const blocksStored = async () =>
  (await readdir(folder, { recursive: true })).filter((name) => /\/\d{8}$/.test(name)).length

async function readAll(): Promise<Buffer> {
  const cache = await FirmwareCache.open({
    folder,
    maxBytes: 100_000_000,
    staleIfUnreachable: false,
    log: () => {},
  })
  const found = await cache.find({ upstream: 's', url: '/fw', fetch: upstream.fetch })
  if (found.kind !== 'version') throw new Error(found.why)
  const parts: Buffer[] = []
  for await (const part of found.version.stream(0, content.length - 1)) parts.push(part)
  return Buffer.concat(parts)
}

test.each([
  1, 7, 23,
])('a worker killed in mid-download leaves nothing half: what follows block %i is fetched, the bytes are right', async (blocks) => {
  const after = blocks * BLOCK_BYTES + 1_000
  let killed = () => {}
  const isKilled = new Promise<void>((resolve) => {
    killed = resolve
  })
  upstream.fault = (number) => (number === 1 ? { kind: 'hook', after, run: () => isKilled } : undefined)
  const child = worker()
  const exit = once(child, 'exit')
  await expect.poll(blocksStored, { timeout: 20_000 }).toBe(blocks)
  child.kill('SIGKILL')
  await exit
  killed()
  expect((await readAll()).equals(content)).toBe(true)
  expect(upstream.seen).toEqual(['GET', 'GET', `GET bytes=${blocks * BLOCK_BYTES}- if-match "a"`])
  const left = async () =>
    (await readdir(folder, { recursive: true })).filter((name) => /lock|writing/.test(name))
  await expect.poll(left).toEqual([])
})

test('workers of their own process share one download', async () => {
  let went = () => {}
  const isAsked = new Promise<void>((resolve) => {
    went = resolve
  })
  upstream.fault = (number) =>
    number === 1 ? { kind: 'hook', after: 3 * BLOCK_BYTES, run: () => isAsked } : undefined
  const first = output(worker())
  await expect.poll(blocksStored, { timeout: 20_000 }).toBe(3)
  const others = [output(worker()), output(worker())]
  await expect.poll(() => upstream.seen.length, { timeout: 20_000 }).toBe(3)
  went()
  expect(await Promise.all([first, ...others])).toEqual(Array(3).fill(`"a" ${content.length}`))
  expect(upstream.seen).toEqual(['GET', 'GET if-none-match "a"', 'GET if-none-match "a"'])
})
