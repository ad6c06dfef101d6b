import { Reader } from '../codec/reader.ts'
import { encodeLength } from './remaining-length.ts'

export type ProtocolLevel = 3 | 4 | 5

/** A CONNECT as a client sent it, MQTT 3.1.1 §3.1, MQTT 5.0 §3.1. */
export interface ConnectPacket {
  /** 3: MQTT 3.1, 4: 3.1.1, 5: 5.0. Without the bit that bridges set. */
  readonly level: ProtocolLevel
  readonly clientId: string
  readonly keepAliveSeconds: number
  readonly cleanStart: boolean
  readonly userName: string | undefined
  readonly password: Uint8Array | undefined
  readonly willTopic: string | undefined
  /** The whole packet. */
  readonly bytes: Uint8Array
  /** Where its parts lie, from the start of `bytes`. */
  readonly at: {
    readonly protocolName: number
    readonly flags: number
    /** User name and password, to the end. */
    readonly credentials: number
  }
}

/** A protocol that is none of ours: its level, for an answer that the client may understand. */
export class UnknownProtocolLevel extends Error {
  override readonly name = 'UnknownProtocolLevel'
  readonly level: number

  constructor(level: number) {
    super(`protocol level ${level}`)
    this.level = level
  }
}

const flag = {
  reserved: 0x01,
  clean: 0x02,
  will: 0x04,
  willQos: 0x18,
  willRetain: 0x20,
  password: 0x40,
  userName: 0x80,
}
/** Set in the level by bridges between brokers, such as mosquitto's. */
const BRIDGE = 0x80

/**
 * Reads one whole CONNECT, whose fixed header takes `headerBytes`. Throws `DecodeError` where it breaks its format in any
 * way that matters here, `UnknownProtocolLevel` for another version. Properties are skipped: the broker reads them.
 */
export function decodeConnectPacket(bytes: Uint8Array, headerBytes: number): ConnectPacket {
  const r = new Reader(bytes, 'CONNECT')
  if (r.u8('type') !== 0x10) throw r.error('value', 'type', 'is no CONNECT')
  r.bytes(headerBytes - 1, 'length')
  const name = Buffer.from(r.vector16('protocol name')).toString('latin1')
  if (name !== 'MQTT' && name !== 'MQIsdp')
    throw r.error('value', 'protocol name', 'is neither MQTT nor MQIsdp')
  const level = r.u8('protocol level') & ~BRIDGE
  if (!isLevel(level) || (level === 3) !== (name === 'MQIsdp')) throw new UnknownProtocolLevel(level)
  const flagsAt = r.offset
  const flags = r.u8('flags')
  checkFlags(flags, level, r)
  const keepAliveSeconds = r.u16('keep alive')
  if (level === 5) skipProperties(r, 'properties')
  const clientId = readText(r, 'client identifier')
  let willTopic: string | undefined
  if (flags & flag.will) {
    if (level === 5) skipProperties(r, 'will properties')
    willTopic = readText(r, 'will topic')
    r.vector16('will payload')
  }
  const credentialsAt = r.offset
  const userName = flags & flag.userName ? readText(r, 'user name') : undefined
  const password = flags & flag.password ? r.vector16('password') : undefined
  r.end()
  return {
    level,
    clientId,
    keepAliveSeconds,
    cleanStart: (flags & flag.clean) !== 0,
    userName,
    password,
    willTopic,
    bytes,
    at: { protocolName: headerBytes, flags: flagsAt, credentials: credentialsAt },
  }
}

/**
 * The same CONNECT with another user name and password; all else stays byte for byte. Throws `RangeError` where one is
 * longer than 65,535 bytes.
 */
export function withCredentials(
  { bytes, at }: ConnectPacket,
  credentials: { readonly userName: string | undefined; readonly password: string | undefined },
): Uint8Array {
  const { userName, password } = credentials
  const kept = Uint8Array.from(bytes.subarray(at.protocolName, at.credentials))
  const own = kept[at.flags - at.protocolName]! & ~(flag.userName | flag.password)
  kept[at.flags - at.protocolName] =
    own | (userName === undefined ? 0 : flag.userName) | (password === undefined ? 0 : flag.password)
  const fields = [userName, password].filter((one) => one !== undefined).map(encodeText)
  const length = fields.reduce((sum, field) => sum + field.length, kept.length)
  return new Uint8Array(Buffer.concat([Uint8Array.of(0x10), encodeLength(length), kept, ...fields]))
}

/** The level that the first bytes of a CONNECT name, however long it is; undefined where they say none. */
export function peekLevel(bytes: Uint8Array, headerBytes: number): ProtocolLevel | undefined {
  const nameBytes = bytes[headerBytes] === 0 ? bytes[headerBytes + 1] : undefined
  const level = nameBytes === undefined ? undefined : bytes[headerBytes + 2 + nameBytes]
  return level !== undefined && isLevel(level & ~BRIDGE) ? ((level & ~BRIDGE) as ProtocolLevel) : undefined
}

function isLevel(level: number): level is ProtocolLevel {
  return level === 3 || level === 4 || level === 5
}

/** MQTT 3.1.1 §3.1.2.3 to §3.1.2.9. */
function checkFlags(flags: number, level: ProtocolLevel, r: Reader): void {
  const fault = (what: string) => r.error('value', 'flags', what)
  if (level > 3 && flags & flag.reserved) throw fault('the reserved bit is set')
  if ((flags & flag.willQos) === flag.willQos) throw fault('a will of QoS 3')
  if (!(flags & flag.will) && flags & (flag.willQos | flag.willRetain))
    throw fault('QoS or retain without a will')
  // MQTT 5.0 allows it, §3.1.2.9.
  if (level < 5 && flags & flag.password && !(flags & flag.userName))
    throw fault('a password without a user name')
}

function skipProperties(r: Reader, field: string): void {
  let length = 0
  for (let i = 0; ; i++) {
    if (i === 4) throw r.error('length', field, 'the length runs over four bytes')
    const byte = r.u8(field)
    length += (byte & 0x7f) * 128 ** i
    if (byte < 0x80) break
  }
  r.bytes(length, field)
}

/** UTF-8 of MQTT 3.1.1 §1.5.3: well-formed, without U+0000. A byte order mark counts as what it is. */
function readText(r: Reader, field: string): string {
  const bytes = r.vector16(field)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw r.error('value', field, 'is no UTF-8')
  }
  if (text.includes('\0')) throw r.error('value', field, 'holds U+0000')
  return text
}

function encodeText(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length > 65_535) throw new RangeError(`a field of ${bytes.length} bytes does not fit a CONNECT`)
  return Buffer.concat([Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes])
}
