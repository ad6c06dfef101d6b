import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { defaultThresholds, retentionOf } from '../../src/fleet/watch-parts.ts'
import { openCatalogue } from '../../src/io/catalogue-files.ts'
import { openKnownRoots } from '../../src/io/root-files.ts'
import { makeOldBlobChain } from '../../src/lab/chains.ts'
import { tlsIdentity } from '../../src/lab/tls-server.ts'
import type { Database } from '../../src/store/database.ts'
import type { LoadedWatch } from '../../src/watch/load-watch.ts'
import { WatchService } from '../../src/watch/watch-service.ts'
import { type AlertReceiver, alertReceiver } from '../support/alert-receiver.ts'
import { testKeys } from '../support/kept-keys.ts'
import { freePort } from '../support/peer-process.ts'
import { type Postgres, postgresServer } from '../support/postgres.ts'
import type { Faults } from './faults.ts'
import { type Held, held, leaked, unhandledIn } from './handles.ts'
import { isFull } from './sample.ts'
import { type StoreFault, storeFaults } from './store-faults.ts'
import { StoreRange } from './store-range.ts'

vi.mock('node:worker_threads', async (original) => {
  const threads = await original<typeof import('node:worker_threads')>()
  return { ...threads, Worker: (await import('./faulty-thread.ts')).faultyThread(threads.Worker) }
})

/** Every call of a life, each in one of the ways; else one of so many. */
const step = isFull ? 1 : { embedded: 87, postgres: 31 }
const LEASE_SECONDS = 3
/** Of a machine that has other work. */
const LONG_MS = 600_000
const programs = postgresServer()
const data = { catalogue: openCatalogue(), knownRoots: openKnownRoots() }
let server: Postgres | undefined
let served: Server
let receiver: AlertReceiver
let config: LoadedWatch

beforeAll(async () => {
  server = await programs?.start(await freePort())
  receiver = await alertReceiver()
  const { sent } = await makeOldBlobChain({ keys: testKeys, now: new Date() })
  served = createServer(tlsIdentity(sent))
  served.on('tlsClientError', (_error, socket) => socket.destroy())
  await new Promise<void>((resolve) => served.listen(0, '127.0.0.1', resolve))
  const up = (served.address() as AddressInfo).port
  config = configOf({ up, down: await freePort() }, receiver.url)
}, LONG_MS)

afterAll(async () => {
  served?.close()
  await receiver?.stop()
  await server?.stop()
})

describe.for(['embedded', 'postgres'] as const)('the life of a watch, %s', (kind) => {
  const run = test.skipIf(kind === 'postgres' && programs === undefined)
  let range: StoreRange
  let before: Held
  let lives = 0

  beforeAll(async () => {
    before = held()
    if (kind === 'postgres' && server === undefined) return
    range = await StoreRange.open(kind, server, 'life', new Date())
  }, LONG_MS)

  afterAll(async () => {
    await range?.close()
    served.closeAllConnections()
    expect(await leaked(before)).toBeUndefined()
  }, LONG_MS)

  /** Opened, told what to watch, started, until both endpoints are looked at and told of, and stopped. */
  async function live(at = -1, fault: StoreFault = 'ends'): Promise<{ faults: Faults; notes: string[] }> {
    await wipe(range.store)
    lives++
    const notes: string[] = []
    const faults = range.arm(at, fault)
    const log = {
      note: (event: string, fields?: object) => void notes.push(`${event} ${JSON.stringify(fields)}`),
    }
    const open = () =>
      WatchService.open({
        ...{ ...data, database: range.store, now: () => new Date(), env: {}, version: '0', log },
        ...{ vantage: 'local', plans: true, leaseSeconds: LEASE_SECONDS },
      })
    const again = async <T>(act: () => Promise<T>): Promise<T> => {
      try {
        return await act()
      } catch (error) {
        notes.push(`started again after ${error}`)
        return act()
      }
    }
    const service = await again(open)
    await again(() => service.sync(config))
    service.start()
    await vi.waitUntil(() => isDone(range.aside), { timeout: 40_000, interval: 50 })
    await service.stop()
    range.arm()
    return { faults, notes }
  }

  run(
    'loses and doubles nothing, whichever call goes wrong',
    async () => {
      const { faults, notes } = await live()
      expect(notes.filter((line) => /failed|again/.test(line))).toEqual([])
      const { calls } = faults
      const plan = Array.from({ length: Math.ceil(calls.length / stepOf(kind)) }, (_, i) => i * stepOf(kind))
      for (const at of plan) {
        const fault = storeFaults[Math.floor(at / stepOf(kind)) % storeFaults.length] as StoreFault
        const told = receiver.received.length
        let outcome: Awaited<ReturnType<typeof live>> | undefined
        const untaken = await unhandledIn(async () => {
          outcome = await live(at, fault)
        })
        const struck = outcome?.faults.struck ?? ''
        const where = `${fault} of call ${at} of ${calls.length}, ${struck}; ${outcome?.notes.join('; ')}`
        expect(untaken, where).toEqual([])
        await isWhole(range.store, where)
        const ids = receiver.received.slice(told).map(({ headers }) => headers['webhook-id'])
        if (new Set(ids).size !== ids.length)
          expect(struck, where).toMatch(/^update delivery set delivered_at/)
      }
      console.log(`${kind}: ${lives} lives of some ${calls.length} calls`)
    },
    LONG_MS,
  )
})

function stepOf(kind: Database['kind']): number {
  return typeof step === 'number' ? step : step[kind]
}

async function wipe(store: Database): Promise<void> {
  await store.script('drop schema if exists pgboss cascade')
  await store.script(
    'truncate endpoint, fleet, channel, setting, standing, probe, verdict, verdict_history, snapshot, change, alert, delivery, event, audit cascade',
  )
}

/** The two endpoints are looked at, their alerts told or on the way to be told again. */
async function isDone(store: Database): Promise<boolean> {
  const [row] = await store
    .query<{ n: number; jobs: number }>(
      `select count(*)::int as n, (select count(*) from pgboss.job where state < 'completed')::int as jobs from probe`,
    )
    .catch(() => [])
  if (row?.n !== 2 || row.jobs > 0) return false
  const left = await store
    .query(`select 1 as one from delivery where delivered_at is null and leased_until is null`)
    .catch(() => [{}])
  return left.length === 0
}

async function isWhole(store: Database, where: string): Promise<void> {
  const rows = async (sql: string) => store.query(sql)
  expect(await rows('select endpoint_id as id, failure, attempts from probe order by 1'), where).toEqual([
    { id: 'down', failure: 'ECONNREFUSED', attempts: 2 },
    { id: 'up', failure: null, attempts: 1 },
  ])
  expect(await rows('select endpoint_id as id, kind from alert order by 1'), where).toEqual([
    { id: 'down', kind: 'unreachable' },
    { id: 'up', kind: 'undecided' },
  ])
  expect(await rows('select event, count(*)::int as n from delivery group by 1'), where).toEqual([
    { event: 'raise', n: 2 },
  ])
  expect(await rows(`select state::text, count(*)::int as n from pgboss.job group by 1`), where).toEqual([
    { state: 'completed', n: 3 },
  ])
  expect(await rows('select 1 as one from standing where queued_slot is not null'), where).toEqual([])
}

function configOf({ up, down }: { up: number; down: number }, receiver: string): LoadedWatch {
  const endpoints = Object.entries({ up, down }).map(([id, port]) => ({
    ...{ id, name: id, target: `tls://localhost:${port}`, connect: `127.0.0.1:${port}` },
    ...{ headers: [], everySeconds: 86_400, vantages: ['local'], thresholds: defaultThresholds },
  }))
  const fleet = { id: 'trackers', name: 'Trackers', device: 'nrf9160@1.3.7+ncs@2.7.0', count: 7 }
  return {
    endpoints,
    fleets: [{ ...fleet, verify: 'full', clock: { kind: 'right' } }],
    channels: [{ id: 'ops', name: 'ops', kind: 'webhook', url: `${receiver}/hook`, from: 'info' }],
    vantages: ['local'],
    thresholds: defaultThresholds,
    retries: { count: 1, afterSeconds: 0 },
    maintenance: [],
    retention: retentionOf({}),
  }
}
