import { useEffect, useState } from 'preact/hooks'

/**
 * A page is named after `#`, so that it opens under any path that a proxy gives it:
 * `#/endpoints/ota?fleet=trackers`.
 */
export interface Route {
  /** `['endpoints', 'ota']`; empty for the overview. */
  readonly path: readonly string[]
  readonly query: URLSearchParams
}

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2)
  return {
    path: path
      .split('/')
      .filter((part) => part !== '')
      .map(decodePart),
    query: new URLSearchParams(query),
  }
}

export function formatRoute(
  path: readonly string[],
  query: { readonly [name: string]: string | undefined } = {},
): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => (pair[1] ?? '') !== '')
  const search = given.length === 0 ? '' : `?${new URLSearchParams(given)}`
  return `#/${path.map(encodeURIComponent).join('/')}${search}`
}

export function go(
  path: readonly string[],
  query: { readonly [name: string]: string | undefined } = {},
): void {
  location.hash = formatRoute(path, query)
}

/** Same page, other settings of it: no step in the browser's history. */
export function replaceRoute(
  path: readonly string[],
  query: { readonly [name: string]: string | undefined },
): void {
  history.replaceState(null, '', formatRoute(path, query))
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash))
  useEffect(() => {
    const follow = () => setRoute(parseRoute(location.hash))
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  return route
}

/** A part that is no good percent-encoding stands as it is. */
function decodePart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
