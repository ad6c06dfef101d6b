/** What comes next at the cursor. */
export const Layer = {
  none: 0,
  tcp: 1,
  udp: 2,
  ethernet: 3,
  ethertype: 4,
  llc: 5,
  ipVersion: 6,
  ipv4: 7,
  ipv6: 8,
  ipPayload: 9,
  ppp: 10,
  pppoe: 11,
  mpls: 12,
  gre: 13,
  linuxCooked: 14,
  linuxCooked2: 15,
  addressFamily: 16,
  ciscoHdlc: 17,
  directedPpp: 18,
  wifi: 19,
  amsdu: 20,
  radiotap: 21,
  perPacketInformation: 22,
} as const
export type Layer = (typeof Layer)[keyof typeof Layer]

/**
 * Where the walk through one frame's layers stands. Each layer reads its header at `at`, moves `at` past it, cuts `end`
 * to its own length and returns the next layer, `Layer.none` where the rest is not understood. One object for all
 * frames: nothing is allocated on the way.
 */
export class Cursor {
  bytes: Buffer = Buffer.alloc(0)
  at = 0
  /** End of what was captured of this layer. */
  end = 0
  /** Where it ended on the wire, past `end` when a snap length cut the frame. */
  wireEnd = 0
  /** EtherType, or IP protocol number of what comes next. */
  type = 0
  timeMs = Number.NaN
  /** Of the innermost IP header. */
  addresses: Buffer = this.bytes
  source = 0
  destination = 0
  addressBytes: 4 | 16 = 4

  /** Next subframe of an A-MSDU in the frame's own bytes, and where the last one ends; 0: none. */
  nextSubframe = 0
  lastSubframeEnd = 0
  lastSubframeWireEnd = 0
  /** Frames of 802.11 that are encrypted, over all frames. */
  protectedFrames = 0

  has(bytes: number): boolean {
    return this.end - this.at >= bytes
  }

  /** Moves on and returns the layer. */
  goto(layer: Layer, at: number, type = 0): Layer {
    this.at = at
    this.type = type
    return layer
  }

  /** The layer ends at `wireEnd`, whatever padding follows; a length beyond the layer around it is not believed. */
  limit(wireEnd: number): void {
    if (wireEnd < this.wireEnd) this.wireEnd = wireEnd
    if (wireEnd < this.end) this.end = wireEnd
  }
}
