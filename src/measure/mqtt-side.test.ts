import mqttPacket, { type Packet } from 'mqtt-packet'
import { expect, test } from 'vitest'
import { MqttSide } from './mqtt-side.ts'

type Connect = Packet & { cmd: 'connect' }

function connect(more: Partial<Connect> = {}): Buffer {
  return mqttPacket.generate({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clientId: 'm',
    ...more,
  })
}

function talk(...packets: readonly (Packet | Buffer)[]) {
  const side = new MqttSide()
  return packets.map((one) => {
    const bytes = Buffer.isBuffer(one) ? one : mqttPacket.generate(one)
    const { reply, closes } = side.read(bytes)
    return `${reply?.toString('hex')}${closes ? ' closed' : ''}`
  })
}

test('a device without a name is taken where it keeps no session, MQTT 3.1.1 §3.1.3.1', () => {
  expect(talk(connect({ clientId: '', clean: true }))).toEqual(['20020000'])
  expect(talk(Buffer.from('100c00044d5154540400003c0000', 'hex'))).toEqual(['20020002 closed'])
})

test('one of MQTT 5.0 gets properties, and a name where it has none', () => {
  const side = new MqttSide()
  expect(side.read(connect({ protocolVersion: 5 })).reply?.toString('hex')).toBe('2003000000')
  const subscribe: Packet = { cmd: 'subscribe', messageId: 7, subscriptions: [{ topic: 'a', qos: 2 }] }
  const five = { protocolVersion: 5 }
  const { reply } = side.read(mqttPacket.generate(subscribe, five))
  expect(reply?.toString('hex')).toBe('900400070002')
  const named = new MqttSide().read(connect({ protocolVersion: 5, clientId: '' })).reply!
  const parser = mqttPacket.parser(five)
  let name: string | undefined
  parser.on('packet', (packet) => {
    if (packet.cmd === 'connack') name = packet.properties?.assignedClientIdentifier
  })
  parser.parse(named)
  expect(name).toBe('tlsfit-device')
})

test('another version is told so, and what breaks the protocol ends the connection', () => {
  expect(talk(Buffer.from('100d00044d5154540902003c000161', 'hex'))).toEqual(['20020001 closed'])
  expect(talk({ cmd: 'pingreq' })).toEqual([' closed'])
  expect(talk(connect(), connect())).toEqual(['20020000', ' closed'])
  expect(talk(connect(), Buffer.from([0x80, 2, 0, 7]))).toEqual(['20020000', ' closed'])
  expect(talk(connect(), Buffer.from([0x36, 3, 0, 0, 0]))).toEqual(['20020000', ' closed'])
})

test('whatever bytes a packet has, it is read and nothing is thrown', () => {
  for (let type = 0; type < 256; type++) {
    for (const body of ['', '00', 'ffff', '0004ffff', '00'.repeat(40)]) {
      const bytes = Buffer.from([type, body.length / 2, ...Buffer.from(body, 'hex')])
      const side = new MqttSide()
      expect(side.read(bytes).seen.kind).toBe('mqtt')
      const met = new MqttSide()
      met.read(connect())
      expect(met.read(bytes).seen.headBytes).toBe(bytes.length)
    }
  }
})
