import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { openCatalogue } from '../../src/io/catalogue-files.ts'
import { openKnownRoots } from '../../src/io/root-files.ts'
import { type Database, storeFailed } from '../../src/store/database.ts'
import { openStore } from '../../src/store/open-store.ts'
import { openPostgres } from '../../src/store/postgres-database.ts'
import { WatchService } from '../../src/watch/watch-service.ts'
import { startApi } from '../support/api-server.ts'
import { freePort } from '../support/peer-process.ts'
import { type Postgres, postgresServer } from '../support/postgres.ts'
import { held, leaked } from './handles.ts'
import { SilentWire } from './silent-wire.ts'

const now = new Date('2026-11-21T12:00:00Z')
/** So that a call that takes a few seconds is asked after several times. */
const patience = { unansweredMs: 300, askMs: 2_000 }
/** Each is given up after some seconds; without a bound none ends in this time, nor in five times of it. */
const BOUND_MS = 120_000
const programs = postgresServer()
let server: Postgres | undefined
let wire: SilentWire
let url: string
let direct: string

beforeAll(async () => {
  server = await programs?.start(await freePort())
  if (server === undefined) return
  direct = server.createDatabase('silent')
  wire = await SilentWire.before(Number(new URL(direct).port))
  url = Object.assign(new URL(direct), { port: String(wire.port) }).href
  await (await openStore(url, now)).close()
}, 120_000)

afterAll(async () => {
  await wire?.close()
  await server?.stop()
})

beforeEach(() => {
  if (wire !== undefined) wire.pid = undefined
})

/** Whatever comes of it, the wire is as before. */
async function withStore(act: (store: Database) => Promise<void>): Promise<void> {
  const store = await openPostgres(url, patience)
  try {
    await act(store)
  } finally {
    wire.speak()
    await store.close()
  }
}

const failed = { name: 'SqlError', code: 'ETIMEDOUT', message: expect.stringContaining('no answer within') }

describe.skipIf(programs === undefined)('a PostgreSQL that falls silent with its connections open', () => {
  test(
    'a call is given up, by the name of the store; the next one does once the server speaks',
    () =>
      withStore(async (store) => {
        await store.query('select 1')
        wire.hush()
        const error = await store.query('select 2').catch((thrown: unknown) => thrown)
        expect(error).toMatchObject(failed)
        expect(storeFailed(error)).toMatchObject({
          ...{ code: 'store-failed', at: store.place },
          message: expect.stringContaining(`the store at ${store.place} failed: no answer within`),
        })
        wire.speak()
        expect(await store.query('select 3 as three')).toEqual([{ three: 3 }])
      }),
    BOUND_MS,
  )

  test(
    'a transaction is given up, and nothing of it is there',
    () =>
      withStore(async (store) => {
        const work = store.transaction(async (queries) => {
          await queries.query(`insert into setting values ('half', '1')`)
          wire.hush()
          await queries.query(`insert into setting values ('whole', '1')`)
        })
        await expect(work).rejects.toMatchObject(failed)
        wire.speak()
        expect(await store.query(`select name from setting where name in ('half', 'whole')`)).toEqual([])
      }),
    BOUND_MS,
  )

  test(
    'a connection that alone went dead is given up, though the server answers on others',
    () =>
      withStore(async (store) => {
        await store.query('select 1')
        wire.hushOpen()
        await expect(store.query('select 2')).rejects.toMatchObject(failed)
        expect(await store.query('select 3 as three')).toEqual([{ three: 3 }])
      }),
    BOUND_MS,
  )

  test(
    'it is closed with connections that nothing is asked on, and none is left',
    async () => {
      const before = held()
      const store = await openPostgres(url, patience)
      await Promise.all(Array.from({ length: 4 }, () => store.query('select pg_sleep(0.1)')))
      wire.hush()
      await store.close()
      wire.speak()
      expect(await leaked(before)).toBeUndefined()
    },
    BOUND_MS,
  )

  test(
    'once everything ends, one call that is not answered is the last that is asked',
    () =>
      withStore(async (store) => {
        await store.query('select 1')
        wire.hush()
        store.endSoon()
        await expect(store.query('select 2')).rejects.toMatchObject(failed)
        const made = wire.made
        await expect(store.query('select 3')).rejects.toMatchObject({ code: 'ETIMEDOUT' })
        await expect(store.transaction(async () => {})).rejects.toMatchObject({ code: 'ETIMEDOUT' })
        expect(wire.made).toBe(made)
      }),
    BOUND_MS,
  )

  test(
    'the API answers 503, and a watch ends',
    () =>
      withStore(async (store) => {
        const notes: string[] = []
        const api = await startApi(store)
        const service = await WatchService.open({
          ...{ database: store, catalogue: openCatalogue(), knownRoots: openKnownRoots(), env: {} },
          ...{ now: () => new Date(), version: '0', vantage: 'local', plans: true },
          log: { note: (event, fields) => void notes.push(`${event} ${JSON.stringify(fields)}`) },
        })
        service.start()
        try {
          expect((await api.ask('/api/v1/overview')).status).toBe(200)
          wire.hush()
          await vi.waitUntil(() => notes.some((line) => line.includes('no answer within')), {
            timeout: 30_000,
          })
          const answer = await api.ask('/api/v1/overview')
          expect(answer).toMatchObject({ status: 503, json: { error: { code: 'store-failed' } } })
        } finally {
          await service.stop()
          await api.close()
        }
      }),
    BOUND_MS,
  )
})

describe.skipIf(programs === undefined)('a PostgreSQL that takes its time', () => {
  /** As many looks as it takes to be sure that one finds it at work. */
  const SLOW = 'select pg_sleep(3), 7 as seven'

  test(
    'is waited for, however long it works',
    () =>
      withStore(async (store) => {
        const made = wire.made
        expect(await store.query(SLOW)).toMatchObject([{ seven: 7 }])
        // One to work on, and those that were asked on meanwhile.
        expect(wire.made - made).toBeGreaterThan(2)
      }),
    BOUND_MS,
  )

  test(
    'is waited for while it waits for a lock of another',
    () =>
      withStore(async (store) => {
        const other = await openPostgres(direct)
        const made = wire.made
        let locked: Promise<unknown> | undefined
        await other.transaction(async (queries) => {
          await queries.query('select pg_advisory_xact_lock(77)')
          locked = store.transaction((own) => own.query('select pg_advisory_xact_lock(77)'))
          await vi.waitUntil(() => wire.made - made > 4, { timeout: 30_000 })
        })
        expect(await locked).toHaveLength(1)
        await other.close()
      }),
    BOUND_MS,
  )

  test(
    'is waited for behind a pooler, which gives processes other numbers',
    async () => {
      wire.pid = 4_000_000
      await withStore(async (store) => {
        expect(await store.query(SLOW)).toMatchObject([{ seven: 7 }])
      })
    },
    BOUND_MS,
  )
})
