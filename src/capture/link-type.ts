import { Layer } from './cursor.ts'

/** By the LINKTYPE registry of tcpdump.org. undefined: not known to hold a network layer. */
export function layerOfLinkType(linkType: number): Layer | undefined {
  switch (linkType) {
    case 0:
    case 108:
      return Layer.addressFamily
    case 1:
      return Layer.ethernet
    case 9:
    case 50:
      return Layer.ppp
    case 51:
      return Layer.pppoe
    case 104:
      return Layer.ciscoHdlc
    case 105:
      return Layer.wifi
    case 113:
      return Layer.linuxCooked
    case 127:
      return Layer.radiotap
    case 192:
      return Layer.perPacketInformation
    case 204:
      return Layer.directedPpp
    case 219:
      return Layer.mpls
    case 276:
      return Layer.linuxCooked2
    case 12: // the number of raw IP on most platforms, where a program wrote that
    case 14: // likewise OpenBSD
    case 101:
    case 228:
    case 229:
      return Layer.ipVersion
    default:
      return undefined
  }
}
