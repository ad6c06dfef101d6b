import { setTimeout as sleep } from 'node:timers/promises'
import { createServer } from 'node:tls'
import mqtt from 'mqtt-packet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Listening, listen } from '../../src/io/listen.ts'
import { MqttPki } from '../support/mosquitto.ts'
import { MqttRange } from '../support/mqtt-range.ts'
import { awakeMs } from './awake.ts'
import { type SocketFault, socketFaults } from './faulty-socket.ts'
import { FaultyWire } from './faulty-wire.ts'
import { held, leaked, unhandledIn } from './handles.ts'

/** Of the gateway with a broker that falls silent in its handshake or before its CONNACK. */
const SHORT_SECONDS = 0.3
/** A device has so much patience with a session that says nothing. */
const DEVICE_LEAVES_MS = 1_000
/** By `awakeMs`. */
const NO_LONGER_MS = 10_000

const pki = new MqttPki()
let broker: Listening
let behind: FaultyWire

beforeAll(async () => {
  const { certPem: cert, keyPem: key } = pki.server('broker.test')
  const server = createServer({ cert, key }, (socket) => {
    const parser = mqtt.parser({ protocolVersion: 4 })
    parser.on('packet', (packet) => {
      if (packet.cmd === 'connect')
        socket.write(mqtt.generate({ cmd: 'connack', returnCode: 0, sessionPresent: false }))
      else if (packet.cmd === 'publish')
        socket.write(mqtt.generate({ cmd: 'puback', messageId: packet.messageId ?? 0 }))
      else if (packet.cmd === 'disconnect') socket.end()
    })
    socket.on('data', (chunk) => parser.parse(chunk))
    socket.on('error', () => socket.destroy())
  })
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  broker = await listen((socket) => server.emit('connection', socket), { hosts: ['127.0.0.1'], port: 0 })
  behind = (await FaultyWire.open()).lead(broker.port)
}, 60_000)
afterAll(async () => {
  await behind.close()
  await broker.close()
  pki.remove()
})

const open = (timeoutSeconds = 10) =>
  MqttRange.open(pki, {
    upstream: [
      ...['url: mqtts://broker.test', `connect: 127.0.0.1:${behind.port}`, 'ca: root.pem'],
      `timeoutSeconds: ${timeoutSeconds}`,
    ],
    listener: ['limits: { headSeconds: 5, stallSeconds: 5 }'],
  })

/** One message of 5 kB, acknowledged; how far the device came with it. */
async function session(range: MqttRange): Promise<'refused' | 'closed' | 'connected' | 'acknowledged'> {
  const device = range.dial()
  const patience = setTimeout(
    () => device.socket.destroy(),
    DEVICE_LEAVES_MS * (behind.fault === 'hang' ? 1 : 20),
  )
  try {
    const answer = await device.connect().packet(1)
    if (answer?.cmd !== 'connack') return 'closed'
    if (answer.returnCode !== 0) return 'refused'
    const publish = { cmd: 'publish', topic: 't', qos: 1, messageId: 7, dup: false, retain: false } as const
    const acknowledged = (await device.send({ ...publish, payload: Buffer.alloc(5_000, 7) }).packet(2))?.cmd
    device.send({ cmd: 'disconnect' })
    return acknowledged === 'puback' ? 'acknowledged' : 'connected'
  } finally {
    await device.closed
    clearTimeout(patience)
  }
}

/**
 * A session where nothing goes wrong. A gateway that waits for no more than `SHORT_SECONDS` gives up a broker that only
 * meets a machine that stood still, and says so: the device comes again.
 */
async function ordinary(range: MqttRange, how: SocketFault): ReturnType<typeof session> {
  for (let tries = how === 'hang' ? 5 : 1; ; tries--) {
    const told = range.events.length
    const came = await session(range)
    const givenUp = range.events.slice(told).some(({ what }) => what === 'upstream-failed')
    if (tries === 1 || !givenUp) return came
  }
}

/** The last bytes of a session may leave after the device has. */
async function isOver({ proxy }: MqttRange): Promise<boolean> {
  for (let tries = 0; proxy.connections > 0 && tries < 400; tries++) await sleep(10)
  return proxy.connections === 0
}

/** Each tells how a session came to its end. */
const ends: ReadonlySet<string> = new Set(['mqtt-end', 'upstream-failed'])

async function torture(how: SocketFault, count: number): Promise<string[]> {
  const range = await open(how === 'hang' ? SHORT_SECONDS : undefined)
  const found: string[] = []
  for (let at = 0; at < count; at++) {
    const before = held()
    const told = range.events.length
    const wrong: unknown[] = []
    behind.strike(how, at)
    const began = awakeMs()
    let came = ''
    const untaken = await unhandledIn(async () => {
      came = await session(range)
    })
    wrong.push(...untaken)
    if (awakeMs() - began > NO_LONGER_MS) wrong.push('it took too long')
    const { struck } = behind.faults
    if (!(await isOver(range))) wrong.push('its session is held')
    const ended = range.events.slice(told).filter(({ what }) => ends.has(what))
    if (ended.length !== 1 || !ended[0]?.message)
      wrong.push(`${came}, and its end is told ${ended.length} times`)
    behind.strike('none', -1)
    const next = await ordinary(range, how)
    if (!(await isOver(range)) || next !== 'acknowledged') wrong.push(`afterwards: ${next}`)
    const more = await leaked(before)
    if (more !== undefined) wrong.push(`held: ${JSON.stringify(more)}`)
    found.push(...wrong.map((one) => `${how} of call ${at}, ${struck}: ${one}`))
  }
  await range.close()
  return found
}

describe('a broker whose every connect, piece of bytes and end goes wrong once', () => {
  let calls: readonly string[]

  beforeAll(async () => {
    const range = await open()
    behind.strike('none', -1)
    expect(await session(range)).toBe('acknowledged')
    calls = behind.faults.calls
    await range.close()
  }, 60_000)

  test('meets each of them where nothing goes wrong', () => {
    expect(new Set(calls)).toEqual(new Set(['connect', 'up', 'down', 'end up', 'end down']))
  })

  test.each(socketFaults)('%s: each session has one end in the log, and nothing is held', async (how) => {
    expect(await torture(how, calls.length)).toEqual([])
  }, 300_000)
})
