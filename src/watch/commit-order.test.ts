import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { freePort } from '../../test/support/peer-process.ts'
import { postgresServer } from '../../test/support/postgres.ts'
import { openTestJobs } from '../../test/support/store-jobs.ts'
import { defaultThresholds } from '../fleet/watch-parts.ts'
import type { Database } from '../store/database.ts'
import { openStore } from '../store/open-store.ts'
import { putEndpoints } from '../store/rows/endpoints.ts'
import { putFleets } from '../store/rows/fleets.ts'
import type { PackedSighting } from '../store/rows/sightings.ts'
import { commitProbes } from './commit-probes.ts'
import type { ProbeDone } from './probe-job.ts'
import { readWatchView } from './watch-view.ts'

const programs = postgresServer()
const begin = new Date('2026-12-01T00:00:00Z')
/** More than are judged at once. */
const SIGHTS = 20
const LONG_MS = 60_000

test.skipIf(programs === undefined)(
  'two that commit the same sights of other endpoints, the last first, do not wait for each other in a circle',
  { timeout: 2 * LONG_MS },
  async () => {
    const server = await programs?.start(await freePort())
    const store = await openStore(server?.createDatabase('order') ?? '', begin)
    const jobs = await openTestJobs(store)
    try {
      await putFleets(store, [fleet], 'file', begin)
      const up = await doneOf(store, 'up', (at) => at)
      const down = await doneOf(store, 'down', (at) => SIGHTS - 1 - at)
      const view = await readWatchView(store)
      const bothHaveBegun = barrier(2)
      await Promise.all(
        [up, down].map((done) => commitProbes(pausing(store, bothHaveBegun), jobs, done, view, begin)),
      )
      const [row] = await store.query<{ probes: number; sightings: number }>(
        'select (select count(*) from probe) as probes, (select count(*) from sighting) as sightings',
      )
      expect(row).toEqual({ probes: 2 * SIGHTS, sightings: SIGHTS })
    } finally {
      await jobs.close()
      await store.close()
      await server?.stop()
    }
  },
)

const fleet = {
  ...{ id: 'trackers', name: 'Trackers', device: 'nrf9160@1.3.7', count: 9 },
  verify: 'full',
  clock: { kind: 'right' },
} as const

/** A result for each of as many endpoints, which come in the order of their ids; `sightAt` says which sight each met. */
async function doneOf(
  store: Database,
  name: string,
  sightAt: (at: number) => number,
): Promise<readonly ProbeDone[]> {
  const ids = Array.from({ length: SIGHTS }, (_, at) => `${name}-${String(at).padStart(2, '0')}`)
  const settings = { headers: [], everySeconds: 3_600, vantages: ['local'], thresholds: defaultThresholds }
  const endpoints = ids.map((id) => ({ id, name: id, target: `https://${id}/`, ...settings }))
  await putEndpoints(store, endpoints, 'file', begin)
  return ids.map((endpointId, at) => ({
    jobId: '00000000-0000-4000-8000-000000000000',
    job: { endpointId, vantage: 'local', slot: begin.toISOString(), attempt: 1 },
    found: {
      ...{ startedAt: begin, durationMs: 5, traffic: { connections: 1, bytesReceived: 9 } },
      sight: {
        snapshot: { at: begin.toISOString(), addresses: ['192.0.2.1'], views: [], chains: [] },
        sighting: sightOf(sightAt(at)),
        ...{ isDoubtful: false, spot: { basis: '', hellos: [] }, summaries: new Map() },
      },
    },
  }))
}

function sightOf(at: number): PackedSighting {
  const digest = at.toString(16).padStart(64, '0')
  return {
    ...{ digest, members: [{ plan: 'any', observation: digest }], chains: new Map() },
    observations: new Map([[digest, '{}']]),
  }
}

/** Each of `count` waits for the others, or for a moment: those who hold nothing that others want go on by themselves. */
function barrier(count: number): () => Promise<void> {
  let arrived = 0
  return async () => {
    arrived++
    for (let waited = 0; arrived < count && waited < 50; waited++) await sleep(10)
  }
}

/** After the first sights are written, others get the time to write theirs. */
function pausing(store: Database, wait: () => Promise<void>): Database {
  let isFirst = true
  return {
    ...{ kind: store.kind, place: store.place },
    query: (text, values) => store.query(text, values),
    script: (text) => store.script(text),
    endSoon: () => store.endSoon(),
    close: () => store.close(),
    transaction: (work) =>
      store.transaction((queries) =>
        work({
          script: (text) => queries.script(text),
          query: async (text, values) => {
            const rows = await queries.query<never>(text, values)
            if (isFirst && text.startsWith('insert into observation')) {
              isFirst = false
              await wait()
            }
            return rows
          },
        }),
      ),
  }
}
