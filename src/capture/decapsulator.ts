import { addressFamily, ciscoHdlc, directedPpp, linuxCooked, linuxCooked2 } from './cooked.ts'
import { Cursor, Layer } from './cursor.ts'
import { ethernet, ethertype, llc, mpls, ppp, pppoe } from './ethernet.ts'
import type { Frame, FrameSink } from './frame.ts'
import { ipPayload, ipVersion, ipv4, ipv6 } from './ip.ts'
import { IpFragments } from './ip-fragments.ts'
import { layerOfLinkType } from './link-type.ts'
import type { Packet, PacketSink } from './packet.ts'
import { gre, udpTunnel } from './tunnels.ts'
import { amsdu, perPacketInformation, radiotap, wifi } from './wifi.ts'

/** Headers walked over in one frame: tunnels nest, but not without end. */
export const MAX_LAYERS = 32
const TCP = 6
const UDP = 17

/** Takes the link layers, tunnels and IP headers off each frame and hands on what TCP or UDP it holds. */
export class Decapsulator {
  readonly #sink: PacketSink
  readonly #onNote: (note: string) => void
  readonly #onOther: ((frame: Frame) => boolean) | undefined
  readonly #cursor = new Cursor()
  readonly #fragments = new IpFragments()
  /** Frames that nobody read, by link type. */
  readonly #unread = new Map<number, number>()
  readonly #packet: Packet = {
    frame: 0,
    timeMs: Number.NaN,
    protocol: TCP,
    addresses: this.#cursor.bytes,
    source: 0,
    destination: 0,
    addressBytes: 4,
    bytes: this.#cursor.bytes,
    start: 0,
    end: 0,
    wireBytes: 0,
  }

  /** `onOther` is offered the frames of link types that hold no network layer, and says whether it read them. */
  constructor(sink: PacketSink, onNote: (note: string) => void, onOther?: (frame: Frame) => boolean) {
    this.#sink = sink
    this.#onNote = onNote
    this.#onOther = onOther
  }

  readonly frame: FrameSink = (frame) => {
    const layer = layerOfLinkType(frame.linkType)
    if (layer === undefined) {
      if (this.#onOther?.(frame) !== true) this.#countUnread(frame.linkType)
      return
    }
    const c = this.#cursor
    c.bytes = frame.bytes
    c.at = frame.start
    c.end = frame.end
    c.wireEnd = Math.max(frame.end, frame.start + frame.wireBytes)
    c.timeMs = frame.timeMs
    this.#packet.frame = frame.number
    c.type = 0
    this.#walk(layer)
    while (c.nextSubframe !== 0) {
      c.bytes = frame.bytes
      c.at = c.nextSubframe
      c.end = c.lastSubframeEnd
      c.wireEnd = c.lastSubframeWireEnd
      c.nextSubframe = 0
      this.#walk(Layer.amsdu)
    }
  }

  /** Notes what was left out. */
  finish(): void {
    for (const [linkType, count] of this.#unread) {
      this.#onNote(`not read: ${frames(count)} of link type ${linkType}`)
    }
    const { protectedFrames } = this.#cursor
    if (protectedFrames > 0) this.#onNote(`not read: ${frames(protectedFrames)} encrypted by Wi-Fi`)
    const { incomplete } = this.#fragments
    const datagrams = incomplete === 1 ? 'datagram' : 'datagrams'
    if (incomplete > 0) this.#onNote(`fragments are missing of ${incomplete} IP ${datagrams}`)
  }

  #walk(first: Layer): void {
    let layer = first
    for (let layers = 0; layers < MAX_LAYERS; layers++) {
      if (layer === Layer.none) return
      if (layer === Layer.tcp) {
        this.#emit(TCP)
        return
      }
      if (layer === Layer.udp) {
        layer = udpTunnel(this.#cursor)
        if (layer === Layer.none) this.#emit(UDP)
      } else layer = this.#next(layer)
    }
  }

  #next(layer: Layer): Layer {
    const c = this.#cursor
    switch (layer) {
      case Layer.ethernet:
        return ethernet(c)
      case Layer.ethertype:
        return ethertype(c)
      case Layer.ipv4:
        return ipv4(c, this.#fragments)
      case Layer.ipv6:
        return ipv6(c)
      case Layer.ipPayload:
        return ipPayload(c, this.#fragments)
      case Layer.ipVersion:
        return ipVersion(c)
      case Layer.llc:
        return llc(c)
      case Layer.ppp:
        return ppp(c)
      case Layer.pppoe:
        return pppoe(c)
      case Layer.mpls:
        return mpls(c)
      case Layer.gre:
        return gre(c)
      case Layer.linuxCooked:
        return linuxCooked(c)
      case Layer.linuxCooked2:
        return linuxCooked2(c)
      case Layer.addressFamily:
        return addressFamily(c)
      case Layer.ciscoHdlc:
        return ciscoHdlc(c)
      case Layer.directedPpp:
        return directedPpp(c)
      case Layer.wifi:
        return wifi(c)
      case Layer.amsdu:
        return amsdu(c)
      case Layer.radiotap:
        return radiotap(c)
      case Layer.perPacketInformation:
        return perPacketInformation(c)
      default:
        return Layer.none
    }
  }

  #emit(protocol: 6 | 17): void {
    const c = this.#cursor
    const packet = this.#packet
    packet.timeMs = c.timeMs
    packet.protocol = protocol
    packet.addresses = c.addresses
    packet.source = c.source
    packet.destination = c.destination
    packet.addressBytes = c.addressBytes
    packet.bytes = c.bytes
    packet.start = c.at
    packet.end = Math.max(c.at, c.end)
    packet.wireBytes = c.wireEnd - c.at
    this.#sink(packet)
  }

  #countUnread(linkType: number): void {
    this.#unread.set(linkType, (this.#unread.get(linkType) ?? 0) + 1)
  }
}

function frames(count: number): string {
  return count === 1 ? '1 frame' : `${count} frames`
}
