import { createHash } from 'node:crypto'
import { close, constants, fstat, open, read } from 'node:fs'
import { promisify } from 'node:util'
import { formatHttpDate, type Validators } from '../http/preconditions.ts'
import type { BlockCache } from './block-cache.ts'

/** A file is read, checked and kept in memory in blocks of this size. */
export const BLOCK_BYTES = 65_536
/** A modification time this old cannot be shared by a later change, RFC 9110 §8.8.2.2 and coarse clocks of file systems. */
const SETTLED_MS = 2_000
const DIGEST_BYTES = 32

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
/** What was read is read, and the number is free: without somebody who takes it, Node throws a failure to close. */
const taken = (): void => {}
let versions = 0

/** Above this the tag is made behind the answers: a device waits for a head no longer than it takes to read so much. */
const PROMPT_BYTES = 32 << 20
/** A large file that was written to so short ago may be half of one. */
const WRITTEN_MS = 1_000

/**
 * One content of one file. It is read through once, for its entity tag and a digest of each block; a block that is read
 * again and is not the same is not given, so that two contents never mix, however the file was changed. A large file is
 * given while that goes on, without a tag; a block that was given before holds for the tag as well.
 */
export class FileVersion implements Validators {
  readonly identity: FileIdentity
  readonly size: number
  readonly lastModified: Date
  readonly lastModifiedIsStrong: boolean
  /** ETag, as soon as it is known, and Last-Modified of a full head. */
  validatorFields: readonly (readonly [name: string, value: string])[]
  /** Of the whole content; undefined while that is still being read. */
  etag: string | undefined
  readonly #fd: number
  readonly #digests: Buffer
  /** By block: its digest is there. */
  readonly #read: Uint8Array
  readonly #cache: BlockCache
  readonly #firstKey = ++versions * 2 ** 24
  #users = 1
  #lost = false

  private constructor(fd: number, identity: FileIdentity, cache: BlockCache) {
    this.identity = identity
    this.size = Number(identity.size)
    this.lastModified = new Date(Number(identity.modifiedNs / 1_000_000n))
    this.lastModifiedIsStrong = Date.now() - this.lastModified.getTime() > SETTLED_MS
    this.validatorFields = [['Last-Modified', formatHttpDate(this.lastModified)]]
    const blocks = Math.ceil(this.size / BLOCK_BYTES)
    this.#fd = fd
    this.#digests = Buffer.alloc(blocks * DIGEST_BYTES)
    this.#read = new Uint8Array(blocks)
    this.#cache = cache
  }

  /**
   * Opens the file at `path`, which is no link, and reads it, or begins to: `onBehind` is called where that goes on behind.
   * Undefined where it is no regular file or changes. Throws the system's error where it cannot be opened or read.
   */
  static async load(
    path: string,
    cache: BlockCache,
    onBehind: (version: FileVersion, tagged: Promise<boolean>) => void = () => {},
  ): Promise<FileVersion | undefined> {
    // A link put there since the path was resolved is not followed; a pipe does not block.
    const fd = await openFile(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const stats = await statFile(fd)
      const version = stats.isFile() ? new FileVersion(fd, identityOf(stats), cache) : undefined
      if (version !== undefined && version.size > PROMPT_BYTES) {
        const age = Date.now() - version.lastModified.getTime()
        if (age < 0 || age >= WRITTEN_MS) {
          onBehind(version, version.#tagBehind())
          return version
        }
      } else if (version !== undefined && (await version.#readThrough())) return version
    } catch (error) {
      close(fd, taken)
      throw error
    }
    close(fd, taken)
    return undefined
  }

  /** Its content is no longer to be had. */
  get lost(): boolean {
    return this.#lost
  }

  /** A block that is in memory. */
  block(index: number): Buffer | undefined {
    return this.#cache.get(this.#firstKey + index)
  }

  /** A block from the file; undefined where it is not what it was. The caller holds the version. */
  readBlock(index: number, done: (block: Buffer | undefined) => void): void {
    const block = this.#room(index)
    read(this.#fd, block, 0, block.length, index * BLOCK_BYTES, (error, bytesRead) => {
      if (error !== null || bytesRead !== block.length || this.#lost) done(undefined)
      else if (this.etag !== undefined) done(this.#keep(index, block))
      else {
        fstat(this.#fd, { bigint: true }, (failed, stats) =>
          done(failed === null && this.#isUntouched(stats) ? this.#keep(index, block) : undefined),
        )
      }
    })
  }

  /** Keeps the file open; each `hold` needs a `release`. */
  hold(): void {
    this.#users++
  }

  release(): void {
    if (--this.#users === 0) close(this.#fd, taken)
  }

  #keep(index: number, block: Buffer): Buffer | undefined {
    if (!this.#isGenuine(index, block)) return undefined
    this.#cache.put(this.#firstKey + index, block)
    return block
  }

  /** False where nobody waits for the tag any more, or the content was lost. */
  async #tagBehind(): Promise<boolean> {
    this.hold()
    try {
      return await this.#readThrough(() => this.#users > 1)
    } catch {
      this.#lost = true
      return false
    } finally {
      this.release()
    }
  }

  /** `goOn`: only behind, where what others read is left in memory. */
  async #readThrough(goOn?: () => boolean): Promise<boolean> {
    const whole = createHash('sha256')
    for (let index = 0; index < this.#read.length; index++) {
      if (goOn?.() === false) return false
      const block = this.#room(index)
      const { bytesRead } = await readAt(this.#fd, block, 0, block.length, index * BLOCK_BYTES)
      if (bytesRead !== block.length || !this.#isGenuine(index, block)) return this.#lose()
      whole.update(block)
      if (goOn === undefined) this.#cache.put(this.#firstKey + index, block)
    }
    const after = await statFile(this.#fd)
    // A name more or less, or other rights, are no other content; but then only the date says so, which can be set.
    if (!sameFile(this.identity, identityOf(after))) return this.#isUntouched(after) ? false : this.#lose()
    this.etag = `"${whole.digest('hex').slice(0, 32)}"`
    this.validatorFields = [['ETag', this.etag], ...this.validatorFields]
    return true
  }

  #lose(): false {
    this.#lost = true
    return false
  }

  #isUntouched({ size, mtimeNs }: IdentitySource): boolean {
    return size === this.identity.size && mtimeNs === this.identity.modifiedNs
  }

  /** The first to read a block says what it is; all others have to read the same. */
  #isGenuine(index: number, block: Buffer): boolean {
    const digest = createHash('sha256').update(block).digest()
    const at = index * DIGEST_BYTES
    if (this.#read[index] === 1) return digest.equals(this.#digests.subarray(at, at + DIGEST_BYTES))
    digest.copy(this.#digests, at)
    this.#read[index] = 1
    return true
  }

  #room(index: number): Buffer {
    return Buffer.allocUnsafeSlow(Math.min(BLOCK_BYTES, this.size - index * BLOCK_BYTES))
  }
}
