import type { LookupAddress } from 'node:dns'
import { createServer } from 'node:https'
import type { AddressInfo, Server as NetServer, Socket } from 'node:net'
import { createServer as createTls } from 'node:tls'
import mqttPacket from 'mqtt-packet'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openCatalogue } from '../../src/io/catalogue-files.ts'
import { check } from '../../src/io/check.ts'
import { checkRequest } from '../../src/io/check-defaults.ts'
import { RunNetwork } from '../../src/io/network.ts'
import { openKnownRoots } from '../../src/io/root-files.ts'
import type { Verdict } from '../../src/judge/verdict.ts'
import { formatText } from '../../src/report/text.ts'
import { type Identity, identity } from '../support/dial.ts'
import { awakeMs } from './awake.ts'
import { Faults } from './faults.ts'
import { failedConnect, type SocketFault, socketFaults, withFaults } from './faulty-socket.ts'
import { held, leaked, unhandledIn } from './handles.ts'
import { sample } from './sample.ts'

/** Of the run under way: what the dialler's own `connect` goes by. */
let faults = new Faults()
let fault: SocketFault = 'error'
const opened: Socket[] = []

vi.mock('node:net', async (original) => {
  const net = await original<typeof import('node:net')>()
  const connect = (options: import('node:net').NetConnectOpts) => {
    const socket = faults.hits('connect')
      ? failedConnect(fault)
      : withFaults(net.connect(options), faults, fault)
    opened.push(socket)
    return socket
  }
  return { ...net, connect }
})

const firmware = Buffer.alloc(5_000, 7)
const LIMIT_MS = 300
/** A step that hangs is over after `LIMIT_MS`; the rest is a busy machine. */
const NO_LONGER_MS = 15_000
const catalogue = openCatalogue()
const knownRoots = openKnownRoots()
let own: Identity
let server: NetServer
let broker: NetServer

beforeAll(async () => {
  own = await identity()
  const files = createServer({ ...own, maxVersion: 'TLSv1.2', keepAlive: true }, (request, response) => {
    if (request.url === '/moved.bin') return void response.writeHead(302, { Location: '/app.bin' }).end()
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
    const [first, last] = range === null ? [0, 4_999] : [Number(range[1]), Math.min(4_999, Number(range[2]))]
    const body = firmware.subarray(first, last + 1)
    // The second range is asked for on a connection of its own.
    if (first === 0) response.setHeader('Connection', 'close')
    response.setHeader('Content-Length', body.length)
    response.setHeader('Content-Range', `bytes ${first}-${last}/5000`)
    response.writeHead(range === null ? 200 : 206).end(body)
  })
  server = files
  broker = createTls({ ...own, maxVersion: 'TLSv1.2' }, (socket) => {
    const parser = mqttPacket.parser()
    parser.on('packet', () =>
      socket.write(mqttPacket.generate({ cmd: 'connack', returnCode: 0, sessionPresent: false })),
    )
    socket.on('data', (chunk: Buffer) => parser.parse(chunk))
    socket.on('error', () => socket.destroy())
  })
  for (const one of [server, broker]) {
    one.on('tlsClientError', (_error, socket) => socket.destroy())
    one.on('connection', (socket: Socket) => {
      accepted.add(socket)
      socket.on('close', () => accepted.delete(socket))
    })
    await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve))
  }
})

const accepted = new Set<Socket>()

afterAll(() => {
  for (const socket of accepted) socket.destroy()
  server.close()
  broker.close()
})

/** What the device wants, and the connections that it takes. */
interface Wish {
  readonly name: string
  readonly url: () => string
  readonly roles: readonly string[]
  readonly device?: string
}

const at = (one: NetServer) => `front.example:${(one.address() as AddressInfo).port}`
const wishes: readonly Wish[] = [
  { name: 'a file in ranges', url: () => `https://${at(server)}/app.bin`, roles: ['first', 'range'] },
  {
    name: 'a file behind a redirect',
    url: () => `https://${at(server)}/moved.bin`,
    roles: ['first', 'redirect'],
    device: 'esp32',
  },
  { name: 'a broker', url: () => `mqtts://${at(broker)}`, roles: ['first'] },
]

function run(
  { url, device = 'nrf9160@1.3.7+ncs@2.7.0' }: Wish,
  how: SocketFault,
  at = -1,
  given: { timeoutMs?: number; signal?: AbortSignal } = {},
) {
  fault = how
  opened.length = 0
  const lookup = async (): Promise<LookupAddress[]> => {
    if (!faults.hits('lookup')) return [{ address: '127.0.0.1', family: 4 }]
    if (how === 'hang') return new Promise((resolve) => late.push(() => resolve([])))
    if (how === 'error') throw Object.assign(new Error('getaddrinfo EAI_AGAIN'), { code: 'EAI_AGAIN' })
    return how === 'close' ? [] : [{ address: '127.0.0.1', family: 4 }]
  }
  const late: (() => void)[] = []
  const network = new RunNetwork({ polite: true, lookup }).forTarget()
  const { timeoutMs = 10_000, signal } = given
  const request = checkRequest({
    ...{ target: url(), devices: [device] },
    ...{ anchors: [{ certificate: own.root, label: 'root' }], catalogue, knownRoots, network, timeoutMs },
  })
  faults = new Faults(at, at < 0 ? undefined : onFault)
  return check(request, signal).finally(() => {
    for (const answer of late) answer()
  })
}

let onFault: () => void = () => {}

/** How what was seen of the world names the fault; undefined where nothing of it tells. */
function named({ observation }: Verdict): string | undefined {
  const { lookup, tcp, connections } = observation
  if (lookup?.errorCode !== undefined) return `look-up ${lookup.errorCode}`
  const failed = tcp.find(({ outcome }) => outcome !== 'connected')
  if (failed !== undefined) return `connect ${failed.outcome}`
  const cut = connections.find(
    ({ close, exchanges, mqtt }) =>
      ['fin', 'reset', 'timeout'].includes(close?.how ?? '') ||
      exchanges.some(({ error }) => error) ||
      mqtt?.error,
  )
  return cut && `${cut.close?.by} ${cut.close?.how} ${cut.exchanges.find(({ error }) => error)?.error ?? ''}`
}

describe.each(
  wishes,
)('$name, dialled for, where every look-up, connect, write, read and end goes wrong once', (wish) => {
  const { roles } = wish
  let calls: readonly string[]
  let whole: Verdict

  beforeAll(async () => {
    const [verdict] = await run(wish, 'error')
    calls = faults.calls
    whole = verdict as Verdict
  }, 60_000)

  test('meets each of them where nothing goes wrong', () => {
    expect(new Set(calls)).toEqual(new Set(['lookup', 'connect', 'write', 'read', 'end']))
    expect(whole.observation.connections.map(({ role }) => role)).toEqual(roles)
    expect(named(whole)).toBeUndefined()
  })

  test.each(socketFaults)('%s: an outcome each time, and nothing is held', async (how) => {
    for (const at of chosen(socketFaults.indexOf(how))) {
      const before = held()
      const began = awakeMs()
      let verdicts: Verdict[] = []
      const untaken = await unhandledIn(async () => {
        verdicts = await run(wish, how, at, how === 'hang' ? { timeoutMs: LIMIT_MS } : {})
      })
      const where = `${how} of call ${at}, ${faults.struck}`
      expect(untaken, where).toEqual([])
      expect(awakeMs() - began, where).toBeLessThan(NO_LONGER_MS)
      expect(await leaked(before), where).toBeUndefined()
      // The other end of a connection may be a turn later than what was held before.
      await expect
        .poll(() => opened.filter(({ destroyed }) => !destroyed).length, { message: where, timeout: 5_000 })
        .toBe(0)
      const [verdict, ...others] = verdicts
      if (verdict === undefined) throw new Error(`${where}: no verdict`)
      expect(others, where).toEqual([])
      expect(['fits', 'at-risk', 'blocked', 'undecided'], where).toContain(verdict.state)
      // What breaks once, on the way, is no reason to say that the device cannot do it.
      expect(verdict.state, where).not.toBe('blocked')
      if (matters(at) && !(how === 'partial' && calls[at] === 'lookup')) {
        expect(named(verdict), where).toBeDefined()
        const ids = verdict.findings.map(({ id }) => id)
        expect(
          ids.some((id) => broken.has(id)),
          `${where}: ${ids}`,
        ).toBe(true)
      }
      const text = formatText(verdicts, { color: false, columns: 100, ascii: true })
      expect(text, where).not.toMatch(/\bat (file|async|\S+ \()|node:|undefined|NaN|\[object/)
    }
  }, 60_000)

  test('aborted at each of them: it rejects with the reason, and nothing is held', async () => {
    for (const at of chosen(1)) {
      const before = held()
      const reason = new Error(`aborted at call ${at}`)
      const ending = new AbortController()
      onFault = () => ending.abort(reason)
      const came = await run(wish, 'hang', at, { signal: ending.signal }).catch((error: unknown) => error)
      onFault = () => {}
      const where = `call ${at}, ${faults.struck}`
      // At the very last ones all is said already.
      if (matters(at)) expect(came, where).toBe(reason)
      expect(await leaked(before), where).toBeUndefined()
      // The other end of a connection may be a turn later than what was held before.
      await expect
        .poll(() => opened.filter(({ destroyed }) => !destroyed).length, { message: where, timeout: 5_000 })
        .toBe(0)
    }
  }, 60_000)

  /** All of them for the ranges; what else is wished for begins with the same steps. */
  function chosen(way: number): readonly number[] {
    const all = [...calls.keys()]
    return roles.includes('range') && !roles.includes('redirect') ? all : sample(all, way)
  }

  /** Whether the call is of the device's own connections, and not their goodbye: the rest are comparisons. */
  function matters(at: number): boolean {
    const connects = calls.flatMap((call, i) => (call === 'connect' ? [i] : []))
    const others = connects[roles.length] ?? calls.length
    const isGoodbye = calls[at] === 'end' || (calls[at] === 'write' && calls[at + 1] !== 'read')
    return at < others && !isGoodbye
  }
})

/** Findings that say that something broke on the way. */
const broken: ReadonlySet<string> = new Set([
  ...['dns-failed', 'tcp-refused', 'tcp-timeout', 'tcp-failed', 'hello-refused'],
  ...['handshake-closed', 'handshake-timeout', 'http-broken', 'mqtt-no-answer', 'closed-after-handshake'],
])
