import { ipPacket, udpDatagram } from './ip-writer.ts'

/** Wraps an IP packet for a link; `wrap` is given the whole packet. */
export interface Encapsulation {
  readonly linkType: number
  readonly wrap: (ip: Buffer) => Buffer
}

const MACS = Buffer.from('020000000001020000000002', 'hex')

export const ethernetFrame = (type: number, payload: Buffer): Buffer =>
  Buffer.concat([MACS, u16(type), payload])

/** All link layers and tunnels that the decapsulator reads. */
export const encapsulations: Readonly<Record<string, Encapsulation>> = {
  ethernet: { linkType: 1, wrap: onEthernet },
  'ethernet, padded': { linkType: 1, wrap: (ip) => Buffer.concat([onEthernet(ip), Buffer.alloc(46, 0xaa)]) },
  'ethernet, LLC and SNAP': {
    linkType: 1,
    wrap: (ip) => {
      const llc = snap(ip)
      return Buffer.concat([MACS, u16(llc.length), llc, Buffer.alloc(9)])
    },
  },
  vlan: { linkType: 1, wrap: (ip) => ethernetFrame(0x8100, tag(0x2005, typeOf(ip), ip)) },
  'two vlans': {
    linkType: 1,
    wrap: (ip) => ethernetFrame(0x88a8, tag(0x2005, 0x8100, tag(7, typeOf(ip), ip))),
  },
  'three vlans': {
    linkType: 1,
    wrap: (ip) => ethernetFrame(0x9100, tag(1, 0x9100, tag(2, 0x8100, tag(3, typeOf(ip), ip)))),
  },
  pppoe: { linkType: 1, wrap: (ip) => ethernetFrame(0x8864, pppoeSession(ip)) },
  'pppoe in two vlans': {
    linkType: 1,
    wrap: (ip) => ethernetFrame(0x88a8, tag(1, 0x8100, tag(2, 0x8864, pppoeSession(ip)))),
  },
  mpls: { linkType: 1, wrap: (ip) => ethernetFrame(0x8847, Buffer.concat([hex('0006503f 00065140'), ip])) },
  'ethernet in mpls': {
    linkType: 1,
    wrap: (ip) => ethernetFrame(0x8847, Buffer.concat([hex('00065140 00000000'), onEthernet(ip)])),
  },
  sll: {
    linkType: 113,
    wrap: (ip) => Buffer.concat([hex('0000 0001 0006 020000000001 0000'), u16(typeOf(ip)), ip]),
  },
  sll2: {
    linkType: 276,
    wrap: (ip) => Buffer.concat([u16(typeOf(ip)), hex('0000 00000002 0001 00 06 020000000001 0000'), ip]),
  },
  'null, little-endian': {
    linkType: 0,
    wrap: (ip) => Buffer.concat([hex(isFour(ip) ? '02000000' : '1e000000'), ip]),
  },
  'null, big-endian': {
    linkType: 0,
    wrap: (ip) => Buffer.concat([hex(isFour(ip) ? '00000002' : '0000001c'), ip]),
  },
  loop: { linkType: 108, wrap: (ip) => Buffer.concat([hex(isFour(ip) ? '00000002' : '00000018'), ip]) },
  raw: { linkType: 101, wrap: (ip) => ip },
  ppp: { linkType: 9, wrap: (ip) => Buffer.concat([hex(isFour(ip) ? '0021' : '0057'), ip]) },
  'ppp, one byte': { linkType: 9, wrap: (ip) => Buffer.concat([hex(isFour(ip) ? '21' : '57'), ip]) },
  'ppp in hdlc': {
    linkType: 50,
    wrap: (ip) => Buffer.concat([hex(isFour(ip) ? 'ff030021' : 'ff030057'), ip]),
  },
  'pppoe link': { linkType: 51, wrap: pppoeSession },
  'ppp with direction': {
    linkType: 204,
    wrap: (ip) => Buffer.concat([hex(isFour(ip) ? '01ff030021' : '00ff030057'), ip]),
  },
  'cisco hdlc': { linkType: 104, wrap: (ip) => Buffer.concat([hex('0f00'), u16(typeOf(ip)), ip]) },
  wifi: { linkType: 105, wrap: (ip) => Buffer.concat([hex('0801 0000'), STATIONS, hex('1000'), snap(ip)]) },
  'wifi, QoS': {
    linkType: 105,
    wrap: (ip) => Buffer.concat([hex('8802 0000'), STATIONS, hex('1000 0000'), snap(ip)]),
  },
  'wifi, four addresses, HT control': {
    linkType: 105,
    wrap: (ip) =>
      Buffer.concat([hex('8883 0000'), STATIONS, hex('1000 020000000009 0000 00000000'), snap(ip)]),
  },
  'wifi, A-MSDU': {
    linkType: 105,
    wrap: (ip) => Buffer.concat([hex('8802 0000'), STATIONS, hex('1000 8000'), subframe(snap(ip))]),
  },
  radiotap: {
    linkType: 127,
    // Time stamp, flags (frame check sequence at the end), rate.
    wrap: (ip) =>
      Buffer.concat([
        hex('0000 1200 07000000 0000000000000000 10 02'),
        hex('0801 0000'),
        STATIONS,
        hex('1000'),
        snap(ip),
        hex('deadbeef'),
      ]),
  },
  'radiotap, two bitmaps, padded header': {
    linkType: 127,
    wrap: (ip) =>
      Buffer.concat([
        hex('0000 0d00 02000080 00000000 20'),
        hex('8802 0000'),
        STATIONS,
        hex('1000 0000 0000'),
        snap(ip),
      ]),
  },
  ppi: {
    linkType: 192,
    wrap: (ip) => Buffer.concat([hex('00 00 0800 69000000 0801 0000'), STATIONS, hex('1000'), snap(ip)]),
  },
  'in IPv4': { linkType: 1, wrap: (ip) => onEthernet(outer4(isFour(ip) ? 4 : 41, ip)) },
  'in IPv6': { linkType: 1, wrap: (ip) => onEthernet(outer6(isFour(ip) ? 4 : 41, ip)) },
  'behind IPv6 extension headers': {
    linkType: 1,
    wrap: (ip) =>
      onEthernet(
        outer6(
          0,
          Buffer.concat([
            hex('3c 00 010400000000 33 01 010c 000000000000000000000000'),
            // Authentication header of 24 bytes.
            hex(`${isFour(ip) ? '04' : '29'} 04 0000 00000001 00000001 000000000000000000000000`),
            ip,
          ]),
        ),
      ),
  },
  gre: {
    linkType: 1,
    wrap: (ip) => onEthernet(outer4(47, Buffer.concat([hex('0000'), u16(typeOf(ip)), ip]))),
  },
  'gre with checksum, key, sequence, Ethernet': {
    linkType: 1,
    wrap: (ip) =>
      onEthernet(outer4(47, Buffer.concat([hex('b000 6558 00000000 00000001 00000002'), onEthernet(ip)]))),
  },
  pptp: {
    linkType: 1,
    wrap: (ip) => {
      const ppp = Buffer.concat([hex(isFour(ip) ? 'ff030021' : 'ff030057'), ip])
      const header = Buffer.concat([hex('3081 880b'), u16(ppp.length), hex('0001 00000001 00000001')])
      return onEthernet(outer4(47, Buffer.concat([header, ppp])))
    },
  },
  erspan: {
    linkType: 1,
    wrap: (ip) =>
      onEthernet(outer4(47, Buffer.concat([hex('1000 88be 00000001 10010001 00000000'), onEthernet(ip)]))),
  },
  vxlan: {
    linkType: 1,
    wrap: (ip) => onEthernet(inUdp(4789, Buffer.concat([hex('08000000 00002a00'), onEthernet(ip)]))),
  },
  'geneve, Ethernet': {
    linkType: 1,
    wrap: (ip) => onEthernet(inUdp(6081, Buffer.concat([hex('0000 6558 00002a00'), onEthernet(ip)]))),
  },
  'geneve with an option, IP': {
    linkType: 1,
    wrap: (ip) =>
      onEthernet(
        inUdp(6081, Buffer.concat([hex('0200'), u16(typeOf(ip)), hex('00002a00 0102000100000000'), ip])),
      ),
  },
  'gtp-u': { linkType: 1, wrap: (ip) => onEthernet(inUdp(2152, gtp('30', '', ip))) },
  'gtp-u with sequence number': {
    linkType: 1,
    wrap: (ip) => onEthernet(inUdp(2152, gtp('32', '0001 00 00', ip))),
  },
  'gtp-u with extension headers': {
    linkType: 1,
    wrap: (ip) => onEthernet(inUdp(2152, gtp('34', '0000 00 85 01 1001 85 01 0001 00', ip))),
  },
  'vxlan in gtp-u in a vlan': {
    linkType: 1,
    wrap: (ip) => {
      const inner = inUdp(4789, Buffer.concat([hex('08000000 00002a00'), onEthernet(ip)]))
      return ethernetFrame(0x8100, tag(5, 0x0800, inUdp(2152, gtp('30', '', inner))))
    },
  },
}

/** Two packets in one 802.11 frame; the first subframe is padded to a multiple of four. */
export function amsduOf(first: Buffer, second: Buffer): Buffer {
  const one = subframe(snap(first))
  const padding = Buffer.alloc((4 - (one.length % 4)) % 4)
  return Buffer.concat([hex('8802 0000'), STATIONS, hex('1000 8000'), one, padding, subframe(snap(second))])
}

const STATIONS = Buffer.from('020000000001020000000002020000000003', 'hex')

function onEthernet(ip: Buffer): Buffer {
  return ethernetFrame(typeOf(ip), ip)
}

function tag(control: number, type: number, payload: Buffer): Buffer {
  return Buffer.concat([u16(control), u16(type), payload])
}

function pppoeSession(ip: Buffer): Buffer {
  const ppp = Buffer.concat([hex(isFour(ip) ? '0021' : '0057'), ip])
  return Buffer.concat([hex('1100 0007'), u16(ppp.length), ppp])
}

function snap(ip: Buffer): Buffer {
  return Buffer.concat([hex('aaaa03 000000'), u16(typeOf(ip)), ip])
}

function subframe(llc: Buffer): Buffer {
  return Buffer.concat([MACS, u16(llc.length), llc])
}

function outer4(protocol: number, data: Buffer): Buffer {
  return ipPacket({ source: '10.0.0.1', destination: '10.0.0.2', protocol, data })
}

function outer6(protocol: number, data: Buffer): Buffer {
  return ipPacket({ source: 'fd00::1', destination: 'fd00::2', protocol, data })
}

function inUdp(port: number, data: Buffer): Buffer {
  return outer4(17, udpDatagram({ sourcePort: port === 2152 ? port : 50_000, destinationPort: port, data }))
}

function gtp(flags: string, optional: string, ip: Buffer): Buffer {
  const rest = Buffer.concat([hex(optional), ip])
  return Buffer.concat([hex(`${flags} ff`), u16(rest.length), hex('00000001'), rest])
}

function typeOf(ip: Buffer): number {
  return isFour(ip) ? 0x0800 : 0x86dd
}

function isFour(ip: Buffer): boolean {
  return ip.readUInt8(0) >> 4 === 4
}

function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff])
}

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex')
}
