import { readRemainingLength } from './remaining-length.ts'

/** Names of the packet types by number, MQTT 5.0 §2.1.2; the first is forbidden. */
export const packetTypes = [
  undefined,
  'CONNECT',
  'CONNACK',
  'PUBLISH',
  'PUBACK',
  'PUBREC',
  'PUBREL',
  'PUBCOMP',
  'SUBSCRIBE',
  'SUBACK',
  'UNSUBSCRIBE',
  'UNSUBACK',
  'PINGREQ',
  'PINGRESP',
  'DISCONNECT',
  'AUTH',
] as const

export type PacketType = NonNullable<(typeof packetTypes)[number]>

/** Longest packet that is kept to be read; of longer ones only the type is told. */
const MAX_KEPT_BYTES = 4_096
const MAX_HEADER_BYTES = 5

/**
 * Follows the packets of one direction as they pass, in any pieces, without holding them up. Bytes that are no MQTT end
 * the following, not the passing.
 */
export class PacketStream {
  readonly #wanted: (type: PacketType) => boolean
  readonly #onPacket: (type: PacketType, packet: Uint8Array) => void
  readonly #header = new Uint8Array(MAX_HEADER_BYTES)
  #headerBytes = 0
  /** Of the packet at hand, still to come. */
  #left = 0
  #kept: Uint8Array | undefined
  #keptBytes = 0
  #packets = 0
  #lastType: PacketType | undefined
  #broken = false

  /** `onPacket` gets those whole that are `wanted`, unless they are too long. The first bytes come at a packet's start. */
  constructor(
    wanted: (type: PacketType) => boolean,
    onPacket: (type: PacketType, packet: Uint8Array) => void,
  ) {
    this.#wanted = wanted
    this.#onPacket = onPacket
  }

  /** Packets begun. */
  get packets(): number {
    return this.#packets
  }

  /** Of the last packet that was begun. */
  get lastType(): PacketType | undefined {
    return this.#lastType
  }

  /** Whether the last byte was the last of a packet: only there another may be put in. */
  get betweenPackets(): boolean {
    return !this.#broken && this.#left === 0 && this.#headerBytes === 0
  }

  push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length && !this.#broken) {
      at = this.#left > 0 ? this.#passBody(chunk, at) : this.#passHeader(chunk, at)
    }
  }

  #passHeader(chunk: Uint8Array, at: number): number {
    this.#header[this.#headerBytes++] = chunk[at]!
    const length = readRemainingLength(this.#header.subarray(0, this.#headerBytes))
    const type = packetTypes[this.#header[0]! >> 4]
    if (length === 'malformed' || type === undefined) {
      this.#broken = true
    } else if (length !== undefined) {
      this.#begin(type, length.bytes)
    }
    return at + 1
  }

  #begin(type: PacketType, bodyBytes: number): void {
    const packetBytes = this.#headerBytes + bodyBytes
    this.#packets++
    this.#lastType = type
    this.#left = bodyBytes
    if (packetBytes <= MAX_KEPT_BYTES && this.#wanted(type)) {
      this.#kept = new Uint8Array(packetBytes)
      this.#kept.set(this.#header.subarray(0, this.#headerBytes))
      this.#keptBytes = this.#headerBytes
    }
    this.#headerBytes = 0
    if (bodyBytes === 0) this.#finish(type)
  }

  #passBody(chunk: Uint8Array, at: number): number {
    const taken = Math.min(this.#left, chunk.length - at)
    this.#kept?.set(chunk.subarray(at, at + taken), this.#keptBytes)
    this.#keptBytes += taken
    this.#left -= taken
    if (this.#left === 0 && this.#lastType !== undefined) this.#finish(this.#lastType)
    return at + taken
  }

  #finish(type: PacketType): void {
    const packet = this.#kept
    this.#kept = undefined
    if (packet !== undefined) this.#onPacket(type, packet)
  }
}
