import mqttPacket from 'mqtt-packet'
import { DecodeError } from '../codec/decode-error.ts'

/** Largest CONNACK that is read; one of MQTT 5.0 may carry properties. */
const MAX_CONNACK_BYTES = 4096

export interface Connack {
  /** Return code of MQTT 3.1.1 §3.2.2.3, or reason code of MQTT 5.0 §3.2.2.2. 0 is success. */
  readonly returnCode: number
  readonly sessionPresent: boolean
}

/** Reads the CONNACK from bytes that come in any pieces; what follows it is left alone. */
export class ConnackParser {
  readonly #protocolLevel: 3 | 4 | 5
  #bytes = new Uint8Array(0)

  constructor(protocolLevel: 3 | 4 | 5) {
    this.#protocolLevel = protocolLevel
  }

  /** The CONNACK once it is whole. Throws `DecodeError` as soon as the bytes cannot be one. */
  push(chunk: Uint8Array): Connack | undefined {
    const bytes = new Uint8Array(Math.min(MAX_CONNACK_BYTES, this.#bytes.length + chunk.length))
    bytes.set(this.#bytes)
    bytes.set(chunk.subarray(0, bytes.length - this.#bytes.length), this.#bytes.length)
    this.#bytes = bytes
    if (bytes.length === 0) return undefined
    if (bytes[0] !== 0x20) throw new DecodeError('value', 'CONNACK.type', 0, 'is no CONNACK')
    const packetBytes = lengthOf(bytes)
    if (packetBytes === undefined || bytes.length < packetBytes) return undefined
    return decodeConnack(bytes.subarray(0, packetBytes), this.#protocolLevel)
  }
}

/** Whole packet by its remaining length, MQTT 3.1.1 §2.2.3; undefined while that is not complete. */
function lengthOf(bytes: Uint8Array): number | undefined {
  let length = 0
  for (let i = 0; i < 4; i++) {
    const byte = bytes[1 + i]
    if (byte === undefined) return undefined
    length += (byte & 0x7f) * 128 ** i
    if (byte < 0x80) {
      const packetBytes = 2 + i + length
      if (packetBytes > MAX_CONNACK_BYTES) {
        throw new DecodeError('too-large', 'CONNACK.length', 1, `${packetBytes} bytes`)
      }
      return packetBytes
    }
  }
  throw new DecodeError('length', 'CONNACK.length', 1, 'remaining length runs over four bytes')
}

function decodeConnack(bytes: Uint8Array, protocolLevel: 3 | 4 | 5): Connack {
  // An MQTT 5 client whose level the server lacks gets a CONNACK of 3.1.1: two bytes, no properties (§4.13).
  const protocolVersion = bytes.length === 4 ? 4 : protocolLevel
  if (protocolLevel < 5 && bytes.length !== 4)
    throw new DecodeError('length', 'CONNACK.length', 1, 'is not 2')
  const parser = mqttPacket.parser({ protocolVersion })
  let connack: Connack | undefined
  let failure: string | undefined
  parser.on('packet', (packet) => {
    if (packet.cmd !== 'connack') return
    connack = {
      returnCode: packet.reasonCode ?? packet.returnCode ?? 0,
      sessionPresent: packet.sessionPresent,
    }
  })
  parser.on('error', (error: unknown) => {
    failure = error instanceof Error ? error.message : 'broken'
  })
  try {
    parser.parse(Buffer.from(bytes))
  } catch (error) {
    failure = error instanceof Error ? error.message : 'broken'
  }
  if (connack && failure === undefined) return connack
  throw new DecodeError('value', 'CONNACK', 0, failure ?? 'is not whole')
}
