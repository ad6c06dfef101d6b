import { isIP } from 'node:net'
import type { MiddlewareHandler } from 'hono'
import { ApiFailure } from './api-failure.ts'

/**
 * A name of somebody else that leads here is DNS rebinding: the browser takes us for that site. Addresses and
 * `localhost` cannot be made to lead elsewhere; other names must be ours. What comes from another origin is refused,
 * also from a sandboxed frame, whose origin is `null`.
 */
export function hostCheck(hosts: readonly string[]): MiddlewareHandler {
  const ours = new Set(hosts.map((host) => host.toLowerCase()))
  return async (c, next) => {
    const host = c.req.header('host')
    if (host === undefined || !isOurs(host, ours)) {
      throw new ApiFailure(421, 'host-unknown', 'this server is not known by that name', {
        hint: 'open it by its address, or name the host in --public-host',
        at: 'Host',
      })
    }
    const origin = c.req.header('origin')
    if (origin !== undefined && !isSameOrigin(origin, host)) {
      throw new ApiFailure(403, 'origin-foreign', 'another site may not ask this', { at: 'Origin' })
    }
    const changes = !['GET', 'HEAD'].includes(c.req.method)
    const site = c.req.header('sec-fetch-site')
    if (changes && site !== undefined && site !== 'same-origin' && site !== 'none') {
      throw new ApiFailure(403, 'origin-foreign', 'another site may not ask this', { at: 'Sec-Fetch-Site' })
    }
    await next()
  }
}

function isOurs(host: string, ours: ReadonlySet<string>): boolean {
  const name = hostName(host)
  return name !== undefined && (name === 'localhost' || isIP(name) !== 0 || ours.has(name))
}

/** Without its port, lower case, an IPv6 address without brackets; undefined where it is none. */
function hostName(host: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::\d{1,5})?$/i.exec(host)
  return (match?.[1] ?? match?.[2])?.toLowerCase()
}

/** The scheme is not compared: TLS may end before us. */
function isSameOrigin(origin: string, host: string): boolean {
  const match = /^https?:\/\/([^/]+)$/i.exec(origin)
  return match?.[1]?.toLowerCase() === host.toLowerCase()
}
