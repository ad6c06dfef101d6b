import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { GatewayControl } from '../../src/gateway/control.ts'
import { MqttPki, runTool, startMosquitto } from '../support/mosquitto.ts'
import { peer } from '../support/peer.ts'
import type { PeerProcess } from '../support/peer-process.ts'
import { GatewayRange } from './gateway-range.ts'

const mosquitto = peer('mosquitto')

describe.skipIf(!mosquitto)('tlsfit gateway before mosquitto', () => {
  const pki = new MqttPki()
  let broker: PeerProcess
  let range: GatewayRange
  let control: GatewayControl

  const configOf = () => {
    const { chain, key } = pki.server('front', 'localhost')
    return `
listeners:
  - name: devices
    protocol: mqtts
    listen: [127.0.0.1:0]
    certificate: { files: { ecdsa: { chain: ${chain}, key: ${key} } } }
    clientCertificates: { ask: required, ca: ${pki.rootFile} }
    upstream: broker
upstreams:
  broker:
    protocol: mqtts
    url: mqtts://localhost:${broker.port}
    connect: 127.0.0.1:${broker.port}
    ca: ${pki.rootFile}
    identities: [{ commonName: '*', clientId: '{commonName}' }]
`
  }

  beforeAll(async () => {
    broker = await startMosquitto(pki, ['allow_anonymous true'])
    range = await GatewayRange.open()
    control = await range.start(configOf())
  }, 60_000)
  afterAll(async () => {
    await range?.close()
    await broker?.stop()
    pki.remove()
  })

  test('a message goes from one device to another, each as who its certificate says', async () => {
    const heard = runTool(
      'mosquitto_sub',
      pki,
      range.port,
      ['-i', 'listener', '-t', 'up/#', '-C', '1', '-W', '10', '-q', '1'],
      pki.client('listener'),
    )
    await until(() => broker.output().includes('listener 1 up/#'))
    const sent = await runTool(
      'mosquitto_pub',
      pki,
      range.port,
      ['-i', 'device-7', '-t', 'up/a', '-m', 'hello', '-q', '1'],
      pki.client('device-7'),
    )
    expect(sent).toEqual({ code: 0, output: '' })
    expect(await heard).toEqual({ code: 0, output: 'hello\n' })
  })

  test('a device that gives itself for another is refused, and so is one without a certificate', async () => {
    const args = ['-i', 'device-8', '-t', 'up/a', '-m', 'forged']
    const forged = await runTool('mosquitto_pub', pki, range.port, args, pki.client('device-7'))
    expect(forged.code).not.toBe(0)
    const bare = await runTool('mosquitto_pub', pki, range.port, args)
    expect(bare.code).not.toBe(0)
    expect(broker.output()).not.toContain('device-8')
  })

  test('a session lives on through a reload', async () => {
    const heard = runTool(
      'mosquitto_sub',
      pki,
      range.port,
      ['-i', 'long', '-t', 'later', '-C', '1', '-W', '15', '-q', '1'],
      pki.client('long'),
    )
    await until(() => broker.output().includes('long 1 later'))
    range.write('gateway.yaml', configOf())
    expect(await control.reload()).toBe(true)
    const args = ['-i', 'device-9', '-t', 'later', '-m', 'still here', '-q', '1']
    expect((await runTool('mosquitto_pub', pki, range.port, args, pki.client('device-9'))).code).toBe(0)
    expect(await heard).toEqual({ code: 0, output: 'still here\n' })
  })
})

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !holds(); tries++) await new Promise((next) => setTimeout(next, 50))
  expect(holds()).toBe(true)
}
