import { BlockList, isIP } from 'node:net'
import { getConnInfo } from '@hono/node-server/conninfo'
import type { ApiContext } from './api-context.ts'

/** Hops that are looked at: nobody has more proxies of his own. */
const HOPS_AT_MOST = 20

/**
 * Where a request comes from. `X-Forwarded-For` can be written by anybody; what a proxy of ours put at its end is true, and
 * before that what the next proxy of ours put there.
 */
export class ClientAddresses {
  readonly #trusted = new BlockList()

  /** Addresses and networks of our proxies. */
  constructor(trusted: readonly string[]) {
    for (const network of trusted) {
      const [address = '', bits] = network.split('/')
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
      this.#trusted.addSubnet(
        address,
        bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits),
        family,
      )
    }
  }

  of(c: ApiContext): string {
    return this.client(getConnInfo(c).remote.address ?? 'unknown', c.req.header('x-forwarded-for'))
  }

  /** `forwarded`: all of `X-Forwarded-For`, nearest hop last. */
  client(peer: string, forwarded: string | undefined): string {
    let address = plain(peer)
    const hops = (forwarded ?? '').split(',').slice(-HOPS_AT_MOST)
    while (hops.length > 0 && this.#isTrusted(address)) {
      const before = bareAddress(hops.pop() ?? '')
      // What cannot be read was not written by a proxy of ours, and neither was what stands before it.
      if (before === undefined) break
      address = before
    }
    return address
  }

  #isTrusted(address: string): boolean {
    const family = isIP(address)
    return family !== 0 && this.#trusted.check(address, family === 6 ? 'ipv6' : 'ipv4')
  }
}

/** One client of IPv6 has a whole /64, and would be somebody else with each request. */
export function rateKey(address: string): string {
  if (isIP(address) !== 6) return address
  const [head = '', tail = ''] = address.split('%')[0]?.split('::') ?? []
  const groups = (text: string) => (text === '' ? [] : text.split(':'))
  const missing = address.includes('::') ? 8 - groups(head).length - groups(tail).length : 0
  const all = [...groups(head), ...Array<string>(Math.max(0, missing)).fill('0'), ...groups(tail)]
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}

/** An IPv4 client of a socket for both families. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
}

/** Some proxies write the port, too. */
function bareAddress(hop: string): string | undefined {
  const text = hop.trim()
  const inside = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(text)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(text)?.[1] ?? text
  const address = plain(inside)
  return isIP(address) === 0 ? undefined : address
}
