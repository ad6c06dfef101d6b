import { DecodeError } from '../codec/decode-error.ts'
import { Reader } from '../codec/reader.ts'
import { ConnackParser } from '../mqtt/connack.ts'
import type { MqttExchange } from './observation.ts'
import { errorOf, type PlaintextEnd } from './seen-http.ts'

export interface SeenMqtt {
  /** Undefined where the capture ends before the CONNACK. */
  readonly exchange: MqttExchange | undefined
}

/** CONNECT and CONNACK of a decrypted connection; undefined where it begins otherwise. Keeps no user name, no password. */
export function readMqtt(request: Uint8Array, response: Uint8Array, end: PlaintextEnd): SeenMqtt | undefined {
  const connect = readConnect(request)
  if (connect === undefined) return undefined
  const { protocolLevel } = connect
  try {
    const level = protocolLevel === 3 || protocolLevel === 5 ? protocolLevel : 4
    const connack = new ConnackParser(level).push(response)
    const error = connack === undefined ? errorOf(end) : undefined
    const ended = connack !== undefined || error !== undefined
    return { exchange: ended ? { ...connect, connack, error } : undefined }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return { exchange: { ...connect, connack: undefined, error: 'not-mqtt' } }
  }
}

const CONNECT = 0x10
/** Bit of the lengths that go on in the next byte, MQTT 3.1.1 §2.2.3. */
const MORE = 0x80

function readConnect(
  bytes: Uint8Array,
): Pick<MqttExchange, 'connectBytes' | 'protocolLevel' | 'clientId'> | undefined {
  try {
    const r = new Reader(bytes, 'CONNECT')
    if (r.u8('type') !== CONNECT) return undefined
    const remaining = length(r)
    const headerBytes = bytes.length - r.left
    const name = Buffer.from(r.vector16('protocol name')).toString('latin1')
    if (name !== 'MQTT' && name !== 'MQIsdp') return undefined
    const protocolLevel = r.u8('protocol level')
    r.bytes(3, 'flags and keep alive')
    if (protocolLevel >= 5) r.bytes(length(r), 'properties')
    const clientId = Buffer.from(r.vector16('client identifier')).toString('utf8')
    return { connectBytes: headerBytes + remaining, protocolLevel, clientId }
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

/** A variable byte integer. */
function length(r: Reader): number {
  let value = 0
  for (let i = 0; i < 4; i++) {
    const byte = r.u8('length')
    value += (byte & ~MORE) * 128 ** i
    if (byte < MORE) return value
  }
  throw new DecodeError('length', 'CONNECT.length', 1, 'remaining length runs over four bytes')
}
