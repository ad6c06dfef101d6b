import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { CacheWork } from './cache-work.ts'
import type { Checksum } from './checksum.ts'
import {
  type CachedVersion,
  type CacheEvent,
  CacheReadError,
  type UpstreamAnswer,
  type UpstreamFetch,
} from './contract.ts'
import { blockLength, Fill, FillError } from './fill.ts'
import { FillLock, isHeld } from './fill-lock.ts'
import type { MemoryBlocks, VersionBlocks } from './memory-blocks.ts'
import { BLOCK_BYTES, type Store, versionId, type WholeMark } from './store.ts'
import { bytesFrom } from './upstream-bytes.ts'
import { VersionStream } from './version-stream.ts'

/** How often a process looks for what another is fetching. */
const LOOK_MS = 25
/** After the disk failed, it is left alone for so long. */
const DISK_REST_MS = 30_000

export interface FileContext {
  readonly store: Store
  readonly memory: MemoryBlocks
  readonly now: () => number
  readonly inUseSeconds: number
  readonly log: (kind: CacheEvent['kind'], message: string) => void
  readonly makeRoom: (key: string, id: string, bytes: number) => Promise<boolean>
  readonly count: { bytesServed: number; bytesFetched: number; fills: number }
  readonly work: CacheWork
}

export interface FileHead {
  readonly etag: string
  readonly length: number
  readonly lastModified: number | undefined
  readonly contentType: string | undefined
  readonly checksum: Checksum | undefined
}

type FillStart = 'here' | 'elsewhere' | 'no-room'

/** One version in this process: its blocks in memory, on disk, or on their way. */
export class CachedFile implements CachedVersion {
  readonly id: string
  readonly etag: string
  readonly length: number
  readonly lastModified: Date | undefined
  readonly contentType: string | undefined
  whole: WholeMark | undefined
  /** The one of the last request. */
  fetch: UpstreamFetch
  /** Where there is one, nothing is read before the whole is verified. */
  checksum: Checksum | undefined
  /** The upstream has another version now. */
  gone = false
  readonly #head: FileHead
  readonly #key: string
  readonly #context: FileContext
  readonly #blocks: VersionBlocks
  readonly #loading = new Map<number, Promise<Buffer>>()
  #fill: Fill | undefined
  #starting: Promise<FillStart> | undefined
  #pins = 0
  #touchedMs = 0
  #diskRestsUntilMs = 0

  constructor(key: string, head: FileHead, fetch: UpstreamFetch, context: FileContext) {
    this.id = versionId(head)
    this.etag = head.etag
    this.length = head.length
    this.lastModified = head.lastModified === undefined ? undefined : new Date(head.lastModified)
    this.contentType = head.contentType
    this.fetch = fetch
    this.checksum = head.checksum
    this.#head = head
    this.#key = key
    this.#context = context
    this.#blocks = new Array(Math.ceil(head.length / BLOCK_BYTES)).fill(undefined)
  }

  /** Whether it is whole or on its way, here or in another process. */
  async isComing(): Promise<boolean> {
    if (this.whole !== undefined || this.isFilling || (await isHeld(this.#lockPath()))) return true
    // Another process marks it as whole before it lets go: it may have done both since this one looked.
    this.whole = await this.#context.store.readWhole(this.#key, this.id)
    return this.whole !== undefined
  }

  get isFilling(): boolean {
    return this.#fill !== undefined || this.#starting !== undefined
  }

  get isInUse(): boolean {
    return this.#pins > 0 || this.isFilling || this.#loading.size > 0
  }

  bytes(first: number, last: number): Buffer | undefined {
    this.#checkRange(first, last)
    const index = Math.floor(first / BLOCK_BYTES)
    const block = this.#blocks[index]
    if (block === undefined) return undefined
    const from = first - index * BLOCK_BYTES
    const to = last + 1 - index * BLOCK_BYTES
    if (to <= block.content.length) {
      block.used = true
      this.#context.count.bytesServed += to - from
      return block.content.subarray(from, to)
    }
    const next = this.#blocks[index + 1]
    if (next === undefined || to > BLOCK_BYTES + next.content.length) return undefined
    block.used = true
    next.used = true
    this.#context.count.bytesServed += to - from
    return Buffer.concat([block.content.subarray(from), next.content.subarray(0, to - BLOCK_BYTES)])
  }

  stream(first: number, last: number): AsyncIterableIterator<Buffer> {
    this.#checkRange(first, last)
    this.#pins++
    return new VersionStream(first, last, {
      block: (index) => this.block(index),
      sent: (bytes) => {
        this.#context.count.bytesServed += bytes
        this.touch()
      },
      ended: () => {
        this.#pins--
      },
    })
  }

  /** Tells the other workers that this version is in use. */
  touch(): void {
    const now = this.#context.now()
    if (now - this.#touchedMs < this.#context.inUseSeconds * 250) return
    this.#touchedMs = now
    this.#context.store.touch(this.#key, this.id, now)
  }

  /** Rejects with `CacheReadError`. */
  block(index: number): Promise<Buffer> {
    const held = this.#blocks[index]
    if (held !== undefined) {
      held.used = true
      return Promise.resolve(held.content)
    }
    let loading = this.#loading.get(index)
    if (loading === undefined) {
      loading = this.#load(index).finally(() => this.#loading.delete(index))
      this.#loading.set(index, loading)
    }
    return loading
  }

  /** Resolves when all of it is on disk and verified. `checksums` are those besides the upstream's own. */
  async makeWhole(answer: UpstreamAnswer | undefined, checksums: readonly Checksum[]): Promise<WholeMark> {
    let body = answer
    for (;;) {
      const start = await this.startFill(body, checksums)
      body = undefined
      if (this.#fill !== undefined) return this.#fill.done
      if (this.whole !== undefined) return this.whole
      if (start === 'no-room') throw new CacheReadError('not-verifiable', 'no room to verify it in')
      if (start === 'elsewhere') await this.#waitElsewhere()
    }
  }

  /** Begins the download, unless it is under way here or elsewhere. Takes `answer`, the 200 of it, or cancels it. */
  startFill(answer: UpstreamAnswer | undefined, checksums: readonly Checksum[]): Promise<FillStart> {
    if (this.#starting !== undefined || this.#fill !== undefined) {
      answer?.cancel()
      return this.#starting ?? Promise.resolve('here')
    }
    this.#starting = this.#start(answer, checksums).finally(() => {
      this.#starting = undefined
    })
    return this.#context.work.add(this.#starting)
  }

  async #start(answer: UpstreamAnswer | undefined, checksums: readonly Checksum[]): Promise<FillStart> {
    const { store, makeRoom, now, log, work } = this.#context
    let lock: FillLock | undefined
    try {
      if (now() < this.#diskRestsUntilMs) return this.#withoutDisk(answer)
      if (!(await makeRoom(this.#key, this.id, this.length))) {
        log('disk', `no room for ${this.length} bytes: passed through without being kept`)
        this.#diskRestsUntilMs = now() + DISK_REST_MS
        return this.#withoutDisk(answer)
      }
      await store.makeVersionFolder(this.#key, this.id)
      lock = await FillLock.take(this.#lockPath())
    } catch (error) {
      this.#diskFailed(error as NodeJS.ErrnoException)
      return this.#withoutDisk(answer)
    }
    if (lock === undefined) {
      answer?.cancel()
      return 'elsewhere'
    }
    if (work.isOver) {
      await lock.release()
      return this.#withoutDisk(answer)
    }
    this.whole = await store.readWhole(this.#key, this.id)
    if (this.whole !== undefined) {
      answer?.cancel()
      await lock.release()
      return 'here'
    }
    this.#runFill(answer, checksums, lock)
    return 'here'
  }

  #runFill(answer: UpstreamAnswer | undefined, checksums: readonly Checksum[], lock: FillLock): void {
    const { store, memory, log, count, work } = this.#context
    const own = this.checksum
    count.fills++
    const fill = new Fill(
      {
        ...this.#head,
        store,
        key: this.#key,
        id: this.id,
        fetch: (ask) => this.fetch(ask),
        checksums: own === undefined ? checksums : [own, ...checksums],
        arrived: (index, content) => memory.add(this.#blocks, index, content),
        fetched: (bytes) => {
          count.bytesFetched += bytes
        },
      },
      answer,
    )
    this.#fill = fill
    const ended = fill.done
      .then(
        (mark) => {
          this.#fill = undefined
          this.whole = mark
          log('filled', `${mark.length} bytes of ${mark.etag}, sha256 ${mark.sha256}`)
        },
        async (error: CacheReadError) => {
          this.#fill = undefined
          if (error instanceof FillError && error.disk) return this.#diskFailed(error)
          if (error.code === 'checksum') memory.drop(this.#blocks)
          if (error.code === 'version-gone') this.gone = true
          log(error.code === 'checksum' ? 'checksum' : 'incomplete', `${this.etag}: ${error.message}`)
          if (error.code !== 'incomplete') await store.removeVersion(this.#key, this.id)
        },
      )
      .finally(() => lock.release())
      .catch(() => {})
    work.add(ended, () => fill.stop())
  }

  async #load(index: number): Promise<Buffer> {
    for (let attempt = 0; attempt < 3; attempt++) {
      const held = this.#blocks[index]
      if (held !== undefined) return held.content
      const stored = await this.#readStored(index)
      if (stored instanceof Buffer) return stored
      if (stored === 'damaged') return this.#fetchBlock(index)
      if (this.whole !== undefined) {
        const { sha256 } = this.whole
        this.whole = await this.#context.store.readWhole(this.#key, this.id)
        if (this.whole !== undefined) return this.#fetchBlock(index)
        // Evicted: what comes in its place has to be the same.
        this.checksum = { algorithm: 'sha256', hex: sha256, from: 'what was kept before' }
      }
      if (!(await this.#await(index))) return this.#fetchBlock(index)
    }
    return this.#fetchBlock(index)
  }

  /** False where it will not come to the disk. */
  async #await(index: number): Promise<boolean> {
    if (this.checksum !== undefined) {
      await this.makeWhole(undefined, [])
      return true
    }
    const start = await this.startFill(undefined, [])
    if (start === 'no-room') return false
    if (start === 'elsewhere') {
      await this.#waitElsewhere(index)
      return true
    }
    try {
      await this.#fill?.reach(index)
    } catch (error) {
      if (error instanceof FillError && error.disk) return false
      throw error
    }
    return true
  }

  async #readStored(index: number): Promise<Buffer | 'damaged' | undefined> {
    const { store, memory, log } = this.#context
    const stored = await store.readBlock(this.#key, this.id, index)
    if (stored === undefined) return undefined
    const marked = this.whole?.blocks[index]
    if (
      stored === 'damaged' ||
      stored.content.length !== blockLength(this.length, index) ||
      (marked !== undefined && marked !== stored.digest)
    ) {
      log('damaged', `block ${index} of ${this.etag} on disk: fetched anew`)
      await store.removeBlock(this.#key, this.id, index)
      return 'damaged'
    }
    memory.add(this.#blocks, index, stored.content)
    return stored.content
  }

  /** One block by a range on condition that the version is the same. */
  async #fetchBlock(index: number): Promise<Buffer> {
    const { store, memory, count } = this.#context
    const wanted = blockLength(this.length, index)
    const first = index * BLOCK_BYTES
    const block = Buffer.allocUnsafeSlow(wanted)
    let filled = 0
    try {
      const answer = await this.fetch({ range: { first, last: first + wanted - 1 }, ifMatch: this.etag })
      for await (const chunk of bytesFrom(answer, this.#head, first)) {
        const part = chunk.subarray(0, wanted - filled)
        count.bytesFetched += chunk.length
        block.set(part, filled)
        filled += part.length
        if (filled === wanted) break
      }
    } catch (error) {
      if (!(error instanceof CacheReadError)) {
        throw new CacheReadError('unreachable', 'the upstream cannot be reached')
      }
      if (error.code === 'version-gone') this.gone = true
      throw error
    }
    if (filled < wanted) throw new CacheReadError('incomplete', 'the upstream sent less than it said')
    const marked = this.whole?.blocks[index]
    if (marked !== undefined) {
      if (store.blockDigest(this.#key, this.id, index, block) !== marked) {
        throw new CacheReadError('checksum', `other bytes under the same entity tag ${this.etag}`)
      }
      await store.writeBlock(this.#key, this.id, index, block).catch((error) => this.#diskFailed(error))
    }
    memory.add(this.#blocks, index, block)
    return block
  }

  /** Until another process has the block, or the whole where no block is named, or gives up. */
  async #waitElsewhere(index?: number): Promise<void> {
    const { store } = this.#context
    while (await isHeld(this.#lockPath())) {
      if (index !== undefined && (await store.readBlock(this.#key, this.id, index)) !== undefined) return
      await setTimeout(LOOK_MS)
    }
    this.whole = await store.readWhole(this.#key, this.id)
  }

  #withoutDisk(answer: UpstreamAnswer | undefined): FillStart {
    answer?.cancel()
    return 'no-room'
  }

  #diskFailed(error: NodeJS.ErrnoException): void {
    const { log, now } = this.#context
    this.#diskRestsUntilMs = now() + DISK_REST_MS
    const what = error instanceof CacheReadError ? error.message : (error.code ?? error.message)
    log('disk', `${what}: passed through without being kept for ${DISK_REST_MS / 1_000} s`)
  }

  #lockPath(): string {
    return join(this.#context.store.versionFolder(this.#key, this.id), 'lock')
  }

  #checkRange(first: number, last: number): void {
    if (!(first >= 0 && first <= last && last < this.length)) {
      throw new RangeError(`bytes ${first}-${last} do not lie within ${this.length}`)
    }
  }
}
