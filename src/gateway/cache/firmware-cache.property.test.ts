import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ScriptedUpstream, type UpstreamFault } from '../../../test/support/scripted-upstream.ts'
import { CacheReadError, type CacheRequest } from './contract.ts'
import { FirmwareCache } from './firmware-cache.ts'
import { realDisk } from './real-disk.ts'

/** Three blocks and some, some versions of one length; every byte tells version and place. */
const LENGTH = 200_003
const WRONG_BY = 5
const contentOf = (version: number): Buffer => {
  const content = Buffer.alloc(LENGTH - Math.floor(version / 3) * 7)
  for (let at = 0; at < content.length; at += 32) {
    createHash('sha256').update(`${version} ${at}`).digest().copy(content, at)
  }
  return content
}
const contents = Array.from({ length: 12 }, (_, version) => contentOf(version))

const fault: fc.Arbitrary<UpstreamFault | undefined> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  fc.constant({ kind: 'down' } as const),
  fc.constant({ kind: 'deaf' } as const),
  fc.record({ kind: fc.constant('status' as const), status: fc.constantFrom(404, 429, 500, 503) }),
  fc.record({ kind: fc.constant('cut' as const), after: fc.nat(LENGTH) }),
  // One that promises less than it has, and sends no more, is not to be told from a shorter file without a checksum.
  fc.constant({ kind: 'length', by: WRONG_BY } as const),
)

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('read' as const),
      client: fc.nat(3),
      worker: fc.nat(1),
      goesOn: fc.boolean(),
      first: fc.nat(LENGTH - 200),
      length: fc.integer({ min: 1, max: 150_000 }),
      waits: fc.boolean(),
    }),
  },
  fc.record({ do: fc.constant('publish' as const) }),
  /** What a stale replica shows. */
  fc.record({ do: fc.constant('showOlder' as const), by: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ do: fc.constant('time' as const), seconds: fc.constantFrom(3, 11, 100) }),
  fc.record({ do: fc.constant('faults' as const), faults: fc.array(fault, { maxLength: 4 }) }),
  fc.record({ do: fc.constant('restart' as const), worker: fc.nat(1) }),
  fc.record({ do: fc.constant('damage' as const), which: fc.nat(20) }),
  fc.record({ do: fc.constant('disk' as const), isFull: fc.boolean() }),
)
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never

test('whatever happens, what is served is a slice of one version, and no older one follows a newer', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 25 }),
      fc.boolean(),
      fc.boolean(),
      async (steps, hasDates, staleIfUnreachable) => {
        const run = await Run.start(hasDates, staleIfUnreachable)
        try {
          for (const one of steps) await run.take(one)
          await run.settle()
          served += run.served
        } finally {
          await run.stop()
        }
      },
    ),
    { numRuns: Number(process.env.CACHE_RUNS ?? 40), endOnFailure: false },
  )
  expect(served).toBeGreaterThan(20)
}, 300_000)

let served = 0

class Run {
  served = 0
  readonly #folder: string
  readonly #upstream: ScriptedUpstream
  readonly #hasDates: boolean
  readonly #stale: boolean
  readonly #workers: FirmwareCache[] = []
  readonly #reads: Promise<void>[] = []
  readonly #given = new Set<number>()
  readonly #began = new Map<number, string>()
  #published = 0
  /** The newest version that `find` has given. */
  #newest = -1
  #nowMs = Date.now()
  #isFull = false
  #faults: (UpstreamFault | undefined)[] = []

  static async start(hasDates: boolean, stale: boolean): Promise<Run> {
    const folder = await mkdtemp(join(tmpdir(), 'tlsfit-cache-'))
    const run = new Run(folder, await ScriptedUpstream.start({ content: contents[0]! }), hasDates, stale)
    run.#show(0)
    for (const worker of [0, 1]) await run.#open(worker)
    return run
  }

  private constructor(folder: string, upstream: ScriptedUpstream, hasDates: boolean, stale: boolean) {
    this.#folder = folder
    this.#upstream = upstream
    this.#hasDates = hasDates
    this.#stale = stale
    upstream.fault = () => this.#faults.shift()
  }

  async take(one: Step): Promise<void> {
    if (one.do === 'read') {
      const reading = this.#read(one)
      reading.catch(() => {})
      this.#reads.push(reading)
      if (one.waits) await reading
    } else if (one.do === 'publish') {
      this.#published = Math.min(this.#published + 1, contents.length - 1)
      this.#show(this.#published)
    } else if (one.do === 'showOlder') {
      const older = Math.max(0, this.#published - one.by)
      // Without dates a version never seen before passes for new, and nothing says otherwise.
      if (this.#hasDates || this.#given.has(older)) this.#show(older)
    } else if (one.do === 'time') {
      this.#nowMs += one.seconds * 1_000
    } else if (one.do === 'faults') {
      this.#faults = [...one.faults]
    } else if (one.do === 'restart') {
      await this.#open(one.worker)
    } else if (one.do === 'disk') {
      this.#isFull = one.isFull
    } else {
      await this.#damage(one.which)
    }
  }

  async settle(): Promise<void> {
    await Promise.all(this.#reads)
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.#reads)
    await this.#upstream.stop()
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 20 })
  }

  async #read({ client, worker, goesOn, first, length }: Extract<Step, { do: 'read' }>): Promise<void> {
    const began = goesOn ? this.#began.get(client) : undefined
    const newestBefore = this.#newest
    const request: CacheRequest = { upstream: 's', url: '/fw', fetch: this.#upstream.fetch, began }
    const found = await this.#workers[worker]!.find(request)
    if (found.kind !== 'version') return
    const { version } = found
    const number = Number(version.etag.slice(2, -1))
    if (began === undefined) {
      expect(number, 'no older version follows a newer').toBeGreaterThanOrEqual(newestBefore)
      this.#newest = Math.max(this.#newest, number)
      this.#given.add(number)
    } else {
      expect(version.id, 'who goes on gets the same version').toBe(began)
    }
    this.#began.set(client, version.id)
    const content = contents[number]!
    // A length that is wrong in the head is found when the body ends: the answer is cut, as the upstream's own is.
    expect([content.length, content.length + WRONG_BY]).toContain(version.length)
    const last = Math.min(first + length, version.length) - 1
    const wanted = content.subarray(first, last + 1)
    const atOnce = version.bytes(first, last)
    if (atOnce !== undefined) expect(atOnce.equals(wanted), 'bytes of one version').toBe(true)
    const parts: Buffer[] = []
    try {
      for await (const part of version.stream(first, last)) parts.push(part)
    } catch (error) {
      expect(error).toBeInstanceOf(CacheReadError)
    }
    const got = Buffer.concat(parts)
    expect(got.equals(wanted.subarray(0, got.length)), 'a slice of one version').toBe(true)
    if (got.length === wanted.length) this.served++
  }

  /** A restarted worker leaves its fills and locks behind, as a process that is killed does not even. */
  async #open(worker: number): Promise<void> {
    const full = () => Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    this.#workers[worker] = await FirmwareCache.open({
      folder: this.#folder,
      maxBytes: 700_000,
      memoryBytes: 150_000,
      staleIfUnreachable: this.#stale,
      now: () => this.#nowMs,
      log: () => {},
      disk: {
        ...realDisk,
        writeWhole: async (path, content, _durable) => {
          if (this.#isFull) throw full()
          await realDisk.writeWhole(path, content, false)
        },
      },
    })
  }

  #show(version: number): void {
    const date = new Date(Date.UTC(2026, 0, 1 + version)).toUTCString()
    this.#upstream.file = {
      etag: `"v${version}"`,
      content: contents[version]!,
      ...(this.#hasDates ? { lastModified: date } : {}),
    }
  }

  async #damage(which: number): Promise<void> {
    const names = await readdir(this.#folder, { recursive: true }).catch(() => [])
    const files = names.filter((name) => /\/(\d{8}|whole)$/.test(name)).sort()
    const name = files[which % Math.max(1, files.length)]
    if (name === undefined) return
    // Evicted meanwhile, perhaps.
    await writeFile(join(this.#folder, name), `damaged ${which}`, { flag: 'r+' }).catch(() => {})
  }
}
