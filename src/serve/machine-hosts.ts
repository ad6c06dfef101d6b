import { isIP } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'

/** Addresses under which this machine is reached, others before loopback, IPv4 before IPv6. */
export function machineAddresses(
  interfaces: ReturnType<typeof networkInterfaces> = networkInterfaces(),
): string[] {
  const all = Object.values(interfaces).flatMap((addresses) => addresses ?? [])
  // A link-local address needs a zone, which no URL of a device can carry.
  const usable = all.filter(({ address }) => !/^fe[89ab]/i.test(address) && !address.includes('%'))
  const rank = ({ internal, family }: (typeof all)[number]) =>
    (internal ? 2 : 0) + (family === 'IPv6' ? 1 : 0)
  return [...new Set(usable.sort((a, b) => rank(a) - rank(b)).map(({ address }) => address))]
}

/** Names that a network may know this machine by: its own, without a domain, and that of mDNS, RFC 6762 §3. */
export function machineNames(own: string = hostname()): string[] {
  const name = own.toLowerCase().replace(/\.$/, '')
  const first = name.split('.', 1)[0]!
  if (!isHostName(name) || isIP(name) !== 0 || first === 'localhost') return []
  return [...new Set([name, first, `${first}.local`])]
}

/** The addresses that a client can use when a server listens on `listening`. */
export function reachableAddresses(listening: readonly string[], machine = machineAddresses()): string[] {
  return [
    ...new Set(
      listening.flatMap((address) => {
        if (address === '0.0.0.0') return machine.filter((one) => !one.includes(':'))
        if (address === '::') return machine.filter((one) => one.includes(':'))
        return [address]
      }),
    ),
  ].sort((a, b) => machine.indexOf(a) - machine.indexOf(b))
}

/** Host of a URL: an IPv6 address in brackets. */
export function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

/** A DNS name or an IP address, as it may stand in a certificate and a URL. */
export function isHostName(text: string): boolean {
  if (isIP(text) !== 0) return true
  return (
    text.length <= 253 && /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*$/.test(text)
  )
}
