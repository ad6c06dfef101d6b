import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../test/support/peer-process.ts'
import { type Postgres, postgresServer } from '../../test/support/postgres.ts'
import type { Database } from './database.ts'
import { JobQueue } from './job-queue.ts'
import { openStore } from './open-store.ts'

const programs = postgresServer()
const QUEUE = 'probe-here'

describe.skipIf(programs === undefined)('jobs on PostgreSQL', () => {
  let server: Postgres | undefined
  let store: Database
  let jobs: JobQueue

  beforeAll(async () => {
    server = await programs?.start(await freePort())
    store = await openStore(server?.createDatabase('jobs') ?? '', new Date())
    jobs = await JobQueue.open(store, {
      ...{ queues: [QUEUE], expireSeconds: 60, maintenanceSeconds: undefined },
      onError: (error) => {
        throw error
      },
    })
  }, 120_000)
  afterAll(async () => {
    await jobs?.close()
    await store?.close()
    await server?.stop()
  }, 60_000)

  test('jobs that are being completed are not waited for by who keeps them: the two would come to wait for each other', async () => {
    await jobs.add(QUEUE, [{ at: 1 }, { at: 2 }])
    const [ending, kept] = await jobs.take(QUEUE, 2)
    await store.query(`update pgboss.job set started_on = now() - interval '50 s' where state = 'active'`)
    await store.transaction(async (queries) => {
      await jobs.complete(QUEUE, [ending?.id ?? ''], queries)
      // Waits for ever where it waits for this transaction.
      await jobs.keep(QUEUE, [ending?.id ?? '', kept?.id ?? ''])
    })
    const rows = await store.query<{ id: string; state: string; fresh: boolean }>(
      `select id, state, started_on > now() - interval '20 s' as fresh from pgboss.job where name = $1`,
      [QUEUE],
    )
    expect(rows).toHaveLength(2)
    expect(rows).toContainEqual({ id: ending?.id, state: 'completed', fresh: false })
    expect(rows).toContainEqual({ id: kept?.id, state: 'active', fresh: true })
  })
})
