import { isRedirect, type RedirectTarget, resolveLocation } from '../http/redirect.ts'
import type { Connection, HttpExchange, HttpResponseSeen } from '../observe/observation.ts'
import { BLANK } from '../observe/secrets.ts'
import { missing } from './missing.ts'
import { draft, fix, type Judged } from './rule.ts'
import type { Scene } from './scene.ts'
import { isUnopened } from './unopened.ts'

/** 3xx with a Location, RFC 9110 §15.4: a client that goes there needs the root of that host as well. */
export function judgeRedirect(scene: Scene, exchanges: readonly HttpExchange[]): Judged {
  const policy = scene.device.http?.redirects?.value
  if (policy === 'followed') return judgeFollowed(scene)
  if (policy === 'followed-absolute') return judgeAbsolute(scene, exchanges)
  const response = exchanges.find(
    ({ response: one }) => isRedirect(one?.status ?? 0) && one?.location,
  )?.response
  if (response?.location === undefined) return {}
  const { status } = response
  const to = response.location.url
  const target = hostOf(to)
  const crossHost = target !== undefined && target !== scene.leg.host?.toLowerCase()
  const straight = fix('link-without-redirect', { to })
  const fixes = crossHost ? [straight, fix('follow-redirect-root', { to })] : [straight]
  const effect = policy === undefined ? 'unknown' : 'blocks'
  const found = crossHost
    ? draft('redirect-cross-host', effect, { status, to, follows: false }, { fixes })
    : draft('redirect-refused', effect, { status, to }, { fixes })
  if (policy !== undefined) return { findings: [found] }
  const why = 'whether this client follows redirects is not known'
  return { findings: [found], missing: [missing('device-http-profile', why, 'redirects')] }
}

/** A relative Location, RFC 9110 §10.2.2, is none to this client; to a whole URL it goes as others do. */
function judgeAbsolute(scene: Scene, exchanges: readonly HttpExchange[]): Judged {
  for (const { response } of exchanges) {
    const { status = 0, location } = response ?? {}
    if (!isRedirect(status) || location === undefined || isAbsolute(location.url)) continue
    const to = location.url
    const fixes = [fix('link-without-redirect', { to })]
    return { findings: [draft('redirect-refused', 'blocks', { status, to, wholeUrls: true }, { fixes })] }
  }
  return judgeFollowed(scene)
}

function isAbsolute(location: string): boolean {
  return /^https?:\/\//i.test(location)
}

/**
 * The last answer of this host is a redirect: the device goes on to another host, out of TLS, or nowhere. What an
 * earlier one of the same host leads to was seen, and is judged itself.
 */
function judgeFollowed(scene: Scene): Judged {
  const { leg, observation } = scene
  const last = hopsOf(leg.connections).at(-1)
  if (last?.to === undefined) return {}
  const { status, to, target, connection } = last
  if (target?.scheme === 'http') {
    return { findings: [draft('redirect-to-plaintext', 'blocks', { status, to })] }
  }
  const fixes = [fix('follow-redirect-root', { to }), fix('link-without-redirect', { to })]
  const host = target?.host.toLowerCase()
  const crossHost = host !== undefined && host !== leg.host?.toLowerCase()
  const way = observation.connections.filter(({ role }) => role !== 'probe')
  const gone = way
    .slice(way.indexOf(connection) + 1)
    .some((one) => one.role === 'redirect' && one.host?.toLowerCase() === host && one.hello !== undefined)
  const details = { status, to, follows: true }
  if (crossHost && gone) {
    return { findings: [draft('redirect-cross-host', 'info', details, { fixes })] }
  }
  const before = hopsOf(way.slice(0, way.indexOf(connection) + 1))
  const redirects = before.filter((hop) => hop.to !== undefined).length
  const repeats = before.some(({ asked }) => asked !== undefined && asked === urlOf(target))
  if (repeats) return { findings: [draft('redirect-loop', 'blocks', { status, to, redirects, repeats })] }
  const unseen = missing('reachable-from-here', `${host ?? to} was not seen`, 'redirect')
  // It was gone to, and broke off on the way: that is told as such.
  const next = way[way.indexOf(connection) + 1]
  if (!crossHost && next?.role === 'redirect' && isUnopened(next)) return { missing: [unseen] }
  return {
    findings: [
      crossHost
        ? draft('redirect-cross-host', 'unknown', details, { fixes })
        : draft('redirect-loop', 'unknown', { status, to, redirects, repeats }),
    ],
    missing: [unseen],
  }
}

interface Hop {
  readonly connection: Connection
  readonly status: number
  /** What was asked for; undefined where values of it are blanked, and two of them may differ. */
  readonly asked: string | undefined
  /** Location as seen; undefined where it is no redirect. */
  readonly to: string | undefined
  /** Undefined where the Location is no URL of http or https. */
  readonly target: RedirectTarget | undefined
  /** Path and query that the Location leads to, in bytes, before anything of it was blanked. */
  readonly pathBytes: number | undefined
}

/** Every answer of those connections, in their order. */
export function hopsOf(connections: readonly Connection[]): Hop[] {
  return connections.flatMap((connection) =>
    connection.exchanges.flatMap(({ request, response }): Hop[] => {
      if (response === undefined) return []
      const { status, location } = response
      const from = {
        host: connection.host ?? 'host.invalid',
        port: connection.port ?? 443,
        path: request.path,
      }
      const to = isRedirect(status) ? location?.url : undefined
      const target = to === undefined ? undefined : resolveLocation(to, from)
      const pathBytes = to === undefined ? undefined : pathBytesOf(location!, request.path)
      return [
        { connection, status, asked: urlOf(resolveLocation(request.path, from)), to, target, pathBytes },
      ]
    }),
  )
}

/** Of a relative reference, what stands before it in the path that was asked for counts, too. RFC 3986 §5.3. */
function pathBytesOf({ url, bytes }: HttpResponseSeen['location'] & {}, askedPath: string): number {
  const origin = /^(?:[a-z][a-z0-9+.-]*:)?\/\/[^/?#]*/i.exec(url)?.[0] ?? ''
  const fragment = /#.*$/.exec(url)?.[0] ?? ''
  const pathBytes = bytes - origin.length - fragment.length
  if (origin !== '' || url.startsWith('/')) return Math.max(pathBytes, 1)
  const path = askedPath.split('?')[0]!
  return pathBytes + (url.startsWith('?') ? path.length : path.lastIndexOf('/') + 1)
}

/** To be compared; undefined where something in it is blanked. */
function urlOf(target: RedirectTarget | undefined): string | undefined {
  if (target === undefined || target.path.includes(BLANK)) return undefined
  return `${target.scheme}://${target.host.toLowerCase()}:${target.port}${target.path}`
}

/** Lower case, without port; undefined where the reference stays on its host. */
function hostOf(location: string): string | undefined {
  const match = /^(?:[a-z][a-z0-9+.-]*:)?\/\/(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)/i.exec(location)
  return match?.[1]?.toLowerCase().replace(/^\[|\]$/g, '')
}
