import { isIPv4 } from 'node:net'

/** A TCP or UDP conversation is a list of what each side said; the same list can be cut and wrapped in many ways. */
export interface Turn {
  readonly from: 'client' | 'server'
  readonly data: Uint8Array
}

/** One whole IP packet. Tests drop, repeat, swap and cut them as an array. */
export interface IpPacket {
  readonly timeMs: number
  readonly from: 'client' | 'server'
  readonly bytes: Buffer
}

export interface Conversation {
  /** IPv4 or IPv6, both alike. */
  readonly client?: string
  readonly server?: string
  readonly clientPort?: number
  readonly serverPort?: number
  readonly startMs?: number
  /** Between two packets. */
  readonly stepMs?: number
}

export interface TcpOptions extends Conversation {
  /** Largest payload of a segment. */
  readonly segmentBytes?: number
  readonly clientSequence?: number
  readonly serverSequence?: number
  /** How it ends; `open`: not in the capture. */
  readonly close?: 'client-fin' | 'server-fin' | 'client-rst' | 'server-rst' | 'open'
  /** False: the capture starts in mid-stream. */
  readonly handshake?: boolean
}

const Tcp = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 } as const

/** The whole connection: handshake, segments with an acknowledgement each, close. */
export function tcpPackets(turns: readonly Turn[], options: TcpOptions = {}): IpPacket[] {
  const { segmentBytes = 1448, close = 'client-fin', startMs = 1_700_000_000_000, stepMs = 1 } = options
  const next = { client: options.clientSequence ?? 1000, server: options.serverSequence ?? 900_000 }
  const packets: IpPacket[] = []
  const send = (from: 'client' | 'server', flags: number, data: Uint8Array = new Uint8Array()) => {
    const to = otherSide(from)
    const acknowledged = (flags & Tcp.ack) === 0 ? 0 : next[to]
    const segment = tcpSegment({ ...ports(from, options), sequence: next[from], acknowledged, flags, data })
    const timeMs = startMs + packets.length * stepMs
    packets.push({
      timeMs,
      from,
      bytes: ipPacket({ ...addresses(from, options), protocol: 6, data: segment }),
    })
    const used = data.length + ((flags & (Tcp.syn | Tcp.fin)) === 0 ? 0 : 1)
    next[from] = (next[from] + used) % 0x1_0000_0000
  }
  if (options.handshake !== false) {
    send('client', Tcp.syn)
    send('server', Tcp.syn | Tcp.ack)
    send('client', Tcp.ack)
  }
  for (const turn of turns) {
    for (let at = 0; at < turn.data.length; at += segmentBytes) {
      send(turn.from, Tcp.ack | Tcp.psh, turn.data.subarray(at, at + segmentBytes))
      send(otherSide(turn.from), Tcp.ack)
    }
  }
  if (close !== 'open') {
    const closer = close.startsWith('client') ? 'client' : 'server'
    send(closer, close.endsWith('rst') ? Tcp.rst | Tcp.ack : Tcp.fin | Tcp.ack)
    if (close.endsWith('fin')) {
      send(otherSide(closer), Tcp.fin | Tcp.ack)
      send(closer, Tcp.ack)
    }
  }
  return packets
}

/** One datagram a turn. */
export function udpPackets(turns: readonly Turn[], options: Conversation = {}): IpPacket[] {
  const { startMs = 1_700_000_000_000, stepMs = 1 } = options
  return turns.map(({ from, data }, index) => ({
    timeMs: startMs + index * stepMs,
    from,
    bytes: ipPacket({
      ...addresses(from, options),
      protocol: 17,
      data: udpDatagram({ ...ports(from, options), data }),
    }),
  }))
}

export interface TcpSegment {
  readonly sourcePort: number
  readonly destinationPort: number
  readonly sequence: number
  readonly acknowledged?: number
  readonly flags: number
  readonly data: Uint8Array
}

export function tcpSegment(segment: TcpSegment): Buffer {
  const header = Buffer.alloc(20)
  header.writeUInt16BE(segment.sourcePort, 0)
  header.writeUInt16BE(segment.destinationPort, 2)
  header.writeUInt32BE(segment.sequence, 4)
  header.writeUInt32BE(segment.acknowledged ?? 0, 8)
  header.writeUInt8(5 << 4, 12)
  header.writeUInt8(segment.flags, 13)
  header.writeUInt16BE(64_240, 14)
  return Buffer.concat([header, segment.data])
}

export interface UdpDatagram {
  readonly sourcePort: number
  readonly destinationPort: number
  readonly data: Uint8Array
}

export function udpDatagram({ sourcePort, destinationPort, data }: UdpDatagram): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt16BE(sourcePort, 0)
  header.writeUInt16BE(destinationPort, 2)
  header.writeUInt16BE(8 + data.length, 4)
  return Buffer.concat([header, data])
}

export interface IpOptions {
  readonly source: string
  readonly destination: string
  readonly protocol: number
  readonly data: Uint8Array
  /** IPv4 header options, a multiple of four bytes. */
  readonly options?: Uint8Array
  readonly id?: number
  /** IPv4 flags and fragment offset, as in the header. */
  readonly fragment?: number
}

export function ipPacket(packet: IpOptions): Buffer {
  return isIPv4(packet.source) ? ipv4Packet(packet) : ipv6Packet(packet)
}

function ipv4Packet(packet: IpOptions): Buffer {
  const options = packet.options ?? new Uint8Array()
  const header = Buffer.alloc(20 + options.length)
  header.writeUInt8(0x40 | (header.length / 4), 0)
  header.writeUInt16BE(header.length + packet.data.length, 2)
  header.writeUInt16BE(packet.id ?? 1, 4)
  header.writeUInt16BE(packet.fragment ?? 0x4000, 6)
  header.writeUInt8(64, 8)
  header.writeUInt8(packet.protocol, 9)
  addressBytes(packet.source).copy(header, 12)
  addressBytes(packet.destination).copy(header, 16)
  header.set(options, 20)
  header.writeUInt16BE(checksum(header), 10)
  return Buffer.concat([header, packet.data])
}

function ipv6Packet(packet: IpOptions): Buffer {
  const header = Buffer.alloc(40)
  header.writeUInt8(0x60, 0)
  header.writeUInt16BE(packet.data.length, 4)
  header.writeUInt8(packet.protocol, 6)
  header.writeUInt8(64, 7)
  addressBytes(packet.source).copy(header, 8)
  addressBytes(packet.destination).copy(header, 24)
  return Buffer.concat([header, packet.data])
}

/** Cuts an IP packet without options into fragments of at most `payloadBytes`, a multiple of 8. */
export function fragments(packet: IpPacket, payloadBytes: number, id = 7): IpPacket[] {
  const four = packet.bytes.readUInt8(0) >> 4 === 4
  const headerBytes = four ? 20 : 40
  const payload = packet.bytes.subarray(headerBytes)
  const cut: IpPacket[] = []
  for (let at = 0; at < payload.length; at += payloadBytes) {
    const piece = payload.subarray(at, at + payloadBytes)
    const more = at + payloadBytes < payload.length
    const bytes = four
      ? ipv4Fragment(packet.bytes, piece, at, more, id)
      : ipv6Fragment(packet.bytes, piece, at, more, id)
    cut.push({ ...packet, bytes })
  }
  return cut
}

function ipv4Fragment(whole: Buffer, piece: Buffer, at: number, more: boolean, id: number): Buffer {
  const header = Buffer.from(whole.subarray(0, 20))
  header.writeUInt16BE(20 + piece.length, 2)
  header.writeUInt16BE(id, 4)
  header.writeUInt16BE((more ? 0x2000 : 0) | (at / 8), 6)
  header.writeUInt16BE(0, 10)
  header.writeUInt16BE(checksum(header), 10)
  return Buffer.concat([header, piece])
}

function ipv6Fragment(whole: Buffer, piece: Buffer, at: number, more: boolean, id: number): Buffer {
  const header = Buffer.from(whole.subarray(0, 40))
  const fragment = Buffer.alloc(8)
  fragment.writeUInt8(header.readUInt8(6), 0)
  fragment.writeUInt16BE(at | (more ? 1 : 0), 2)
  fragment.writeUInt32BE(id, 4)
  header.writeUInt16BE(8 + piece.length, 4)
  header.writeUInt8(44, 6)
  return Buffer.concat([header, fragment, piece])
}

function otherSide(side: 'client' | 'server'): 'client' | 'server' {
  return side === 'client' ? 'server' : 'client'
}

function ports(from: 'client' | 'server', { clientPort = 40_000, serverPort = 443 }: Conversation) {
  return from === 'client'
    ? { sourcePort: clientPort, destinationPort: serverPort }
    : { sourcePort: serverPort, destinationPort: clientPort }
}

function addresses(from: 'client' | 'server', options: Conversation) {
  const { client = '192.0.2.1', server = '198.51.100.2' } = options
  return from === 'client' ? { source: client, destination: server } : { source: server, destination: client }
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail] = address.split('::')
  const words = (text: string) =>
    text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16))
  const left = words(head)
  const right = words(tail ?? '')
  const bytes = Buffer.alloc(16)
  left.forEach((word, index) => {
    bytes.writeUInt16BE(word, index * 2)
  })
  right.forEach((word, index) => {
    bytes.writeUInt16BE(word, 16 - (right.length - index) * 2)
  })
  return bytes
}

/** RFC 1071. */
function checksum(bytes: Buffer): number {
  let sum = 0
  for (let at = 0; at + 1 < bytes.length; at += 2) sum += bytes.readUInt16BE(at)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}
