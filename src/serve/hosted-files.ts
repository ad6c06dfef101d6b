import { access, constants, readdir, realpath, stat } from 'node:fs/promises'
import { basename, isAbsolute, join, relative, sep } from 'node:path'
import { FrontError } from '../front/front.ts'
import { BlockCache } from './block-cache.ts'
import { type FileIdentity, FileVersion, identityOf, sameFile } from './file-version.ts'

/** Bytes of files kept in memory. */
const CACHE_BYTES = 64 << 20
/** Files kept open. */
const MAX_OPEN = 64
/** A file is looked at again for changes when the last look is older. */
const LOOK_AGAIN_MS = 200
const LOAD_TRIES = 3
const MAX_LISTED = 1_000

export type Found =
  | { readonly kind: 'file'; readonly version: FileVersion; readonly name: string }
  | { readonly kind: 'folder'; readonly entries: readonly FolderEntry[] }
  /** `why`: for whoever runs the server, never for a client. */
  | { readonly kind: 'absent'; readonly why: string }
  /** It changes while it is read: somebody is writing it. */
  | { readonly kind: 'changing' }

export interface FolderEntry {
  readonly name: string
  /** Undefined of a folder. */
  readonly bytes: number | undefined
}

/** A large file is being read for its tag; `tagged`: it has one, false: it was changed, or nobody asks any more. */
export type OnTagging = (file: {
  readonly path: string
  readonly size: number
  readonly tagged: Promise<boolean>
}) => void

interface Known {
  version: FileVersion
  lookedAt: number
}

/** The files below one folder, or one file. Nothing outside of it is ever opened, whatever links say. */
export class HostedFiles {
  readonly #root: string
  readonly #only: string | undefined
  readonly #hidden: readonly string[]
  readonly #cache: BlockCache
  readonly #onTagging: OnTagging
  readonly #known = new Map<string, Known>()
  #closed = false
  readonly #looking = new Map<string, ((found: Found) => void)[]>()

  private constructor(
    root: string,
    only: string | undefined,
    hidden: readonly string[],
    cache: BlockCache,
    onTagging: OnTagging,
  ) {
    this.#onTagging = onTagging
    this.#root = root
    this.#only = only
    this.#hidden = hidden
    this.#cache = cache
  }

  /** `hidden`: folders that are not there for clients, such as that of private keys. Throws the system's error. */
  static async open(
    path: string,
    hidden: readonly string[] = [],
    cacheBytes = CACHE_BYTES,
    onTagging: OnTagging = () => {},
  ): Promise<HostedFiles> {
    const real = await realpath(path)
    const stats = await stat(real)
    const isFolder = stats.isDirectory()
    if (!isFolder && !stats.isFile()) {
      // A device, a pipe or a socket has neither a size nor ranges.
      throw new FrontError(`${path} is neither a file nor a folder: write its bytes to a file first`)
    }
    await access(real, isFolder ? constants.R_OK | constants.X_OK : constants.R_OK)
    const shut = await Promise.all(hidden.map((folder) => realpath(folder).catch(() => folder)))
    const cache = new BlockCache(cacheBytes)
    return new HostedFiles(
      isFolder ? real : path,
      isFolder ? undefined : basename(path),
      shut,
      cache,
      onTagging,
    )
  }

  /** Name of the one file; undefined where a folder is served. */
  get only(): string | undefined {
    return this.#only
  }

  /** Calls back at once where the file is known and was looked at a moment ago. */
  find(segments: readonly string[], done: (found: Found) => void): void {
    const path = segments.join('/')
    const known = this.#known.get(path)
    if (known !== undefined && !known.version.lost && Date.now() - known.lookedAt < LOOK_AGAIN_MS) {
      done({ kind: 'file', version: known.version, name: segments.at(-1)! })
      return
    }
    const waiting = this.#looking.get(path)
    if (waiting !== undefined) {
      waiting.push(done)
      return
    }
    const all = [done]
    this.#looking.set(path, all)
    this.#look(segments, path)
      .catch((error: unknown): Found => ({ kind: 'absent', why: absenceOf(error) }))
      .then((found) => {
        this.#looking.delete(path)
        for (const one of all) one(found)
      })
  }

  /** Closes what no download holds, and keeps nothing open from now on. */
  close(): void {
    this.#closed = true
    for (const { version } of this.#known.values()) version.release()
    this.#known.clear()
  }

  async #look(segments: readonly string[], path: string): Promise<Found> {
    if (this.#only !== undefined && segments.length === 0) return this.#list([])
    const real = await this.#locate(segments)
    if (typeof real !== 'string') return this.#forget(path, real.why)
    const stats = await stat(real, { bigint: true })
    if (stats.isDirectory()) return this.#list(segments)
    if (!stats.isFile()) return this.#forget(path, 'it is neither a file nor a folder')
    const version = await this.#versionOf(path, real, identityOf(stats))
    return version === undefined ? { kind: 'changing' } : { kind: 'file', version, name: segments.at(-1)! }
  }

  async #versionOf(path: string, real: string, identity: FileIdentity): Promise<FileVersion | undefined> {
    const known = this.#known.get(path)
    if (known !== undefined && !known.version.lost && sameFile(known.version.identity, identity)) {
      known.lookedAt = Date.now()
      return known.version
    }
    this.#drop(path)
    for (let tries = 0; tries < LOAD_TRIES; tries++) {
      const version = await FileVersion.load(real, this.#cache, ({ size }, tagged) =>
        this.#onTagging({ path, size, tagged }),
      )
      if (version === undefined) continue
      if (this.#closed) {
        version.release()
        return undefined
      }
      this.#known.set(path, { version, lookedAt: Date.now() })
      const oldest = this.#known.keys().next().value
      if (this.#known.size > MAX_OPEN && oldest !== undefined) this.#drop(oldest)
      return version
    }
    return undefined
  }

  #forget(path: string, why: string): Found {
    this.#drop(path)
    return { kind: 'absent', why }
  }

  #drop(path: string): void {
    this.#known.get(path)?.version.release()
    this.#known.delete(path)
  }

  /** The real path, where it lies inside the root and no part of it is hidden. */
  async #locate(segments: readonly string[]): Promise<string | { readonly why: string }> {
    // The user named this file: where it leads, if it is a link, is meant.
    if (this.#only !== undefined) {
      const isIt = segments.length === 1 && segments[0] === this.#only
      return isIt ? realpath(this.#root) : { why: 'one file is served, of another name' }
    }
    const real = await realpath(join(this.#root, ...segments))
    const inside = relative(this.#root, real)
    if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
      return { why: 'a link leads out of the folder that is served' }
    }
    if (inside.split(sep).some((name) => name.startsWith('.'))) {
      return { why: 'a link leads to a name that begins with a dot' }
    }
    const isHidden = this.#hidden.some((folder) => isWithin(real, folder))
    return isHidden ? { why: 'the folder of the CA is not served' } : real
  }

  async #list(segments: readonly string[]): Promise<Found> {
    if (this.#only !== undefined) {
      const { size } = await stat(this.#root)
      return { kind: 'folder', entries: [{ name: this.#only, bytes: size }] }
    }
    const names = (await readdir(join(this.#root, ...segments)))
      .filter((name) => !name.startsWith('.'))
      .sort()
    const entries: FolderEntry[] = []
    for (const name of names.slice(0, MAX_LISTED)) {
      const real = await this.#locate([...segments, name]).catch(() => undefined)
      const stats = typeof real === 'string' ? await stat(real).catch(() => undefined) : undefined
      if (stats?.isDirectory()) entries.push({ name, bytes: undefined })
      else if (stats?.isFile()) entries.push({ name, bytes: stats.size })
    }
    return { kind: 'folder', entries }
  }
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

/** Why a path that leads nowhere, or nowhere for us, threw. */
function absenceOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'there is no such file'
    case 'ELOOP':
      return 'links lead in a circle'
    case 'EACCES':
    case 'EPERM':
      return 'it may not be read'
    default:
      return code === '' ? 'it cannot be read' : `it cannot be read (${code})`
  }
}
