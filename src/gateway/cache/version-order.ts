/** What tells versions of one URL apart and puts them in order. */
export interface VersionSeen {
  /** Strong, with its quotes. */
  readonly etag: string
  readonly length: number
  /** Milliseconds since 1970. */
  readonly lastModified: number | undefined
}

/** The newest version known of a URL, and the tags of those before it. */
export interface NewestVersion extends VersionSeen {
  /** Newest first, this version's own not among them. */
  readonly olderTags: readonly string[]
}

export type VersionOrder = 'same' | 'newer' | 'older' | 'etag-reused'

/** So many tags of older versions are remembered of a URL. */
export const OLDER_TAGS_KEPT = 256

/**
 * Where a version that the upstream shows stands to the newest one known. Last-Modified decides where both have one and
 * they differ; else a tag that was seen before is older, and one never seen is newer.
 */
export function orderOf(seen: VersionSeen, newest: NewestVersion | undefined): VersionOrder {
  if (newest === undefined) return 'newer'
  if (seen.etag === newest.etag) return seen.length === newest.length ? 'same' : 'etag-reused'
  if (
    seen.lastModified !== undefined &&
    newest.lastModified !== undefined &&
    seen.lastModified !== newest.lastModified
  ) {
    return seen.lastModified > newest.lastModified ? 'newer' : 'older'
  }
  return newest.olderTags.includes(seen.etag) ? 'older' : 'newer'
}

/** `seen` as the newest, after `before`. */
export function succeed(seen: VersionSeen, before: NewestVersion | undefined): NewestVersion {
  const tags = before === undefined ? [] : [before.etag, ...before.olderTags]
  const olderTags = tags.filter((tag) => tag !== seen.etag).slice(0, OLDER_TAGS_KEPT)
  return { etag: seen.etag, length: seen.length, lastModified: seen.lastModified, olderTags }
}
