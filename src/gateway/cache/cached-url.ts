import { type Description, describeAnswer, forbidsStale, freshSeconds, strongTag } from './cacheable.ts'
import { CachedFile, type FileContext, type FileHead } from './cached-file.ts'
import type { Checksum } from './checksum.ts'
import {
  type CacheEvent,
  CacheReadError,
  type CacheRequest,
  type Found,
  type RefusedReason,
  type UpstreamAnswer,
} from './contract.ts'
import { FillError } from './fill.ts'
import { lengthInId, type VersionRecord, versionId } from './store.ts'
import { type NewestVersion, orderOf, succeed, type VersionOrder } from './version-order.ts'

/** A refusal or a pass is not asked again for so long. */
const MEMO_MS = 2_000
/** Times that the question is put again because another worker saw a newer version meanwhile. */
const MOST_ROUNDS = 4
/** Versions of one URL in memory: the newest, and those that devices go on with. */
const MOST_FILES = 4

export interface UrlContext {
  readonly staleIfUnreachable: boolean
  readonly freshSeconds: number
  readonly maxFileBytes: number
  readonly file: FileContext
  readonly count: { revalidations: number; refused: number }
}

/** One URL in this process: which version is the newest, and whether that has to be asked. */
export class CachedUrl {
  readonly key: string
  readonly #upstream: string
  readonly #url: string
  readonly #context: UrlContext
  readonly #files = new Map<string, CachedFile>()
  /** 0: no version was seen yet. */
  #number = 0
  #newest: (NewestVersion & Pick<VersionRecord, 'contentType' | 'checksum'>) | undefined
  #current: CachedFile | undefined
  #found: Found | undefined
  #freshUntilMs = 0
  #staleForbidden = false
  #memo: { found: Found; untilMs: number } | undefined
  #asking: Promise<Found> | undefined

  constructor(key: string, { upstream, url }: CacheRequest, context: UrlContext) {
    this.key = key
    this.#upstream = upstream
    this.#url = url
    this.#context = context
  }

  get isInUse(): boolean {
    return this.#asking !== undefined || [...this.#files.values()].some((file) => file.isInUse)
  }

  holds(id: string): boolean {
    return this.#files.get(id)?.isInUse === true
  }

  find(request: CacheRequest): Found | Promise<Found> {
    const current = this.#current
    if (current !== undefined) current.fetch = request.fetch
    if (request.began !== undefined) return this.#goOn(request, request.began)
    return this.#findNewest(request)
  }

  #findNewest(request: CacheRequest): Found | Promise<Found> {
    const current = this.#current
    const now = this.#context.file.now()
    if (
      current !== undefined &&
      this.#found !== undefined &&
      now < this.#freshUntilMs &&
      !current.gone &&
      this.#maySee(current, request) &&
      !this.#isBehind()
    ) {
      current.touch()
      return this.#found
    }
    if (this.#memo !== undefined && now < this.#memo.untilMs && !this.#isBehind()) return this.#memo.found
    return this.#ask(request)
  }

  /** Whether an answer that does not come from the cache may be served. */
  async admits(request: CacheRequest, answer: Pick<UpstreamAnswer, 'status' | 'field'>): Promise<boolean> {
    if (answer.status !== 200 && answer.status !== 206) return true
    if (request.sha256 !== undefined) return false
    try {
      await this.#look()
    } catch (error) {
      this.#unreadable(error)
      // By what this process has seen; where it has seen nothing, an older one would not be known as such.
      if (this.#newest === undefined) return false
    }
    const newest = this.#newest
    if (newest === undefined) return true
    const lastModified = Date.parse(answer.field('last-modified') ?? '')
    const seen = {
      etag: strongTag(answer.field('etag')) ?? '',
      length: newest.length,
      lastModified: Number.isNaN(lastModified) ? undefined : lastModified,
    }
    return orderOf(seen, newest) !== 'older'
  }

  /** The client has part of a version: it gets that one or none. */
  #goOn(request: CacheRequest, id: string): Found | Promise<Found> {
    const file = this.#files.get(id)
    if (file === undefined || (file.whole === undefined && !file.isFilling)) {
      return this.#goOnFromDisk(request, id)
    }
    if (!this.#maySee(file, request)) return this.#refuse('version-gone')
    file.fetch = request.fetch
    file.touch()
    return { kind: 'version', version: file, stale: file !== this.#current }
  }

  async #goOnFromDisk(request: CacheRequest, id: string): Promise<Found> {
    const whole =
      lengthInId(id) === undefined ? undefined : await this.#context.file.store.readWhole(this.key, id)
    if (whole !== undefined) {
      const file = this.#fileOf({ ...whole, checksum: undefined }, request)
      file.whole ??= whole
      return this.#goOn(request, id)
    }
    const found = await this.#findNewest(request)
    return found.kind === 'version' && found.version.id !== id ? this.#refuse('version-gone') : found
  }

  /** Whether another worker has seen a newer version, or may have: the disk does not say. */
  #isBehind(): boolean {
    try {
      return this.#context.file.store.hasRecord(this.key, this.#number + 1)
    } catch {
      return true
    }
  }

  #maySee(file: CachedFile, { sha256 }: CacheRequest): boolean {
    return sha256 === undefined || file.whole?.sha256 === sha256.toLowerCase()
  }

  async #ask(request: CacheRequest): Promise<Found> {
    const under = this.#asking
    if (under !== undefined) {
      const found = await under
      if (found.kind !== 'version' || this.#maySee(found.version as CachedFile, request)) return found
      return this.#findNewest(request)
    }
    const asking = this.#rounds(request).finally(() => {
      this.#asking = undefined
    })
    this.#asking = asking
    return this.#context.file.work.add(asking)
  }

  async #rounds(request: CacheRequest): Promise<Found> {
    try {
      for (let round = 0; round < MOST_ROUNDS; round++) {
        const found = await this.#round(request)
        if (found !== 'again') return found
      }
    } catch (error) {
      this.#unreadable(error)
      return this.#withoutDisk(request)
    }
    return this.#refuse('older-version')
  }

  /** `again`: another worker saw a newer version while this one asked. */
  async #round(request: CacheRequest): Promise<Found | 'again'> {
    await this.#look()
    await this.#openNewest(request)
    const current = this.#current
    const conditional = current !== undefined && !current.gone && (await current.isComing())
    let answer: UpstreamAnswer
    try {
      this.#context.count.revalidations++
      answer = await request.fetch(conditional ? { ifNoneMatch: current.etag } : {})
    } catch {
      return this.#isBehind() ? 'again' : this.#unreachable(request, 'the upstream cannot be reached')
    }
    if (this.#isBehind()) {
      answer.cancel()
      return 'again'
    }
    if (answer.status === 304 && conditional) {
      answer.cancel()
      return this.#confirm(current, answer, request)
    }
    if (answer.status >= 500) {
      answer.cancel()
      return this.#unreachable(request, `the upstream answers with status ${answer.status}`)
    }
    return this.#take(answer, request)
  }

  async #take(answer: UpstreamAnswer, request: CacheRequest): Promise<Found | 'again'> {
    const head = describeAnswer(answer, this.#context.maxFileBytes)
    if (typeof head === 'string') {
      answer.cancel()
      // Withdrawn, or no longer to be told apart: what is kept must not come back when the upstream is down.
      if (this.#current !== undefined) this.#current.gone = true
      if (request.sha256 !== undefined && head !== 'status') return this.#refuse('not-verifiable')
      return this.#remember({ kind: 'pass', why: head })
    }
    const order = await this.#orderOf(head)
    if (order === 'older' || order === 'etag-reused') {
      answer.cancel()
      this.#log(order === 'older' ? 'older-version' : order, this.#disorder(order, head))
      return this.#refuse(order === 'older' ? 'older-version' : 'etag-reused')
    }
    const file = this.#fileOf(head, request)
    file.gone = false
    const configured: Checksum[] =
      request.sha256 === undefined
        ? []
        : [{ algorithm: 'sha256', hex: request.sha256, from: 'the configuration' }]
    // Whoever fills the file has the answer.
    let isTaken = false
    try {
      const bytesFirst = head.checksum !== undefined || configured.length > 0
      if (file.whole === undefined && bytesFirst) {
        isTaken = true
        await file.makeWhole(answer, configured)
      }
      if (configured.length > 0 && !this.#maySee(file, request)) return this.#notAsConfigured(file, request)
      if (order === 'newer' ? !(await this.#commit(file, head)) : this.#isBehind()) return 'again'
      if (!bytesFirst && file.whole === undefined) {
        isTaken = true
        await file.startFill(answer, configured)
      }
      return this.#confirm(file, answer, request)
    } catch (error) {
      if (error instanceof FillError && error.disk) return this.#refuse('not-verifiable')
      if (error instanceof CacheReadError) {
        return this.#refuse(error.code === 'version-gone' ? 'incomplete' : error.code)
      }
      this.#log('disk', `the cache cannot be written to: ${(error as NodeJS.ErrnoException).code}`)
      if (this.#current !== undefined) this.#current.gone = true
      return this.#withoutDisk(request)
    } finally {
      if (!isTaken) answer.cancel()
    }
  }

  #withoutDisk({ sha256 }: CacheRequest): Found {
    return sha256 === undefined
      ? this.#remember({ kind: 'pass', why: 'disk' })
      : this.#refuse('not-verifiable')
  }

  /** Throws what is not the disk's. */
  #unreadable(error: unknown): void {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === undefined) throw error
    this.#log('disk', `the order of its versions cannot be read: ${code}`)
  }

  /** A length that was never reached was wrong: the right one follows it. */
  async #orderOf(head: Description): Promise<VersionOrder> {
    const order = orderOf(head, this.#newest)
    if (order !== 'etag-reused') return order
    return (await this.#current?.isComing()) ? order : 'newer'
  }

  async #notAsConfigured(file: CachedFile, { sha256 }: CacheRequest): Promise<Found> {
    this.#log(
      'checksum',
      `sha256 is ${file.whole?.sha256}, and the configuration says ${sha256}: nothing is served; mend either`,
    )
    if (this.#current !== file) this.#files.delete(file.id)
    await this.#context.file.store.removeVersion(this.key, file.id)
    return this.#refuse('checksum')
  }

  /** False where another worker was first. */
  async #commit(file: CachedFile, head: Description): Promise<boolean> {
    const newest = succeed(head, this.#newest)
    const record: VersionRecord = {
      ...newest,
      upstream: this.#upstream,
      url: this.#url,
      contentType: head.contentType,
      checksum: head.checksum,
      firstSeen: this.#context.file.now(),
    }
    if (!(await this.#context.file.store.commit(this.key, this.#number + 1, record))) return false
    if (this.#newest !== undefined) this.#log('new-version', `${file.etag} follows ${this.#newest.etag}`)
    this.#number++
    this.#newest = record
    return true
  }

  /** The upstream has just said that this is the version. */
  #confirm(file: CachedFile, answer: UpstreamAnswer, request: CacheRequest): Found {
    const { now } = this.#context.file
    this.#current = file
    this.#freshUntilMs = now() + freshSeconds(answer, this.#context.freshSeconds) * 1_000
    this.#staleForbidden = forbidsStale(answer)
    this.#memo = undefined
    this.#found = { kind: 'version', version: file, stale: false }
    return this.#maySee(file, request) ? this.#found : this.#refuse('checksum')
  }

  #unreachable(request: CacheRequest, message: string): Found {
    const { staleIfUnreachable } = this.#context
    const file = this.#current
    if (staleIfUnreachable && !this.#staleForbidden && file?.whole !== undefined && !file.gone) {
      if (this.#maySee(file, request)) {
        this.#log('served-stale', `${message}: ${file.etag} is served from the cache`)
        return this.#remember({ kind: 'version', version: file, stale: true })
      }
    }
    this.#log('unreachable', message)
    return this.#refuse('unreachable')
  }

  /** What the workers agreed on since. */
  async #look(): Promise<void> {
    const { store } = this.#context.file
    if (this.#number > 0 && !store.hasRecord(this.key, this.#number + 1)) return
    const newest = await store.newest(this.key)
    if (newest === undefined || newest.number <= this.#number) return
    this.#number = newest.number
    this.#newest = undefined
    this.#current = undefined
    this.#found = undefined
    this.#memo = undefined
    if ('damaged' in newest) this.#log('damaged', 'the record of its versions: their order begins anew')
    else this.#newest = newest.record
  }

  /** The newest version as it lies on disk. */
  async #openNewest(request: CacheRequest): Promise<void> {
    if (this.#newest === undefined || this.#current?.whole !== undefined) return
    const file = this.#current ?? this.#fileOf(this.#newest, request)
    file.whole ??= await this.#context.file.store.readWhole(this.key, file.id)
    this.#current = file
  }

  #fileOf(head: FileHead, { fetch }: CacheRequest): CachedFile {
    const known = this.#files.get(versionId(head))
    if (known !== undefined) {
      known.fetch = fetch
      known.checksum = head.checksum ?? known.checksum
      return known
    }
    for (const [id, file] of this.#files) {
      if (this.#files.size < MOST_FILES) break
      if (file !== this.#current && !file.isInUse) this.#files.delete(id)
    }
    const file = new CachedFile(this.key, head, fetch, {
      ...this.#context.file,
      log: (kind, message) => this.#log(kind, message),
    })
    this.#files.set(file.id, file)
    return file
  }

  #disorder(order: 'older' | 'etag-reused', head: Description): string {
    const newest = this.#newest!
    const mend = `publish it anew, or remove ${this.#context.file.store.urlFolder(this.key)} to allow it`
    if (order === 'etag-reused') {
      return `${head.etag} had ${newest.length} bytes and has ${head.length}: nothing is served; ${mend}`
    }
    return `${head.etag} is older than ${newest.etag}, seen before: nothing is served; ${mend}`
  }

  #refuse(why: RefusedReason): Found {
    this.#context.count.refused++
    if (why === 'version-gone') return { kind: 'refused', why, status: 412 }
    return this.#remember({ kind: 'refused', why, status: 502 })
  }

  #remember(found: Found): Found {
    this.#memo = { found, untilMs: this.#context.file.now() + MEMO_MS }
    return found
  }

  #log(kind: CacheEvent['kind'], message: string): void {
    this.#context.file.log(kind, message)
  }
}
