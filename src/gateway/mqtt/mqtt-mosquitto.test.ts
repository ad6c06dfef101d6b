import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type KeyFiles, MqttPki, runTool, startMosquitto } from '../../../test/support/mosquitto.ts'
import { MqttRange } from '../../../test/support/mqtt-range.ts'
import type { PeerProcess } from '../../../test/support/peer-process.ts'

const pki = new MqttPki()
let range: MqttRange | undefined

afterEach(async () => {
  await range?.close()
  range = undefined
})
afterAll(() => pki.remove())

const upstreamOf = (broker: PeerProcess) => [
  `url: mqtts://localhost:${broker.port}`,
  `connect: 127.0.0.1:${broker.port}`,
  'ca: root.pem',
]

describe('a broker that takes everybody', () => {
  let broker: PeerProcess

  beforeAll(async () => {
    broker = await startMosquitto(pki, ['allow_anonymous true'])
  })
  afterAll(() => broker?.stop())

  test.each([
    ['31', '0'],
    ['311', '1'],
    ['311', '2'],
    ['5', '0'],
    ['5', '1'],
    ['5', '2'],
  ])('mosquitto_pub and mosquitto_sub, version %s, QoS %s: the message arrives byte for byte', async (version, qos) => {
    range = await MqttRange.open(pki, { upstream: upstreamOf(broker) })
    const topic = `t/${version}/${qos}`
    const payload = join(pki.folder, `payload-${version}-${qos}`)
    writeFileSync(payload, randomBytes(150_000).toString('hex'), 'latin1')
    const common = ['-V', version === '5' ? 'mqttv5' : `mqttv${version}`, '-q', qos, '-t', topic]
    const listening = runTool('mosquitto_sub', pki, range.port, [
      ...common,
      '-i',
      'sub',
      '-C',
      '1',
      '-N',
      '-W',
      '15',
    ])
    await range.event('mqtt-connect')
    await untilOutput(broker, `sub ${qos} ${topic}`)
    const sent = await runTool('mosquitto_pub', pki, range.port, [...common, '-i', 'pub', '-f', payload])
    expect(sent).toEqual({ code: 0, output: '' })
    const heard = await listening
    expect(heard.code).toBe(0)
    expect(heard.output === readFileSync(payload, 'latin1')).toBe(true)
    const ends = [await range.event('mqtt-end', 1), await range.event('mqtt-end', 2)]
    for (const { facts, level } of ends) {
      expect(level).toBe('info')
      expect(facts).toMatchObject({
        closedBy: 'device',
        how: 'disconnect',
        lastUp: 'DISCONNECT',
        code: version === '5' ? 0 : undefined,
      })
    }
    expect(range.proxy.connections).toBe(0)
  })

  test('a retained message is there for whoever comes later, and the will of a device that is cut off goes out', async () => {
    range = await MqttRange.open(pki, { upstream: upstreamOf(broker) })
    const { port } = range
    expect(
      (await runTool('mosquitto_pub', pki, port, ['-t', 'kept', '-r', '-q', '1', '-m', 'hello'])).code,
    ).toBe(0)
    const kept = await runTool('mosquitto_sub', pki, port, ['-t', 'kept', '-C', '1', '-W', '10'])
    expect(kept).toEqual({ code: 0, output: 'hello\n' })
    const listening = runTool('mosquitto_sub', pki, port, [
      '-i',
      'heir',
      '-t',
      'will/#',
      '-C',
      '1',
      '-W',
      '10',
    ])
    await untilOutput(broker, 'heir 0 will/#')
    const device = range.dial()
    device.connect({
      clientId: 'doomed',
      will: { topic: 'will/doomed', payload: Buffer.from('gone'), qos: 0, retain: false },
    })
    expect(await device.packet()).toMatchObject({ cmd: 'connack', returnCode: 0 })
    device.socket.destroy()
    expect(await listening).toEqual({ code: 0, output: 'gone\n' })
  })

  test('another connection with the same client id takes over: mosquitto says nothing, and the log what is likely', async () => {
    range = await MqttRange.open(pki, { upstream: upstreamOf(broker) })
    for (const [version, nth] of [
      [5, 1],
      [4, 3],
    ] as const) {
      const first = range.dial().connect({ clientId: `twin-${version}`, protocolVersion: version })
      expect(await first.packet()).toMatchObject({ cmd: 'connack' })
      const second = range.dial().connect({ clientId: `twin-${version}`, protocolVersion: version })
      expect(await second.packet()).toMatchObject({ cmd: 'connack' })
      await first.closed
      const { facts, message, level } = await range.event('mqtt-end', nth)
      expect(level).toBe('warn')
      expect(facts).toMatchObject({
        closedBy: 'broker',
        how: 'close',
        lastUp: 'CONNECT',
        lastDown: 'CONNACK',
      })
      expect(message).toMatch(
        /the broker closed after CONNECT; likely: another connection with the same client id/,
      )
      second.socket.end()
      await second.closed
      await range.event('mqtt-end', nth + 1)
    }
  })

  test('the broker is killed in mid-session: the device is closed, and the next one is told that it is unavailable', async () => {
    const mortal = await startMosquitto(pki, ['allow_anonymous true'])
    range = await MqttRange.open(pki, { upstream: upstreamOf(mortal) })
    const device = range.dial().connect()
    expect(await device.packet()).toMatchObject({ cmd: 'connack', returnCode: 0 })
    device.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a', qos: 0 }] })
    expect(await device.packet(2)).toMatchObject({ cmd: 'suback' })
    await mortal.stop()
    await device.closed
    expect(await range.event('mqtt-end')).toMatchObject({
      level: 'warn',
      facts: { closedBy: 'broker', lastUp: 'SUBSCRIBE', lastDown: 'SUBACK', packetsUp: 2, packetsDown: 2 },
    })
    for (const [version, code] of [
      [4, 3],
      [3, 3],
      [5, 0x88],
    ] as const) {
      const late = range
        .dial()
        .connect({ protocolVersion: version, protocolId: version === 3 ? 'MQIsdp' : 'MQTT' })
      const connack = await late.packet()
      expect(connack).toMatchObject({ cmd: 'connack', [version === 5 ? 'reasonCode' : 'returnCode']: code })
      await late.closed
    }
    expect((await range.event('upstream-failed')).message).toMatch(
      /"dev-1": broker \(localhost\): cannot be reached \(ECONNREFUSED\)/,
    )
    const tool = await runTool('mosquitto_pub', pki, range.port, ['-t', 'a', '-m', 'b'])
    expect(tool.output).toMatch(/Connection Refused: broker unavailable/)
  })
})

describe('a broker with passwords', () => {
  let broker: PeerProcess

  beforeAll(async () => {
    const file = join(pki.folder, 'passwords')
    await promisify(execFile)('mosquitto_passwd', ['-c', '-b', file, 'sensor', 'right horse'])
    await promisify(execFile)('mosquitto_passwd', ['-b', file, 'hub/dev-1/', 'of the gateway'])
    broker = await startMosquitto(pki, [`password_file ${file}`, 'allow_anonymous false'])
  })
  afterAll(() => broker?.stop())

  test.each([
    ['311', 4, '5'],
    ['5', 5, '0x87'],
  ])('a wrong password, version %s: the tool and the log say the same, and no log holds it', async (version, level, code) => {
    range = await MqttRange.open(pki, { upstream: upstreamOf(broker) })
    const args = (password: string) => [
      '-V',
      `mqttv${version}`,
      '-i',
      'dev-1',
      '-u',
      'sensor',
      '-P',
      password,
      '-t',
      'a',
      '-m',
      'b',
    ]
    const wrong = await runTool('mosquitto_pub', pki, range.port, args('wrong horse'))
    expect(wrong.output).toMatch(/not authori[sz]ed/i)
    const { message, facts } = await range.event('mqtt-connect')
    expect(facts).toMatchObject({
      protocol: level === 5 ? 'MQTT 5.0' : 'MQTT 3.1.1',
      meaning: 'not authorised',
    })
    expect(message).toBe(
      `"dev-1": the broker refuses: ${code}, not authorised; likely: a wrong user name or password, or no right to connect with them`,
    )
    expect((await runTool('mosquitto_pub', pki, range.port, args('right horse'))).code).toBe(0)
    await range.event('mqtt-end', 2)
    expect(JSON.stringify(range.events)).not.toMatch(/horse|sensor/)
  })

  test("a device's certificate stands for the gateway's user name and password", async () => {
    pki.write('password', 'of the gateway\n')
    range = await MqttRange.open(pki, {
      upstream: [
        ...upstreamOf(broker),
        'identities:',
        '  - commonName: "*"',
        '    clientId: "{commonName}"',
        '    username: "hub/{commonName}/"',
        '    password: { file: password }',
      ],
      clientCertificates: 'required',
    })
    const { port } = range
    const device = pki.client('dev-1')
    const publish = (args: string[], identity: KeyFiles) =>
      runTool('mosquitto_pub', pki, port, [...args, '-t', 'a', '-m', 'b'], identity)
    expect(await publish(['-i', 'dev-1'], device)).toEqual({ code: 0, output: '' })
    // Its own are nothing beside the gateway's.
    expect((await publish(['-i', 'dev-1', '-u', 'root', '-P', 'guess', '-V', 'mqttv5'], device)).code).toBe(0)
    expect(await range.event('mqtt-connect')).toMatchObject({
      facts: { commonName: 'dev-1', clientId: 'dev-1', credentials: 'gateway', code: 0 },
    })
    const another = await publish(['-i', 'dev-2'], device)
    expect(another.output).toMatch(/identifier rejected/)
    expect((await publish(['-i', 'dev-2', '-V', 'mqttv5'], device)).output).toMatch(
      /Client Identifier not valid/i,
    )
    expect(await range.event('denied')).toMatchObject({
      message: '"dev-2": its client id is "dev-2", and its certificate is for "dev-1"',
      facts: { commonName: 'dev-1', refusal: 'client-id' },
    })
    // A name that would step out of its place in the user name.
    expect((await publish(['-i', 'dev-1/x'], pki.client('dev-1/x'))).output).toMatch(/not authori[sz]ed/i)
    expect(JSON.stringify(range.events)).not.toMatch(/of the gateway|hub\/|guess/)
  })
})

describe('a broker with client certificates', () => {
  let broker: PeerProcess

  beforeAll(async () => {
    broker = await startMosquitto(pki, ['require_certificate true', 'use_identity_as_username true'])
  })
  afterAll(() => broker?.stop())

  test('each device is the identity of its row upstream', async () => {
    pki.client('cloud-1')
    pki.client('cloud-2')
    const hex = (name: string) => `client-${Buffer.from(name).toString('hex')}-${name}`
    const row = (device: string, cloud: string) => [
      `  - commonName: ${device}`,
      `    certificate: { chain: ${hex(cloud)}.pem, key: ${hex(cloud)}.key }`,
    ]
    range = await MqttRange.open(pki, {
      upstream: [
        ...upstreamOf(broker),
        'identities:',
        ...row('dev-1', 'cloud-1'),
        ...row('dev-2', 'cloud-2'),
      ],
      clientCertificates: 'required',
    })
    for (const [device, cloud] of [
      ['dev-1', 'cloud-1'],
      ['dev-2', 'cloud-2'],
    ] as const) {
      const args = ['-i', `id-${device}`, '-t', 'a', '-m', 'b', '-q', '1']
      expect(await runTool('mosquitto_pub', pki, range.port, args, pki.client(device))).toEqual({
        code: 0,
        output: '',
      })
      expect(broker.output()).toMatch(
        new RegExp(`New client connected from .* as id-${device} .*u'${cloud}'`),
      )
    }
    const stranger = await runTool(
      'mosquitto_pub',
      pki,
      range.port,
      ['-t', 'a', '-m', 'b'],
      pki.client('dev-3'),
    )
    expect(stranger.output).toMatch(/not authori[sz]ed/i)
    expect((await range.event('denied')).message).toContain('no identity for this common name')
  })

  test.each([
    'TLSv1.2',
    'TLSv1.3',
  ] as const)('without a certificate for it the device is told unavailable (device over %s)', async (version) => {
    range = await MqttRange.open(pki, { upstream: upstreamOf(broker) })
    const device = range.dial(undefined, version).connect()
    expect(await device.packet()).toMatchObject({ cmd: 'connack', returnCode: 3 })
    expect((await range.event('upstream-failed')).message).toMatch(
      /it sent the alert (certificate_required|handshake_failure); no client certificate was shown to it/,
    )
  })
})

async function untilOutput(broker: PeerProcess, text: string): Promise<void> {
  for (let tries = 0; tries < 400 && !broker.output().includes(text); tries++) {
    await new Promise((next) => setTimeout(next, 25))
  }
  // mosquitto -v prints a subscription as it takes it.
  expect(broker.output()).toContain(text)
}
