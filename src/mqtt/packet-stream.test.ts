import fc from 'fast-check'
import mqtt, { type Packet } from 'mqtt-packet'
import { describe, expect, test } from 'vitest'
import { readBrokerWord } from './answer.ts'
import { PacketStream, type PacketType } from './packet-stream.ts'
import { encodeDisconnect, encodeRefusal, refusals } from './refusal.ts'
import { encodeLength, readRemainingLength } from './remaining-length.ts'

const session: Packet[] = [
  { cmd: 'connack', returnCode: 0, sessionPresent: true },
  { cmd: 'suback', messageId: 1, granted: [1] },
  {
    cmd: 'publish',
    topic: 't',
    qos: 1,
    messageId: 7,
    dup: false,
    retain: false,
    payload: Buffer.alloc(20_000, 0x20),
  },
  { cmd: 'pingresp' },
  { cmd: 'puback', messageId: 9 },
]
const bytes = Buffer.concat(session.map((packet) => mqtt.generate(packet)))

describe('PacketStream', () => {
  test('follows packets whatever the pieces, and keeps those that are wanted', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9_000 }), { minLength: 1, maxLength: 40 }), (sizes) => {
        const kept: string[] = []
        const stream = new PacketStream(
          (type) => type === 'CONNACK' || type === 'PUBACK' || type === 'PINGRESP',
          (type, packet) => kept.push(`${type} ${Buffer.from(packet).toString('hex')}`),
        )
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = sizes[i % sizes.length]!
          stream.push(bytes.subarray(at, at + size))
          at += size
        }
        expect(kept).toEqual(['CONNACK 20020100', 'PINGRESP d000', 'PUBACK 40020009'])
        expect(stream).toMatchObject({ packets: 5, lastType: 'PUBACK', betweenPackets: true })
      }),
    )
  })

  test('byte by byte, it is between packets exactly where one ends', () => {
    const stream = new PacketStream(
      () => false,
      () => {},
    )
    let ends = 0
    for (const byte of bytes) {
      stream.push(Uint8Array.of(byte))
      if (stream.betweenPackets) ends++
    }
    expect(ends).toBe(session.length)
  })

  test('a long packet is passed over, though its type is wanted', () => {
    const types: PacketType[] = []
    const stream = new PacketStream(
      () => true,
      (type) => types.push(type),
    )
    stream.push(bytes)
    expect(types).toEqual(['CONNACK', 'SUBACK', 'PINGRESP', 'PUBACK'])
  })

  test('what is no MQTT ends the following', () => {
    for (const broken of [[0x00, 0x00], [0x30, 0xff, 0xff, 0xff, 0xff, 0x01], [...Buffer.from('\x00HTTP')]]) {
      const stream = new PacketStream(
        () => true,
        () => {},
      )
      stream.push(Uint8Array.from(broken))
      stream.push(bytes)
      expect(stream).toMatchObject({ packets: 0, betweenPackets: false })
    }
  })

  test('takes any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (chunks) => {
        const stream = new PacketStream(
          () => true,
          (type, packet) => readBrokerWord(packet, type === 'CONNACK' ? 4 : 5),
        )
        for (const chunk of chunks) stream.push(chunk)
        expect(stream.packets).toBeGreaterThanOrEqual(0)
      }),
    )
  })
})

describe('lengths', () => {
  test('are written as they are read, to the largest', () => {
    for (const length of [0, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455]) {
      const coded = encodeLength(length)
      expect(readRemainingLength(Uint8Array.of(0x10, ...coded))).toEqual({
        bytes: length,
        headerBytes: 1 + coded.length,
      })
    }
    expect(() => encodeLength(268_435_456)).toThrow(RangeError)
  })
})

describe('what a broker says', () => {
  test('CONNACK and DISCONNECT of MQTT 5.0 with their properties', () => {
    const connack = mqtt.generate(
      {
        cmd: 'connack',
        reasonCode: 0,
        sessionPresent: false,
        properties: { serverKeepAlive: 30, assignedClientIdentifier: 'auto-1', reasonString: 'welcome' },
      },
      { protocolVersion: 5 },
    )
    expect(readBrokerWord(connack, 5)).toEqual({
      code: 0,
      level: 5,
      sessionPresent: false,
      reason: 'welcome',
      serverKeepAliveSeconds: 30,
      assignedClientId: 'auto-1',
    })
    expect(readBrokerWord(encodeDisconnect(0x8e), 5)).toMatchObject({ code: 0x8e, level: 5 })
    expect(readBrokerWord(Uint8Array.of(0xe0, 0), 5)).toMatchObject({ code: 0 })
  })

  test('a client of MQTT 5.0 may be answered in 3.1.1', () => {
    expect(readBrokerWord(Uint8Array.of(0x20, 2, 0, 1), 5)).toMatchObject({ code: 1, level: 4 })
  })

  test('our own refusals are read by mqtt-packet as what they mean', () => {
    for (const [name, { returnCode, reasonCode }] of Object.entries(refusals)) {
      const refusal = name as keyof typeof refusals
      const old = encodeRefusal(refusal, 4)
      expect(old && readBrokerWord(old, 4)?.code).toBe(returnCode)
      expect(readBrokerWord(encodeRefusal(refusal, 5)!, 5)?.code).toBe(reasonCode)
    }
  })

  test('a broken one is none', () => {
    for (const hex of ['2002', '200301', '20030000', '2003020000', '2004000005ff', 'e00300ff']) {
      const packet = new Uint8Array(Buffer.from(hex, 'hex'))
      expect([hex, readBrokerWord(packet, 4)]).toEqual([hex, undefined])
    }
  })
})
