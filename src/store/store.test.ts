import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BothStores, isThere, storeKinds, testOf } from '../../test/support/both-stores.ts'
import { storeFolder } from '../../test/support/store-folder.ts'
import { putEndpoint } from '../../test/support/watch-rows.ts'
import { defaultThresholds } from '../fleet/watch-parts.ts'
import type { Database } from './database.ts'
import { JobQueue } from './job-queue.ts'
import { migrate } from './migrate.ts'
import { readMigrations } from './migration-files.ts'
import { openDatabase, openStore } from './open-store.ts'
import { dropPartitions, makePartitions } from './partitions.ts'
import { readEndpoints } from './rows/endpoints.ts'

const now = new Date('2026-11-21T12:00:00Z')
const stores = new BothStores()

testOf('postgres')(
  'several processes may open a new store at once',
  async () => {
    const url = stores.databaseUrl('at_once')
    const opened = await Promise.all([1, 2, 3, 4].map(() => openStore(url, now)))
    const [row] = await (opened[0] as Database).query<{ count: number }>(
      "select count(*)::int as count from pg_class where relname like 'probe\\_2026\\_%' and relkind = 'r'",
    )
    expect(row?.count).toBe(2)
    for (const store of opened) await store.close()
  },
  60_000,
)

describe.for(storeKinds)('a store, %s', (kind) => {
  const run = testOf(kind)
  let store: Database

  beforeAll(async () => {
    if (isThere(kind)) store = await openStore(await stores.place(kind, 'store'), now)
  }, 60_000)

  afterAll(() => store?.close())

  run('gives times, bytes, numbers and JSON as what they are', async () => {
    const value = { list: [1, 'a'], none: null }
    const [row] = await store.query<{
      at: Date
      bytes: Uint8Array
      big: number
      json: unknown
      list: string[]
    }>(
      'select $1::timestamptz as at, $2::bytea as bytes, $3::bigint as big, $4::jsonb as json, $5::text[] as list',
      [now, Uint8Array.of(0, 255, 10), 2 ** 40, JSON.stringify(value), ['a,b', '"']],
    )
    expect(row?.at).toEqual(now)
    expect([...(row?.bytes ?? [])]).toEqual([0, 255, 10])
    expect(row).toMatchObject({ big: 2 ** 40, json: value, list: ['a,b', '"'] })
  })

  run('a transaction that throws leaves nothing', async () => {
    const work = store.transaction(async (queries) => {
      await queries.query(`insert into setting values ('a', '1')`)
      throw new Error('no')
    })
    await expect(work).rejects.toThrow('no')
    expect(await store.query('select * from setting')).toEqual([])
  })

  run('a refused statement names its SQLSTATE, and the connection goes on', async () => {
    await expect(store.query('select * from nothing')).rejects.toMatchObject({
      name: 'SqlError',
      code: '42P01',
    })
    expect(await store.query('select 1 as one')).toEqual([{ one: 1 }])
  })

  run('a script that fails in a transaction of its own leaves none', async () => {
    const script = `begin; insert into setting values ('half', '1'); select 1/0; commit`
    await expect(store.script(script)).rejects.toMatchObject({ code: '22012' })
    expect(await store.query(`select 1 from setting where name = 'half'`)).toEqual([])
  })

  run('a statement that fails as the transaction is committed is an SqlError, too', async () => {
    await store.script(
      'create table late (a integer, constraint once unique (a) deferrable initially deferred)',
    )
    const work = store.transaction((queries) => queries.query('insert into late values (1), (1)'))
    await expect(work).rejects.toMatchObject({ name: 'SqlError', code: '23505', place: store.place })
    await store.script('drop table late')
  })

  run('what is migrated is not migrated again', async () => {
    expect(await migrate(store, readMigrations(), now)).toEqual([])
  })

  run('a store of a newer tlsfit is left alone', async () => {
    await store.query(`insert into migration values (9999, 'later', now())`)
    await expect(migrate(store, readMigrations(), now)).rejects.toMatchObject({ code: 'store-newer' })
    await store.query('delete from migration where number = 9999')
  })

  run('months are made ahead, and dropped when they are old', async () => {
    await makePartitions(store, now, new Date('2027-02-10T00:00:00Z'))
    await store.query(
      `insert into change (endpoint_id, vantage, at, kind, detail) values ('e', 'here', $1, 'chain', '{}')`,
      [new Date('2027-01-31T23:59:59Z')],
    )
    const dropped = await dropPartitions(store, 'change', new Date('2027-02-01T00:00:00Z'))
    expect(dropped).toEqual(['change_2026_11', 'change_2026_12', 'change_2027_01'])
    expect(await store.query('select 1 from change')).toEqual([])
    await makePartitions(store, now, now)
  })

  describe('jobs', () => {
    let queue: JobQueue

    beforeAll(async () => {
      if (store === undefined) return
      const onError = (error: Error) => expect.unreachable(error.message)
      queue = await JobQueue.open(store, {
        queues: ['probe', 'later'],
        expireSeconds: 1,
        maintenanceSeconds: 1,
        onError,
      })
    })

    afterAll(() => queue?.close())

    run('are added with what belongs to them, or not at all', async () => {
      const broken = store.transaction(async (queries) => {
        await queue.add('probe', [{ n: 1 }], queries)
        throw new Error('no')
      })
      await expect(broken).rejects.toThrow('no')
      expect(await queue.take('probe', 10)).toEqual([])
      await store.transaction((queries) => queue.add('probe', [{ n: 1 }, { n: 2 }], queries))
      expect(await queue.waiting('probe')).toBe(2)
    })

    run(
      'are taken once, and done together with what they came to',
      async () => {
        const [first, second] = await queue.take<{ n: number }>('probe', 10)
        expect([first?.data.n, second?.data.n].sort()).toEqual([1, 2])
        expect(await queue.take('probe', 10)).toEqual([])
        await store.transaction((queries) => queue.complete('probe', [first?.id ?? ''], queries))
        const broken = store.transaction(async (queries) => {
          await queue.complete('probe', [second?.id ?? ''], queries)
          throw new Error('no')
        })
        await expect(broken).rejects.toThrow('no')
        await expect
          .poll(async () => (await queue.take('probe', 10)).map(({ id }) => id), { timeout: 20_000 })
          .toEqual([second?.id])
      },
      30_000,
    )

    run('given back are there again', async () => {
      const [job] = await queue.take('later', 1)
      expect(job).toBeUndefined()
      await queue.add('later', [{ n: 3 }])
      const [taken] = await queue.take('later', 1)
      await queue.giveBack('later', [taken?.id ?? ''], 'ending')
      await expect.poll(async () => (await queue.take('later', 1)).length).toBe(1)
    })
  })
})

describe('an embedded store', () => {
  let place: string

  beforeAll(async () => {
    place = await storeFolder()
  }, 60_000)

  afterAll(() => rmSync(place, { recursive: true }))

  test('is for one process', async () => {
    const store = await openStore(place, now)
    await expect(openStore(place, now)).rejects.toMatchObject({ code: 'store-in-use' })
    await store.close()
    const again = await openStore(place, now)
    await again.close()
  }, 60_000)

  test('takes over the lock of a process that is gone, not that of another machine', async () => {
    const lock = join(place, 'lock')
    writeFileSync(lock, JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }))
    await (await openStore(place, now)).close()
    writeFileSync(lock, JSON.stringify({ pid: 1, host: 'elsewhere' }))
    await expect(openStore(place, now)).rejects.toThrow('in use by process 1 on elsewhere')
    expect(readFileSync(lock, 'utf8')).toContain('elsewhere')
  }, 60_000)
})

describe.skipIf(!isThere('postgres'))('PostgreSQL', () => {
  test.each([
    ['of the file', [{ room: { bytes: 9 } }, { room: { bytes: 8 } }], { room: { bytes: 9 } }],
    ['as built in', [defaultThresholds, { room: { bytes: 8 } }], undefined],
  ])('thresholds that were a copy of the defaults, %s, are those of an endpoint no more', async (of, own, file) => {
    const store = await openDatabase(stores.databaseUrl(`copied_${of.slice(0, 2)}`))
    try {
      const migrations = readMigrations()
      await migrate(store, migrations.slice(0, 5), now)
      for (const [at, thresholds] of own.entries())
        await putEndpoint(store, { id: `e${at}`, settings: { thresholds } })
      if (file !== undefined) {
        await store.query(`insert into setting values ('watch', $1::jsonb)`, [
          JSON.stringify({ thresholds: file }),
        ])
      }
      await migrate(store, migrations, now)
      expect((await readEndpoints(store)).map((one) => one.own.thresholds)).toEqual([undefined, own[1]])
    } finally {
      await store.close()
    }
  })

  test("a connection that ends within a transaction is that transaction's fault alone", async () => {
    const store = await openStore(stores.databaseUrl('ended'), now)
    try {
      const work = store.transaction(async (queries) => {
        const [row] = await queries.query<{ pid: number }>('select pg_backend_pid() as pid')
        await store.query('select pg_terminate_backend($1, 5000)', [row?.pid ?? 0])
        // The server says so while nothing is asked of it.
        await new Promise((resolve) => setImmediate(resolve))
        await queries.query(`insert into setting values ('ended', '1')`)
      })
      await expect(work).rejects.toThrow()
      expect(await store.query(`select 1 from setting where name = 'ended'`)).toEqual([])
    } finally {
      await store.close()
    }
  })
})

describe('a place that is no store', () => {
  test.each([
    ['mysql://host/name', 'store-invalid'],
    ['postgres://tlsfit:geheim@127.0.0.1:1/name', 'store-unreachable'],
    ['/proc/nothing', 'store-unreadable'],
  ])('%s: %s, and no password is told', async (where, code) => {
    const error = await openStore(where, now).then(
      () => expect.unreachable(),
      (thrown: unknown) => thrown,
    )
    expect(error).toMatchObject({ name: 'StoreError', code })
    expect(JSON.stringify(error)).not.toContain('geheim')
    expect((error as Error).message).not.toContain('geheim')
  })
})
