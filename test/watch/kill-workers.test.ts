import { type ChildProcess, spawn } from 'node:child_process'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { availableParallelism } from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultThresholds, retentionOf } from '../../src/fleet/watch-parts.ts'
import { openCatalogue } from '../../src/io/catalogue-files.ts'
import { openKnownRoots } from '../../src/io/root-files.ts'
import { makeOldBlobChain } from '../../src/lab/chains.ts'
import { processKeys } from '../../src/lab/keys.ts'
import { tlsIdentity } from '../../src/lab/tls-server.ts'
import type { Database } from '../../src/store/database.ts'
import { openStore } from '../../src/store/open-store.ts'
import type { LoadedWatch } from '../../src/watch/load-watch.ts'
import { WatchService } from '../../src/watch/watch-service.ts'
import { freePort } from '../support/peer-process.ts'
import { type Postgres, postgresServer } from '../support/postgres.ts'

/** `TLSFIT_KILLS=full`: 50 kills over 20,000 probes. */
const full = process.env.TLSFIT_KILLS === 'full'
const probes = full ? 20_000 : 2_000
const kills = full ? 50 : 8
const workers = 4
const endpoints = 500
/** Each of these is down: it is retried, and comes to one alert. */
const down = 25

const programs = postgresServer()
const run = describe.skipIf(programs === undefined)

run('workers that are killed', () => {
  let postgres: Postgres | undefined
  let server: Server
  let store: Database
  let service: WatchService
  let url: string
  const children = new Set<ChildProcess>()
  const failures: string[] = []

  beforeAll(async () => {
    postgres = await programs?.start(await freePort())
    url = postgres?.createDatabase('kills') ?? ''
    const { sent } = await makeOldBlobChain({ keys: processKeys, now: new Date() })
    server = createServer(tlsIdentity(sent))
    server.on('tlsClientError', (_error, socket) => socket.destroy())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    store = await openStore(url, new Date())
    service = await WatchService.open({
      ...{ database: store, catalogue: openCatalogue(), knownRoots: openKnownRoots() },
      ...{ now: () => new Date(), env: {}, version: '0', vantage: undefined, plans: true, leaseSeconds: 6 },
      log: { note: (event, fields) => void failures.push(`${event} ${JSON.stringify(fields)}`) },
    })
  }, 120_000)

  afterAll(async () => {
    const ended = [...children].map((child) => new Promise((resolve) => child.once('exit', resolve)))
    for (const child of children) child.kill('SIGKILL')
    await Promise.all(ended)
    await service?.stop()
    await store?.close()
    server?.close()
    await postgres?.stop()
  }, 60_000)

  const config = async (): Promise<LoadedWatch> => {
    const { port } = server.address() as AddressInfo
    const closed = await freePort()
    return {
      endpoints: Array.from({ length: endpoints }, (_, at) => {
        const target = `tls://localhost:${at < down ? closed : port}`
        const connect = `127.0.0.1:${at < down ? closed : port}`
        const id = `endpoint-${at}`
        return {
          ...{ id, name: id, target, connect, headers: [], everySeconds: 86_400, vantages: ['local'] },
          thresholds: defaultThresholds,
        }
      }),
      fleets: ['nrf9160@1.3.7+ncs@2.7.0', 'esp-idf@5.2'].map((device, at) => ({
        ...{ id: `fleet-${at}`, name: device, device, count: 100, verify: 'full' as const },
        clock: { kind: 'right' as const },
      })),
      channels: [{ id: 'ops', name: 'ops', kind: 'webhook', url: 'http://127.0.0.1:9/', from: 'info' }],
      vantages: ['local'],
      thresholds: defaultThresholds,
      retries: { count: 1, afterSeconds: 1 },
      maintenance: [],
      retention: retentionOf({}),
    }
  }

  const spawnWorker = (): ChildProcess => {
    const child = spawn(process.execPath, ['dist/cli/main.js', 'worker', '--store', url, '--jobs', '24'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      const text = chunk.toString('utf8')
      if (/failed/.test(text)) failures.push(text)
    })
    children.add(child)
    child.once('exit', () => children.delete(child))
    return child
  }

  test(
    `${kills} kills over ${probes} probes: each result once, each alert once`,
    async () => {
      await service.sync(await config())
      const perRound = endpoints
      const rounds = probes / perRound
      let worked = Array.from({ length: workers }, spawnWorker)
      const count = async () => {
        const [row] = await store.query<{ n: number }>('select count(*) as n from probe')
        return row?.n ?? 0
      }
      let killed = 0
      for (let round = 1; round <= rounds; round++) {
        // The planner of the test plans a round when the one before is all there.
        if (round > 1) {
          await store.query('update endpoint set due_at = now()')
          await service.settingsChanged()
        }
        for (;;) {
          const there = await count()
          if (there >= round * perRound) break
          const due = (killed + 0.5) * (probes / (kills + 1))
          if (killed < kills && there >= due) {
            const at = Math.floor(Math.random() * worked.length)
            const [victim] = worked.splice(at, 1)
            victim?.kill('SIGKILL')
            killed++
            worked = [...worked, spawnWorker()]
          }
          await new Promise((resolve) => setTimeout(resolve, 50))
        }
      }
      expect(killed).toBe(kills)
      const slots = await store.query<{ slots: number; rows: number }>(
        `select count(*) as rows, count(distinct (endpoint_id, vantage, slot)) as slots from probe`,
      )
      expect(slots).toEqual([{ rows: probes, slots: probes }])
      const perEndpoint = await store.query<{ n: number }>(
        'select count(*) as n from probe group by endpoint_id having count(*) <> $1',
        [rounds],
      )
      expect(perEndpoint).toEqual([])
      const alerts = await store.query<{ n: number }>(
        `select endpoint_id, cause, count(*) as n from alert group by 1, 2 having count(*) <> 1`,
      )
      expect(alerts).toEqual([])
      const kinds = await store.query(
        `select kind, count(*) as n from alert where kind = 'unreachable' group by kind`,
      )
      expect(kinds).toEqual([{ kind: 'unreachable', n: down }])
      const told = await store.query(
        `select alert_id, event, channel_id from delivery group by 1, 2, 3 having count(*) <> 1`,
      )
      expect(told).toEqual([])
      const raised = await store.query<{ n: number }>(
        `select count(*) as n from alert where not exists
           (select from delivery where alert_id = alert.id and event = 'raise')`,
      )
      expect(raised).toEqual([{ n: 0 }])
      // Nothing is left under way, and nothing was given up.
      const jobs = await store.query(
        `select state, count(*) as n from pgboss.job where state <> 'completed' group by state`,
      )
      expect(jobs).toEqual([])
      expect(await store.query('select 1 from standing where queued_slot is not null')).toEqual([])
      expect(failures).toEqual([])
    },
    full ? 1_800_000 : 240_000 * Math.ceil(2 / availableParallelism()),
  )
})
