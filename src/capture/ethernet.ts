import { type Cursor, Layer } from './cursor.ts'

const VLAN = 0x8100
const SERVICE_VLAN = 0x88a8
const OLD_SERVICE_VLAN = 0x9100
/** Below, the field is the length of an LLC frame (IEEE 802.3 §3.2.6). */
const FIRST_ETHERTYPE = 0x0600

export function ethernet(c: Cursor): Layer {
  if (!c.has(14)) return Layer.none
  return c.goto(Layer.ethertype, c.at + 14, c.bytes.readUInt16BE(c.at + 12))
}

/** `c.type` is an EtherType; VLAN tags, however many, are walked over here. */
export function ethertype(c: Cursor): Layer {
  while (c.type === VLAN || c.type === SERVICE_VLAN || c.type === OLD_SERVICE_VLAN) {
    if (!c.has(4)) return Layer.none
    c.type = c.bytes.readUInt16BE(c.at + 2)
    c.at += 4
  }
  if (c.type < FIRST_ETHERTYPE) {
    c.limit(c.at + c.type)
    return Layer.llc
  }
  return layerOf(c.type)
}

function layerOf(type: number): Layer {
  switch (type) {
    case 0x0800:
      return Layer.ipv4
    case 0x86dd:
      return Layer.ipv6
    case 0x8847:
    case 0x8848:
      return Layer.mpls
    case 0x8864:
      return Layer.pppoe
    case 0x6558: // transparent Ethernet bridging, in GRE and GENEVE
      return Layer.ethernet
    case 0x880b:
      return Layer.ppp
    default:
      return Layer.none
  }
}

/** LLC with a SNAP header (RFC 1042), or IP straight on LLC. */
export function llc(c: Cursor): Layer {
  if (!c.has(3)) return Layer.none
  const { bytes, at } = c
  const service = bytes.readUInt16BE(at)
  if (service === 0x0606) return c.goto(Layer.ipv4, at + 3)
  if (service !== 0xaaaa || !c.has(8) || bytes.readUInt8(at + 2) !== 3) return Layer.none
  const organisation = bytes.readUIntBE(at + 3, 3)
  // RFC 1042, and bridge tunnels (IEEE 802.1H).
  if (organisation !== 0 && organisation !== 0x0000f8) return Layer.none
  const type = bytes.readUInt16BE(at + 6)
  if (type < FIRST_ETHERTYPE) return Layer.none
  return c.goto(Layer.ethertype, at + 8, type)
}

/** RFC 2516 §4: version and type, code, session, length. */
export function pppoe(c: Cursor): Layer {
  if (!c.has(6) || c.bytes.readUInt16BE(c.at) !== 0x1100) return Layer.none
  c.limit(c.at + 6 + c.bytes.readUInt16BE(c.at + 4))
  return c.goto(Layer.ppp, c.at + 6)
}

/** With or without the HDLC address and control bytes; a protocol number with its low bit set is one byte long. */
export function ppp(c: Cursor): Layer {
  let at = c.at
  if (c.end - at >= 2 && c.bytes.readUInt16BE(at) === 0xff03) at += 2
  if (c.end - at < 2) return Layer.none
  let protocol: number = c.bytes.readUInt8(at)
  at += 1
  if ((protocol & 1) === 0) {
    protocol = (protocol << 8) | c.bytes.readUInt8(at)
    at += 1
  }
  if (protocol === 0x0021) return c.goto(Layer.ipv4, at)
  if (protocol === 0x0057) return c.goto(Layer.ipv6, at)
  if (protocol === 0x0281 || protocol === 0x0283) return c.goto(Layer.mpls, at)
  return Layer.none
}

/** Label stack entries to the one with the bottom bit (RFC 3032); what follows is told by its first nibble. */
export function mpls(c: Cursor): Layer {
  let at = c.at
  for (;;) {
    if (c.end - at < 5) return Layer.none
    const bottom = c.bytes.readUInt8(at + 2) & 1
    at += 4
    if (bottom === 1) break
  }
  const nibble = c.bytes.readUInt8(at) >> 4
  if (nibble === 4 || nibble === 6) return c.goto(Layer.ipVersion, at)
  // A pseudowire's control word (RFC 4385 §3) before an Ethernet frame.
  if (nibble === 0) return c.goto(Layer.ethernet, at + 4)
  return Layer.none
}
