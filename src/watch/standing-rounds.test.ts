import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestStore } from '../../test/support/store-folder.ts'
import { openTestJobs } from '../../test/support/store-jobs.ts'
import type { ChainFacts } from '../fleet/snapshot.ts'
import { defaultThresholds } from '../fleet/watch-parts.ts'
import type { Database } from '../store/database.ts'
import type { JobQueue } from '../store/job-queue.ts'
import { readOpenAlerts } from '../store/rows/alerts.ts'
import { putEndpoints } from '../store/rows/endpoints.ts'
import { putFleets } from '../store/rows/fleets.ts'
import { readProbes } from '../store/rows/probes.ts'
import { packSighting } from '../store/rows/sightings.ts'
import { readStandings, type Standing } from '../store/rows/standings.ts'
import { commitProbes } from './commit-probes.ts'
import type { ProbeFound } from './probe-endpoint.ts'
import { queueOf } from './probe-job.ts'
import { readWatchView } from './watch-view.ts'

// What the store makes of rounds that met the same as before: one small row, unless there is something to tell.

const DAY_MS = 86_400_000
const begin = new Date('2026-12-01T00:00:00Z')
const queue = queueOf('local')
let store: Database
let jobs: JobQueue

beforeAll(async () => {
  store = await openTestStore(begin)
  jobs = await openTestJobs(store)
  const clock = { kind: 'right' } as const
  const fleet = {
    id: 'trackers',
    name: 'Trackers',
    device: 'nrf9160@1.3.7',
    count: 9,
    verify: 'full',
    clock,
  } as const
  await putFleets(store, [fleet], 'file', begin)
}, 120_000)

afterAll(async () => {
  await jobs?.close()
  await store?.close()
}, 120_000)

const leaf = {
  ...{
    sha256: 'ab'.repeat(32),
    role: 'leaf' as const,
    subject: 'fw.example',
    issuer: 'CA',
    key: 'EC secp256r1',
    bytes: 600,
  },
  ...{ notBefore: '2026-06-01T00:00:00.000Z', notAfter: '2026-12-16T00:00:00.000Z' },
} as const
const chain: ChainFacts = {
  ...{ digest: 'cd'.repeat(32), bytes: 600, messageBytes: 610, count: 1, issuer: 'CA', root: 'Root' },
  certificates: [leaf],
}
const sighting = packSighting([])

function met(at: Date): ProbeFound {
  const snapshot = { at: at.toISOString(), addresses: ['192.0.2.1'], views: [], chains: [chain] }
  const rest = { isDoubtful: false, spot: { basis: '', hellos: [] }, summaries: new Map() }
  const sight = { snapshot, sighting, ...rest }
  return { startedAt: at, durationMs: 5, traffic: { connections: 40, bytesReceived: 9 }, sight }
}

function stands(at: Date, thoroughSlot = begin, digest = sighting.digest): ProbeFound {
  const traffic = { connections: 1, bytesReceived: 9 }
  return { startedAt: at, durationMs: 5, traffic, stands: { sighting: digest, thoroughSlot } }
}

async function watched(id: string): Promise<(found: ProbeFound) => Promise<Standing>> {
  const settings = { headers: [], everySeconds: 3_600, vantages: ['local'], thresholds: defaultThresholds }
  await putEndpoints(store, [{ id, name: id, target: `https://${id}/`, ...settings }], 'file', begin)
  return async (found) => {
    const slot = found.startedAt.toISOString()
    await jobs.add(queue, [{ endpointId: id, vantage: 'local', slot, attempt: 1 }])
    const [job] = await jobs.take<{ endpointId: string; vantage: string; slot: string; attempt: number }>(
      queue,
      1,
    )
    if (job === undefined) throw new Error('no job')
    const done = [{ jobId: job.id, job: job.data, found }]
    await commitProbes(store, jobs, done, await readWatchView(store), found.startedAt)
    const [standing] = await readStandings(store, [id])
    if (standing === undefined) throw new Error('no standing')
    return standing
  }
}

const hours = (count: number) => new Date(begin.getTime() + count * 3_600_000)

test('a round that met the same is a row of its own, and leaves when every hello was sent last', async () => {
  const commit = await watched('same')
  await commit(met(begin))
  const standing = await commit(stands(hours(1)))
  expect(standing).toMatchObject({ slot: hours(1), reachedSlot: hours(1), thoroughSlot: begin })
  expect(standing.sighting).toBe(sighting.digest)
  expect(standing.settled).toBeDefined()
  const probes = await readProbes(store, 'same', { limit: 9 })
  expect(probes.map(({ connections }) => connections)).toEqual([1, 40])
  expect(new Set(probes.map((one) => one.sighting))).toEqual(new Set([sighting.digest]))
  expect(
    await store.query(`select state from pgboss.job where name = '${queue}' and state = 'active'`),
  ).toEqual([])
})

test('a certificate that ends soon is told on the day, though nothing was looked at anew', async () => {
  const commit = await watched('ends')
  await commit(met(begin))
  await commit(stands(hours(1)))
  expect(await readOpenAlerts(store, ['ends'])).toEqual([])
  const days = new Date(new Date(leaf.notAfter).getTime() - 14 * DAY_MS)
  await commit(stands(new Date(days.getTime() - 60_000)))
  expect(await readOpenAlerts(store, ['ends'])).toEqual([])
  await commit(stands(new Date(days.getTime() + 60_000)))
  const told = (await readOpenAlerts(store, ['ends'])).map(({ condition }) => condition)
  expect(told).toMatchObject([{ kind: 'expiry', detail: { role: 'leaf', days: 13 } }])
  await commit(stands(new Date(days.getTime() + 120_000)))
  await commit(stands(new Date(days.getTime() + DAY_MS + 60_000)))
  expect((await readOpenAlerts(store, ['ends']))[0]?.condition.detail).toMatchObject({ days: 12 })
})

test('what stood on another sight than there is now sends every hello next', async () => {
  const commit = await watched('other')
  expect((await commit(met(begin))).spot).toBeDefined()
  const standing = await commit(stands(hours(1), hours(-5)))
  expect(standing).toMatchObject({ slot: hours(1), thoroughSlot: begin })
  expect(standing.spot).toBeUndefined()
})

test('a round that stands ends what was not reached', async () => {
  const commit = await watched('away')
  await commit(met(begin))
  const retries = (await readWatchView(store)).settings.retries.count
  const [job] = [{ endpointId: 'away', vantage: 'local', slot: hours(1).toISOString(), attempt: retries + 1 }]
  await jobs.add(queue, [job as object])
  const [taken] = await jobs.take(queue, 1)
  const found = { ...stands(hours(1)), stands: undefined, failure: 'ECONNREFUSED' }
  await commitProbes(
    store,
    jobs,
    [{ jobId: taken?.id ?? '', job: job as never, found }],
    await readWatchView(store),
    hours(1),
  )
  expect((await readOpenAlerts(store, ['away'])).map(({ condition }) => condition.kind)).toEqual([
    'unreachable',
  ])
  const standing = await commit(stands(hours(2)))
  expect(standing.unreachedSince).toBeUndefined()
  expect(standing.spot).toBeDefined()
  expect(await readOpenAlerts(store, ['away'])).toEqual([])
})
