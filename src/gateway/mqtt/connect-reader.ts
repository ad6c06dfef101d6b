import { DecodeError } from '../../codec/decode-error.ts'
import {
  type ConnectPacket,
  decodeConnectPacket,
  type ProtocolLevel,
  peekLevel,
  UnknownProtocolLevel,
} from '../../mqtt/connect-packet.ts'
import type { Refusal } from '../../mqtt/refusal.ts'
import { readRemainingLength } from '../../mqtt/remaining-length.ts'

/** Longest CONNECT that is taken: a client identifier, credentials and a will of a constrained device. */
export const MAX_CONNECT_BYTES = 65_536

export type ConnectRead =
  | {
      readonly kind: 'connect'
      readonly packet: ConnectPacket /** What came after it. */
      readonly rest: Uint8Array
    }
  | {
      readonly kind: 'refused'
      readonly refusal: Refusal
      /** Undefined where not even the version is known: there is no way to answer. */
      readonly level: ProtocolLevel | undefined
      readonly why: string
    }

const CONNECT = 0x10

/** Collects the first packet of a connection, in any pieces. */
export class ConnectReader {
  #chunks: Uint8Array[] = []
  #bytes = 0
  #packetBytes: number | undefined

  /** Whether anything came yet. */
  get begun(): boolean {
    return this.#bytes > 0
  }

  /** Undefined while the packet is not whole. Not to be called again after a result. */
  push(chunk: Uint8Array): ConnectRead | undefined {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#packetBytes !== undefined && this.#bytes < this.#packetBytes) return undefined
    const bytes = Buffer.concat(this.#chunks)
    this.#chunks = [bytes]
    if (bytes.length === 0) return undefined
    if (bytes[0] !== CONNECT) return refused('malformed', undefined, 'what came first is no CONNECT')
    const length = readRemainingLength(bytes)
    if (length === undefined) return undefined
    if (length === 'malformed') return refused('malformed', undefined, 'its length runs over four bytes')
    const { headerBytes } = length
    this.#packetBytes = headerBytes + length.bytes
    if (this.#packetBytes > MAX_CONNECT_BYTES) {
      const why = `${this.#packetBytes} bytes, and ${MAX_CONNECT_BYTES} are taken`
      return refused('too-large', peekLevel(bytes, headerBytes), why)
    }
    if (bytes.length < this.#packetBytes) return undefined
    const packet = bytes.subarray(0, this.#packetBytes)
    return decode(packet, headerBytes, bytes.subarray(this.#packetBytes))
  }
}

function decode(bytes: Uint8Array, headerBytes: number, rest: Uint8Array): ConnectRead {
  try {
    return { kind: 'connect', packet: decodeConnectPacket(bytes, headerBytes), rest }
  } catch (error) {
    if (error instanceof UnknownProtocolLevel) {
      // Whoever speaks something later than 5.0 reads a CONNACK of 5.0 rather than one of 3.1.1.
      return refused(
        'version',
        error.level >= 5 ? 5 : 4,
        `protocol level ${error.level} is none of 3, 4 and 5`,
      )
    }
    if (error instanceof DecodeError)
      return refused('malformed', peekLevel(bytes, headerBytes), error.message)
    throw error
  }
}

function refused(refusal: Refusal, level: ProtocolLevel | undefined, why: string): ConnectRead {
  return { kind: 'refused', refusal, level, why }
}
