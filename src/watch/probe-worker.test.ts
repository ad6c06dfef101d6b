import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestStore } from '../../test/support/store-folder.ts'
import { openTestJobs } from '../../test/support/store-jobs.ts'
import { type Database, SqlError } from '../store/database.ts'
import type { JobQueue } from '../store/job-queue.ts'
import type { ProbeContext } from './probe-endpoint.ts'
import { type ProbeJob, queueOf } from './probe-job.ts'
import { ProbeWorker } from './probe-worker.ts'
import { WatchCounters } from './watch-counters.ts'

// Jobs of endpoints that nobody watches any more: done without a dial. Their lease is longer than the test.

const begin = new Date('2026-12-01T00:00:00Z')
const queue = queueOf('local')
let store: Database
let jobs: JobQueue

beforeAll(async () => {
  store = await openTestStore(begin)
  jobs = await openTestJobs(store, 3_600)
}, 120_000)

afterAll(async () => {
  await jobs?.close()
  await store?.close()
}, 120_000)

const job = (endpointId: string): ProbeJob => ({
  ...{ endpointId, vantage: 'local', slot: begin.toISOString(), attempt: 1 },
})

const stateOf = async (endpointId: string) => {
  const rows = await store.query<{ state: string }>(
    `select state from pgboss.job where data->>'endpointId' = $1`,
    [endpointId],
  )
  return rows.map(({ state }) => state)
}

async function during(
  database: Database,
  counters: WatchCounters,
  act: (worker: ProbeWorker) => Promise<void>,
): Promise<void> {
  const context = { now: () => new Date() } as ProbeContext
  const worker = new ProbeWorker(database, jobs, context, {
    ...{ id: 'one', vantage: 'local', version: '0', sideBySide: 4, counters },
    log: { note: () => {} },
  })
  worker.start()
  try {
    await act(worker)
  } finally {
    await worker.stop()
  }
}

test('jobs that were taken and could not be begun are taken again at once, not when their lease is over', async () => {
  let failures = 0
  const failing: Database = {
    ...{ kind: store.kind, place: store.place },
    script: (text) => store.script(text),
    transaction: (work) => store.transaction(work),
    endSoon: () => store.endSoon(),
    close: () => store.close(),
    query: async (text, values) => {
      if (/from endpoint/.test(text) && failures++ === 0) throw new SqlError('gone', '57P01', store.place)
      return store.query(text, values)
    },
  }
  const counters = new WatchCounters()
  await jobs.add(queue, [job('first')])
  await during(failing, counters, async (worker) => {
    worker.kick()
    await expect.poll(() => stateOf('first'), { timeout: 20_000 }).toEqual(['completed'])
  })
  expect(failures).toBeGreaterThan(1)
  expect(counters.read().failures).toBe(1)
})

test('what fails beside a commit does not end all commits', async () => {
  class Failing extends WatchCounters {
    #failed = false
    override committed(committed: Parameters<WatchCounters['committed']>[0]): void {
      if (!this.#failed) {
        this.#failed = true
        throw new Error('no counting')
      }
      super.committed(committed)
    }
  }
  const counters = new Failing()
  await jobs.add(queue, [job('second')])
  await during(store, counters, async (worker) => {
    await expect.poll(() => stateOf('second'), { timeout: 20_000 }).toEqual(['completed'])
    await jobs.add(queue, [job('third')])
    worker.kick()
    await expect.poll(() => stateOf('third'), { timeout: 20_000 }).toEqual(['completed'])
  })
  expect(counters.read().failures).toBe(1)
})
