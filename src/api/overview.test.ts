import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ApiClient, apiNow, startApi } from '../../test/support/api-server.ts'
import { openTestStore } from '../../test/support/store-folder.ts'
import {
  nearest,
  putEndpoint,
  putEvent,
  putFleet,
  putStanding,
  putVerdict,
  snapshot,
  summary,
} from '../../test/support/watch-rows.ts'
import type { Database } from '../store/database.ts'

let database: Database
let api: ApiClient

beforeAll(async () => {
  database = await openTestStore(apiNow)
}, 60_000)

afterAll(async () => {
  await api?.close()
  await database?.close()
})

beforeEach(async () => {
  await api?.close()
  await database.script('truncate endpoint, fleet, verdict, standing, event, alert, change cascade')
  await putFleet(database, { id: 'modems', device: 'nrf9160', count: 38_000, position: 0 })
  await putFleet(database, { id: 'wifi', device: 'esp32', count: 500, position: 1 })
  for (const id of ['a', 'b', 'c']) await putEndpoint(database, { id, name: `Endpoint ${id}` })
  await putEndpoint(database, { id: 'one-fleet', fleets: ['wifi'] })
  await putVerdict(database, 'a', 'modems', summary({ state: 'fits', ...nearest(1_024) }))
  await putVerdict(database, 'a', 'wifi', summary({ state: 'fits' }))
  await putVerdict(database, 'b', 'modems', summary({ state: 'blocked', stage: 'chain', ...nearest(-312) }))
  await putVerdict(database, 'one-fleet', 'modems', summary({ state: 'blocked' }))
  await putVerdict(database, 'one-fleet', 'wifi', summary({ state: 'at-risk', ...nearest(100) }))
  const slot = new Date('2026-11-21T11:00:00Z')
  await putStanding(database, 'a', {
    slot,
    snapshot: snapshot(slot, { leafEnds: '2026-12-01T11:00:00.000Z' }),
  })
  api = await startApi(database)
})

const rows = async (query = '') => (await api.ask(`/api/v1/overview${query}`)).json

describe('the overview', () => {
  test('has the nearest limit first, and endpoints without one last', async () => {
    const { rows: sorted, total } = await rows()
    expect(total).toBe(4)
    expect(sorted.map(({ id }: { id: string }) => id)).toEqual(['b', 'one-fleet', 'a', 'c'])
  })

  test('has a cell for each fleet in their order, null where it does not use the endpoint or was not seen', async () => {
    const { rows: sorted, fleets } = await rows('?sort=name')
    expect(fleets.map(({ id, count }: { id: string; count: number }) => [id, count])).toEqual([
      ['modems', 38_000],
      ['wifi', 500],
    ])
    expect(sorted[0].cells).toEqual([{ s: 'f', r: 0.25, l: 1_024 }, { s: 'f' }])
    expect(sorted[1].cells).toEqual([{ s: 'b', r: -0.0762, l: -312, g: 'chain' }, null])
    expect(sorted[3].cells).toEqual([null, { s: 'r', r: 0.0244, l: 100 }])
  })

  test('says when it was last looked at, and how many whole days the leaf has left', async () => {
    const { rows: sorted } = await rows('?sort=name')
    expect(sorted[0]).toMatchObject({ lastProbe: '2026-11-21T11:00:00.000Z', leafDays: 9 })
    expect(sorted[2]).not.toHaveProperty('leafDays')
  })

  test('counts endpoints by their worst state, and the devices of blocked fleets once', async () => {
    await putVerdict(database, 'c', 'modems', summary({ state: 'blocked', stage: 'path' }))
    const { states, blockedDevices } = await rows()
    expect(states).toEqual({ fits: 1, 'at-risk': 1, blocked: 2, undecided: 0, unseen: 0 })
    expect(blockedDevices).toBe(38_000)
  })

  test.each([
    ['?state=blocked', ['b']],
    ['?state=unseen', ['c']],
    ['?state=at-risk', ['one-fleet']],
    ['?q=ENDPOINT%20A', ['a']],
    ['?offset=1&limit=2', ['one-fleet', 'a']],
    ['?sort=state', ['b', 'one-fleet', 'a', 'c']],
    ['?q=nothing', []],
  ])('%s gives %j', async (query, ids) => {
    expect((await rows(query)).rows.map(({ id }: { id: string }) => id)).toEqual(ids)
  })

  test('a new verdict is in the next answer, and of several vantage points the worst counts', async () => {
    await rows()
    await database.query(`update endpoint set vantages = '{local,south}' where id = 'a'`)
    await putVerdict(database, 'a', 'modems', summary({ state: 'at-risk', ...nearest(2) }), {
      vantage: 'south',
    })
    await putEvent(database, 'verdict', 'a')
    const [first] = (await rows('?sort=name')).rows
    expect(first.cells[0]).toEqual({ s: 'r', r: 0.0005, l: 2 })
  })

  test('an event that commits after a later one is not missed', async () => {
    await database.query(`select nextval(pg_get_serial_sequence('event', 'id'))`)
    const [{ id } = { id: 0 }] = await database.query<{ id: number }>(
      `select currval(pg_get_serial_sequence('event', 'id')) as id`,
    )
    await putEvent(database, 'probe', 'b')
    await rows()
    await putVerdict(database, 'c', 'wifi', summary({ state: 'undecided' }))
    await database.query(
      `insert into event (id, at, kind, endpoint_id, detail) overriding system value
       values ($1, now(), 'verdict', 'c', '{}')`,
      [id],
    )
    expect((await rows('?q=Endpoint%20c')).rows[0].cells).toEqual([null, { s: 'u' }])
  })

  test('gives as many endpoints of a state as it counts, where fleets differ', async () => {
    await putVerdict(database, 'a', 'wifi', summary({ state: 'undecided' }))
    const { states } = await rows()
    for (const [state, count] of Object.entries(states)) {
      expect((await rows(`?state=${state}`)).total, state).toBe(count)
    }
    expect((await rows('?state=fits')).total).toBe(0)
  })

  test('keeps its order and its counts as one endpoint after the other changes', async () => {
    for (const sort of ['room', 'name', 'state']) await rows(`?sort=${sort}`)
    await putVerdict(database, 'b', 'modems', summary({ state: 'fits', ...nearest(3_000) }))
    await putEvent(database, 'verdict', 'b')
    await rows()
    await putVerdict(database, 'c', 'wifi', summary({ state: 'blocked', ...nearest(-1) }))
    await database.query(`update endpoint set name = 'Endpoint 0' where id = 'c'`)
    await putEvent(database, 'verdict', 'c')
    const kept = await Promise.all(['room', 'name', 'state'].map((sort) => rows(`?sort=${sort}`)))
    await api.close()
    api = await startApi(database)
    for (const [at, sort] of ['room', 'name', 'state'].entries()) {
      expect(kept[at]).toEqual(await rows(`?sort=${sort}`))
    }
    expect(kept[1].rows.map(({ id }: { id: string }) => id)).toEqual(['c', 'a', 'b', 'one-fleet'])
    expect(kept[0]).toMatchObject({ states: { fits: 2, blocked: 1, 'at-risk': 1 }, blockedDevices: 500 })
  })

  test('a round that changed nothing shows as looked at, though it writes no event', async () => {
    await rows()
    await database.query(`update standing set slot = '2026-11-21T11:59:00Z' where endpoint_id = 'a'`)
    await expect
      .poll(async () => (await rows('?q=Endpoint%20a')).rows[0].lastProbe, { timeout: 20_000 })
      .toBe('2026-11-21T11:59:00.000Z')
  })

  test('is not sent again to whoever has it, until something changes', async () => {
    const ask = (tag: string) => api.ask('/api/v1/overview', { headers: { 'if-none-match': tag } })
    const { etag = '' } = (await api.ask('/api/v1/overview')).headers
    expect(await ask(etag)).toMatchObject({ status: 304, text: '' })
    expect((await ask(`"other", W/${etag}`)).status).toBe(304)
    await putVerdict(database, 'c', 'wifi', summary({ state: 'blocked' }))
    await putEvent(database, 'verdict', 'c')
    const after = await ask(etag)
    expect(after.status).toBe(200)
    expect(after.headers.etag).not.toBe(etag)
  })

  test('fleets and endpoints that are gone are gone from it', async () => {
    await rows()
    await database.script(`update fleet set removed_at = now() where id = 'modems';
      update endpoint set removed_at = now() where id = 'b'`)
    await putEvent(database, 'settings')
    const { fleets, rows: left, total } = await rows('?sort=name')
    expect(fleets).toHaveLength(1)
    expect(total).toBe(3)
    expect(left[0].cells).toEqual([{ s: 'f' }])
  })

  test.each([
    '?sort=size',
    '?limit=-1',
    '?limit=1e9',
    '?state=good',
    `?q=${'x'.repeat(300)}`,
  ])('%s is refused', async (query) => {
    const { status, json } = await api.ask(`/api/v1/overview${query}`)
    expect(status).toBe(400)
    expect(json).toMatchObject({ schema: 'tlsfit/error@1', error: { code: 'request-invalid' } })
  })
})
