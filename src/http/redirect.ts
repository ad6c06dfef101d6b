/** Where a Location points, RFC 9110 §10.2.2. */
export interface RedirectTarget {
  readonly scheme: string
  /** Without brackets. */
  readonly host: string
  readonly port: number
  /** Path and query as they go on the wire. */
  readonly path: string
}

const redirectStatuses = new Set([301, 302, 303, 307, 308])

export function isRedirect(status: number): boolean {
  return redirectStatuses.has(status)
}

/**
 * The target of `location` as seen from the request to `from`; undefined where it is no URL of http or https.
 * Userinfo in it is dropped: no device sends what a redirect tells it to log in with.
 */
export function resolveLocation(
  location: string,
  from: { readonly host: string; readonly port: number; readonly path: string },
): RedirectTarget | undefined {
  const authority = `${from.host.includes(':') ? `[${from.host.split('%')[0]}]` : from.host}:${from.port}`
  let url: URL
  try {
    url = new URL(location, `https://${authority}${from.path}`)
  } catch {
    return undefined
  }
  const scheme = url.protocol.slice(0, -1)
  if ((scheme !== 'https' && scheme !== 'http') || url.hostname === '') return undefined
  return {
    scheme,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
  }
}
