import type { RequestHead } from '../../http/request-head.ts'
import { hasSecretQuery, isHarmlessHeader } from '../../observe/secrets.ts'
import type { HttpsListenerFile, HttpsUpstreamFile } from '../config-schema.ts'
import { matchesPath } from '../gateway-config.ts'

export type Route = HttpsListenerFile['routes'][number]

/** Where a request goes, as far as its head says. */
export interface Admitted {
  readonly method: string
  readonly route: Route
  /** Path upstream, without its base; begins with `/`. */
  readonly path: string
  /** With its question mark; empty where there is none. */
  readonly query: string
  /** The request holds what only this device has: nobody else may get the answer. */
  readonly private: boolean
}

export interface Denied {
  readonly status: 400 | 403 | 404 | 405 | 421 | 501
  readonly why:
    | 'no-route'
    | 'host'
    | 'method'
    | 'path'
    | 'path-form'
    | 'query'
    | 'client-certificate-needed'
    | 'body-of-get'
}

/**
 * Whether and where a request may go. Closed by default: with credentials of the gateway only GET and HEAD of the listed
 * paths, without a query, which could ask for something else; what writes needs a verified client certificate too.
 * Without, the device's own credentials go through, and the upstream decides; methods and paths are still those listed.
 */
export function admit(
  head: RequestHead,
  routes: readonly Route[],
  upstreams: { readonly [name: string]: unknown },
  clientVerified: boolean,
): Admitted | Denied {
  const { method } = head
  if (head.form === 'asterisk') return { status: 405, why: 'method' }
  const host = hostOf(head.authority)
  // Another host in the absolute form would make this a proxy for everybody.
  if (
    head.form === 'absolute' &&
    !routes.some((one) => one.host === undefined || one.host.toLowerCase() === host)
  ) {
    return { status: 421, why: 'host' }
  }
  const mark = head.target.indexOf('?')
  const path = mark < 0 ? head.target : head.target.slice(0, mark)
  const query = mark < 0 ? '' : head.target.slice(mark)
  if (!isPlainPath(path)) return { status: 400, why: 'path-form' }
  const route = routes.find(
    (one) => (one.host === undefined || one.host.toLowerCase() === host) && matchesPath(one.path, path),
  )
  if (route === undefined) return { status: 404, why: 'no-route' }
  const upstream = upstreams[route.upstream] as HttpsUpstreamFile
  const denied = check(head, path, query, upstream, clientVerified)
  if (denied !== undefined) return denied
  const bare = route.path.replace(/\*$/, '')
  const there =
    route.to === undefined ? path : route.to + (route.path.endsWith('*') ? path.slice(bare.length) : '')
  // Put together anew, it may hold a step up that the path asked for did not: `/fw*` takes `/fw../x`.
  if (!isPlainPath(there)) return { status: 400, why: 'path-form' }
  return { method, route, path: there, query, private: isPrivate(head, query, upstream) }
}

function check(
  head: RequestHead,
  path: string,
  query: string,
  upstream: HttpsUpstreamFile,
  clientVerified: boolean,
): Denied | undefined {
  const { credentials, readPaths, writeMethods, writePaths } = upstream
  const within = (patterns: readonly string[]) => patterns.some((pattern) => matchesPath(pattern, path))
  const isOpen = (method: string) =>
    isRead(method) || ((writeMethods as readonly string[]).includes(method) && within(writePaths))
  if (!overridingMethods(head).every(isOpen)) return { status: 405, why: 'method' }
  const reads = isRead(head.method)
  if (reads) {
    if (head.body.kind !== 'none') return { status: 400, why: 'body-of-get' }
    if (readPaths !== undefined && !within(readPaths)) return { status: 403, why: 'path' }
  } else {
    if (!(writeMethods as readonly string[]).includes(head.method)) return { status: 405, why: 'method' }
    if (!within(writePaths)) return { status: 403, why: 'path' }
    if (credentials !== undefined && !clientVerified) return { status: 403, why: 'client-certificate-needed' }
    // A signature over what is written needs the whole of it: only the device can make it.
    if (credentials?.sharedKey || credentials?.sigv4) return { status: 501, why: 'method' }
  }
  if (credentials !== undefined && credentials.headers === undefined && query !== '') {
    return { status: 403, why: 'query' }
  }
  return undefined
}

function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}

/** Methods that the upstream may take for the one of the request line, as OData and many frameworks do. */
function overridingMethods({ fields }: RequestHead): string[] {
  return fields
    .filter(([name]) => /^x-(?:http-)?method(?:-override)?$/.test(name))
    .flatMap(([, value]) => value.split(',').map((one) => one.trim().toUpperCase()))
}

/**
 * No segment that another server could take for a step up, or for the end of the path: encoded however often, in
 * overlong UTF-8, or before the parameters that some servers cut off. Encoded control characters stand in no file's name.
 */
function isPlainPath(path: string): boolean {
  if (!path.startsWith('/') || path.includes('\\') || path.includes('//')) return false
  if (/%(?:25)*(?:2e|2f|5c|7f|[01][0-9a-f]|c[01])/i.test(path)) return false
  if (/%(?![0-9a-f]{2})/i.test(path)) return false
  return !path.split('/').some((segment) => /^\.{1,2}(?:;|%(?:25)*3b|$)/i.test(segment))
}

/** Whether what the device sends could be its own key to the answer: only what is known to be none is not. */
function isPrivate(head: RequestHead, query: string, { credentials }: HttpsUpstreamFile): boolean {
  if (credentials !== undefined) return false
  const framing = new Set(['host', 'connection', 'content-length', 'keep-alive'])
  const harmless = head.fields.every(([name, value]) => framing.has(name) || isHarmlessHeader(name, value))
  return !harmless || hasSecretQuery(`/${query}`)
}

/** The host of an authority in lower case, without its port. */
export function hostOf(authority: string | undefined): string | undefined {
  return authority
    ?.replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase()
}
