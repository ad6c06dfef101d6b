import { createHash } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { Checksum } from './checksum.ts'
import { CacheReadError, type RefusedReason, type UpstreamAnswer, type UpstreamFetch } from './contract.ts'
import { BLOCK_BYTES, type Store, type WholeMark } from './store.ts'
import { bytesFrom } from './upstream-bytes.ts'
import type { VersionSeen } from './version-order.ts'

/** Times in a row that a broken download is taken up again without a new block. */
const MOST_ATTEMPTS = 3
const RETRY_MS = 100

export interface FillJob extends VersionSeen {
  readonly store: Store
  readonly key: string
  readonly id: string
  readonly contentType: string | undefined
  readonly fetch: UpstreamFetch
  /** Those that the whole has to have. */
  readonly checksums: readonly Checksum[]
  readonly arrived: (index: number, content: Buffer) => void
  readonly fetched: (bytes: number) => void
}

/** Why a fill ended short of the whole: what the upstream did, or the disk. */
export class FillError extends CacheReadError {
  readonly disk: boolean

  constructor(code: RefusedReason, message: string, disk = false) {
    super(code, message)
    this.disk = disk
  }
}

interface Waiter {
  readonly index: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * The download of one version from its first byte to its last into blocks on disk. What is there already is read and
 * not fetched; a broken download goes on where it broke, on condition that the version is the same.
 */
export class Fill {
  /** Resolves when the version is whole and verified. Never unhandled. */
  readonly done: Promise<WholeMark>
  readonly #job: FillJob
  readonly #blocks: string[] = []
  readonly #waiters = new Set<Waiter>()
  #ended: { error?: unknown } | undefined
  #answer: UpstreamAnswer | undefined
  #isStopped = false

  constructor(job: FillJob, answer: UpstreamAnswer | undefined) {
    this.#job = job
    this.done = this.#run(answer).then(
      (mark) => {
        this.#end({})
        return mark
      },
      (error) => {
        this.#end({ error })
        throw error
      },
    )
    this.done.catch(() => {})
  }

  /** Resolves when the block is there. */
  reach(index: number): Promise<void> {
    if (index < this.#blocks.length || (this.#ended !== undefined && !('error' in this.#ended))) {
      return Promise.resolve()
    }
    if (this.#ended !== undefined) return Promise.reject(this.#ended.error)
    return new Promise((resolve, reject) => this.#waiters.add({ index, resolve, reject }))
  }

  /** Ends short of the whole; what came in whole blocks stays. */
  stop(): void {
    this.#isStopped = true
    this.#answer?.cancel()
  }

  #end(how: { error?: unknown }): void {
    this.#ended = how
    for (const { resolve, reject } of this.#waiters) {
      if ('error' in how) reject(how.error)
      else resolve()
    }
    this.#waiters.clear()
  }

  async #run(answer: UpstreamAnswer | undefined): Promise<WholeMark> {
    const { length, store, key, id, checksums } = this.#job
    const sha256 = createHash('sha256')
    const md5 = createHash('md5')
    const take = (index: number, content: Buffer, digest: string): void => {
      sha256.update(content)
      md5.update(content)
      this.#blocks.push(digest)
      this.#job.arrived(index, content)
      this.#wake(index)
    }
    try {
      await this.#takeStored(take)
      if (this.#blocks.length > 0) answer?.cancel()
      await this.#download(this.#blocks.length > 0 ? undefined : answer, take)
    } finally {
      answer?.cancel()
    }
    const sums = { sha256: sha256.digest('hex'), md5: md5.digest('hex') }
    for (const { algorithm, hex, from } of checksums) {
      if (sums[algorithm] === hex.toLowerCase()) continue
      throw new FillError('checksum', `${algorithm} is ${sums[algorithm]}, and ${from} says ${hex}`)
    }
    const { etag, lastModified, contentType } = this.#job
    const mark = { etag, length, lastModified, contentType, sha256: sums.sha256, blocks: this.#blocks }
    await store.writeWhole(key, id, mark).catch(diskFailed)
    return mark
  }

  /** Blocks of an earlier fill that was cut off. */
  async #takeStored(take: (index: number, content: Buffer, digest: string) => void): Promise<void> {
    const { store, key, id, length } = this.#job
    for (let index = 0; index * BLOCK_BYTES < length; index++) {
      const stored = await store.readBlock(key, id, index)
      if (stored === undefined) return
      if (stored === 'damaged' || stored.content.length !== blockLength(length, index)) {
        await store.removeBlock(key, id, index)
        return
      }
      take(index, stored.content, stored.digest)
    }
  }

  async #download(
    first: UpstreamAnswer | undefined,
    take: (index: number, content: Buffer, digest: string) => void,
  ): Promise<void> {
    const count = Math.ceil(this.#job.length / BLOCK_BYTES)
    let answer = first
    let attempts = 0
    while (this.#blocks.length < count) {
      const before = this.#blocks.length
      try {
        if (this.#isStopped) throw new FillError('incomplete', 'stopped with the gateway')
        this.#answer = answer ?? (await this.#ask(before * BLOCK_BYTES))
        await this.#takeBody(this.#answer, take)
      } catch (error) {
        if (error instanceof CacheReadError && error.code !== 'unreachable') throw error
        // The connection broke, or there was none: what came in whole blocks stays.
      }
      answer = undefined
      attempts = this.#blocks.length > before ? 0 : attempts + 1
      if (attempts >= MOST_ATTEMPTS) {
        const had = this.#blocks.length * BLOCK_BYTES
        throw new FillError('incomplete', `the download broke after ${had} of ${this.#job.length} bytes`)
      }
      if (attempts > 0) await setTimeout(RETRY_MS * attempts)
    }
  }

  #ask(first: number): Promise<UpstreamAnswer> {
    const { fetch, etag } = this.#job
    return first === 0 ? fetch({ ifMatch: etag }) : fetch({ range: { first }, ifMatch: etag })
  }

  async #takeBody(
    answer: UpstreamAnswer,
    take: (index: number, content: Buffer, digest: string) => void,
  ): Promise<void> {
    const { store, key, id, length, fetched } = this.#job
    let index = this.#blocks.length
    let block = Buffer.allocUnsafeSlow(blockLength(length, index))
    let filled = 0
    for await (const chunk of bytesFrom(answer, this.#job, index * BLOCK_BYTES)) {
      fetched(chunk.length)
      for (let at = 0; at < chunk.length; ) {
        const part = chunk.subarray(at, at + block.length - filled)
        block.set(part, filled)
        filled += part.length
        at += part.length
        if (filled < block.length) continue
        await store.writeBlock(key, id, index, block).catch(diskFailed)
        take(index, block, store.blockDigest(key, id, index, block))
        index++
        block = Buffer.allocUnsafeSlow(blockLength(length, index))
        filled = 0
      }
    }
  }

  #wake(index: number): void {
    for (const waiter of this.#waiters) {
      if (waiter.index > index) continue
      this.#waiters.delete(waiter)
      waiter.resolve()
    }
  }
}

/** 0 behind the last. */
export function blockLength(length: number, index: number): number {
  return Math.max(0, Math.min(BLOCK_BYTES, length - index * BLOCK_BYTES))
}

function diskFailed(error: NodeJS.ErrnoException): never {
  throw new FillError('incomplete', `the cache cannot be written to: ${error.code ?? error.message}`, true)
}
