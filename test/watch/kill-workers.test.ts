import { type ChildProcess, spawn } from 'node:child_process'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { availableParallelism } from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultThresholds, retentionOf } from '../../src/fleet/watch-parts.ts'
import { openCatalogue } from '../../src/io/catalogue-files.ts'
import { openKnownRoots } from '../../src/io/root-files.ts'
import { makeOldBlobChain } from '../../src/lab/chains.ts'
import { tlsIdentity } from '../../src/lab/tls-server.ts'
import type { Database } from '../../src/store/database.ts'
import { openStore } from '../../src/store/open-store.ts'
import type { LoadedWatch } from '../../src/watch/load-watch.ts'
import { WatchService } from '../../src/watch/watch-service.ts'
import { testKeys } from '../support/kept-keys.ts'
import { freePort } from '../support/peer-process.ts'
import { type Postgres, postgresServer } from '../support/postgres.ts'
import { type ProofRow, printProof } from '../support/proof-table.ts'

/** `TLSFIT_KILLS=full`: 50 kills over 20,000 probes. */
const full = process.env.TLSFIT_KILLS === 'full'
const probes = full ? 20_000 : 1_000
const kills = full ? 50 : 4
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
    const { sent } = await makeOldBlobChain({ keys: testKeys, now: new Date() })
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
  }, 300_000)

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

  const one = async (sql: string, values: readonly number[] = []): Promise<number> => {
    const [row] = await patiently(() => store.query<{ n: number }>(sql, values))
    return row?.n ?? Number.NaN
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
      const startedMs = performance.now()
      await service.sync(await config())
      const rounds = probes / endpoints
      let worked = Array.from({ length: workers }, spawnWorker)
      let [killed, inHand] = [0, 0]
      for (let round = 1; round <= rounds; round++) {
        // The planner of the test plans a round when the one before is all there.
        if (round > 1) {
          await patiently(() => store.query('update endpoint set due_at = now()'))
          await patiently(() => service.settingsChanged())
        }
        for (;;) {
          const there = await one('select count(*) as n from probe')
          if (there >= round * endpoints) break
          const due = (killed + 0.5) * (probes / (kills + 1))
          if (killed < kills && there >= due) {
            const at = Math.floor(Math.random() * worked.length)
            const [victim] = worked.splice(at, 1)
            victim?.kill('SIGKILL')
            inHand += await one(`select count(*) as n from pgboss.job where state = 'active'`)
            killed++
            worked = [...worked, spawnWorker()]
          }
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 100))
        }
      }
      const seconds = Math.round((performance.now() - startedMs) / 1_000)
      const many = (sql: string, values: readonly number[] = []) =>
        one(`select count(*) as n from (${sql}) as t`, values)
      const faults = failures.filter((line) => !isWait(line))
      const checks: ProofRow[] = [
        [`kill -9 of one of ${workers} workers`, kills, killed],
        ['results', probes, await one('select count(*) as n from probe')],
        [
          'results of distinct endpoint, vantage point and slot',
          probes,
          await one('select count(distinct (endpoint_id, vantage, slot)) as n from probe'),
        ],
        [
          `endpoints with another number of results than ${rounds}`,
          0,
          await many('select from probe group by endpoint_id having count(*) <> $1', [rounds]),
        ],
        [
          'slots of which no result says how it went',
          0,
          await one(`select count(*) as n from probe
          where (sighting is null) = (failure is null)`),
        ],
        [
          'endpoints that are down',
          down,
          await one(`select count(*) as n from alert where kind = 'unreachable'`),
        ],
        [
          'alerts with the endpoint and cause of another',
          0,
          await many('select from alert group by endpoint_id, cause having count(*) <> 1'),
        ],
        [
          'endpoints whose chain cannot be judged for want of an anchor, each told once',
          endpoints - down,
          await one(
            `select count(*) as n from alert where kind = 'undecided' and cause = 'verdict:' || endpoint_id || ':chain'`,
          ),
        ],
        ['endpoints with alerts', endpoints, await one('select count(distinct endpoint_id) as n from alert')],
        [
          'alerts that were not to be told, or not once',
          0,
          await many(
            `select from alert left join delivery on alert_id = alert.id and event = 'raise'
           group by alert.id having count(delivery.id) <> 1`,
          ),
        ],
        [
          'jobs that are not done',
          0,
          await one(`select count(*) as n from pgboss.job where state <> 'completed'`),
        ],
        [
          'endpoints still marked as queued',
          0,
          await one('select count(*) as n from standing where queued_slot is not null'),
        ],
        ['faults that a worker or the watch told of', 0, faults.length],
      ]
      // A machine that is too busy may show a probe less than there is: what comes of it is told, too.
      const causes = await store.query<{ cause: string; n: number }>(
        `select replace(cause, endpoint_id, '*') as cause, count(*) as n from alert group by 1 order by 2 desc`,
      )
      const jobs = await one(
        `select count(*) as n from pgboss.job where state = 'completed' and retry_count > 0`,
      )
      printProof(`${workers} workers on PostgreSQL, ${kills} kills over ${probes} probes, ${seconds} s`, [
        ...checks,
        ['connections that a busy machine made too slowly', '', failures.length - faults.length],
        ...causes.map(({ cause, n }): ProofRow => [`alerts ${cause}`, '', n]),
        ['jobs under way at the kills, of all workers', '', inHand],
        ['jobs that a killed worker had, done by another', 'more than 0', jobs],
      ])
      expect(faults).toEqual([])
      expect(checks.filter(([, asked, found]) => asked !== found)).toEqual([])
      expect(jobs).toBeGreaterThan(0)
    },
    full ? 7_200_000 : 240_000 * Math.ceil(2 / availableParallelism()),
  )
})

/** The machine of the test has other work: what could not connect in time asks again, as the program does. */
async function patiently<T>(act: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await act()
    } catch (error) {
      if (tries === 20 || !isWait(String(error))) throw error
    }
  }
}

function isWait(line: string): boolean {
  return /connection timeout|timeout exceeded when trying to connect/.test(line)
}
