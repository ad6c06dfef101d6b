import { type Cursor, Layer } from './cursor.ts'

/** Linux cooked capture (LINKTYPE 113): packet type, ARPHRD, address length, address (8), protocol. */
export function linuxCooked(c: Cursor): Layer {
  if (!c.has(16)) return Layer.none
  return cookedProtocol(c, c.at + 16, c.bytes.readUInt16BE(c.at + 14))
}

/** Its second version (276): protocol first, then reserved, interface, ARPHRD, packet type, address. */
export function linuxCooked2(c: Cursor): Layer {
  if (!c.has(20)) return Layer.none
  return cookedProtocol(c, c.at + 20, c.bytes.readUInt16BE(c.at))
}

function cookedProtocol(c: Cursor, at: number, protocol: number): Layer {
  // ETH_P_802_2 of Linux: an LLC header follows.
  if (protocol === 4) return c.goto(Layer.llc, at)
  return protocol < 0x0600 ? Layer.none : c.goto(Layer.ethertype, at, protocol)
}

/**
 * BSD loopback (0, 108): four bytes of address family, in the byte order of the machine that captured or in network
 * order. IPv6 has another number on each system: 10 Linux, 23 Windows, 24, 28 and 30 the BSDs and macOS.
 */
export function addressFamily(c: Cursor): Layer {
  if (!c.has(4)) return Layer.none
  const little = c.bytes.readUInt32LE(c.at)
  const family = little > 0xffff ? c.bytes.readUInt32BE(c.at) : little
  switch (family) {
    case 2:
      return c.goto(Layer.ipv4, c.at + 4)
    case 10:
    case 23:
    case 24:
    case 28:
    case 30:
      return c.goto(Layer.ipv6, c.at + 4)
    default:
      return Layer.none
  }
}

/** Cisco HDLC (104): address, control, EtherType. */
export function ciscoHdlc(c: Cursor): Layer {
  if (!c.has(4)) return Layer.none
  return c.goto(Layer.ethertype, c.at + 4, c.bytes.readUInt16BE(c.at + 2))
}

/** PPP after a byte that tells the direction (204). */
export function directedPpp(c: Cursor): Layer {
  return c.goto(Layer.ppp, c.at + 1)
}
