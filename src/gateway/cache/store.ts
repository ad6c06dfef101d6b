import { createHash, randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { link, readdir, readFile, rename, rm, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolders } from '../../io/make-folders.ts'
import type { Checksum } from './checksum.ts'
import type { Disk } from './contract.ts'
import { TEMPORARY } from './real-disk.ts'
import { digestOf, seal, unseal } from './sealed.ts'
import type { NewestVersion, VersionSeen } from './version-order.ts'

/** Bytes of a block; the last of a version is shorter. */
export const BLOCK_BYTES = 65_536
/** Records of versions kept of one URL: a worker that is so many behind looks again anyway. */
const RECORDS_KEPT = 64

/** The newest version of a URL, in the order that all workers agree on. */
export interface VersionRecord extends NewestVersion {
  readonly upstream: string
  readonly url: string
  readonly contentType: string | undefined
  /** The upstream's own: a version that has one is not read before it is whole. */
  readonly checksum: Checksum | undefined
  readonly firstSeen: number
}

export interface NumberedRecord {
  readonly number: number
  readonly record: VersionRecord
}

/** Written when every block is there and verified. */
export interface WholeMark extends VersionSeen {
  readonly contentType: string | undefined
  readonly sha256: string
  /** Digests of the sealed blocks. */
  readonly blocks: readonly string[]
}

/**
 * The folder:
 *
 *     URL/00000001.version      record of the first version seen, sealed
 *     URL/ID/00000000           block 0 of a version, sealed
 *     URL/ID/whole              mark that all of it is there, sealed
 *     URL/ID/lock               one process is filling it
 *
 * Every file is written beside and renamed, so that there is all of it or none. Blocks are not synchronised: one that
 * a loss of power tore does not open. Records are, and are linked, never overwritten: of two workers that write the
 * same number, one learns that it came second.
 */
export class Store {
  readonly folder: string
  readonly #disk: Disk

  constructor(folder: string, disk: Disk) {
    this.folder = folder
    this.#disk = disk
  }

  urlFolder(key: string): string {
    return join(this.folder, key)
  }

  versionFolder(key: string, id: string): string {
    return join(this.folder, key, id)
  }

  /** Whether a record of this number is there. Synchronous, because every answer from memory asks it. */
  hasRecord(key: string, number: number): boolean {
    return statSync(this.#recordPath(key, number), { throwIfNoEntry: false }) !== undefined
  }

  /**
   * Undefined where none is; `damaged` where the newest does not open. Throws the system's error where the disk does not
   * give it: what was served before is not forgotten because of that.
   */
  async newest(key: string): Promise<NumberedRecord | { number: number; damaged: true } | undefined> {
    const numbers = recordNumbers((await readdir(this.urlFolder(key)).catch(unlessAbsent)) ?? [])
    const number = numbers.at(-1)
    if (number === undefined) return undefined
    const file = await readFile(this.#recordPath(key, number)).catch(unlessAbsent)
    const opened = file === undefined ? undefined : unseal(recordPlace(key, number), file)
    if (opened === undefined) return { number, damaged: true }
    return { number, record: JSON.parse(opened.content.toString()) as VersionRecord }
  }

  /** False where another worker has written this number. */
  async commit(key: string, number: number, record: VersionRecord): Promise<boolean> {
    const folder = this.urlFolder(key)
    await makeFolders(folder, 0o700)
    const beside = join(folder, `${TEMPORARY}${process.pid}-${randomBytes(6).toString('hex')}`)
    const content = seal(recordPlace(key, number), Buffer.from(JSON.stringify(record)))
    try {
      await this.#disk.writeWhole(beside, content, true)
      await link(beside, this.#recordPath(key, number))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw error
    } finally {
      await rm(beside, { force: true })
    }
    await rm(this.#recordPath(key, number - RECORDS_KEPT), { force: true })
    return true
  }

  async readBlock(
    key: string,
    id: string,
    index: number,
  ): Promise<{ content: Buffer; digest: string } | 'damaged' | undefined> {
    const file = await readFile(this.#blockPath(key, id, index)).catch((error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' || error.code === 'ENOTDIR' ? undefined : 'damaged',
    )
    if (typeof file === 'string' || file === undefined) return file as 'damaged' | undefined
    return unseal(blockPlace(key, id, index), file) ?? 'damaged'
  }

  async writeBlock(key: string, id: string, index: number, content: Buffer): Promise<void> {
    await this.#disk.writeWhole(
      this.#blockPath(key, id, index),
      seal(blockPlace(key, id, index), content),
      false,
    )
  }

  blockDigest(key: string, id: string, index: number, content: Buffer): string {
    return digestOf(blockPlace(key, id, index), content).toString('hex')
  }

  async removeBlock(key: string, id: string, index: number): Promise<void> {
    await rm(this.#blockPath(key, id, index), { force: true, recursive: true }).catch(() => {})
  }

  async readWhole(key: string, id: string): Promise<WholeMark | undefined> {
    const file = await readFile(this.#wholePath(key, id)).catch(() => undefined)
    const opened = file === undefined ? undefined : unseal(wholePlace(key, id), file)
    return opened === undefined ? undefined : (JSON.parse(opened.content.toString()) as WholeMark)
  }

  async writeWhole(key: string, id: string, mark: WholeMark): Promise<void> {
    const content = seal(wholePlace(key, id), Buffer.from(JSON.stringify(mark)))
    await this.#disk.writeWhole(this.#wholePath(key, id), content, true)
  }

  async makeVersionFolder(key: string, id: string): Promise<void> {
    await makeFolders(this.versionFolder(key, id), 0o700)
  }

  /** Out of sight at once, whatever happens while its files go. */
  async removeVersion(key: string, id: string): Promise<void> {
    const gone = join(this.folder, `${TEMPORARY}${process.pid}-${randomBytes(6).toString('hex')}`)
    const moved = await rename(this.versionFolder(key, id), gone).then(
      () => true,
      () => false,
    )
    if (moved) await rm(gone, { recursive: true, force: true }).catch(() => {})
  }

  /** So that no worker evicts it as unused. */
  touch(key: string, id: string, nowMs: number): void {
    utimes(this.versionFolder(key, id), nowMs / 1_000, nowMs / 1_000).catch(() => {})
  }

  #recordPath(key: string, number: number): string {
    return join(this.folder, key, `${padded(number)}.version`)
  }

  #blockPath(key: string, id: string, index: number): string {
    return join(this.folder, key, id, padded(index))
  }

  #wholePath(key: string, id: string): string {
    return join(this.folder, key, id, 'whole')
  }
}

/** Name of a URL's folder. */
export function urlKey(upstream: string, url: string): string {
  return hexDigest(`${upstream}\n${url}`)
}

/** Name of a version's folder; its length behind it, for whoever adds up what is stored. */
export function versionId({ etag, length }: VersionSeen): string {
  return `${hexDigest(`${etag}\n${length}`)}-${length}`
}

export function lengthInId(id: string): number | undefined {
  const parts = /^[0-9a-f]{32}-(\d{1,15})$/.exec(id)
  return parts === null ? undefined : Number(parts[1])
}

function recordNumbers(names: readonly string[]): number[] {
  return names
    .filter((name) => /^\d{8,}\.version$/.test(name))
    .map((name) => Number.parseInt(name, 10))
    .sort((a, b) => a - b)
}

export async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => [])
}

function unlessAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error
}

const padded = (number: number): string => String(number).padStart(8, '0')
const hexDigest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32)
const recordPlace = (key: string, number: number): string => `record ${key} ${number}`
const blockPlace = (key: string, id: string, index: number): string => `block ${key} ${id} ${index}`
const wholePlace = (key: string, id: string): string => `whole ${key} ${id}`
