import fc from 'fast-check'
import mqtt, { type IConnectPacket } from 'mqtt-packet'
import { describe, expect, test } from 'vitest'
import { DecodeError } from '../codec/decode-error.ts'
import { decodeConnectPacket, peekLevel, UnknownProtocolLevel, withCredentials } from './connect-packet.ts'
import { readRemainingLength } from './remaining-length.ts'

const plain: IConnectPacket = {
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: 4,
  clean: true,
  clientId: 'dev-1',
  keepalive: 60,
}

const read = (bytes: Uint8Array) => {
  const length = readRemainingLength(bytes)
  if (length === undefined || length === 'malformed') throw new DecodeError('length', 'CONNECT.length', 1)
  return decodeConnectPacket(bytes, length.headerBytes)
}
const made = (packet: Partial<IConnectPacket>) => new Uint8Array(mqtt.generate({ ...plain, ...packet }))
const from = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'))

/** MQTT 5.0 with properties and a will that has properties of its own. */
const rich = made({
  protocolVersion: 5,
  properties: { sessionExpiryInterval: 3600, userProperties: { a: 'b' } },
  will: {
    topic: 'gone',
    payload: Buffer.from('will payload'),
    qos: 1,
    retain: true,
    properties: { willDelayInterval: 5 },
  },
  username: 'user',
  password: Buffer.from('secret'),
})

const anyConnect = fc
  .record({
    level: fc.constantFrom(3, 4, 5) as fc.Arbitrary<3 | 4 | 5>,
    bridge: fc.boolean(),
    clientId: fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }).filter((id) => !id.includes('\0')),
    keepalive: fc.nat(65_535),
    will: fc.option(
      fc.record({
        topic: fc.string({ minLength: 1 }).filter((t) => !t.includes('\0')),
        payload: fc.uint8Array(),
      }),
    ),
    username: fc.option(fc.string({ minLength: 1 }).filter((name) => !name.includes('\0'))),
    password: fc.option(fc.uint8Array({ minLength: 1 })),
  })
  .map(({ level, bridge, clientId, keepalive, will, username, password }) => {
    const bytes = made({
      protocolVersion: level,
      protocolId: level === 3 ? 'MQIsdp' : 'MQTT',
      bridgeMode: bridge && level < 5, // bridges of 5.0 set no bit
      clientId,
      keepalive,
      ...(will && { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: false } }),
      ...(username !== null && { username }),
      ...(username !== null && password && { password: Buffer.from(password) }),
    } as Partial<IConnectPacket>)
    return { bytes, level, clientId, keepalive, willTopic: will?.topic, username: username ?? undefined }
  })

describe('a CONNECT as it came', () => {
  test('is read as mqtt-packet wrote it, in every version', () => {
    fc.assert(
      fc.property(anyConnect, ({ bytes, level, clientId, keepalive, willTopic, username }) => {
        expect(read(bytes)).toMatchObject({ level, clientId, keepAliveSeconds: keepalive, willTopic })
        expect(read(bytes).userName).toBe(username)
        expect(peekLevel(bytes, readRemainingLengthOf(bytes))).toBe(level)
      }),
    )
  })

  test('with other credentials, all but those stays byte for byte', () => {
    const other = withCredentials(read(rich), { userName: 'gateway', password: 'its own' })
    const before = read(rich)
    const after = read(other)
    expect(after).toMatchObject({ userName: 'gateway', level: 5, clientId: 'dev-1' })
    expect(Buffer.from(after.password!).toString()).toBe('its own')
    // Both are shorter than 128 bytes but for the fixed header: the parts lie at the same places.
    expect([...other.subarray(after.at.flags + 1, after.at.credentials)]).toEqual([
      ...rich.subarray(before.at.flags + 1, before.at.credentials),
    ])
    expect([...withCredentials(after, { userName: 'user', password: 'secret' })]).toEqual([...rich])
  })

  test('credentials that are put in and taken out again leave the packet as it was', () => {
    fc.assert(
      fc.property(anyConnect, fc.string({ maxLength: 400 }), ({ bytes }, text) => {
        const bare = withCredentials(read(bytes), { userName: undefined, password: undefined })
        expect(read(bare)).toMatchObject({ userName: undefined, password: undefined })
        const userName = text.replaceAll('\0', '')
        const given = withCredentials(read(bare), { userName, password: 'p' })
        expect(read(given).userName).toBe(userName)
        expect([...withCredentials(read(given), { userName: undefined, password: undefined })]).toEqual([
          ...bare,
        ])
      }),
    )
    expect(() => withCredentials(read(rich), { userName: 'x'.repeat(65_536), password: undefined })).toThrow(
      RangeError,
    )
  })

  test('cut at any byte it is a DecodeError', () => {
    for (let cut = 2; cut < rich.length; cut++) {
      expect(() => decodeConnectPacket(rich.subarray(0, cut), 2)).toThrow(DecodeError)
    }
  })

  test.each([
    ['the reserved flag', '10 0d 0004 4d515454 04 03 003c 0001 61'],
    ['a will of QoS 3', '10 13 0004 4d515454 04 1e 003c 0001 61 0001 61 0001 61'],
    ['QoS without a will', '10 0d 0004 4d515454 04 0a 003c 0001 61'],
    ['a password without a user name', '10 10 0004 4d515454 04 42 003c 0001 61 0001 61'],
    ['bytes after the end', '10 0e 0004 4d515454 04 02 003c 0001 61 00'],
    ['a client identifier that is no UTF-8', '10 0d 0004 4d515454 04 02 003c 0001 ff'],
    ['U+0000 in the client identifier', '10 0d 0004 4d515454 04 02 003c 0001 00'],
    ['properties whose length runs over four bytes', '10 12 0004 4d515454 05 02 003c ffffffff01 0001 61'],
    ['another protocol name', '10 0d 0004 48545450 04 02 003c 0001 61'],
    ['flags in the fixed header', '11 0d 0004 4d515454 04 02 003c 0001 61'],
  ])('%s is malformed', (_, hex) => {
    expect(() => read(from(hex))).toThrow(DecodeError)
  })

  test.each([
    ['level 6', '10 0d 0004 4d515454 06 02 003c 0001 61', 6],
    ['the name of 3.1 with the level of 3.1.1', '10 0f 0006 4d5149736470 04 02 003c 0001 61', 4],
    ['the name of 3.1.1 with the level of 3.1', '10 0d 0004 4d515454 03 02 003c 0001 61', 3],
  ])('%s is an unknown version', (_, hex, level) => {
    expect(() => read(from(hex))).toThrow(UnknownProtocolLevel)
    expect(() => read(from(hex))).toThrow(expect.objectContaining({ level }))
  })

  test('MQTT 5.0 may have a password alone, and a byte order mark is a part of a name', () => {
    expect(read(from('10 11 0004 4d515454 05 42 003c 00 0001 61 0001 70'))).toMatchObject({
      userName: undefined,
    })
    expect(read(from('10 0f 0004 4d515454 04 02 003c 0003 efbbbf')).clientId).toBe('\ufeff')
  })

  test('any bytes are a CONNECT or refused as what they are', () => {
    const body = fc.uint8Array({ maxLength: 60 })
    const damaged = fc.tuple(anyConnect, fc.nat(), fc.nat(255)).map(([{ bytes }, at, value]) => {
      bytes[at % bytes.length] = value
      return bytes
    })
    const noise = body.map((bytes) => Uint8Array.of(0x10, bytes.length, ...bytes))
    fc.assert(
      fc.property(fc.oneof(noise, damaged), (bytes) => {
        try {
          read(bytes)
        } catch (error) {
          expect(error instanceof DecodeError || error instanceof UnknownProtocolLevel).toBe(true)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

function readRemainingLengthOf(bytes: Uint8Array): number {
  const length = readRemainingLength(bytes)
  return typeof length === 'object' ? length.headerBytes : 0
}
