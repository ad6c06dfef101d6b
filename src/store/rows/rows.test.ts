import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../../test/support/peer-process.ts'
import { type Postgres, postgresServer } from '../../../test/support/postgres.ts'
import { storeFolder } from '../../../test/support/store-folder.ts'
import type { Condition } from '../../fleet/condition.ts'
import type { VerdictSummary } from '../../fleet/verdict-summary.ts'
import type { WatchedEndpoint } from '../../fleet/watch-config.ts'
import { defaultThresholds } from '../../fleet/watch-parts.ts'
import type { Database } from '../database.ts'
import { openStore } from '../open-store.ts'
import { applyAlertSteps, readAlerts, readOpenAlerts } from './alerts.ts'
import { putEndpoints, readEndpoints, removeEndpointsBut } from './endpoints.ts'
import { putFleets, readFleets, removeFleetsBut } from './fleets.ts'
import { insertProbes, readProbes } from './probes.ts'
import { readFileSettings, readWatchSettings, setSchedule, writeWatchSettings } from './settings.ts'
import { markQueued, readStandings, writeStandings } from './standings.ts'
import { readVerdicts, writeVerdicts } from './verdicts.ts'

const now = new Date('2026-11-21T12:00:00Z')
const later = new Date('2026-11-21T13:00:00Z')
const digest = 'ab'.repeat(32)
let folder: string
const programs = postgresServer()
let server: Postgres | undefined

beforeAll(async () => {
  folder = await storeFolder()
  server = await programs?.start(await freePort())
}, 120_000)

afterAll(async () => {
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const endpoint = (id: string, rest: Partial<WatchedEndpoint> = {}): WatchedEndpoint => ({
  ...{ id, name: id, target: `https://${id}/`, headers: [], everySeconds: 60, vantages: ['local'] },
  thresholds: defaultThresholds,
  ...rest,
})
const fleet = (id: string, count: number) => ({
  ...{ id, name: id, device: 'nrf9160@1.3.7', count, verify: 'full' as const },
  clock: { kind: 'right' as const },
})

describe.for(['embedded', 'postgres'] as const)('rows of a store, %s', (kind) => {
  const run = test.skipIf(kind === 'postgres' && programs === undefined)
  let store: Database

  beforeAll(async () => {
    if (kind === 'postgres' && server === undefined) return
    store = await openStore(kind === 'embedded' ? folder : (server?.createDatabase('rows') ?? ''), now)
  }, 60_000)

  afterAll(() => store?.close())

  run('rows of a file follow it, those of the API stay, and neither takes over the other', async () => {
    await putEndpoints(store, [endpoint('mine')], 'api', now)
    expect(await putEndpoints(store, [endpoint('a'), endpoint('b')], 'file', now)).toEqual(['a', 'b'])
    expect(
      await putEndpoints(store, [endpoint('a'), endpoint('mine', { name: 'x' })], 'file', later),
    ).toEqual([])
    expect(await removeEndpointsBut(store, ['a', 'mine'], later)).toEqual(['b'])
    const rows = await readEndpoints(store)
    expect(rows.map(({ id, origin, dueAt }) => [id, origin, dueAt])).toEqual([
      ['a', 'file', now],
      ['mine', 'api', now],
    ])
    expect(rows[0]).toMatchObject(endpoint('a'))
  })

  run('an endpoint that is asked in another way is due at once, one with another name is not', async () => {
    await putEndpoints(store, [endpoint('a', { name: 'other' })], 'file', later)
    expect((await readEndpoints(store, ['a']))[0]).toMatchObject({ name: 'other', dueAt: now })
    await putEndpoints(store, [endpoint('a', { sni: 'none' })], 'file', later)
    expect((await readEndpoints(store, ['a']))[0]).toMatchObject({ sni: 'none', dueAt: later })
  })

  run(
    'an endpoint without a schedule of its own follows the defaults: the file, then what was set',
    async () => {
      const follower = endpoint('follows', { everySeconds: undefined })
      const own = endpoint('own', { everySeconds: 300, thoroughSeconds: 900 })
      await putEndpoints(store, [follower, own], 'file', now)
      const schedules = async () =>
        (await readEndpoints(store, ['follows', 'own'])).map((one) => [one.everySeconds, one.thoroughSeconds])
      expect(await schedules()).toEqual([
        [3_600, 86_400],
        [300, 900],
      ])
      await setSchedule(store, { everySeconds: 600, thoroughSeconds: 7_200 })
      expect(await schedules()).toEqual([
        [600, 7_200],
        [300, 900],
      ])
      const settings = await readFileSettings(store)
      await writeWatchSettings(store, { ...settings, schedule: { everySeconds: 1_200 } })
      expect(await schedules()).toEqual([
        [1_200, 7_200],
        [300, 900],
      ])
      // To write down what holds already asks nothing of it sooner.
      await putEndpoints(store, [endpoint('follows', { everySeconds: 1_200 })], 'file', later)
      expect((await readEndpoints(store, ['follows']))[0]).toMatchObject({
        ...{ everySeconds: 1_200, dueAt: now },
        own: { everySeconds: 1_200 },
      })
      await putEndpoints(store, [endpoint('follows', { everySeconds: 60 })], 'file', later)
      expect((await readEndpoints(store, ['follows']))[0]).toMatchObject({ everySeconds: 60, dueAt: later })
      await setSchedule(store, {})
      await writeWatchSettings(store, settings)
      await removeEndpointsBut(store, ['a', 'mine'], later)
    },
  )

  run('fleets come in the order of the config, large ones whole', async () => {
    const held = [{ label: 'root.pem', der: Buffer.alloc(40_000, 1).toString('base64') }]
    await putFleets(store, [{ ...fleet('z', 38_000), held }, fleet('b', 5_000_000_000)], 'file', now)
    await putFleets(store, [fleet('api', 1)], 'api', now)
    expect((await readFleets(store)).map(({ id, count }) => [id, count])).toEqual([
      ['z', 38_000],
      ['b', 5_000_000_000],
      ['api', 1],
    ])
    expect((await readFleets(store))[0]?.held).toEqual(held)
    await removeFleetsBut(store, ['b'], now)
    expect((await readFleets(store)).map(({ id }) => id)).toEqual(['b', 'api'])
  })

  run('settings are those of an empty file before any are written', async () => {
    const settings = await readFileSettings(store)
    expect(settings.vantages).toEqual(['local'])
    expect((await readWatchSettings(store)).retries).toEqual({ count: 2, afterSeconds: 20 })
    await writeWatchSettings(store, { ...settings, retries: { count: 5, afterSeconds: 1 } })
    expect((await readWatchSettings(store)).retries).toEqual({ count: 5, afterSeconds: 1 })
  })

  run('a second result of a slot is not written, whether it comes later or in the same list', async () => {
    const probe = { endpointId: 'a', vantage: 'local', slot: now, startedAt: now, durationMs: 12.4 }
    const row = { ...probe, connections: 1, bytesReceived: 4_000, attempts: 1 }
    expect(await insertProbes(store, [row, { ...row, attempts: 2 }])).toEqual([row])
    expect(
      await insertProbes(store, [
        { ...row, attempts: 3 },
        { ...row, slot: later },
      ]),
    ).toHaveLength(1)
    const rows = await readProbes(store, 'a', { limit: 10 })
    expect(rows.map(({ slot, attempts, durationMs }) => [slot, attempts, durationMs])).toEqual([
      [later, 1, 12],
      [now, 1, 12],
    ])
  })

  run('a round that waits is not queued again, unless it was lost', async () => {
    const slot = { endpointId: 'a', vantage: 'local', slot: now }
    expect(await markQueued(store, [slot], now)).toEqual([slot])
    expect(await markQueued(store, [{ ...slot, slot: later }], now)).toEqual([])
    expect(await markQueued(store, [{ ...slot, slot: later }], later)).toHaveLength(1)
    const standing = { endpointId: 'a', vantage: 'local', slot: later, sighting: digest, attempts: 1 }
    await writeStandings(store, [
      { ...standing, snapshot: null, memory: null, forecasts: null, untold: null },
    ])
    expect(await readStandings(store, ['a'])).toEqual([
      expect.objectContaining({ ...standing, queuedSlot: undefined, snapshot: undefined }),
    ])
  })

  run('history has a row for each change of state, stage or nearest limit, and no more', async () => {
    const summary = (state: VerdictSummary['state'], room: number): VerdictSummary => ({
      ...{ state, addresses: 1, room, margins: [], findings: [], missing: [], chains: [] },
    })
    const row = { endpointId: 'a', vantage: 'local', fleetId: 'b', sighting: digest }
    const at = (minutes: number) => new Date(now.getTime() + minutes * 60_000)
    await writeVerdicts(store, [{ ...row, summary: summary('fits', 0.5), at: at(0) }])
    await writeVerdicts(store, [{ ...row, summary: summary('fits', 0.4), at: at(1) }])
    await writeVerdicts(store, [{ ...row, summary: summary('blocked', -0.1), at: at(2) }])
    const history = await store.query('select state, at from verdict_history order by at')
    expect(history).toEqual([
      { state: 'fits', at: at(0) },
      { state: 'blocked', at: at(2) },
    ])
    expect(await readVerdicts(store, ['a'])).toEqual([
      expect.objectContaining({ fleetId: 'b', since: at(2), summary: summary('blocked', -0.1) }),
    ])
  })

  run('an alert is raised once a cause, and each telling is one delivery a channel', async () => {
    const of = { id: 'a', name: 'a', target: 'https://a/' }
    const condition: Condition = {
      ...{ cause: 'unreachable', endpointId: 'a', severity: 'critical', fleetIds: ['b'], deviceCount: 7 },
      ...{ vantages: ['local'], once: false, kind: 'unreachable' },
      detail: { since: now.toISOString(), attempts: 3, failure: 'ECONNREFUSED', reachedFrom: [] },
    }
    const body = { act: 'raise' as const, at: now.toISOString(), endpoint: of, fleets: [], condition }
    const words = { title: 'Unreachable', lines: [] }
    const told = { endpointId: 'a', body: { ...body, ...words } }
    const raise = { ...told, step: { act: 'raise' as const, condition, tell: ['x', 'y'] } }
    expect(await applyAlertSteps(store, [raise], now)).toHaveLength(1)
    expect(await applyAlertSteps(store, [raise], later)).toEqual([])
    const [open] = await readOpenAlerts(store, ['a'])
    expect(open).toMatchObject({ condition, toldTo: ['x', 'y'], raisedAt: now.toISOString() })
    const recover = { act: 'recover' as const, alertId: open?.id ?? '', condition, tell: ['x'] }
    const applied = await applyAlertSteps(store, [{ ...told, step: recover }], later)
    expect(applied.map(({ alertId }) => String(alertId))).toEqual([open?.id])
    expect(await readOpenAlerts(store, ['a'])).toEqual([])
    expect((await readAlerts(store, { limit: 5 }))[0]?.recoveredAt).toBe(later.toISOString())
    expect(await store.query('select event, channel_id from delivery order by id')).toEqual([
      { event: 'raise', channel_id: 'x' },
      { event: 'raise', channel_id: 'y' },
      { event: 'recover', channel_id: 'x' },
    ])
  })
})
