import type { Certificate } from '../x509/certificate.ts'
import { formatIp, parseIp } from '../x509/ip-address.ts'

/**
 * What a certificate says of a host. `matched` and `by` follow RFC 6125 §6.4: dNSName for names, the common name only
 * where there is no subjectAltName at all, iPAddress for addresses. Stacks differ; the other fields let a rule apply theirs.
 */
export interface HostMatch {
  readonly matched: boolean
  readonly by: 'san-dns' | 'san-ip' | 'cn' | undefined
  /** The entry that matched, as written in the certificate. */
  readonly matchedName: string | undefined
  /** dNSNames, iPAddresses and common names, in this order, each once. Hostile text. */
  readonly names: string[]
  readonly hostKind: 'dns' | 'ip'
  readonly hasDnsNames: boolean
  readonly hasIpAddresses: boolean
  /** There is a subjectAltName, of whatever kind: stacks then pass over the common name, for addresses as well. */
  readonly hasAltNames: boolean
  /** The host, name or address, equals a dNSName: how embedded stacks match addresses too. */
  readonly inDnsNames: boolean
  /** The host is an address and equals an iPAddress. */
  readonly inIpAddresses: boolean
  /** The host equals a common name, whether or not that counts. */
  readonly inCommonName: boolean
}

/** `host` is a name (A-labels) or an IP literal, with or without brackets. */
export function matchHost(certificate: Certificate, host: string): HostMatch {
  const wanted = normalHost(host)
  const address = parseIp(wanted)
  const canonical = address === undefined ? undefined : formatIp(address)
  const dnsNames = valuesOf(certificate, 'dns')
  const ipAddresses = valuesOf(certificate, 'ip')
  const commonNames = certificate.subject.attributes
    .filter(({ type }) => type === 'CN')
    .map(({ value }) => value)

  const isWanted = (name: string) =>
    canonical === undefined ? matchesDnsName(name, wanted) : equalsAddress(name, canonical)
  const dnsName = dnsNames.find(isWanted)
  const ipAddress = canonical === undefined ? undefined : ipAddresses.find((ip) => ip === canonical)
  const commonName = commonNames.find(isWanted)

  const hasAltNames = certificate.extensions.some(({ name }) => name === 'subjectAltName')
  const hostKind = canonical === undefined ? 'dns' : 'ip'
  const matchedBy: [HostMatch['by'], string] | undefined =
    ipAddress !== undefined
      ? ['san-ip', ipAddress]
      : hostKind === 'dns' && dnsName !== undefined
        ? ['san-dns', dnsName]
        : hostKind === 'dns' && !hasAltNames && commonName !== undefined
          ? ['cn', commonName]
          : undefined
  return {
    matched: matchedBy !== undefined,
    by: matchedBy?.[0],
    matchedName: matchedBy?.[1],
    names: [...new Set([...dnsNames, ...ipAddresses, ...commonNames])],
    hostKind,
    hasDnsNames: dnsNames.length > 0,
    hasIpAddresses: ipAddresses.length > 0,
    hasAltNames,
    inDnsNames: dnsName !== undefined,
    inIpAddresses: ipAddress !== undefined,
    inCommonName: commonName !== undefined,
  }
}

/**
 * RFC 6125 §6.4.3 as stacks apply it: case does not count, and `*` stands for the whole left-most label and nothing
 * else. `host` is lower case without a final dot.
 */
export function matchesDnsName(pattern: string, host: string): boolean {
  const wanted = lowerAscii(pattern)
  if (host === '' || host.includes('*')) return false
  if (!wanted.startsWith('*.')) return wanted === host
  const dot = host.indexOf('.')
  return dot > 0 && wanted.length > 2 && wanted.slice(1) === host.slice(dot)
}

/** Two names of one host: case, brackets and a final dot do not count. False where either is missing. */
export function sameName(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && normalHost(a) === normalHost(b)
}

/** Lower case, without brackets and final dot. */
function normalHost(host: string): string {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
  return lowerAscii(bare).replace(/\.$/, '')
}

/** Other letters stay: U+212A would become a `k`. */
function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

function valuesOf(certificate: Certificate, kind: 'dns' | 'ip'): string[] {
  return certificate.subjectAltNames.filter((name) => name.kind === kind).map(({ value }) => value)
}

function equalsAddress(text: string, canonical: string): boolean {
  const address = parseIp(text)
  return address !== undefined && formatIp(address) === canonical
}
