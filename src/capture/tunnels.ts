import { type Cursor, Layer } from './cursor.ts'

/** RFC 2784 and 2890; version 1 is that of PPTP (RFC 2637 §4.1). */
export function gre(c: Cursor): Layer {
  if (!c.has(4)) return Layer.none
  const flags = c.bytes.readUInt16BE(c.at)
  const protocol = c.bytes.readUInt16BE(c.at + 2)
  const version = flags & 0x0007
  const hasSequence = (flags & 0x1000) !== 0
  // Source routing (RFC 1701) has a length of its own and is extinct.
  if (version > 1 || (flags & 0x4000) !== 0) return Layer.none
  let headerBytes = 4
  if ((flags & 0x8000) !== 0) headerBytes += 4
  if ((flags & 0x2000) !== 0) headerBytes += 4
  if (hasSequence) headerBytes += 4
  if (version === 1 && (flags & 0x0080) !== 0) headerBytes += 4
  if (protocol === ERSPAN_2 && hasSequence) headerBytes += 8
  if (protocol === ERSPAN_3) {
    if (!c.has(headerBytes + 12)) return Layer.none
    const subheader = (c.bytes.readUInt8(c.at + headerBytes + 11) & 1) !== 0
    headerBytes += subheader ? 20 : 12
  }
  if (!c.has(headerBytes)) return Layer.none
  const mirrored = protocol === ERSPAN_2 || protocol === ERSPAN_3
  return mirrored
    ? c.goto(Layer.ethernet, c.at + headerBytes)
    : c.goto(Layer.ethertype, c.at + headerBytes, protocol)
}

/** Mirrored Ethernet frames of switches (draft-foschiano-erspan); without a sequence number there is no header. */
const ERSPAN_2 = 0x88be
const ERSPAN_3 = 0x22eb

const UDP_HEADER_BYTES = 8

/** What the UDP datagram at the cursor carries as a tunnel; `Layer.none`, with the cursor unmoved, where it is none. */
export function udpTunnel(c: Cursor): Layer {
  if (!c.has(UDP_HEADER_BYTES + 8)) return Layer.none
  switch (c.bytes.readUInt16BE(c.at + 2)) {
    case 4789:
    case 8472: // Linux before the port was assigned
      return vxlan(c)
    case 6081:
      return geneve(c)
    case 2152:
      return gtpUser(c)
    default:
      return Layer.none
  }
}

/** RFC 7348 §5: the I flag alone, reserved bits zero. */
function vxlan(c: Cursor): Layer {
  const at = c.at + UDP_HEADER_BYTES
  if (c.bytes.readUInt32BE(at) !== 0x08000000 || c.bytes.readUInt8(at + 7) !== 0) return Layer.none
  return c.goto(Layer.ethernet, at + 8)
}

/** RFC 8926 §3.4: version and length of options, flags, EtherType, network identifier. */
function geneve(c: Cursor): Layer {
  const at = c.at + UDP_HEADER_BYTES
  const first = c.bytes.readUInt8(at)
  const headerBytes = 8 + (first & 0x3f) * 4
  if (first >> 6 !== 0 || c.bytes.readUInt8(at + 7) !== 0 || !c.has(UDP_HEADER_BYTES + headerBytes)) {
    return Layer.none
  }
  const protocol = c.bytes.readUInt16BE(at + 2)
  if (protocol !== 0x6558 && protocol !== 0x0800 && protocol !== 0x86dd) return Layer.none
  return c.goto(Layer.ethertype, at + headerBytes, protocol)
}

/** A user packet: other messages of GTP-U are signalling. */
const G_PDU = 255
/** Sequence number, N-PDU number or an extension header present: then all three fields are. */
const OPTIONAL_FIELDS = 0x07
const EXTENSION = 0x04

/** 3GPP TS 29.281 §5.1. */
function gtpUser(c: Cursor): Layer {
  const { bytes } = c
  const start = c.at + UDP_HEADER_BYTES
  const flags = bytes.readUInt8(start)
  // Version 1, protocol type GTP, the spare bit zero.
  if ((flags & 0xf8) !== 0x30 || bytes.readUInt8(start + 1) !== G_PDU) return Layer.none
  const wireEnd = start + 8 + bytes.readUInt16BE(start + 2)
  const end = Math.min(c.end, wireEnd)
  let at = start + 8
  if ((flags & OPTIONAL_FIELDS) !== 0) {
    if (end - at < 4) return Layer.none
    let next = (flags & EXTENSION) !== 0 ? bytes.readUInt8(at + 3) : 0
    at += 4
    // Each is a length in words, contents, and the type of the next.
    while (next !== 0) {
      const extensionBytes = end - at >= 4 ? bytes.readUInt8(at) * 4 : 0
      if (extensionBytes === 0 || extensionBytes > end - at) return Layer.none
      at += extensionBytes
      next = bytes.readUInt8(at - 1)
    }
  }
  const version = at < end ? bytes.readUInt8(at) >> 4 : 0
  if (version !== 4 && version !== 6) return Layer.none
  c.limit(wireEnd)
  return c.goto(Layer.ipVersion, at)
}
