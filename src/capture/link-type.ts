import { Layer } from './cursor.ts'

/** By the LINKTYPE registry of tcpdump.org. undefined: not known to hold a network layer. */
export function layerOfLinkType(linkType: number): Layer | undefined {
  switch (linkType) {
    case 1:
      return Layer.ethernet
    case 12: // DLT_RAW where a program wrote the platform's number
    case 14:
    case 101:
    case 228:
    case 229:
      return Layer.ipVersion
    default:
      return undefined
  }
}
