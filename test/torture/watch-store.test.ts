import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { defaultThresholds, retentionOf } from '../../src/fleet/watch-parts.ts'
import type { Database } from '../../src/store/database.ts'
import { JobQueue } from '../../src/store/job-queue.ts'
import { packSighting } from '../../src/store/rows/sightings.ts'
import { AlertTeller } from '../../src/watch/alert-teller.ts'
import { commitProbes } from '../../src/watch/commit-probes.ts'
import type { ProbeFound } from '../../src/watch/probe-endpoint.ts'
import { type ProbeDone, type ProbeJob, queueOf } from '../../src/watch/probe-job.ts'
import { scheduleDue } from '../../src/watch/schedule.ts'
import { syncWatch } from '../../src/watch/sync-watch.ts'
import { readWatchView } from '../../src/watch/watch-view.ts'
import { type AlertReceiver, alertReceiver } from '../support/alert-receiver.ts'
import { deliveryBody } from '../support/alerts.ts'
import { type ApiClient, startApi } from '../support/api-server.ts'
import { pemOf } from '../support/judge-observations.ts'
import { freePort } from '../support/peer-process.ts'
import { type Postgres, postgresServer } from '../support/postgres.ts'
import { putEndpoint, snapshot, summary } from '../support/watch-rows.ts'
import { type Held, held, leaked } from './handles.ts'
import { storeFaults } from './store-faults.ts'
import { type Operation, StoreRange } from './store-range.ts'

vi.mock('node:worker_threads', async (original) => {
  const threads = await original<typeof import('node:worker_threads')>()
  return { ...threads, Worker: (await import('./faulty-thread.ts')).faultyThread(threads.Worker) }
})

const begin = new Date('2026-12-01T00:00:00Z')
const later = new Date('2026-12-01T01:00:00Z')
/** Of a machine that has other work. */
const LONG_MS = 600_000
const programs = postgresServer()
const local = queueOf('local')
let server: Postgres | undefined

beforeAll(async () => {
  server = await programs?.start(await freePort())
}, LONG_MS)

afterAll(() => server?.stop())

describe.for(['embedded', 'postgres'] as const)('a watch whose store fails once at each call, %s', (kind) => {
  const run = test.skipIf(kind === 'postgres' && programs === undefined)
  let range: StoreRange
  let queue: JobQueue
  let receiver: AlertReceiver
  let before: Held

  beforeAll(async () => {
    before = held()
    if (kind === 'postgres' && server === undefined) return
    receiver = await alertReceiver()
    range = await StoreRange.open(kind, server, 'watched', begin)
    queue = await openQueue(range.store)
    await syncWatch(range.store, config(receiver.url), begin)
  }, LONG_MS)

  afterAll(async () => {
    await queue?.close()
    await range?.close()
    await receiver?.stop()
    expect(await leaked(before)).toBeUndefined()
  }, LONG_MS)

  run(
    'makes its queues, or leaves nothing that runs',
    async () => {
      const operation: Operation = {
        inSteps: true,
        inEachWay: kind === 'postgres',
        prepare: (store) => store.script('drop schema if exists pgboss cascade'),
        run: async (store) => (await openQueue(store)).close(),
        look: async (store) => {
          const tables = await store.query<{ name: string }>(
            `select relname as name from pg_class where relnamespace = to_regnamespace('pgboss') order by 1`,
          )
          const hasQueues = tables.some(({ name }) => name === 'queue')
          return [tables, hasQueues ? await store.query('select name from pgboss.queue') : []]
        },
      }
      expect(await range.torture(operation)).toBeGreaterThan(2)
    },
    LONG_MS,
  )

  run(
    'queues what is due once, with its next time',
    async () => {
      await putEndpoint(range.store, { id: 'due' })
      const operation: Operation = {
        inEachWay: true,
        isRepeatable: true,
        prepare: async (store) => {
          await store.query(`delete from pgboss.job`)
          await store.query(`delete from standing where endpoint_id = 'due'`)
          await store.query('update endpoint set due_at = $1', [begin])
        },
        run: (store) => scheduleDue(store, queue, later),
        look: (store) =>
          store.query(
            `select due_at > $1 as planned, queued_slot, (select count(*) from pgboss.job)::int as jobs
           from endpoint left join standing on endpoint_id = id where id = 'due'`,
            [later],
          ),
      }
      expect(await range.torture(operation)).toBeGreaterThan(15)
      await range.store.query(`delete from endpoint where id = 'due'`)
    },
    LONG_MS,
  )

  run(
    'takes what waits, or says why it does not',
    async () => {
      const operation: Operation = {
        inEachWay: true,
        prepare: async (store) => {
          await store.query('delete from pgboss.job')
          await queue.add(local, [jobOf('a', later), jobOf('b', later)])
        },
        run: () => queue.take(local, 10),
        look: (store) => store.query('select state::text, count(*)::int as n from pgboss.job group by 1'),
      }
      expect(await range.torture(operation)).toBeGreaterThan(3)
    },
    LONG_MS,
  )

  run(
    'writes a round whole or not at all; written twice it is there once',
    async () => {
      const view = await readWatchView(range.store)
      let round = 0
      let done: ProbeDone[] = []
      const take = async (store: Database, jobs: readonly [ProbeJob, ProbeFound][]) => {
        await queue.add(
          local,
          jobs.map(([job]) => job),
        )
        const taken = await queue.take<ProbeJob>(local, 10)
        expect(taken).toHaveLength(jobs.length)
        done = taken.map(({ id, data }) => {
          const found = jobs.find(([job]) => job.endpointId === data.endpointId)?.[1]
          return { jobId: id, job: data, found }
        })
        return store
      }
      const operation: Operation = {
        inEachWay: true,
        isRepeatable: true,
        prepare: async (store) => {
          await store.query('delete from pgboss.job')
          round++
          const [down, turned] = [`down-${round}`, `turned-${round}`]
          for (const id of [down, turned]) await putEndpoint(store, { id })
          await take(store, [[jobOf(turned, begin), seen(begin, 'fits')]])
          await commitProbes(store, queue, done, view, begin)
          await take(store, [
            [jobOf(turned, later), seen(later, 'blocked')],
            [jobOf(down, later), unreached(later)],
          ])
        },
        run: (store) => commitProbes(store, queue, done, view, later),
        look: async (store) => {
          const rows = await Promise.all(
            [
              `select name, state::text, data->>'attempt' as attempt, data->>'endpointId' as id from pgboss.job
             where data->>'slot' > '2026-12-01T00:30' order by 4, 3`,
              `select endpoint_id as id, slot, failure, sighting is not null as seen from probe where endpoint_id like $1 order by 1, 2`,
              `select endpoint_id as id, kind, severity, told_to, recovered_at from alert where endpoint_id like $1 order by 1, 2`,
              `select event, channel_id, attempts from delivery where body->'endpoint'->>'id' like $1 order by 1, 2`,
              `select endpoint_id as id, state from verdict where endpoint_id like $1 order by 1, 2`,
              `select endpoint_id as id, state from verdict_history where endpoint_id like $1 order by 1, 2`,
              `select endpoint_id as id, slot, thorough_slot, unreached_since from standing where endpoint_id like $1 order by 1`,
              `select endpoint_id as id, kind from change where endpoint_id like $1 order by 1, 2`,
              `select endpoint_id as id, at from snapshot where endpoint_id like $1 order by 1, 2`,
              `select endpoint_id as id, kind from event where endpoint_id like $1 order by 1, 2`,
            ].map((sql) => store.query(sql, sql.includes('$1') ? [`%-${round}`] : [])),
          )
          return JSON.parse(JSON.stringify(rows).replaceAll(`-${round}"`, '"'))
        },
      }
      const times = await range.torture(operation)
      expect(times).toBeGreaterThan(60)
      const [jobs, probes, alerts, deliveries] = (await operation.look(range.store)) as object[][]
      expect(jobs).toMatchObject([
        { id: 'down', attempt: '1', state: 'completed' },
        { id: 'down', attempt: '2', state: 'created' },
        { id: 'turned', attempt: '1', state: 'completed' },
      ])
      expect(probes).toMatchObject([{ id: 'turned' }, { id: 'turned' }])
      expect(alerts).toMatchObject([{ id: 'turned', kind: 'blocked' }])
      expect(deliveries).toMatchObject([{ event: 'raise', channel_id: 'ops' }])
    },
    LONG_MS,
  )

  run(
    'acknowledges and mutes with its line in the audit log; else the API says 503',
    async () => {
      const api = await startApi(range.store, {}, { now: () => later })
      const [alert] = await range.store.query<{ id: number }>('select min(id) as id from alert')
      const path = `/api/v1/alerts/${alert?.id}`
      for (const [act, json, column] of [
        ['acknowledge', undefined, 'acknowledged_at'],
        ['mute', { until: '2026-12-09T00:00:00Z' }, 'muted_until'],
      ] as const) {
        const operation: Operation = {
          inSteps: true,
          inEachWay: true,
          prepare: async (store) => {
            await store.query(`update alert set ${column} = null`)
            await store.query('delete from audit')
          },
          run: () => changed(api, `${path}/${act}`, json),
          look: (store) =>
            store.query(
              `select ${column}, (select count(*) > 0 from audit where action = $2) as logged from alert where id = $1`,
              [alert?.id ?? 0, `alert-${act}`],
            ),
        }
        expect(await range.torture(operation)).toBeGreaterThan(10)
      }
      await api.close()
    },
    LONG_MS,
  )

  run(
    'tells each alert, and again with the same id only where its mark was not taken',
    async () => {
      await range.store.query('delete from delivery')
      const faults: unknown[] = []
      let told = 0
      const tellAll = async () => {
        await range.store.query(
          `insert into delivery (alert_id, event, channel_id, body, due_at)
         select min(alert.id), 'raise', channel.id, $1::jsonb, now() from alert, channel group by channel.id
         on conflict (alert_id, event, channel_id) do update set delivered_at = null, attempts = 0, due_at = now(),
           leased_until = null`,
          [JSON.stringify(deliveryBody())],
        )
        told = receiver.received.length
        const teller = new AlertTeller({
          ...{
            database: range.store,
            openSecret: async () => `${receiver.url}/hook`,
            channelSecrets: async () => ({}),
          },
          ...{ privateTargets: true, now: () => new Date(), link: undefined },
          onError: (error) => faults.push(error),
          notifier: { pollMs: 10, leaseMs: 400, tellMs: 200 },
        })
        return teller
      }
      const left = async () => {
        const rows = await range.store.query('select 1 as one from delivery where delivered_at is null')
        return rows.length
      }
      const untilTold = async (at: number, fault: (typeof storeFaults)[number]) => {
        const teller = await tellAll()
        const counted = range.arm(at, fault)
        teller.start()
        // Counted are the calls of the teller: nobody else asks meanwhile.
        const sent = () =>
          new Set(receiver.received.slice(told).map(({ headers }) => headers['webhook-id'])).size
        await vi.waitUntil(() => sent() === 2 && counted.calls.length > at, { timeout: 20_000, interval: 5 })
        await vi.waitUntil(() => counted.calls.filter((call) => isMark(call)).length >= 2, {
          timeout: 20_000,
          interval: 5,
        })
        range.arm()
        await vi.waitUntil(async () => (await left()) === 0, { timeout: 20_000, interval: 20 })
        await teller.stop()
        return counted
      }
      const whole = (await untilTold(-1, 'ends')).calls
      const calls = whole.length - [...whole].reverse().findIndex(isMark)
      expect(faults).toEqual([])
      for (let at = 0; at < calls; at++) {
        const ways = kind === 'postgres' ? storeFaults : (['conflict', 'full', 'hangs'] as const)
        const fault = ways[at % ways.length] as (typeof storeFaults)[number]
        const { struck } = await untilTold(at, fault)
        const where = `${fault} of call ${at} of ${calls}, ${struck}`
        const sent = receiver.received.slice(told).map(({ headers }) => headers['webhook-id'])
        expect(new Set(sent).size, where).toBe(2)
        const isRepeated = sent.length > 2
        expect(isRepeated, where).toBe(isMark(struck ?? '') && ['ends', 'conflict', 'full'].includes(fault))
        expect(faults.splice(0).length > 0, where).toBe(fault !== 'hangs')
      }
    },
    LONG_MS,
  )
})

function isMark(call: string): boolean {
  return call.startsWith('update delivery set delivered_at')
}

function openQueue(store: Database): Promise<JobQueue> {
  const onError = (error: Error) => expect.unreachable(error.message)
  return JobQueue.open(store, { queues: [local], expireSeconds: 3_600, maintenanceSeconds: 3_600, onError })
}

/** Throws what the server called a fault, where it answered as it is to. */
async function changed(api: ApiClient, path: string, json: unknown): Promise<void> {
  const answer = await api.change(path, { json })
  const [fault] = api.faults.splice(0)
  if (answer.status === 200 && fault === undefined) return
  expect(answer.status, answer.text).toBe(503)
  expect(answer.headers['retry-after']).toBe('5')
  expect(answer.json.error).toMatchObject({
    code: 'store-failed',
    hint: expect.stringContaining('ask again'),
  })
  throw fault
}

function config(receiver: string) {
  const fleet = { verify: 'full' as const, clock: { kind: 'right' as const } }
  const channel = { kind: 'webhook' as const, url: receiver, from: 'warning' as const }
  return {
    endpoints: [],
    fleets: [
      { ...fleet, id: 'trackers', name: 'Trackers', device: 'nrf9160@1.3.7+ncs@2.7.0', count: 38_000 },
    ],
    channels: [
      { ...channel, id: 'ops', name: 'ops' },
      { ...channel, id: 'others', name: 'others', fleets: ['nothing'] },
    ],
    vantages: ['local'],
    thresholds: defaultThresholds,
    retries: { count: 3, afterSeconds: 1 },
    maintenance: [],
    retention: retentionOf({}),
  }
}

function jobOf(endpointId: string, slot: Date): ProbeJob {
  return { endpointId, vantage: 'local', slot: slot.toISOString(), attempt: 1 }
}

const traffic = { connections: 1, bytesReceived: 5_000 }

function seen(at: Date, state: 'fits' | 'blocked'): ProbeFound {
  const chain = state === 'fits' ? 'cd' : 'ce'
  const sight = {
    snapshot: JSON.parse(JSON.stringify(snapshot(at)).replaceAll('cd'.repeat(32), chain.repeat(32))),
    sighting: packSighting([
      { plan: 'p', observations: [pemOf(state === 'fits' ? 'chain-aliyun-5438' : 'chain-aws-s3-eu-west-1')] },
    ]),
    isDoubtful: false,
    summaries: new Map([
      ['trackers', summary({ state, ...(state === 'blocked' && { stage: 'chain' as const }) })],
    ]),
  }
  return { startedAt: at, durationMs: 5, traffic, sight }
}

function unreached(at: Date): ProbeFound {
  return { startedAt: at, durationMs: 5, traffic, failure: 'ECONNREFUSED' }
}
