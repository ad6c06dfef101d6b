import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolders } from '../../io/make-folders.ts'
import { CacheWork } from './cache-work.ts'
import { CachedUrl, type UrlContext } from './cached-url.ts'
import type {
  CacheCounters,
  CacheEvent,
  CacheOptions,
  CacheRequest,
  Found,
  UpstreamAnswer,
} from './contract.ts'
import { isAlive } from './fill-lock.ts'
import { MemoryBlocks } from './memory-blocks.ts'
import { realDisk, TEMPORARY } from './real-disk.ts'
import { boundUrls, makeRoom, type Room } from './room.ts'
import { namesIn, Store, urlKey } from './store.ts'

const MEMORY_BYTES = 67_108_864
const FRESH_SECONDS = 10
const IN_USE_SECONDS = 60
/** URLs that this process has at hand; the others are read from disk again. */
const MOST_URLS_AT_HAND = 4_096
/** A file being written by a process that is gone, or for so long, is nobody's. */
const TEMPORARY_MS = 3_600_000

/** Whole firmware on disk, in a folder that several workers may share. */
export class FirmwareCache {
  readonly #options: CacheOptions
  readonly #urls = new Map<string, CachedUrl>()
  readonly #store: Store
  readonly #memory: MemoryBlocks
  readonly #room: Room
  readonly #count = { bytesServed: 0, bytesFetched: 0, fills: 0, revalidations: 0, refused: 0 }
  readonly #work = new CacheWork()
  #makingRoom: Promise<unknown> = Promise.resolve()

  /** Throws where the folder cannot be made or read. */
  static async open(options: CacheOptions): Promise<FirmwareCache> {
    await makeFolders(options.folder, 0o700)
    await removeLeftovers(options.folder)
    return new FirmwareCache(options)
  }

  private constructor(options: CacheOptions) {
    const disk = options.disk ?? realDisk
    this.#options = options
    this.#store = new Store(options.folder, disk)
    this.#memory = new MemoryBlocks(options.memoryBytes ?? MEMORY_BYTES)
    this.#room = {
      store: this.#store,
      disk,
      maxBytes: options.maxBytes,
      inUseSeconds: options.inUseSeconds ?? IN_USE_SECONDS,
      now: options.now ?? Date.now,
      isInUse: (key, id) => [...this.#urls.values()].some((url) => url.key === key && url.holds(id)),
      evicted: (key, id) =>
        options.log({ kind: 'evicted', upstream: '', url: key, message: `${id}: room was needed` }),
    }
  }

  /** At once where the version is fresh, else when the upstream has been asked. Never rejects for its faults. */
  find(request: CacheRequest): Found | Promise<Found> {
    return this.#urlOf(request).find(request)
  }

  /**
   * Whether an answer that the proxy got itself, after `pass`, may be served: not one older than a version seen before,
   * and no file unverified whose SHA-256 is configured.
   */
  admits(request: CacheRequest, answer: Pick<UpstreamAnswer, 'status' | 'field'>): Promise<boolean> {
    return this.#urlOf(request).admits(request, answer)
  }

  /** Downloads end where they are, and what was being written is whole or gone. */
  close(): Promise<void> {
    return this.#work.end()
  }

  get counters(): CacheCounters {
    return { ...this.#count }
  }

  #urlOf(request: CacheRequest): CachedUrl {
    const name = `${request.upstream}\n${request.url}`
    const known = this.#urls.get(name)
    if (known !== undefined) return known
    for (const [oldest, url] of this.#urls) {
      if (this.#urls.size < MOST_URLS_AT_HAND) break
      if (!url.isInUse) this.#urls.delete(oldest)
    }
    const url = new CachedUrl(urlKey(request.upstream, request.url), request, this.#contextOf(request))
    this.#urls.set(name, url)
    return url
  }

  #contextOf({ upstream, url }: CacheRequest): UrlContext {
    const { staleIfUnreachable, freshSeconds = FRESH_SECONDS, maxBytes, log } = this.#options
    return {
      staleIfUnreachable,
      freshSeconds,
      maxFileBytes: maxBytes,
      count: this.#count,
      file: {
        store: this.#store,
        memory: this.#memory,
        now: this.#room.now,
        inUseSeconds: this.#room.inUseSeconds,
        log: (kind: CacheEvent['kind'], message: string) => log({ kind, upstream, url, message }),
        makeRoom: (key, id, bytes) => this.#makeRoom(key, id, bytes),
        count: this.#count,
        work: this.#work,
      },
    }
  }

  /** One at a time: two would count the same room. */
  #makeRoom(key: string, id: string, bytes: number): Promise<boolean> {
    const made = this.#makingRoom.then(async () => {
      await boundUrls(this.#room, key)
      const isEnough = await makeRoom(this.#room, key, id, bytes)
      if (isEnough) await this.#store.makeVersionFolder(key, id)
      return isEnough
    })
    this.#makingRoom = made.catch(() => {})
    return made
  }
}

async function removeLeftovers(folder: string): Promise<void> {
  for (const place of [folder, ...(await subfolders(folder))]) {
    for (const name of await namesIn(place)) {
      if (!name.startsWith(TEMPORARY)) continue
      const path = join(place, name)
      const pid = Number(/^\d+/.exec(name.slice(TEMPORARY.length))?.[0])
      const written = await stat(path).catch(() => undefined)
      const isOld = written !== undefined && Date.now() - written.mtimeMs > TEMPORARY_MS
      if (isOld || !isAlive(pid)) await rm(path, { recursive: true, force: true })
    }
  }
}

/** Folders of URLs and of their versions. */
async function subfolders(folder: string): Promise<string[]> {
  const found: string[] = []
  for (const key of (await namesIn(folder)).filter((name) => /^[0-9a-f]{32}$/.test(name))) {
    const path = join(folder, key)
    found.push(path)
    for (const id of await namesIn(path)) if (/^[0-9a-f]{32}-\d+$/.test(id)) found.push(join(path, id))
  }
  return found
}
