import { type Cursor, Layer } from './cursor.ts'
import type { IpFragments } from './ip-fragments.ts'

export function ipVersion(c: Cursor): Layer {
  const version = c.has(1) ? c.bytes.readUInt8(c.at) >> 4 : 0
  if (version === 4) return Layer.ipv4
  return version === 6 ? Layer.ipv6 : Layer.none
}

/** RFC 791 §3.1. */
export function ipv4(c: Cursor, fragments: IpFragments): Layer {
  const { bytes, at } = c
  if (!c.has(20)) return Layer.none
  const first = bytes.readUInt8(at)
  const headerBytes = (first & 0x0f) * 4
  if (first >> 4 !== 4 || headerBytes < 20 || !c.has(headerBytes)) return Layer.none
  const totalBytes = bytes.readUInt16BE(at + 2)
  // Zero: captured before the network card cut a large segment (TSO), so that all captured bytes belong to it.
  if (totalBytes !== 0) {
    if (totalBytes < headerBytes) return Layer.none
    c.limit(at + totalBytes)
  }
  setAddresses(c, at + 12, 4)
  const flags = bytes.readUInt16BE(at + 6)
  const more = (flags & 0x2000) !== 0
  const offset = (flags & 0x1fff) * 8
  const next = c.goto(Layer.ipPayload, at + headerBytes, bytes.readUInt8(at + 9))
  return more || offset !== 0 ? fragments.add(c, bytes.readUInt16BE(at + 4), offset, more) : next
}

/** RFC 8200 §3. */
export function ipv6(c: Cursor): Layer {
  const { bytes, at } = c
  if (!c.has(40) || bytes.readUInt8(at) >> 4 !== 6) return Layer.none
  const payloadBytes = bytes.readUInt16BE(at + 4)
  // Zero: a jumbogram, or captured before the network card cut a large segment.
  if (payloadBytes !== 0) c.limit(at + 40 + payloadBytes)
  setAddresses(c, at + 8, 16)
  return c.goto(Layer.ipPayload, at + 40, bytes.readUInt8(at + 6))
}

function setAddresses(c: Cursor, at: number, bytes: 4 | 16): void {
  c.addresses = c.bytes
  c.addressBytes = bytes
  c.source = at
  c.destination = at + bytes
}

/** `c.type` is the protocol number of the IP header, or an extension header's next one. */
export function ipPayload(c: Cursor, fragments: IpFragments): Layer {
  switch (c.type) {
    case 6:
      return Layer.tcp
    case 17:
      return Layer.udp
    case 0: // hop-by-hop options
    case 43: // routing
    case 60: // destination options
    case 135: // mobility
    case 139: // HIP
    case 140: // shim6
      return extensionHeader(c, 8, 8)
    case 51: // authentication header, RFC 4302 §2.2: counts words of 4, less 2
      return extensionHeader(c, 4, 8)
    case 44:
      return fragmentHeader(c, fragments)
    case 4:
      return c.goto(Layer.ipv4, c.at)
    case 41:
      return c.goto(Layer.ipv6, c.at)
    case 47:
      return c.goto(Layer.gre, c.at)
    case 137:
      return c.goto(Layer.mpls, c.at)
    default:
      return Layer.none
  }
}

/** Next header, then a length in words that leaves out the first `extraBytes`. */
function extensionHeader(c: Cursor, wordBytes: number, extraBytes: number): Layer {
  if (!c.has(8)) return Layer.none
  const headerBytes = c.bytes.readUInt8(c.at + 1) * wordBytes + extraBytes
  if (!c.has(headerBytes)) return Layer.none
  return c.goto(Layer.ipPayload, c.at + headerBytes, c.bytes.readUInt8(c.at))
}

/** RFC 8200 §4.5. */
function fragmentHeader(c: Cursor, fragments: IpFragments): Layer {
  if (!c.has(8)) return Layer.none
  const { bytes, at } = c
  const flags = bytes.readUInt16BE(at + 2)
  const more = (flags & 1) !== 0
  const offset = flags & 0xfff8
  const next = c.goto(Layer.ipPayload, at + 8, bytes.readUInt8(at))
  // One without offset or successor ("atomic") is whole already.
  return more || offset !== 0 ? fragments.add(c, bytes.readUInt32BE(at + 4), offset, more) : next
}
