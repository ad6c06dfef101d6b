import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { restoreBackup, writeBackup } from '../../src/store/backup-file.ts'
import { copyStore } from '../../src/store/copy-store.ts'
import { type Database, StoreError } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import { readMigrations } from '../../src/store/migration-files.ts'
import { openStore } from '../../src/store/open-store.ts'
import { makePartitions } from '../../src/store/partitions.ts'
import { keepHouse } from '../../src/watch/housekeeping.ts'
import { unreachable } from '../support/alerts.ts'
import { freePort } from '../support/peer-process.ts'
import { type Postgres, postgresServer } from '../support/postgres.ts'
import { putAlert, putChange, putEndpoint, putFleet, putProbe } from '../support/watch-rows.ts'
import { type Held, held, leaked } from './handles.ts'
import { storeFaults } from './store-faults.ts'
import { isNamed, type Operation, StoreRange } from './store-range.ts'

vi.mock('node:worker_threads', async (original) => {
  const threads = await original<typeof import('node:worker_threads')>()
  return { ...threads, Worker: (await import('./faulty-thread.ts')).faultyThread(threads.Worker) }
})

const now = new Date('2026-11-21T12:00:00Z')
const old = new Date('2026-05-03T12:00:00Z')
/** Of a machine that has other work. */
const LONG_MS = 600_000
const programs = postgresServer()
const work = mkdtempSync(join(tmpdir(), 'tlsfit-torture-'))
let server: Postgres | undefined

beforeAll(async () => {
  server = await programs?.start(await freePort())
}, LONG_MS)

afterAll(async () => {
  await server?.stop()
  rmSync(work, { recursive: true, force: true })
})

/** Of an empty store: all tables that a copy brings. */
async function fill(store: Database): Promise<void> {
  await putFleet(store, { id: 'f', device: 'nrf9160', count: 9 })
  await putEndpoint(store, { id: 'e' })
  await putProbe(store, 'e', now)
  await putChange(store, 'e', now, { kind: 'version', from: ['TLSv1.2'], to: ['TLSv1.3'], key: 'version' })
  await putAlert(store, unreachable(), now)
}

const filled = ['fleet', 'endpoint', 'probe', 'change', 'alert']

const counts = async (store: Database) => {
  const texts = filled.map((table) => `select '${table}' as name, count(*)::int as n from ${table}`)
  return store.query(texts.join(' union all '))
}

const empty = (store: Database) => store.script(`truncate ${filled.join()} cascade`)

describe.for(['embedded', 'postgres'] as const)('a store whose every call goes wrong once, %s', (kind) => {
  const run = test.skipIf(kind === 'postgres' && programs === undefined)
  let range: StoreRange
  let before: Held

  beforeAll(async () => {
    before = held()
    if (kind === 'postgres' && server === undefined) return
    range = await StoreRange.open(kind, server, 'torture', now)
  }, LONG_MS)

  afterAll(async () => {
    await range?.close()
    expect(await leaked(before)).toBeUndefined()
  }, LONG_MS)

  run(
    'is migrated whole or not at all',
    async () => {
      const drop = `drop schema public cascade; create schema public`
      const operation: Operation = {
        prepare: (store) => store.script(drop),
        run: (store) => migrate(store, readMigrations(), now),
        look: (store) =>
          store.query(
            `select relname as name from pg_class where relnamespace = 'public'::regnamespace order by 1`,
          ),
      }
      expect(await range.torture(operation)).toBeGreaterThan(10)
      await makePartitions(range.store, now, now)
    },
    LONG_MS,
  )

  run(
    'lets go of what is old in steps, each of which is whole',
    async () => {
      const retention = { probesDays: 90, historyDays: 90, alertsDays: 90 }
      const operation: Operation = {
        inSteps: true,
        prepare: async (store) => {
          await empty(store)
          await makePartitions(store, old, old)
          await putProbe(store, 'e', old)
          await putChange(store, 'e', old, { kind: 'version', from: [], to: ['TLSv1.3'], key: 'version' })
          await putAlert(store, unreachable(), old)
          await store.query('update alert set recovered_at = $1', [old])
        },
        run: (store) => keepHouse(store, retention, now),
        look: async (store) => [
          await counts(store),
          await store.query(
            `select relname as name from pg_class where relname like '%\\_2026\\_05' order by 1`,
          ),
        ],
      }
      expect(await range.torture(operation)).toBeGreaterThan(12)
      await empty(range.store)
    },
    LONG_MS,
  )

  run(
    'is written into a file whole, or no file is left',
    async () => {
      await empty(range.store)
      await fill(range.store)
      const file = join(work, `${kind}.gz`)
      const operation: Operation = {
        prepare: async () => rmSync(file, { force: true }),
        run: (store) => writeBackup(store, file),
        look: async () => [existsSync(file), readdirSync(work).filter((name) => name.endsWith('.partial'))],
      }
      expect(await range.torture(operation)).toBeGreaterThan(50)
    },
    LONG_MS,
  )

  run(
    'is restored whole or not at all, and the file is let go of',
    async () => {
      const file = join(work, `${kind}.gz`)
      const operation: Operation = {
        prepare: empty,
        run: (store) => restoreBackup(store, file, now),
        look: counts,
      }
      expect(await range.torture(operation)).toBeGreaterThan(30)
    },
    LONG_MS,
  )
})

describe.for(['embedded', 'postgres'] as const)('a store that fails while it is opened, %s', (kind) => {
  const run = test.skipIf(kind === 'postgres' && programs === undefined)
  let range: StoreRange

  beforeAll(async () => {
    if (kind === 'postgres' && server === undefined) return
    range = await StoreRange.open(kind, server, 'opened', now)
    if (kind === 'embedded') await range.store.close()
  }, LONG_MS)

  afterAll(() => range?.close(), 60_000)

  run(
    'says where, and what mends it, and is let go of',
    async () => {
      const before = held()
      const { calls } = await counted()
      const all = calls.flatMap((_, at) => storeFaults.map((fault) => [at, fault] as const))
      // An embedded one takes a second each time.
      const plan = kind === 'postgres' ? all : all.filter((_, at) => at % 17 === 3)
      for (const [at, fault] of plan) {
        const where = `${fault} of call ${at} of ${calls.length}, ${calls[at]}`
        range.arm(at, fault)
        const opened = await openStore(range.where, now).catch((error: unknown) => error)
        range.arm()
        if (fault === 'hangs') await (opened as Database).close()
        else {
          expect(opened, where).toBeInstanceOf(StoreError)
          isNamed(opened, fault, where)
          const { code, hint, message } = opened as StoreError
          expect(code, where).toMatch(/^store-(failed|unreachable)$/)
          expect(message, where).toContain(kind === 'postgres' ? '/opened' : range.where)
          expect(hint, where).toMatch(/server|room/)
        }
        expect(await leaked(before), where).toBeUndefined()
      }
      await (await openStore(range.where, now)).close()
    },
    LONG_MS,
  )

  async function counted() {
    const faults = range.arm()
    await (await openStore(range.where, now)).close()
    return faults
  }
})

describe.skipIf(programs === undefined)('a copy from one store into another', () => {
  const ranges = new Map<Database['kind'], StoreRange>()
  let before: Held

  beforeAll(async () => {
    before = held()
    for (const kind of ['embedded', 'postgres'] as const) {
      ranges.set(kind, await StoreRange.open(kind, server, 'copied', now))
    }
  }, LONG_MS)

  afterAll(async () => {
    for (const range of ranges.values()) await range.close()
    expect(await leaked(before)).toBeUndefined()
  }, LONG_MS)

  test.each([
    ['embedded', 'postgres'],
    ['postgres', 'embedded'],
  ] as const)(
    'of %s into %s, whichever of them fails: whole or not at all',
    async (from, to) => {
      const [source, target] = [ranges.get(from), ranges.get(to)]
      if (source === undefined || target === undefined) throw new Error('no stores')
      await empty(source.store)
      await fill(source.store)
      const operation = {
        prepare: () => empty(target.store),
        run: () => copyStore(source.store, target.store, now),
        look: () => counts(target.store),
      }
      expect(await source.torture(operation)).toBeGreaterThan(50)
      expect(await target.torture(operation)).toBeGreaterThan(30)
      await empty(target.store)
    },
    LONG_MS,
  )
})
