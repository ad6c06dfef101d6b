import type { Packet } from '../../src/capture/packet.ts'

/** One TCP segment of a hand-made conversation between 10.0.0.1:40000 (the client) and 10.0.0.2:443. */
export interface Segment {
  readonly from: 'client' | 'server'
  readonly seq: number
  readonly ack?: number
  readonly flags?: number
  readonly payload?: Uint8Array
  /** Payload bytes that the snap length left. */
  readonly captured?: number
  readonly clientPort?: number
}

export const FIN = 1
export const SYN = 2
export const RST = 4
export const ACK = 16

/** The packet of a segment; `frame` is its number and its time in milliseconds. */
export function tcpPacket(segment: Segment, frame: number): Packet {
  const payload = segment.payload ?? new Uint8Array(0)
  const captured = Math.min(segment.captured ?? payload.length, payload.length)
  const bytes = Buffer.alloc(20 + captured)
  const ports = [segment.clientPort ?? 40_000, 443]
  const ends = [Buffer.from([10, 0, 0, 1]), Buffer.from([10, 0, 0, 2])]
  if (segment.from === 'server') {
    ports.reverse()
    ends.reverse()
  }
  bytes.writeUInt16BE(ports[0]!, 0)
  bytes.writeUInt16BE(ports[1]!, 2)
  bytes.writeUInt32BE(segment.seq >>> 0, 4)
  bytes.writeUInt32BE((segment.ack ?? 0) >>> 0, 8)
  bytes[12] = 0x50
  bytes[13] = segment.flags ?? ACK
  bytes.set(payload.subarray(0, captured), 20)
  return {
    frame,
    timeMs: frame,
    protocol: 6,
    addresses: Buffer.concat(ends),
    source: 0,
    destination: 4,
    addressBytes: 4,
    bytes,
    start: 0,
    end: bytes.length,
    wireBytes: 20 + payload.length,
  }
}

export interface Turn {
  readonly from: 'client' | 'server'
  readonly bytes: Uint8Array
}

export interface TalkOptions {
  readonly clientIsn?: number
  readonly serverIsn?: number
  readonly segmentBytes?: number
  readonly clientPort?: number
}

/** A whole connection: three-way handshake, the turns cut into segments, and both FINs. */
export function talk(turns: readonly Turn[], options: TalkOptions = {}): Segment[] {
  const { clientIsn = 1_000, serverIsn = 9_000, segmentBytes = 1_460 } = options
  const port = options.clientPort === undefined ? {} : { clientPort: options.clientPort }
  const next = { client: clientIsn + 1, server: serverIsn + 1 }
  const ackOf = (from: 'client' | 'server') => next[from === 'client' ? 'server' : 'client']
  const segments: Segment[] = [
    { from: 'client', seq: clientIsn, flags: SYN, ...port },
    { from: 'server', seq: serverIsn, ack: next.client, flags: SYN | ACK, ...port },
    { from: 'client', seq: next.client, ack: next.server, ...port },
  ]
  for (const { from, bytes } of turns) {
    for (let at = 0; at < bytes.length; at += segmentBytes) {
      const payload = bytes.subarray(at, at + segmentBytes)
      segments.push({ from, seq: next[from], ack: ackOf(from), payload, ...port })
      next[from] += payload.length
    }
  }
  segments.push({ from: 'client', seq: next.client, ack: next.server, flags: FIN | ACK, ...port })
  next.client++
  segments.push({ from: 'server', seq: next.server, ack: next.client, flags: FIN | ACK, ...port })
  return segments
}
