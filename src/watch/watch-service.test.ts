import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { BothStores, isThere, storeKinds, testOf } from '../../test/support/both-stores.ts'
import { testKeys } from '../../test/support/kept-keys.ts'
import type { DeliveryBody } from '../fleet/delivery-body.ts'
import { defaultThresholds, retentionOf } from '../fleet/watch-parts.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { openKnownRoots } from '../io/root-files.ts'
import { type LabChain, makeNewBlobChain, makeOldBlobChain } from '../lab/chains.ts'
import { tlsIdentity } from '../lab/tls-server.ts'
import type { Database } from '../store/database.ts'
import { openStore } from '../store/open-store.ts'
import { readAlerts, readOpenAlerts } from '../store/rows/alerts.ts'
import { readChanges } from '../store/rows/changes.ts'
import { readProbes } from '../store/rows/probes.ts'
import { readStandings } from '../store/rows/standings.ts'
import type { LoadedWatch } from './load-watch.ts'
import { WatchService } from './watch-service.ts'

const catalogue = openCatalogue()
const knownRoots = openKnownRoots()
const stores = new BothStores()
let light: LabChain
let heavy: LabChain

beforeAll(async () => {
  const options = { keys: testKeys, now: new Date() }
  light = await makeOldBlobChain(options)
  heavy = await makeNewBlobChain(options)
}, 180_000)

/** A server on loopback whose chain is renewed, and that may be down. */
class RenewedServer {
  #server: Server
  #port = 0
  #chain: LabChain

  constructor(chain: LabChain) {
    this.#chain = chain
    this.#server = this.#made()
  }

  get port(): number {
    return this.#port
  }

  renew(chain: LabChain): void {
    this.#chain = chain
    this.#server.setSecureContext(tlsIdentity(chain.sent))
  }

  async up(): Promise<void> {
    this.#server = this.#made()
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (this.#server.address() as AddressInfo).port
  }

  async down(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #made(): Server {
    const server = createServer(tlsIdentity(this.#chain.sent), (_request, response) => response.end('ok'))
    server.on('tlsClientError', (_error, socket) => socket.destroy())
    return server
  }
}

const every = 1

function config(port: number): LoadedWatch {
  const held = [{ label: 'root', der: Buffer.from(light.root.der).toString('base64') }]
  const fleet = { verify: 'full' as const, clock: { kind: 'right' as const }, held }
  return {
    endpoints: [
      {
        ...{ id: 'fota', name: 'Firmware', target: `tls://localhost:${port}` },
        ...{ connect: `127.0.0.1:${port}`, headers: [], everySeconds: every, vantages: ['local'] },
        thresholds: defaultThresholds,
      },
    ],
    fleets: [
      { ...fleet, id: 'trackers', name: 'Trackers', device: 'nrf9160@1.3.7+ncs@2.7.0', count: 38_000 },
      { ...fleet, id: 'gates', name: 'Gates', device: 'esp-idf@5.2', count: 900 },
    ],
    channels: [{ id: 'ops', name: 'ops', kind: 'webhook', url: 'http://127.0.0.1:9/', from: 'warning' }],
    vantages: ['local'],
    thresholds: defaultThresholds,
    retries: { count: 3, afterSeconds: 1 },
    maintenance: [],
    retention: retentionOf({}),
  }
}

describe.for(storeKinds)('the renewal story, %s', (kind) => {
  const run = testOf(kind)
  let store: Database
  let service: WatchService
  let server: RenewedServer
  const lines: string[] = []

  const open = () =>
    WatchService.open({
      ...{ database: store, catalogue, knownRoots, now: () => new Date(), env: {}, version: '0' },
      ...{ vantage: 'local', plans: true, leaseSeconds: 20 },
      log: { note: (event, fields) => void lines.push(`${event} ${JSON.stringify(fields)}`) },
    })
  const rounds = async () => (await readProbes(store, 'fota', { limit: 10_000 })).length
  const moreRounds = async (count: number) => {
    const before = await rounds()
    await expect.poll(rounds, { timeout: 40_000 }).toBeGreaterThanOrEqual(before + count)
  }
  const told = async () => {
    const rows = await store.query<{ event: string; body: DeliveryBody }>(
      'select event, body from delivery order by id',
    )
    return rows.map(({ event, body }) => ({ event, ...body }))
  }

  beforeAll(async () => {
    if (!isThere(kind)) return
    store = await openStore(await stores.place(kind, 'watch'), new Date())
    server = new RenewedServer(light)
    await server.up()
    service = await open()
    await service.sync(config(server.port))
    service.start()
  }, 90_000)

  afterAll(async () => {
    await service?.stop()
    await store?.close()
    await server?.down()
  }, 30_000)

  run(
    'what is watched is judged for each fleet, and all is well',
    async () => {
      await moreRounds(2)
      const states = await store.query('select fleet_id, state from verdict order by fleet_id')
      expect(states).toEqual([
        { fleet_id: 'gates', state: 'fits' },
        { fleet_id: 'trackers', state: 'fits' },
      ])
      expect(await told()).toEqual([])
      expect(await store.query('select count(*) as n from sighting')).toEqual([{ n: 1 }])
    },
    60_000,
  )

  run(
    'a blip is told to nobody',
    async () => {
      const { retries } = service.counters.read()
      await server.down()
      await expect.poll(() => service.counters.read().retries, { timeout: 20_000 }).toBeGreaterThan(retries)
      await server.up()
      await moreRounds(2)
      expect(await told()).toEqual([])
      expect(await readAlerts(store, { limit: 10 })).toEqual([])
      expect((await readProbes(store, 'fota', { limit: 50 })).some(({ attempts }) => attempts > 1)).toBe(true)
    },
    60_000,
  )

  run(
    'a chain that is renewed, heavier and of another CA, is one alert with its sizes and its devices',
    async () => {
      // Between two rounds: one that is under way would meet both chains, and have a change to tell before the trouble.
      await moreRounds(1)
      const last = (await readStandings(store, ['fota']))[0]?.slot as Date
      server.renew(heavy)
      const renewedAt = Date.now()
      await expect
        .poll(async () => (await readOpenAlerts(store, ['fota'])).length, { timeout: 20_000 })
        .toBe(1)
      const [alert] = await readOpenAlerts(store, ['fota'])
      const first = (await readProbes(store, 'fota', { limit: 100 }))
        .filter(({ slot }) => slot > last && slot.getTime() >= renewedAt)
        .at(-1)
      // The first round that began after the renewal told it, or the one that was under way.
      expect(new Date(alert?.raisedAt ?? 0).getTime()).toBeLessThanOrEqual(
        (first?.startedAt.getTime() ?? Number.POSITIVE_INFINITY) + (first?.durationMs ?? 0) + 5_000,
      )
      expect(alert?.condition).toMatchObject({ kind: 'blocked', severity: 'critical', deviceCount: 38_000 })
      expect(alert?.condition.fleetIds).toEqual(['trackers'])
      await moreRounds(3)
      const raises = (await told()).filter(({ event }) => event === 'raise')
      expect(raises.map(({ title }) => title)).toHaveLength(1)
      const [{ title, lines: words }] = raises as [DeliveryBody & { event: string }]
      expect(title).toContain('38,000 devices')
      const bytes = ({ sent }: LabChain) => sent.reduce((sum, { der }) => sum + der.length, 0)
      const [change] = (await readChanges(store, { endpointId: 'fota', limit: 1 })).map((one) => one.change)
      expect(change).toMatchObject({
        from: { bytes: bytes(light) },
        to: { bytes: bytes(heavy) },
        differs: expect.arrayContaining(['issuer', 'size']),
      })
      expect(`${title} ${words.join(' ')}`).toContain(bytes(heavy).toLocaleString('en'))
    },
    60_000,
  )

  run(
    'what was last seen can be judged again without a dial, as it was judged then',
    async () => {
      const sights = await service.lastSight('fota', 'trackers')
      expect(sights?.map(({ fleet, verdicts }) => [fleet.id, verdicts.map(({ state }) => state)])).toEqual([
        ['trackers', ['blocked']],
      ])
      expect(await service.lastSight('fota', undefined)).toHaveLength(2)
      expect(await service.lastSight('nothing', undefined)).toBeUndefined()
    },
    30_000,
  )

  run(
    'a process that ends and begins again tells nothing a second time',
    async () => {
      const before = await told()
      await service.stop()
      service = await open()
      await service.reclaim()
      service.start()
      await moreRounds(2)
      expect(await told()).toEqual(before)
    },
    60_000,
  )

  run(
    'the old chain again is a recovery, told to whom the trouble was told',
    async () => {
      server.renew(light)
      await expect
        .poll(async () => (await told()).filter(({ event }) => event === 'recover').length, {
          timeout: 30_000,
        })
        .toBe(1)
      const recovery = (await told()).find(({ event }) => event === 'recover')
      expect(recovery?.condition).toMatchObject({ kind: 'blocked', fleetIds: ['trackers'] })
      expect(recovery?.title).toMatch(/^Recovered: /)
    },
    60_000,
  )

  run(
    'a server that stays away is one alert, once the retries are spent',
    async () => {
      const before = await told()
      await server.down()
      const open = async () =>
        (await readOpenAlerts(store, ['fota'])).filter(({ condition }) => condition.kind === 'unreachable')
      await expect.poll(async () => (await open()).length, { timeout: 40_000 }).toBe(1)
      await moreRounds(2)
      const [alert] = await open()
      expect(alert?.condition.detail).toMatchObject({ failure: 'ECONNREFUSED' })
      expect((await told()).slice(before.length).map(({ event }) => event)).toEqual(['raise'])
      const states = await store.query('select state from verdict')
      expect(states).toEqual([{ state: 'fits' }, { state: 'fits' }])
      await server.up()
      await expect.poll(async () => (await open()).length, { timeout: 20_000 }).toBe(0)
    },
    90_000,
  )

  run('nothing failed on the way', () => {
    expect(lines.filter((line) => /failed/.test(line))).toEqual([])
  })
})
