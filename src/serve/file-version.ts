import { createHash } from 'node:crypto'
import { close, constants, fstat, open, read } from 'node:fs'
import { promisify } from 'node:util'
import { formatHttpDate, type Validators } from '../http/preconditions.ts'
import type { BlockCache } from './block-cache.ts'

/** A file is read, checked and kept in memory in blocks of this size. */
export const BLOCK_BYTES = 65_536
/** A modification time this old cannot be shared by a later change, RFC 9110 §8.8.2.2 and coarse clocks of file systems. */
const SETTLED_MS = 2_000

/** What tells that a file on disk is still the one that was read. */
export interface FileIdentity {
  readonly device: bigint
  readonly inode: bigint
  readonly size: bigint
  readonly modifiedNs: bigint
  readonly changedNs: bigint
}

export interface IdentitySource {
  readonly dev: bigint
  readonly ino: bigint
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
}

export function identityOf(stats: IdentitySource): FileIdentity {
  const { dev, ino, size, mtimeNs, ctimeNs } = stats
  return { device: dev, inode: ino, size, modifiedNs: mtimeNs, changedNs: ctimeNs }
}

export function sameFile(a: FileIdentity, b: FileIdentity): boolean {
  return (
    a.device === b.device &&
    a.inode === b.inode &&
    a.size === b.size &&
    a.modifiedNs === b.modifiedNs &&
    a.changedNs === b.changedNs
  )
}

const openFile = promisify(open)
const statFile = (fd: number) => promisify(fstat)(fd, { bigint: true })
const readAt = promisify(read)
let versions = 0

/**
 * One content of one file. It was read through once, for its entity tag and a digest of each block; a block that is
 * read again and is not the same is not given, so that two contents never mix, however the file was changed.
 */
export class FileVersion implements Validators {
  readonly identity: FileIdentity
  readonly size: number
  /** Of the whole content, hex. */
  readonly sha256: string
  readonly etag: string
  readonly lastModified: Date
  readonly lastModifiedIsStrong: boolean
  /** ETag and Last-Modified of a full head. */
  readonly validatorFields: readonly (readonly [name: string, value: string])[]
  readonly #fd: number
  readonly #digests: Buffer
  readonly #cache: BlockCache
  readonly #firstKey: number
  #users = 1

  private constructor(
    fd: number,
    identity: FileIdentity,
    sha256: string,
    digests: Buffer,
    key: number,
    cache: BlockCache,
  ) {
    this.identity = identity
    this.size = Number(identity.size)
    this.sha256 = sha256
    this.etag = `"${sha256.slice(0, 32)}"`
    this.lastModified = new Date(Number(identity.modifiedNs / 1_000_000n))
    this.lastModifiedIsStrong = Date.now() - this.lastModified.getTime() > SETTLED_MS
    this.validatorFields = [
      ['ETag', this.etag],
      ['Last-Modified', formatHttpDate(this.lastModified)],
    ]
    this.#fd = fd
    this.#digests = digests
    this.#cache = cache
    this.#firstKey = key
  }

  /**
   * Reads the file at `path`, which is no link. Undefined where it is no regular file or changes while it is read. Throws
   * the system's error where it cannot be opened or read.
   */
  static async load(path: string, cache: BlockCache): Promise<FileVersion | undefined> {
    // A link put there since the path was resolved is not followed; a pipe does not block.
    const fd = await openFile(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const before = await statFile(fd)
      const version = before.isFile()
        ? await FileVersion.#readThrough(fd, identityOf(before), cache)
        : undefined
      if (version !== undefined && sameFile(version.identity, identityOf(await statFile(fd)))) return version
    } catch (error) {
      close(fd)
      throw error
    }
    close(fd)
    return undefined
  }

  static async #readThrough(
    fd: number,
    identity: FileIdentity,
    cache: BlockCache,
  ): Promise<FileVersion | undefined> {
    const size = Number(identity.size)
    const digests: Buffer[] = []
    const whole = createHash('sha256')
    const firstKey = ++versions * 2 ** 24
    for (let at = 0; at < size; at += BLOCK_BYTES) {
      const length = Math.min(BLOCK_BYTES, size - at)
      const block = Buffer.allocUnsafeSlow(length)
      if ((await readAt(fd, block, 0, length, at)).bytesRead !== length) return undefined
      whole.update(block)
      digests.push(digestOf(block))
      cache.put(firstKey + at / BLOCK_BYTES, block)
    }
    return new FileVersion(fd, identity, whole.digest('hex'), Buffer.concat(digests), firstKey, cache)
  }

  /** A block that is in memory. */
  block(index: number): Buffer | undefined {
    return this.#cache.get(this.#firstKey + index)
  }

  /** A block from the file; undefined where it is not what it was. The caller holds the version. */
  readBlock(index: number, done: (block: Buffer | undefined) => void): void {
    const at = index * BLOCK_BYTES
    const length = Math.min(BLOCK_BYTES, this.size - at)
    const block = Buffer.allocUnsafeSlow(length)
    read(this.#fd, block, 0, length, at, (error, bytesRead) => {
      const good = error === null && bytesRead === length && this.#isGenuine(index, block)
      if (good) this.#cache.put(this.#firstKey + index, block)
      done(good ? block : undefined)
    })
  }

  /** Keeps the file open; each `hold` needs a `release`. */
  hold(): void {
    this.#users++
  }

  release(): void {
    if (--this.#users === 0) close(this.#fd)
  }

  #isGenuine(index: number, block: Buffer): boolean {
    return digestOf(block).equals(this.#digests.subarray(index * 32, index * 32 + 32))
  }
}

function digestOf(block: Buffer): Buffer {
  return createHash('sha256').update(block).digest()
}
