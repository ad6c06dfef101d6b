/** A path inside the root, taken from a request target; never to be joined with a root where `kind` is `refused`. */
export type UrlPath =
  | { readonly kind: 'path'; readonly segments: readonly string[] }
  | { readonly kind: 'refused'; readonly status: 400 | 404 }

const BAD: UrlPath = { kind: 'refused', status: 400 }
const HIDDEN: UrlPath = { kind: 'refused', status: 404 }
const MAX_SEGMENTS = 32
const MAX_SEGMENT_BYTES = 255

/**
 * The names in the path of `target`, decoded once. Whatever could mean another place to somebody else is refused, not
 * cleaned: `..`, an encoded slash, a backslash, NUL, a second layer of encoding, bytes that are no UTF-8. Names that
 * begin with a dot are not there. A slash at the end says nothing.
 */
export function parseUrlPath(target: string): UrlPath {
  const path = target.split('?', 1)[0]!
  if (!path.startsWith('/')) return BAD
  if (path === '/') return { kind: 'path', segments: [] }
  const parts = path.slice(1).split('/')
  if (parts.at(-1) === '') parts.pop()
  if (parts.length > MAX_SEGMENTS) return HIDDEN
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
    if (Buffer.byteLength(name) > MAX_SEGMENT_BYTES) return HIDDEN
    segments.push(name)
  }
  return { kind: 'path', segments }
}

/** The path of a URL for these names. */
export function formatUrlPath(segments: readonly string[]): string {
  return `/${segments.map(encodeURIComponent).join('/')}`
}
