import { connect, type TLSSocket } from 'node:tls'
import mqtt, { type Packet } from 'mqtt-packet'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { testKeys } from '../../test/support/kept-keys.ts'
import { type Listening, loopback } from '../io/listen.ts'
import type { IssuedCertificate } from '../issue/issue-certificate.ts'
import { makeForestChain } from './chains.ts'
import { type MqttConnection, openMqttServer } from './mqtt-server.ts'
import { keyPem, makeDeviceCertificate } from './small-chains.ts'

const own = 'own-ats.iot.eu-west-1.forest.test'
const other = 'other-ats.iot.eu-west-1.forest.test'
const options = { keys: testKeys, now: new Date() }
const hello = mqtt.generate({ cmd: 'connect', clientId: 'tracker-1', protocolVersion: 4, clean: true })

describe('the AWS-like MQTT server', () => {
  let server: Listening
  let root: IssuedCertificate
  let thing: IssuedCertificate
  let stranger: IssuedCertificate
  const seen: MqttConnection[] = []

  beforeAll(async () => {
    const chain = await makeForestChain('iot', options)
    const registered = await makeDeviceCertificate('tracker-1', options)
    root = chain.root
    thing = registered.certificate
    stranger = (await makeDeviceCertificate('stranger', options)).certificate
    const account = { host: own, registered: [thing] }
    server = await openMqttServer({
      ...loopback,
      chain: chain.sent,
      clientCas: [registered.ca],
      accounts: [account, { host: other, registered: [] }],
      withoutName: account,
      onConnection: (connection) => seen.push(connection),
    })
  }, 60_000)
  afterAll(() => server?.close())
  beforeEach(() => {
    seen.length = 0
  })

  test("the account's own name: CONNACK with return code 0", async () => {
    const met = await talk({ name: own, certificate: thing, send: hello })
    expect(met).toMatchObject({ handshake: true, first: { cmd: 'connack', returnCode: 0 } })
    expect(seen).toEqual([{ serverName: own, outcome: 'accepted' }])
  })

  test('the name counts without regard to case', async () => {
    const met = await talk({ name: own.toUpperCase(), certificate: thing, send: hello })
    expect(met.first).toMatchObject({ cmd: 'connack' })
  })

  test('no server_name: the account that the certificate is registered with answers', async () => {
    const met = await talk({ name: '', certificate: thing, send: hello })
    expect(met.first).toMatchObject({ cmd: 'connack', returnCode: 0 })
    expect(seen).toEqual([{ serverName: undefined, outcome: 'accepted' }])
  })

  test('the name of another account: the handshake completes, then it closes without a word', async () => {
    const met = await talk({ name: other, certificate: thing, send: hello })
    expect(met).toEqual({ handshake: true, first: undefined, receivedBytes: 0 })
    expect(seen).toEqual([{ serverName: other, outcome: 'not-registered' }])
  })

  test('a name of nobody closes the same way', async () => {
    const met = await talk({ name: 'nobody.iot.eu-west-1.forest.test', certificate: thing, send: hello })
    expect(met).toEqual({ handshake: true, first: undefined, receivedBytes: 0 })
    expect(seen[0]?.outcome).toBe('no-account')
  })

  test('it waits for the first application record before it closes on a wrong name', async () => {
    const silent = await talk({ name: other, certificate: thing, send: undefined, waitMs: 300 })
    expect(silent).toMatchObject({ handshake: true, stillOpen: true })
    expect(seen).toEqual([])
  })

  test('a certificate of the same CA that is not registered is turned away at its first record', async () => {
    const met = await talk({ name: own, certificate: stranger, send: hello })
    expect(met).toMatchObject({ handshake: true, receivedBytes: 0 })
    expect(seen).toEqual([{ serverName: own, outcome: 'not-registered' }])
  })

  test('no client certificate: no session', async () => {
    const met = await talk({ name: own, certificate: undefined, send: hello })
    expect(met.handshake).toBe(false)
    expect(seen).toEqual([])
  })

  test('a packet before CONNECT, and what is no MQTT at all, end the connection unanswered', async () => {
    for (const send of [mqtt.generate({ cmd: 'pingreq' }), Buffer.from('GET / HTTP/1.1\r\n\r\n')]) {
      const met = await talk({ name: own, certificate: thing, send })
      expect(met).toMatchObject({ handshake: true, receivedBytes: 0 })
    }
    expect(seen.map(({ outcome }) => outcome)).toEqual(['not-connect', 'not-connect'])
  })

  test('a CONNECT that never ends is cut off', async () => {
    // Remaining length 200,000: the parser would wait for all of it.
    const endless = Buffer.concat([Buffer.from([0x10, 0xc0, 0x9a, 0x0c]), Buffer.alloc(100_000)])
    const met = await talk({ name: own, certificate: thing, send: endless })
    expect(met).toMatchObject({ handshake: true, receivedBytes: 0 })
  })

  interface Met {
    readonly handshake: boolean
    readonly first: Packet | undefined
    readonly receivedBytes: number
    readonly stillOpen?: boolean
  }

  /** TLS 1.2, as the devices have it: the client then learns of a refused handshake in the handshake. */
  function talk(asked: {
    name: string
    certificate: IssuedCertificate | undefined
    send: Buffer | undefined
    waitMs?: number
  }): Promise<Met> {
    return new Promise((resolve) => {
      const credential = asked.certificate && {
        cert: asked.certificate.pem,
        key: keyPem(asked.certificate.key),
      }
      const socket: TLSSocket = connect({
        host: '127.0.0.1',
        port: server.port,
        servername: asked.name,
        ca: root.pem,
        checkServerIdentity: () => undefined,
        maxVersion: 'TLSv1.2',
        ...credential,
      })
      let handshake = false
      let first: Packet | undefined
      let receivedBytes = 0
      const parser = mqtt.parser({ protocolVersion: 4 })
      parser.on('packet', (packet) => {
        first ??= packet
        socket.destroy()
      })
      socket.on('secureConnect', () => {
        handshake = true
        if (asked.send) socket.write(asked.send)
        if (asked.waitMs) {
          setTimeout(() => {
            resolve({
              handshake,
              first,
              receivedBytes,
              stillOpen: !socket.destroyed && !socket.readableEnded,
            })
            socket.destroy()
          }, asked.waitMs)
        }
      })
      socket.on('data', (bytes) => {
        receivedBytes += bytes.length
        parser.parse(bytes)
      })
      socket.on('error', () => socket.destroy())
      socket.on('close', () => resolve({ handshake, first, receivedBytes }))
    })
  }
})
