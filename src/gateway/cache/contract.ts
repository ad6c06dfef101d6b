/**
 * What the cache of whole firmware asks of its upstream, and what it gives.
 *
 * The way of one request: `cache.find` gives the version (at once, without a promise, where it is fresh); the proxy
 * evaluates preconditions and chooses the range by `etag`, `lastModified` and `length`; `version.bytes` gives the range
 * at once where it lies in memory, else `version.stream` does.
 */

/** One GET upstream. Encodings are declined: `Accept-Encoding: identity`. */
export interface UpstreamAsk {
  /** `Range: bytes=first-last`; to the end, where `last` is left out. */
  readonly range?: { readonly first: number; readonly last?: number }
  /** One strong entity tag with its quotes. */
  readonly ifMatch?: string
  readonly ifNoneMatch?: string
}

/** A final answer: redirects were followed before. */
export interface UpstreamAnswer {
  readonly status: number
  /** A header field by its lower-case name; values of one that is there more than once are joined by a comma. */
  field(name: string): string | undefined
  /** Throws where the connection breaks or is too slow before the end of the body. */
  readonly body: AsyncIterable<Uint8Array>
  /** Drops what is left of the body. May be called at any time and more than once. */
  cancel(): void
}

/**
 * Rejects where no answer is to be had: refused, timed out, certificate not verified, too many redirects. Uses the
 * gateway's own credentials or none: what a device's own credentials open is never to come here.
 */
export type UpstreamFetch = (ask: UpstreamAsk) => Promise<UpstreamAnswer>

export interface CacheRequest {
  /** Name of the upstream in the configuration. */
  readonly upstream: string
  /** The whole URL, without secrets: what the gateway adds of its own credentials is left out. */
  readonly url: string
  readonly fetch: UpstreamFetch
  /** Of the whole, as configured: nothing is served before it is verified. */
  readonly sha256?: string | undefined
  /**
   * `id` of the version that this client got last of this URL, where the request goes on with a download: a Range that
   * does not begin at 0, on the same connection. It gets bytes of that version or none.
   */
  readonly began?: string | undefined
}

/** Why the cache has nothing to do with an answer: the proxy asks upstream itself and passes the answer on. */
export type PassReason =
  /** 404, 403, …: there is no file. */
  | 'status'
  /** No strong entity tag: parts of two versions cannot be told apart. */
  | 'no-strong-etag'
  | 'no-length'
  | 'no-store'
  | 'encoded'
  | 'too-large'
  | 'empty'
  /** The folder cannot be written to. */
  | 'disk'

/** Why nothing may be served. */
export type RefusedReason =
  /** 502. */
  | 'unreachable'
  /** 502: the upstream shows a version that is older than one seen before. */
  | 'older-version'
  /** 502: one entity tag, two lengths. */
  | 'etag-reused'
  /** 502: what came is not what the configuration or the upstream's own checksum says. */
  | 'checksum'
  /** 502: the connection broke before the end, several times over, or the length was wrong. */
  | 'incomplete'
  /** 502: a SHA-256 is configured, and there is no room to verify it in, or the answer cannot be cached. */
  | 'not-verifiable'
  /** 412: the version that the client began with is no longer to be had. */
  | 'version-gone'

export type Found =
  | { readonly kind: 'version'; readonly version: CachedVersion; readonly stale: boolean }
  | { readonly kind: 'pass'; readonly why: PassReason }
  | { readonly kind: 'refused'; readonly why: RefusedReason; readonly status: 502 | 412 }

/** One version of one file. Bytes of another are never among those it gives. */
export interface CachedVersion {
  /** For `began`. */
  readonly id: string
  /** Strong, with its quotes. */
  readonly etag: string
  readonly length: number
  readonly lastModified: Date | undefined
  readonly contentType: string | undefined
  /** Positions are inclusive, as in `ByteRange`. The bytes where they lie in memory, else undefined. */
  bytes(first: number, last: number): Buffer | undefined
  /**
   * The same bytes from disk or as they arrive. Throws `CacheReadError` where they cannot be had: before the head is
   * sent that is a 502, later the connection is closed. To be read to the end or ended by `return()`; until then the
   * version is held in use.
   */
  stream(first: number, last: number): AsyncIterableIterator<Buffer>
}

export class CacheReadError extends Error {
  readonly code: RefusedReason

  constructor(code: RefusedReason, message: string) {
    super(message)
    this.name = 'CacheReadError'
    this.code = code
  }
}

/** For the log. Holds no secret: `url` is that of the request. */
export interface CacheEvent {
  readonly kind:
    | 'filled'
    | 'new-version'
    | 'older-version'
    | 'etag-reused'
    | 'checksum'
    | 'incomplete'
    | 'unreachable'
    | 'served-stale'
    | 'damaged'
    | 'disk'
    | 'evicted'
  readonly upstream: string
  readonly url: string
  /** One line: what happened, and the mend where there is one. */
  readonly message: string
}

export interface CacheOptions {
  readonly folder: string
  readonly maxBytes: number
  /** Serve a whole version while the upstream cannot be reached. */
  readonly staleIfUnreachable: boolean
  readonly log: (event: CacheEvent) => void
  /** Blocks held in memory by this process. */
  readonly memoryBytes?: number
  /** How long a version is served without asking, where the upstream does not say. */
  readonly freshSeconds?: number
  /** A version that any process used so lately is not evicted. */
  readonly inUseSeconds?: number
  readonly now?: () => number
  /** Disk access, replaced in tests of its failures. */
  readonly disk?: Disk
}

/** What the cache asks of the disk, each call whole or failed. */
export interface Disk {
  /**
   * Written, then given its name: after a crash of the process there is all of it or nothing. `durable`: after a loss
   * of power too, and the name as well.
   */
  writeWhole(path: string, content: Uint8Array, durable: boolean): Promise<void>
  /** Bytes free to this process in the file system of `folder`. */
  freeBytes(folder: string): Promise<number>
}

/** For the metrics, since the start of this process. */
export interface CacheCounters {
  readonly bytesServed: number
  readonly bytesFetched: number
  readonly fills: number
  readonly revalidations: number
  readonly refused: number
}
