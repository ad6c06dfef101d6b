import mqttPacket from 'mqtt-packet'
import type { ProtocolLevel } from './connect-packet.ts'

/** What a broker says of a connection: its CONNACK, or in MQTT 5.0 its DISCONNECT. */
export interface BrokerWord {
  /** 0 is success. */
  readonly code: number
  /** The version that it is written in: a broker may refuse MQTT 5.0 in 3.1.1, MQTT 5.0 §4.13. */
  readonly level: ProtocolLevel
  readonly sessionPresent: boolean
  /** Free text of the broker. */
  readonly reason: string | undefined
  /** In place of what the client asked for. */
  readonly serverKeepAliveSeconds: number | undefined
  /** Where the client had none. */
  readonly assignedClientId: string | undefined
}

/** Reads a whole CONNACK, or a DISCONNECT of MQTT 5.0; undefined where it breaks its format or says nothing. */
export function readBrokerWord(packet: Uint8Array, clientLevel: ProtocolLevel): BrokerWord | undefined {
  const isConnack = packet[0] === 0x20
  const level = clientLevel === 5 && isConnack && packet.length === 4 ? 4 : clientLevel
  if (level < 5 && (!isConnack || packet.length !== 4)) return undefined
  let word: BrokerWord | undefined
  const parser = mqttPacket.parser({ protocolVersion: level })
  parser.on('error', () => {
    word = undefined
  })
  parser.on('packet', (read) => {
    if (read.cmd !== 'connack' && read.cmd !== 'disconnect') return
    const connack = read.cmd === 'connack' ? read : undefined
    word = {
      code: read.reasonCode ?? connack?.returnCode ?? 0,
      level,
      sessionPresent: connack?.sessionPresent ?? false,
      reason: read.properties?.reasonString,
      serverKeepAliveSeconds: connack?.properties?.serverKeepAlive,
      assignedClientId: connack?.properties?.assignedClientIdentifier,
    }
  })
  try {
    parser.parse(Buffer.from(packet))
  } catch {
    return undefined
  }
  return word
}
