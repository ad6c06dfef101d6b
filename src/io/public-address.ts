import { BlockList, isIP } from 'node:net'

/** Registries of IANA for special-purpose addresses (RFC 6890 and what came later): none of these is on the Internet. */
const special4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // carrier-grade NAT, RFC 6598
  ['127.0.0.0', 8],
  ['169.254.0.0', 16], // link-local, and the metadata of clouds
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const

/** Of what is global unicast (2000::/3). Those that carry an IPv4 address lead to wherever that one does. */
const special6 = [
  ['2001::', 23], // with Teredo
  ['2001:db8::', 32],
  ['2002::', 16], // 6to4
  ['3fff::', 20],
] as const

const notPublic4 = new BlockList()
for (const [network, bits] of special4) notPublic4.addSubnet(network, bits, 'ipv4')
const global6 = new BlockList()
global6.addSubnet('2000::', 3, 'ipv6')
const notPublic6 = new BlockList()
for (const [network, bits] of special6) notPublic6.addSubnet(network, bits, 'ipv6')

/**
 * Whether an address is one of the Internet's: not of this machine, this network or a link, no multicast, and no IPv6
 * address that has an IPv4 address in it (mapped, NAT64, 6to4).
 */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !notPublic4.check(address, 'ipv4')
    case 6:
      return !address.includes('%') && global6.check(address, 'ipv6') && !notPublic6.check(address, 'ipv6')
    default:
      return false
  }
}
