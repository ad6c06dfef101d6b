import { once } from 'node:events'
import { createServer as createTcp } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import fc from 'fast-check'
import mqtt from 'mqtt-packet'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { testKeys } from '../../../test/support/kept-keys.ts'
import { MqttPki } from '../../../test/support/mosquitto.ts'
import { MqttRange } from '../../../test/support/mqtt-range.ts'
import { type Listening, listen, loopback } from '../../io/listen.ts'
import { makeForestChain } from '../../lab/chains.ts'
import { type MqttConnection, openMqttServer } from '../../lab/mqtt-server.ts'
import { keyPem, makeDeviceCertificate } from '../../lab/small-chains.ts'

const pki = new MqttPki()
const closing: (() => unknown)[] = []
const accepted = mqtt.generate({ cmd: 'connack', returnCode: 0, sessionPresent: false })

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
afterAll(() => pki.remove())

describe('towards the broker', () => {
  test('CONNECT and all after it go through byte for byte, what came early too, by name and ALPN', async () => {
    const seen: { name?: unknown; alpn?: unknown } = {}
    const { range, broker } = await open(
      (socket) => {
        seen.name = (socket as { servername?: unknown }).servername
        seen.alpn = socket.alpnProtocol
        socket.write(accepted)
        socket.on('data', (chunk) => broker.received.push(chunk))
      },
      ['alpn: [x-amzn-mqtt-ca, other]'],
    )
    const sent = Buffer.concat([
      mqtt.generate({
        cmd: 'connect',
        clientId: 'early',
        protocolVersion: 4,
        clean: true,
        username: 'u',
        password: Buffer.from('p'),
      }),
      mqtt.generate({
        cmd: 'publish',
        topic: 't',
        qos: 0,
        payload: Buffer.alloc(70_000, 7),
        dup: false,
        retain: false,
      }),
    ])
    const device = range.dial()
    for (let at = 0; at < sent.length; at += 9_000) device.socket.write(sent.subarray(at, at + 9_000))
    await until(() => broker.bytes() === sent.length)
    expect(Buffer.concat(broker.received).equals(sent)).toBe(true)
    expect(seen).toEqual({ name: 'broker.test', alpn: 'x-amzn-mqtt-ca' })
    expect((await range.event('mqtt-connect')).facts).toMatchObject({
      alpn: 'x-amzn-mqtt-ca',
      credentials: 'device',
    })
  })

  test('one that routes by server_name in the manner of AWS: taken under its name, and closed without a word else', async () => {
    const options = { keys: testKeys, now: new Date() }
    const own = 'own-ats.iot.eu-west-1.forest.test'
    const chain = await makeForestChain('iot', options)
    const thing = await makeDeviceCertificate('tracker-1', options)
    const outcomes: MqttConnection[] = []
    const account = { host: own, registered: [thing.certificate] }
    const server = await openMqttServer({
      ...loopback,
      chain: chain.sent,
      clientCas: [thing.ca],
      accounts: [account],
      withoutName: { host: '', registered: [] },
      onConnection: (connection) => outcomes.push(connection),
    })
    closing.push(() => server.close())
    pki.write('forest.pem', chain.root.pem)
    pki.write('thing.pem', thing.certificate.pem)
    pki.write('thing.key', keyPem(thing.certificate.key))
    const openFor = (host: string) =>
      openRange(
        [
          `url: mqtts://${host}`,
          `connect: 127.0.0.1:${server.port}`,
          'ca: forest.pem',
          'identities: [{ commonName: "*", certificate: { chain: thing.pem, key: thing.key }, clientId: "{commonName}" }]',
        ],
        'required',
      )
    const identity = pki.client('tracker-1')
    const range = await openFor(own)
    const device = range.dial(identity).connect({ clientId: 'tracker-1' })
    expect(await device.packet()).toMatchObject({ cmd: 'connack', returnCode: 0 })
    const lost = await openFor('other-ats.iot.eu-west-1.forest.test')
    const other = lost.dial(identity).connect({ clientId: 'tracker-1' })
    await other.closed
    expect(other.received.length).toBe(0)
    expect((await lost.event('mqtt-end')).message).toMatch(
      /^"tracker-1": the broker closed after CONNECT, without a CONNACK; likely: /,
    )
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['accepted', 'no-account'])
  }, 60_000)

  test.each([
    [
      'of another name',
      ['url: mqtts://another.test'],
      /its certificate is not trusted \(ERR_TLS_CERT_ALTNAME_INVALID\)/,
    ],
    [
      'of an unknown root',
      ['url: mqtts://broker.test', 'without ca'],
      /not trusted \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)/,
    ],
  ])('a broker with a certificate %s gets nothing, and the device is told unavailable', async (_, lines, message) => {
    const { broker } = await open(() => {})
    const range = await openRange([
      lines[0]!,
      `connect: 127.0.0.1:${broker.port}`,
      ...(lines.length > 1 ? [] : ['ca: root.pem']),
    ])
    for (const [version, code] of [
      [4, 3],
      [5, 0x88],
    ] as const) {
      const device = range.dial().connect({ protocolVersion: version })
      expect(await device.packet()).toMatchObject({ [version === 5 ? 'reasonCode' : 'returnCode']: code })
      await device.closed
    }
    expect((await range.event('upstream-failed')).message).toMatch(message)
    expect(broker.bytes()).toBe(0)
  })

  test('one that takes TCP and says nothing is given up', async () => {
    const silent = createTcp(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    closing.push(() => silent.close())
    const { port } = silent.address() as { port: number }
    const range = await openRange([
      'url: mqtts://broker.test',
      `connect: 127.0.0.1:${port}`,
      'timeoutSeconds: 0.5',
    ])
    expect(await range.dial().connect().packet()).toMatchObject({ cmd: 'connack', returnCode: 3 })
    expect((await range.event('upstream-failed')).message).toContain('no TLS in 0.5 s')
  })

  test('one that never answers the CONNECT is given up', async () => {
    const { range } = await open(() => {}, ['timeoutSeconds: 0.5'])
    expect(await range.dial().connect().packet()).toMatchObject({ cmd: 'connack', returnCode: 3 })
    expect((await range.event('upstream-failed')).message).toContain('no CONNACK in 0.5 s')
  })

  test('a DISCONNECT of MQTT 5.0 is told with its reason, and a secret that the broker repeats is blanked', async () => {
    const { range } = await open((socket) => {
      socket.write(
        mqtt.generate({ cmd: 'connack', reasonCode: 0, sessionPresent: false }, { protocolVersion: 5 }),
      )
      const properties = { reasonString: 'not for hunter2 of carol' }
      socket.once('data', () =>
        socket.end(
          mqtt.generate({ cmd: 'disconnect', reasonCode: 0x98, properties }, { protocolVersion: 5 }),
        ),
      )
    })
    const device = range
      .dial()
      .connect({ protocolVersion: 5, username: 'carol', password: Buffer.from('hunter2') })
    await device.closed
    const end = await range.event('mqtt-end')
    expect(end).toMatchObject({
      message: '"dev-1": the broker disconnected after CONNECT: administrative action',
      facts: { closedBy: 'broker', how: 'disconnect', code: 0x98, reason: 'not for [blanked] of [blanked]' },
    })
    expect(JSON.stringify(range.events)).not.toMatch(/hunter2|carol/)
  })

  test('much data to a slow device waits at the broker, not in the gateway, and all of it arrives', async () => {
    const total = 24 * 1024 * 1024
    const publish = mqtt.generate({
      cmd: 'publish',
      topic: 't',
      qos: 0,
      payload: Buffer.alloc(total, 9),
      dup: false,
      retain: false,
    })
    let brokerSocket: TLSSocket | undefined
    const { range } = await open((socket) => {
      brokerSocket = socket
      socket.write(accepted)
      socket.end(publish)
    })
    const device = range.dial().connect()
    await device.packet()
    device.socket.pause()
    await wait(700)
    expect(brokerSocket!.writableLength).toBeGreaterThan(total / 4)
    let received = 0
    device.socket.removeAllListeners('data')
    device.socket.on('data', (chunk: Buffer) => (received += chunk.length))
    const before = device.received.length
    device.socket.resume()
    await device.closed
    expect(received + before).toBe(accepted.length + publish.length)
  }, 30_000)
})

describe('towards the device', () => {
  test.each([
    ['no CONNECT first', '3000', 'what came first is no CONNECT', ''],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n').toString('hex'), 'what came first is no CONNECT', ''],
    ['a length without end', '10ffffffff', 'four bytes', ''],
    ['a broken CONNECT of 3.1.1', '100d00044d5154540403003c000161', 'reserved bit', ''],
    ['a broken CONNECT of 5.0', '100e00044d5154540503003c00000161', 'reserved bit', '2003008100'],
    ['an unknown old version', '100d00044d5154540202003c000161', 'protocol level 2', '20020001'],
    ['an unknown new version', '100d00044d5154540602003c000161', 'protocol level 6', '2003008400'],
    ['a CONNECT of 3.1.1 that is too long', '10ffff7f00044d51545404', 'are taken', ''],
    ['a CONNECT of 5.0 that is too long', '10ffff7f00044d51545405', 'are taken', '2003009500'],
  ])('%s is answered in its version, and closed', async (_, hex, why, answer) => {
    const { range, broker } = await open(() => {})
    const device = range.dial()
    device.socket.write(Buffer.from(hex, 'hex'))
    await device.closed
    expect(device.received.toString('hex')).toBe(answer)
    expect((await range.event('refused-head')).message).toContain(why)
    expect(broker.connections()).toBe(0)
    await until(() => range.proxy.connections === 0)
  })

  test('a CONNECT that comes byte by byte is taken, one that does not come in time is not', async () => {
    const { range } = await open((socket) => socket.write(accepted), [], ['limits: { headSeconds: 1 }'])
    const slow = range.dial()
    for (const byte of mqtt.generate({ cmd: 'connect', clientId: 'slow', clean: true }))
      slow.socket.write(Buffer.of(byte))
    expect(await slow.packet()).toMatchObject({ cmd: 'connack', returnCode: 0 })
    const [half, silent] = [range.dial(), range.dial()]
    half.socket.write(Buffer.from('10', 'hex'))
    await Promise.all([half.closed, silent.closed])
    const messages = [await range.event('refused-head', 1), await range.event('refused-head', 2)].map(
      ({ message }) => message,
    )
    expect(messages.sort()).toEqual(['a device: no whole CONNECT in 1 s', 'a device: not a byte in 1 s'])
    expect(slow.socket.destroyed).toBe(false)
  })

  test('a silent device is closed after its keep alive and a half; a CONNACK may set another', async () => {
    const { range } = await open((socket) => {
      const properties = { serverKeepAlive: 1 }
      socket.write(
        mqtt.generate(
          { cmd: 'connack', reasonCode: 0, sessionPresent: false, properties },
          { protocolVersion: 5 },
        ),
      )
    })
    const device = range.dial().connect({ protocolVersion: 5, keepalive: 600 })
    const without = range.dial()
    const startedAt = Date.now()
    await device.closed
    expect(Date.now() - startedAt).toBeGreaterThan(6_000)
    expect(device.packets.at(-1)).toMatchObject({ cmd: 'disconnect', reasonCode: 0x8d })
    expect(await range.event('mqtt-end')).toMatchObject({ facts: { closedBy: 'gateway', how: 'keep-alive' } })
    without.socket.destroy()
  }, 20_000)

  test('a device that has said all still gets what the broker has for it', async () => {
    const { range } = await open((socket) => {
      socket.allowHalfOpen = true
      socket.write(accepted)
      socket.on('end', () => setTimeout(() => socket.end(mqtt.generate({ cmd: 'pingresp' })), 200))
    })
    const device = range.dial()
    device.socket.allowHalfOpen = true
    device.connect()
    await device.packet()
    device.socket.end(mqtt.generate({ cmd: 'pingreq' }))
    expect(await device.packet(2)).toMatchObject({ cmd: 'pingresp' })
    await device.closed
    expect((await range.event('mqtt-end')).facts).toMatchObject({
      closedBy: 'device',
      how: 'close',
      lastDown: 'PINGRESP',
    })
  })

  test('when the gateway stops a device of MQTT 5.0 is told why', async () => {
    const { range } = await open((socket) => {
      socket.write(
        mqtt.generate({ cmd: 'connack', reasonCode: 0, sessionPresent: false }, { protocolVersion: 5 }),
      )
    })
    const device = range.dial().connect({ protocolVersion: 5 })
    await device.packet()
    range.proxy.close()
    expect(await device.packet(2)).toMatchObject({ cmd: 'disconnect', reasonCode: 0x8b })
    await device.closed
    await until(() => range.proxy.connections === 0)
    expect((await range.event('mqtt-end')).facts).toMatchObject({ closedBy: 'gateway', how: 'stopped' })
  })

  test('any bytes in place of a CONNECT end in a close, and leave nothing behind', async () => {
    const { range } = await open((socket) => socket.end(accepted), [], ['limits: { headSeconds: 0.5 }'])
    const good = mqtt.generate({
      cmd: 'connect',
      clientId: 'x',
      clean: true,
      username: 'u',
      password: Buffer.from('p'),
    })
    const damaged = fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, value]) => {
      const bytes = Buffer.from(good)
      bytes[at] = value
      return bytes
    })
    const noise = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes))
    const samples = fc.sample(fc.oneof(noise, damaged), 150)
    await Promise.all(
      samples.map(async (bytes) => {
        const device = range.dial()
        device.socket.write(bytes)
        await device.closed
      }),
    )
    await until(() => range.proxy.connections === 0)
    const ends = range.events.filter(({ what }) => what === 'refused-head' || what === 'mqtt-end')
    expect(ends.length).toBe(samples.length)
    expect(range.events.filter(({ what }) => what === 'fault')).toEqual([])
  }, 60_000)

  test('a thousand connections, opened and closed in all ways, leave none open', async () => {
    const { range, broker } = await open((socket) => socket.write(accepted))
    const one = async (i: number) => {
      const device = range.dial()
      if (i % 4 !== 3) {
        device.connect({ clientId: `d${i}` })
        await device.packet()
      }
      if (i % 4 === 0) device.send({ cmd: 'disconnect' }).socket.end()
      else if (i % 4 === 1) device.socket.end()
      else device.socket.destroy()
      await device.closed
    }
    for (let i = 0; i < 1_000; i += 50) await Promise.all(Array.from({ length: 50 }, (_, j) => one(i + j)))
    await until(() => range.proxy.connections === 0 && broker.open() === 0)
    expect(range.events.filter(({ what }) => what === 'mqtt-connect').length).toBe(750)
  }, 120_000)
})

describe('a configuration that cannot work', () => {
  test.each([
    [
      'a key of another certificate',
      ['identities: [{ commonName: a, certificate: { chain: client-61-a.pem, key: client-62-b.key } }]'],
      /is not the key of/,
    ],
    ['no certificate where one is expected', ['ca: client-62-b.key'], /holds no certificate/],
    ['a file that is not there', ['ca: nowhere.pem'], /nowhere\.pem: cannot be read \(ENOENT\)/],
  ])('%s is told at the start', (_, lines, message) => {
    pki.client('a')
    pki.client('b')
    const options = {
      upstream: ['url: mqtts://broker.test', ...lines],
      clientCertificates: 'required' as const,
    }
    expect(() => new MqttRange(pki, options)).toThrow(
      expect.objectContaining({ name: 'SecretError', message: expect.stringMatching(message) }),
    )
  })
})

interface Double {
  readonly port: number
  readonly received: Buffer[]
  bytes(): number
  /** That were ever made. */
  connections(): number
  open(): number
}

/** A broker of `broker.test`, whose socket does as scripted, and a gateway in front of it. */
async function open(
  script: (socket: TLSSocket) => unknown,
  upstream: readonly string[] = [],
  listener: readonly string[] = [],
): Promise<{ range: MqttRange; broker: Double }> {
  const { certPem, keyPem: key } = pki.server('broker.test')
  const received: Buffer[] = []
  let [bytes, connections, opened] = [0, 0, 0]
  const server = createServer({ cert: certPem, key, ALPNProtocols: ['x-amzn-mqtt-ca'] }, (socket) => {
    connections++
    opened++
    socket.on('error', () => socket.destroy())
    socket.on('close', () => opened--)
    socket.on('data', (chunk) => (bytes += chunk.length))
    script(socket)
  })
  server.on('tlsClientError', (_, socket) => socket.destroy())
  const door: Listening = await listen((socket) => server.emit('connection', socket), {
    hosts: ['127.0.0.1'],
    port: 0,
  })
  closing.push(() => door.close())
  const broker: Double = {
    port: door.port,
    received,
    bytes: () => bytes || received.reduce((sum, chunk) => sum + chunk.length, 0),
    connections: () => connections,
    open: () => opened,
  }
  const range = await openRange(
    ['url: mqtts://broker.test', `connect: 127.0.0.1:${door.port}`, 'ca: root.pem', ...upstream],
    undefined,
    listener,
  )
  return { range, broker }
}

async function openRange(
  upstream: readonly string[],
  clientCertificates?: 'required',
  listener: readonly string[] = [],
): Promise<MqttRange> {
  const range = await MqttRange.open(pki, {
    upstream,
    listener,
    ...(clientCertificates && { clientCertificates }),
  })
  closing.push(() => range.close())
  return range
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400 && !condition(); tries++) await wait(25)
  expect(condition()).toBe(true)
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
