import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiClient, apiNow, startApi } from '../../test/support/api-server.ts'
import { openTestStore } from '../../test/support/store-folder.ts'
import {
  nearest,
  putAlert,
  putChange,
  putEndpoint,
  putFleet,
  putProbe,
  putSnapshot,
  putStanding,
  putVerdict,
  snapshot,
  summary,
  untold,
} from '../../test/support/watch-rows.ts'
import type { Database } from '../store/database.ts'

let database: Database
let api: ApiClient
const hours = (count: number) => new Date(apiNow.getTime() + count * 3_600_000)

beforeAll(async () => {
  database = await openTestStore(apiNow)
  await putFleet(database, { id: 'modems', device: 'nrf9160', count: 38_000 })
  await putFleet(database, { id: 'wifi', device: 'esp32', count: 500, position: 1 })
  await putEndpoint(database, {
    id: 'a',
    name: '<img src=x>',
    fleets: ['modems'],
    vantages: ['local', 'south'],
  })
  await putVerdict(database, 'a', 'modems', summary({ state: 'blocked', stage: 'chain', ...nearest(-312) }))
  await putVerdict(database, 'a', 'wifi', summary())
  await putSnapshot(database, 'a', snapshot(hours(-400), { bytes: 2_000 }))
  await putSnapshot(database, 'a', snapshot(hours(-20), { bytes: 3_000 }))
  await putSnapshot(database, 'a', snapshot(hours(-10), { bytes: 3_000, record: 9_000 }))
  const standing = { slot: hours(0), snapshot: snapshot(hours(-10)), untold: [untold] }
  await putStanding(database, 'a', { ...standing, vantage: 'south' })
  await putProbe(database, 'a', hours(-1))
  await putProbe(database, 'a', hours(0), { failure: 'ECONNREFUSED' })
  await putChange(database, 'a', hours(-10), {
    key: 'record handshake',
    kind: 'record',
    of: 'handshake',
    bytesFrom: 4_000,
    bytesTo: 9_000,
  })
  const parts = {
    endpointId: 'a',
    fleetIds: ['modems'],
    deviceCount: 38_000,
    vantages: ['local'],
    once: false,
  }
  await putAlert(
    database,
    { ...parts, cause: 'blocked', severity: 'critical', kind: 'blocked', detail: { fleets: [] } },
    hours(-10),
  )
  api = await startApi(database)
}, 60_000)

afterAll(async () => {
  await api?.close()
  await database?.close()
})

describe("an endpoint's page", () => {
  test('has a verdict for each fleet that uses it and each vantage point, and what was seen', async () => {
    const { json } = await api.ask('/api/v1/endpoints/a')
    expect(json.fleets).toMatchObject([
      { id: 'modems', vantage: 'local', count: 38_000, verdict: { state: 'blocked', stage: 'chain' } },
      { id: 'modems', vantage: 'south' },
    ])
    expect(json.fleets[1]).not.toHaveProperty('verdict')
    expect(json.snapshot.chains[0].messageBytes).toBe(3_010)
    expect(json.lastProbe).toMatchObject({ slot: hours(0).toISOString(), failure: 'ECONNREFUSED' })
    expect(json.standings).toEqual([{ vantage: 'south', reachedAt: hours(0).toISOString() }])
  })

  test('tells what was logged and is not judged once, from wherever it is known, with what it needs', async () => {
    await putEndpoint(database, { id: 'logged', vantages: ['local', 'south'] })
    const precertificate = { ...untold, sha256: '01'.repeat(32), why: 'precertificate' as const }
    await putStanding(database, 'logged', { slot: hours(0), untold: [untold] })
    await putStanding(database, 'logged', {
      slot: hours(0),
      untold: [untold, precertificate],
      vantage: 'south',
    })
    await putStanding(database, 'logged', { slot: hours(0), untold: [untold], vantage: 'gone' })
    const { json } = await api.ask('/api/v1/endpoints/logged')
    expect(json.logged).toMatchObject([
      { certificate: untold, title: 'Issuer not known', text: expect.stringContaining('0badc0de') },
      { certificate: { why: 'precertificate' }, title: 'Precertificate only' },
    ])
    expect((await api.ask('/api/v1/endpoints/a')).json.logged).toHaveLength(1)
    const { unjudged, unjudgedMore } = (await api.ask('/api/v1/forecast')).json
    expect([unjudged, unjudgedMore]).toEqual([
      [
        { endpointId: 'a', endpointName: '<img src=x>', logged: json.logged.slice(0, 1) },
        { endpointId: 'logged', endpointName: 'logged', logged: json.logged },
      ],
      0,
    ])
  })

  test('another vantage point has its own, or nothing', async () => {
    const { json } = await api.ask('/api/v1/endpoints/a?vantage=local')
    expect(json).not.toHaveProperty('snapshot')
    expect(json.lastProbe.vantage).toBe('local')
  })

  test('tells changes and open alerts in words', async () => {
    const { json } = await api.ask('/api/v1/endpoints/a')
    expect(json.changes).toMatchObject([
      { change: { bytesTo: 9_000 }, text: expect.stringContaining('9,000') },
    ])
    expect(json.alerts[0]).toMatchObject({ severity: 'critical', deliveries: [] })
    expect(json.alerts[0].title).toContain('38,000')
  })

  test('an endpoint that is not there, or gone, is unknown', async () => {
    expect((await api.ask('/api/v1/endpoints/b')).json.error.code).toBe('endpoint-unknown')
    expect((await api.ask('/api/v1/endpoints/b/history')).status).toBe(404)
    expect((await api.ask(`/api/v1/endpoints/${encodeURIComponent("a'; drop")}`)).status).toBe(400)
  })
})

describe("an endpoint's history", () => {
  test('has a point where a size changes, from the one that held when it begins', async () => {
    const { json } = await api.ask('/api/v1/endpoints/a/history?days=2')
    const points = (of: string) => json.series.find((one: { of: string }) => one.of === of).points
    expect(points('chain')).toEqual([
      [hours(-400).getTime(), 2_000],
      [hours(-20).getTime(), 3_000],
    ])
    expect(points('handshake-record')).toEqual([
      [hours(-400).getTime(), 4_000],
      [hours(-10).getTime(), 9_000],
    ])
    expect(json.changes).toHaveLength(1)
  })

  test('counts a chain as its snapshot does: the DER of all certificates', async () => {
    const [{ json: page }, { json: history }] = await Promise.all([
      api.ask('/api/v1/endpoints/a'),
      api.ask('/api/v1/endpoints/a/history?days=2'),
    ])
    const [{ bytes, messageBytes }] = page.snapshot.chains
    const { points } = history.series.find((one: { of: string }) => one.of === 'chain')
    expect(points.at(-1)[1]).toBe(bytes)
    expect(bytes).not.toBe(messageBytes)
  })
})
