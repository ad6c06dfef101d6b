import { once } from 'node:events'
import { createServer as createTls, type ServerOptions } from 'node:https'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { testKeys } from '../../test/support/kept-keys.ts'
import type { ChainFacts } from '../fleet/snapshot.ts'
import { defaultThresholds } from '../fleet/watch-parts.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { RunNetwork } from '../io/network.ts'
import { openKnownRoots } from '../io/root-files.ts'
import { makeNewBlobChain, makeOldBlobChain } from '../lab/chains.ts'
import { tlsIdentity } from '../lab/tls-server.ts'
import type { StoredEndpoint } from '../store/rows/endpoints.ts'
import type { StoredFleet } from '../store/rows/fleets.ts'
import type { RoundMark } from '../store/rows/standings.ts'
import { DecodedOnce } from '../x509/decoded-once.ts'
import { FleetDevices } from './fleet-devices.ts'
import { Lanes } from './lanes.ts'
import { type ProbeContext, type ProbeFound, probeEndpoint } from './probe-endpoint.ts'
import { basisOf } from './spot-round.ts'

// A name that leads to one or two addresses of loopback, and behind it servers between which the hello decides.

const catalogue = openCatalogue()
const knownRoots = openKnownRoots()
const HOUR_MS = 3_600_000
const begin = new Date('2026-12-01T00:00:00Z')

type Chain = Awaited<ReturnType<typeof makeOldBlobChain>>
let light: Chain
let heavy: Chain
const servers: Server[] = []

beforeAll(async () => {
  light = await makeOldBlobChain({ keys: testKeys, now: begin })
  heavy = await makeNewBlobChain({ keys: testKeys, now: begin })
  await Promise.all([front.open(), plain.open(tlsIdentity(light.sent))])
}, 120_000)

afterEach(() => {
  front.reset()
  addresses = ['127.0.0.1']
})

afterAll(async () => {
  for (const server of servers) server.close()
})

/** A TLS server that answers every request, in records of at most so many bytes. */
class Backend {
  port = 0

  async open(context: ServerOptions, recordBytes?: number): Promise<this> {
    const server = createTls(context, (_request, response) => response.end('firmware '.repeat(400)))
    if (recordBytes !== undefined)
      server.on('secureConnection', (socket) => socket.setMaxSendFragment(recordBytes))
    server.on('tlsClientError', (_error, socket) => socket.destroy())
    this.port = await listen(server)
    return this
  }
}

const plain = new Backend()

/** Reads the hello and hands the connection on. */
class Front {
  port = 0
  /** Cipher suites of each hello that came, as they were sent. */
  hellos: string[] = []
  routes = new Map<string, number>()
  isDown = false
  /** Hellos that are closed on so often. */
  drops = new Map<string, number>()

  async open(): Promise<void> {
    const server = createServer((socket) => {
      socket.once('data', (first) => {
        if (this.isDown) return socket.destroy()
        socket.pause()
        const hello = suitesOf(first)
        this.hellos.push(hello)
        const drops = this.drops.get(hello) ?? 0
        this.drops.set(hello, drops - 1)
        if (drops > 0) return socket.destroy()
        const upstream = connect(this.routes.get(hello) ?? plain.port, '127.0.0.1', () => {
          upstream.write(first)
          socket.pipe(upstream).pipe(socket)
        })
        upstream.on('error', () => socket.destroy())
        socket.on('close', () => upstream.destroy())
      })
      socket.on('error', () => {})
    })
    this.port = await listen(server, '0.0.0.0')
  }

  /** What came since. */
  take(): string[] {
    return this.hellos.splice(0)
  }

  reset(): void {
    this.routes.clear()
    this.drops.clear()
    this.isDown = false
    this.hellos = []
  }
}

const front = new Front()
let addresses = ['127.0.0.1']

async function listen(server: Server, host = '127.0.0.1'): Promise<number> {
  servers.push(server)
  server.listen(0, host)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** client_version, random, session id, then the suites. */
function suitesOf(record: Buffer): string {
  const sessionAt = 5 + 4 + 2 + 32
  const at = sessionAt + 1 + (record[sessionAt] ?? 0)
  return record.subarray(at + 2, at + 2 + record.readUInt16BE(at)).toString('hex')
}

const devices = ['nrf9160@1.3.7', 'esp-idf@5.2', 'bearssl', 'mbedtls', 'wolfssl', 'gnutls', 'openssl']

function fleetsOf(ids: readonly string[]): StoredFleet[] {
  return ids.map((device, at) => ({
    ...{ id: device, name: device, device, count: 10 ** at, verify: 'full', clock: { kind: 'right' } },
    held: [{ label: 'root', der: Buffer.from(light.root.der).toString('base64') }],
    origin: 'file',
  }))
}

function endpoint(rest: Partial<StoredEndpoint> = {}): StoredEndpoint {
  return {
    ...{ id: 'fota', name: 'Firmware', target: `https://fota.test:${front.port}/fw.bin`, headers: [] },
    ...{
      everySeconds: 3_600,
      thoroughSeconds: 86_400,
      timeoutSeconds: 10,
      own: {},
      vantages: ['local'],
      thresholds: defaultThresholds,
      origin: 'file',
      dueAt: begin,
    },
    ...rest,
  }
}

/** Rounds of one endpoint, an hour apart, with what the store would keep between them. */
class Rounds {
  readonly #fleets: readonly StoredFleet[]
  readonly #endpoint: StoredEndpoint
  #mark: RoundMark | undefined
  #hour = 0
  #now = begin
  readonly #context: ProbeContext

  constructor(fleets: readonly StoredFleet[], one: StoredEndpoint) {
    this.#fleets = fleets
    this.#endpoint = one
    this.#context = {
      ...{ catalogue, knownRoots, lab: undefined, forecast: undefined, version: '1' },
      network: new RunNetwork({
        ...{ polite: false, rememberLookupsMs: 0 },
        lookup: async () => addresses.map((address) => ({ address, family: 4 })),
      }),
      decoded: new DecodedOnce(),
      chainsRead: new Map<string, ChainFacts>(),
      thorough: new Lanes(4),
      judging: new Lanes(1),
      devices: new FleetDevices(catalogue),
      openSecret: async () => '',
      now: () => this.#now,
    }
  }

  /** Of the last round. */
  get hour(): number {
    return this.#hour - 1
  }

  /** An hour later, unless said otherwise. */
  async next(hours = 1, fleets = this.#fleets): Promise<ProbeFound> {
    if (this.#mark !== undefined) this.#hour += hours - 1
    const slot = new Date(begin.getTime() + this.#hour++ * HOUR_MS)
    this.#now = slot
    const asked = { endpoint: this.#endpoint, fleets, slot, mark: this.#mark, wantsForecast: () => false }
    const found = await probeEndpoint(asked, this.#context, AbortSignal.timeout(60_000))
    const { sight } = found
    if (sight !== undefined) {
      this.#mark = {
        sighting: sight.sighting.digest,
        thoroughSlot: slot,
        spot: sight.spot,
        forecastAt: undefined,
      }
    }
    return found
  }

  get until(): string | undefined {
    return this.#mark?.spot?.until
  }

  get spots(): number {
    return this.#mark?.spot?.hellos.length ?? 0
  }
}

describe('rounds of an endpoint with many hellos', { timeout: 120_000 }, () => {
  test('only the first sends every hello; the next ones stand on it until a day is over', async () => {
    const rounds = new Rounds(fleetsOf(devices), endpoint())
    const first = await rounds.next()
    const all = new Set(front.take())
    expect(all.size).toBeGreaterThan(3)
    expect(first.sight?.summaries.size).toBe(devices.length)
    expect(rounds.spots).toBeGreaterThan(0)
    let thoroughAt: number | undefined
    while (thoroughAt === undefined) {
      const found = await rounds.next()
      if (found.sight === undefined) {
        expect(found.stands).toMatchObject({ sighting: first.sight?.sighting.digest, thoroughSlot: begin })
        expect(new Set(front.take()).size).toBe(rounds.spots)
      } else {
        thoroughAt = rounds.hour
        expect(found.sight.sighting.digest).toBe(first.sight?.sighting.digest)
        expect(new Set(front.take())).toEqual(all)
      }
    }
    expect(thoroughAt).toBeLessThanOrEqual(24)
  })

  test('after a break that is longer than the interval nothing stands on what was seen before it', async () => {
    const rounds = new Rounds(fleetsOf(devices), endpoint())
    await rounds.next()
    expect((await rounds.next()).stands).toBeDefined()
    expect((await rounds.next(23)).sight).toBeDefined()
  })

  test('each interval of its own is kept, and one that is no longer than a round means every hello each time', async () => {
    const brief = new Rounds(fleetsOf(devices), endpoint({ thoroughSeconds: 3 * 3_600 }))
    await brief.next()
    const kinds = []
    for (let hour = 1; hour <= 3; hour++) kinds.push((await brief.next()).sight !== undefined)
    expect(kinds).toContain(true)
    const each = new Rounds(fleetsOf(devices), endpoint({ thoroughSeconds: 3_600 }))
    await each.next()
    expect((await each.next()).sight).toBeDefined()
  })

  test('few hellos are all sent in every round', async () => {
    const rounds = new Rounds(fleetsOf(devices.slice(0, 2)), endpoint())
    await rounds.next()
    const all = new Set(front.take())
    expect((await rounds.next()).sight).toBeDefined()
    expect(new Set(front.take())).toEqual(all)
  })

  test('another schedule alone is no reason to send every hello: thousands follow one that is set', () => {
    const basis = (rest: Partial<StoredEndpoint>) => basisOf(endpoint(rest), fleetsOf(devices), '0')
    const own = { everySeconds: 60, thoroughSeconds: 600 }
    expect(basis({ ...own, own })).toBe(basis({}))
    expect(basis({ sni: 'none' })).not.toBe(basis({}))
  })

  test('another fleet is looked at in the next round', async () => {
    const fleets = fleetsOf(devices)
    const rounds = new Rounds(fleets.slice(1), endpoint())
    await rounds.next()
    expect((await rounds.next()).stands).toBeDefined()
    expect((await rounds.next(1, fleets)).sight?.summaries.size).toBe(devices.length)
  })

  test('another address is seen in the next round', async () => {
    const rounds = new Rounds(fleetsOf(devices), endpoint())
    await rounds.next()
    addresses = ['127.0.0.1', '127.0.0.2']
    expect((await rounds.next()).sight?.snapshot.addresses).toEqual(addresses)
    // Each chain at each address is looked at from now on.
    expect((await rounds.next()).stands).toBeDefined()
    addresses = ['127.0.0.2']
    expect((await rounds.next()).sight?.snapshot.addresses).toEqual(addresses)
  })

  test('where nothing answers nothing stands, and nothing is said of it', async () => {
    const rounds = new Rounds(fleetsOf(devices), endpoint())
    await rounds.next()
    front.isDown = true
    const found = await rounds.next()
    expect(found.sight ?? found.stands).toBeUndefined()
    expect(found.failure).toMatch(/closed/)
  })

  test('where a date of a certificate passes all is judged anew', async () => {
    const rounds = new Rounds(fleetsOf(devices), endpoint({ thoroughSeconds: 1_000 * 365 * 86_400 }))
    await rounds.next()
    const { until } = rounds
    const hours = Math.ceil((new Date(until ?? '').getTime() - begin.getTime()) / HOUR_MS)
    expect((await rounds.next(hours - 1)).stands).toBeDefined()
    expect((await rounds.next()).sight).toBeDefined()
    expect(Date.parse(rounds.until ?? '')).toBeGreaterThan(Date.parse(until ?? ''))
  })

  const changes: readonly (readonly [what: string, made: () => readonly [ServerOptions, number?]])[] = [
    ['chain', () => [tlsIdentity(heavy.sent)]],
    [
      'cipher',
      () => [
        { ...tlsIdentity(light.sent), ciphers: 'AES256-SHA:ECDHE-RSA-AES256-SHA384', maxVersion: 'TLSv1.2' },
      ],
    ],
    ['record size', () => [tlsIdentity(light.sent), 600]],
  ]
  describe.for(changes)('another %s', ([what, made]) => {
    test('behind a hello that each round sends is seen in the next round, by every hello', async () => {
      const rounds = new Rounds(fleetsOf(devices), endpoint())
      const first = await rounds.next()
      const all = new Set(front.take())
      await rounds.next()
      const [spot] = front.take()
      const changed = await new Backend().open(...made())
      front.routes.set(spot ?? '', changed.port)
      const found = await rounds.next()
      expect(found.sight?.sighting.digest, what).not.toBe(first.sight?.sighting.digest)
      expect(new Set(front.take())).toEqual(all)
    })

    test('behind one other hello alone is seen within the interval, and not told as seen before', async () => {
      const rounds = new Rounds(fleetsOf(devices), endpoint())
      const first = await rounds.next()
      const all = new Set(front.take())
      await rounds.next()
      const sent = new Set(front.take())
      const other = [...all].find((hello) => !sent.has(hello))
      expect(other).toBeDefined()
      const changed = await new Backend().open(...made())
      front.routes.set(other ?? '', changed.port)
      let found = await rounds.next()
      // Until then it is said to stand on what was seen at the first round, never to be seen now.
      while (found.sight === undefined) {
        expect(found.stands?.thoroughSlot).toEqual(begin)
        found = await rounds.next()
      }
      expect(rounds.hour).toBeLessThanOrEqual(24)
      expect(found.sight.sighting.digest, what).not.toBe(first.sight?.sighting.digest)
    })
  })
})

describe('a hello that is broken off', { timeout: 120_000 }, () => {
  const firstHellos = async () => {
    await new Rounds(fleetsOf(devices), endpoint()).next()
    return [...new Set(front.take())]
  }

  test('is sent once more at once, and what it meets then counts', async () => {
    const [, other = ''] = await firstHellos()
    front.drops.set(other, 1)
    const found = await new Rounds(fleetsOf(devices), endpoint()).next()
    expect(front.take().filter((hello) => hello === other).length).toBeGreaterThan(1)
    expect(found.sight?.isDoubtful).toBe(false)
    expect(found.sight?.summaries.size).toBe(devices.length)
  })

  test('by a server that always does so is no doubt at the first look, and none once it is known', async () => {
    const [, other = ''] = await firstHellos()
    front.drops.set(other, Number.POSITIVE_INFINITY)
    const rounds = new Rounds(fleetsOf(devices), endpoint({ thoroughSeconds: 3_600 }))
    expect((await rounds.next()).sight?.isDoubtful).toBe(false)
    front.take()
    expect((await rounds.next()).sight?.isDoubtful).toBe(false)
    // Once by the dial, and once more since a connection that breaks once says nothing of the hello.
    expect(front.take().filter((hello) => hello === other)).toHaveLength(2)
  })

  test('where it was answered before is doubtful: a round to be made again', async () => {
    const [, other = ''] = await firstHellos()
    const rounds = new Rounds(fleetsOf(devices), endpoint({ thoroughSeconds: 3_600 }))
    const first = await rounds.next()
    front.drops.set(other, Number.POSITIVE_INFINITY)
    const found = await rounds.next()
    expect(found.sight?.sighting.digest).not.toBe(first.sight?.sighting.digest)
    expect(found.sight?.isDoubtful).toBe(true)
  })
})
