/**
 * One TCP segment or UDP datagram, all encapsulation taken off and IP fragments joined. Reused from call to call like
 * `Frame`: copy what is kept.
 */
export interface Packet {
  /** Number of the frame; of the last one for a joined datagram. */
  frame: number
  timeMs: number
  protocol: 6 | 17
  /** Network order; the addresses are `addresses[source, source + addressBytes)`, likewise `destination`. */
  addresses: Buffer
  source: number
  destination: number
  addressBytes: 4 | 16
  /** From the first byte of the TCP or UDP header to the last byte captured of it. */
  bytes: Buffer
  start: number
  end: number
  /** Bytes of header and payload according to the IP length; more than captured where a snap length cut the frame. */
  wireBytes: number
}

/** Frame and time of the packet in hand. */
export interface Moment {
  frame: number
  timeMs: number
}

/** Takes each packet in file order. */
export type PacketSink = (packet: Packet) => void
