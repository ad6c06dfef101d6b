import mqttPacket, { type Packet } from 'mqtt-packet'
import type { RequestSeen } from '../exam/outcome.ts'
import { packetTypes } from '../mqtt/packet-stream.ts'
import { readRemainingLength } from '../mqtt/remaining-length.ts'
import type { RequestRead } from './request-reader.ts'

/** What a broker does with one packet, MQTT 3.1.1 §4 and 5.0 §4. */
interface Reply {
  /** Empty: this packet has no answer. */
  readonly bytes: Buffer
  /** The broker closes after it: the device said farewell, or broke the protocol. */
  readonly closes: boolean
}

const nothing: Reply = { bytes: Buffer.alloc(0), closes: false }
const closed: Reply = { bytes: Buffer.alloc(0), closes: true }
/** CONNACK, unacceptable protocol version: MQTT 3.1.1 §3.2.2.3. Whoever speaks another version understands it best. */
const unknownVersion: Reply = { bytes: Buffer.from([0x20, 2, 0, 1]), closes: true }

/** As much of a broker as a device needs to go on: it takes all that is published, and publishes nothing. */
export class MqttSide {
  readonly #parser = mqttPacket.parser()
  #level = 4
  #connected = false
  #packet: Packet | undefined
  #broken = false

  constructor() {
    this.#parser.on('packet', (packet) => {
      this.#packet = packet
    })
    this.#parser.on('error', () => {
      this.#broken = true
    })
  }

  /** One whole packet, its fixed header included. */
  read(bytes: Buffer): RequestRead {
    this.#packet = undefined
    this.#parser.parse(bytes)
    const reply = this.#broken || this.#packet === undefined ? refusalOf(bytes) : this.#replyTo(this.#packet)
    return { seen: seenOf(bytes), reply: reply.bytes, closes: reply.closes }
  }

  #replyTo(packet: Packet): Reply {
    // The first packet, and no other, is a CONNECT: MQTT 3.1.1 §3.1.
    if (this.#connected === (packet.cmd === 'connect')) return closed
    const messageId = packet.messageId ?? 0
    if (messageId === 0 && hasId(packet)) return closed
    switch (packet.cmd) {
      case 'connect':
        return this.#connect(packet)
      case 'publish':
        if (packet.qos === 0) return nothing
        return this.#send({ cmd: packet.qos === 1 ? 'puback' : 'pubrec', messageId })
      case 'pubrel':
        return this.#send({ cmd: 'pubcomp', messageId })
      case 'subscribe':
        if (packet.subscriptions.length === 0) return closed
        return this.#send({ cmd: 'suback', messageId, granted: packet.subscriptions.map(({ qos }) => qos) })
      case 'unsubscribe':
        if (packet.unsubscriptions.length === 0) return closed
        return this.#send({ cmd: 'unsuback', messageId, granted: packet.unsubscriptions.map(() => 0) })
      case 'pingreq':
        return this.#send({ cmd: 'pingresp' })
      case 'puback':
      case 'pubrec':
      case 'pubcomp':
        return nothing
      default:
        return closed
    }
  }

  #connect(packet: Packet & { cmd: 'connect' }): Reply {
    this.#connected = true
    this.#level = packet.protocolVersion ?? 4
    const { clientId, clean } = packet
    if (clientId !== '') return this.#send(accepted)
    if (this.#level === 5)
      return this.#send({ ...accepted, properties: { assignedClientIdentifier: 'tlsfit-device' } })
    // Without a name there is no session to keep, MQTT 3.1.1 §3.1.3.1.
    return clean ? this.#send(accepted) : { ...this.#send({ ...accepted, returnCode: 2 }), closes: true }
  }

  #send(packet: Packet): Reply {
    return { bytes: mqttPacket.generate(packet, { protocolVersion: this.#level }), closes: false }
  }
}

const accepted = { cmd: 'connack', returnCode: 0, reasonCode: 0, sessionPresent: false } as const

/** Never 0, MQTT 3.1.1 §2.3.1. */
function hasId(packet: Packet): boolean {
  return packet.cmd === 'publish' ? packet.qos > 0 : /^(pubrel|(un)?subscribe)$/.test(packet.cmd)
}

function refusalOf(bytes: Buffer): Reply {
  const level = levelOf(bytes)
  return level !== undefined && ![3, 4, 5].includes(level & 0x7f) ? unknownVersion : closed
}

/** Of a CONNECT: behind the protocol's name, MQTT 3.1.1 §3.1.2.2. */
function levelOf(bytes: Buffer): number | undefined {
  const length = readRemainingLength(bytes)
  if (bytes[0] !== CONNECT || typeof length !== 'object' || bytes.length < length.headerBytes + 2)
    return undefined
  return bytes[length.headerBytes + 2 + bytes.readUInt16BE(length.headerBytes)]
}

/** Names of packets by their type, MQTT 5.0 §2.1.2. What is in them may be secret. */
function seenOf(bytes: Buffer): RequestSeen {
  const type = (bytes[0] ?? 0) >> 4
  return {
    kind: 'mqtt',
    method: packetTypes[type] ?? 'reserved',
    path: bytes[0] === CONNECT ? String(levelOf(bytes) ?? '') : undefined,
    headBytes: bytes.length,
    headerNames: [],
    range: undefined,
    connection: undefined,
  }
}

const CONNECT = 0x10
