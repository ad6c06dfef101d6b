import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Listening } from '../../src/io/listen.ts'
import { GatewayPki } from '../support/gateway-range.ts'
import { awakeMs } from './awake.ts'
import { type SocketFault, socketFaults } from './faulty-socket.ts'
import { FaultyWire } from './faulty-wire.ts'
import {
  faultOf,
  firmware,
  firmwareHost,
  GatewayLife,
  type LifeOptions,
  type Outcome,
} from './gateway-life.ts'
import { held, leaked, unhandledIn } from './handles.ts'
import { sample } from './sample.ts'

/**
 * Of the gateway with whoever falls silent, and with nobody else: where the machine stands still for longer, the gateway
 * gives that one up, as it should, and a device or an upstream that only meets the same machine it does not.
 */
const SHORT_SECONDS = 0.3
/** Where TCP itself is silent there is nobody but the device to end it; where nothing is, it waits. */
const DEVICE_LEAVES_MS = 3_000
const DEVICE_WAITS_MS = 60_000
/** Nothing waits for longer, by `awakeMs`. */
const NO_LONGER_MS = 10_000

const pki = new GatewayPki()
const posted = firmware.subarray(0, 20_000)
let upstream: Listening
/** Between the gateway and its upstream. */
let behind: FaultyWire
/** Between a device and the gateway. */
let before: FaultyWire
let folders = 0
let files = 0

beforeAll(async () => {
  upstream = await pki.openUpstream(firmwareHost)
  behind = (await FaultyWire.open()).lead(upstream.port)
  before = await FaultyWire.open()
}, 60_000)
afterAll(async () => {
  await before.close()
  await behind.close()
  await upstream.close()
  pki.remove()
})

const open = (patience: Pick<LifeOptions, 'upstreamSeconds' | 'deviceSeconds'> = {}) =>
  GatewayLife.open({
    ...{ pki, upstreamPort: behind.port, cacheFolder: join(pki.folder, `cache-${++folders}`) },
    ...patience,
  })

interface Way {
  readonly port: number
  readonly leave: AbortSignal
}

/** What devices do: a file that is passed on with its length, one without, one into the cache, and a message. */
const acts: readonly [expected: Buffer, ask: (life: GatewayLife, by?: Way) => Promise<Outcome>][] = [
  [firmware, (life, by) => life.ask('/pass/a.bin', by)],
  [firmware, (life, by) => life.ask('/pass/unmeasured.bin', by)],
  [firmware, (life, by) => life.ask(`/cached/${++files}.bin`, by)],
  [posted, (life, by) => life.ask('/pass/message', { body: posted, ...by })],
]

/** What is wrong with what came of it, a line each. */
async function journey(life: GatewayLife): Promise<string[]> {
  const wrong: string[] = []
  for (const [at, [expected, act]] of acts.entries()) {
    const began = awakeMs()
    const told = life.events.length
    const outcome = await act(life)
    // What ended without an answer is told when its connection has ended.
    const fault = await settled(() => faultOf(outcome, expected, life.events.slice(told)))
    if (fault !== undefined) wrong.push(`act ${at}: ${fault}`)
    if (awakeMs() - began > NO_LONGER_MS) wrong.push(`act ${at}: it took too long`)
  }
  return wrong
}

async function settled(look: () => string | undefined): Promise<string | undefined> {
  for (let tries = 0; tries < 100; tries++) {
    if (look() === undefined) return undefined
    await sleep(10)
  }
  return look()
}

/** The calls of a wire where nothing goes wrong. */
async function callsOf(wire: FaultyWire, run: () => Promise<string[]>): Promise<readonly string[]> {
  wire.strike('none', -1)
  expect(await run()).toEqual([])
  const { calls } = wire.faults
  wire.strike('none', -1)
  return calls
}

/** Of many alike that follow each other, as the pieces of a body do, the first two and the last. */
function telling(calls: readonly string[]): number[] {
  const numbers = [...calls.keys()]
  return numbers.filter((at) => {
    const [before, after] = [calls.slice(Math.max(0, at - 2), at), calls[at + 1]]
    return after !== calls[at] || before.length < 2 || before.some((call) => call !== calls[at])
  })
}

/** Each call goes wrong once, on one gateway that serves them all; what is wrong, a line each. */
async function torture(
  life: GatewayLife,
  wire: FaultyWire,
  how: SocketFault,
  calls: readonly string[],
  run: () => Promise<string[]>,
): Promise<string[]> {
  const found: string[] = []
  // Connections to upstreams are kept, and no leak: a new configuration begins without.
  const rested = async () => {
    const open = await settled(() => (life.connections === 0 ? undefined : `${life.connections} connections`))
    await life.reload()
    return open
  }
  await run()
  await rested()
  for (const at of sample(telling(calls), socketFaults.indexOf(how))) {
    const held0 = held()
    wire.strike(how, at)
    const wrong: unknown[] = []
    wrong.push(...(await unhandledIn(async () => void wrong.push(...(await run())))))
    const { struck } = wire.faults
    wire.strike('none', -1)
    wrong.push(...(await run()).map((one) => `afterwards: ${one}`))
    const open = await rested()
    if (open !== undefined) wrong.push(open)
    const more = await leaked(held0)
    if (more !== undefined) wrong.push(`held: ${JSON.stringify(more)}, before: ${JSON.stringify(held0)}`)
    found.push(...wrong.map((one) => `${how} of call ${at}, ${struck}: ${one}`))
  }
  return found
}

describe('an upstream whose every connect, piece of bytes and end goes wrong once', () => {
  let calls: readonly string[]

  beforeAll(async () => {
    const life = await open()
    calls = await callsOf(behind, () => journey(life))
    await life.close()
  }, 60_000)

  test('meets each of them where nothing goes wrong', () => {
    expect(new Set(calls)).toEqual(new Set(['connect', 'up', 'down']))
  })

  test.each(socketFaults)('%s: the answer or a named outcome each time, and nothing is held', async (how) => {
    const life = await open(how === 'hang' ? { upstreamSeconds: SHORT_SECONDS } : {})
    expect(await torture(life, behind, how, calls, () => journey(life))).toEqual([])
    await life.close()
  }, 300_000)

  test('stopped at each of them: every device is let go, and nothing is held', async () => {
    const found: string[] = []
    for (const at of sample(telling(calls), 1)) {
      const held0 = held()
      const life = await open()
      let stopping: Promise<void> | undefined
      behind.strike('none', at, () => {
        stopping = life.close()
      })
      const untaken = await unhandledIn(async () => {
        for (const [, act] of acts) if (stopping === undefined) await act(life)
        await (stopping ?? life.close())
      })
      found.push(...untaken.map((one) => `call ${at}: ${one}`))
      const more = await leaked(held0, 2_000)
      if (more !== undefined) found.push(`call ${at}: held: ${JSON.stringify(more)}`)
    }
    expect(found).toEqual([])
  }, 300_000)

  test('reloaded at each of them: no device notices, and nothing of before is held', async () => {
    const life = await open()
    const found: string[] = []
    await journey(life)
    for (const at of sample(telling(calls), 2)) {
      const held0 = held()
      let reloading: Promise<void> | undefined
      behind.strike('none', at, () => {
        reloading = life.reload()
      })
      found.push(...(await journey(life)).map((one) => `call ${at}: ${one}`))
      await reloading
      behind.strike('none', -1)
      await journey(life)
      const more = await leaked(held0)
      if (more !== undefined) found.push(`call ${at}: held: ${JSON.stringify(more)}`)
    }
    await life.close()
    expect(found).toEqual([])
  }, 300_000)
})

describe('a device whose connection goes wrong once, at each connect, piece of bytes and end', () => {
  /** Of these alone a device can tell that it has the whole. */
  const measured = acts.filter((_act, at) => at !== 1)
  /** Each says what became of a connection. */
  const ends: ReadonlySet<string> = new Set(['request', 'handshake-failed', 'refused-head'])
  let calls: readonly string[]

  beforeAll(async () => {
    const life = await open()
    before.lead(life.port)
    calls = await callsOf(before, () => visits(life))
    await life.close()
  }, 60_000)

  /** As `journey`, by way of the wire; whoever gets nothing in time leaves. */
  async function visits(life: GatewayLife): Promise<string[]> {
    const wrong: string[] = []
    for (const [at, [expected, act]] of measured.entries()) {
      const told = life.events.length
      const { how, status, body } = await act(life, {
        port: before.port,
        leave: AbortSignal.timeout(before.fault === 'hang' ? DEVICE_LEAVES_MS : DEVICE_WAITS_MS),
      })
      const isWhole = how === 'whole' && body.equals(expected)
      if (!body.equals(expected.subarray(0, body.length))) wrong.push(`act ${at}: wrong bytes`)
      if (how === 'whole' && (status !== 200 || !isWhole))
        wrong.push(`act ${at}: ${status}, ${body.length} bytes`)
      // Where TCP itself goes wrong the gateway has seen nobody.
      if (isWhole || before.faults.struck === 'connect') continue
      const named = () => life.events.slice(told).some(({ what }) => ends.has(what))
      const silence = await settled(() => (named() ? undefined : `act ${at}: ${how}, and no event says so`))
      if (silence !== undefined) wrong.push(silence)
    }
    if (life.events.some(({ what }) => what === 'fault')) wrong.push('a fault of the gateway')
    return wrong
  }

  test('meets each of them where nothing goes wrong', () => {
    expect(new Set(calls)).toEqual(new Set(['connect', 'up', 'down', 'end up', 'end down']))
  })

  test.each(
    socketFaults,
  )('%s: bytes of the file and no others, a line in the log, and nothing is held', async (how) => {
    const life = await open(how === 'hang' ? { deviceSeconds: SHORT_SECONDS } : {})
    before.lead(life.port)
    expect(await torture(life, before, how, calls, () => visits(life))).toEqual([])
    await life.close()
  }, 300_000)
})
