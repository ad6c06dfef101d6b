import { parseIp } from '../x509/ip-address.ts'

/**
 * Names that a device asking for `host` ought to refuse, each of which some wrong way of comparing takes: one that ends
 * with it, one that begins with it, another of the same domain, a wildcard over a label too many (RFC 9525 §6.3).
 */
export function neighboursOf(host: string): readonly (string | { readonly dns: string })[] {
  const address = parseIp(host)
  if (address !== undefined) return [{ dns: `${host}.invalid` }, neighbourAddress(host)]
  const labels = host.split('.')
  const domain = labels.slice(1).join('.')
  const wide = labels.slice(2)
  return [
    `evil-${host}`,
    `${host}.invalid`,
    ...(domain === '' ? [] : [`tlsfit-sibling.${domain}`, ['*', ...wide].join('.')]),
  ].map((dns) => ({ dns }))
}

/** Of documentation, RFC 5737 and RFC 3849: no device asks for it. */
function neighbourAddress(host: string): string {
  return host.includes(':') ? '2001:db8::7177' : '203.0.113.177'
}
