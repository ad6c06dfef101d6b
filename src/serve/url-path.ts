/** A path inside the root, taken from a request target; never to be joined with a root where `kind` is `refused`. */
export type UrlPath =
  | {
      readonly kind: 'path'
      readonly segments: readonly string[]
      /** A slash at the end: a folder is meant, and no file. */
      readonly slash: boolean
    }
  | { readonly kind: 'refused'; readonly status: 400 | 404; readonly why: string }

const BAD: UrlPath = { kind: 'refused', status: 400, why: 'no such path can be' }
const HIDDEN: UrlPath = { kind: 'refused', status: 404, why: 'names that begin with a dot are not served' }
const LONG: UrlPath = { kind: 'refused', status: 404, why: 'the path is too long' }
const MAX_SEGMENTS = 32
const MAX_SEGMENT_BYTES = 255

/**
 * The names in the path of `target`, decoded once. Whatever could mean another place to somebody else is refused, not
 * cleaned: `..`, an encoded slash, a backslash, NUL, a second layer of encoding, bytes that are no UTF-8. Names that
 * begin with a dot are not there.
 */
export function parseUrlPath(target: string): UrlPath {
  const path = target.split('?', 1)[0]!
  if (!path.startsWith('/')) return BAD
  if (path === '/') return { kind: 'path', segments: [], slash: true }
  const parts = path.slice(1).split('/')
  const slash = parts.at(-1) === ''
  if (slash) parts.pop()
  if (parts.length > MAX_SEGMENTS) return LONG
  const segments: string[] = []
  for (const part of parts) {
    if (/%(?![0-9A-Fa-f]{2})/.test(part)) return BAD
    let name: string
    try {
      name = decodeURIComponent(part)
    } catch {
      return BAD
    }
    // %2F, %5C, %00; %25 followed by digits is an encoding that somebody else may decode again.
    if (/[/\\\u0000-\u001f\u007f]|%[0-9A-Fa-f]{2}/.test(name)) return BAD
    if (name === '' || name === '.' || name === '..') return BAD
    if (name.startsWith('.')) return HIDDEN
    if (Buffer.byteLength(name) > MAX_SEGMENT_BYTES) return LONG
    segments.push(name)
  }
  return { kind: 'path', segments, slash }
}

/** The path of a URL for these names. */
export function formatUrlPath(segments: readonly string[]): string {
  return `/${segments.map(encodeURIComponent).join('/')}`
}
