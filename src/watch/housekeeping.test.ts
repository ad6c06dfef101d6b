import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestStore } from '../../test/support/store-folder.ts'
import type { Database } from '../store/database.ts'
import { makePartitions } from '../store/partitions.ts'
import { keepHouse } from './housekeeping.ts'

const now = new Date('2026-11-21T12:00:00Z')
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000)
const retention = { probesDays: 90, historyDays: 730, alertsDays: 365 }
let store: Database

beforeAll(async () => {
  store = await openTestStore(now)
  await makePartitions(store, new Date('2024-01-01T00:00:00Z'), now)
}, 120_000)

afterAll(() => store?.close())

const ids = async (sql: string) => (await store.query<{ id: string }>(sql)).map(({ id }) => id)

describe('keeping house', () => {
  test('drops whole months of probes and history, each after its own time, and no day of them sooner', async () => {
    for (const [id, days] of [
      ['gone', 130],
      ['same-month', 95],
      ['kept', 80],
    ] as const) {
      await store.query(
        `insert into probe (endpoint_id, vantage, slot, started_at, duration_ms, connections, bytes_received, attempts)
         values ($1, 'local', $2, $2, 1, 1, 1, 1)`,
        [id, daysAgo(days)],
      )
    }
    for (const [id, days] of [
      ['gone', 800],
      ['kept', 700],
    ] as const) {
      await store.query(
        `insert into change (endpoint_id, vantage, at, kind, detail) values ($1, 'local', $2, 'leaf', '{}')`,
        [id, daysAgo(days)],
      )
    }
    await keepHouse(store, retention, now)
    // 95 days ago is in a month of which some days are younger than 90.
    expect(await ids('select endpoint_id as id from probe order by 1')).toEqual(['kept', 'same-month'])
    expect(await ids('select endpoint_id as id from change')).toEqual(['kept'])
  })

  test('has the months ahead ready, so that a slot of next month finds its place', async () => {
    const slot = new Date('2027-01-31T23:59:59Z')
    const insert = (at: Date) =>
      store.query(
        `insert into probe (endpoint_id, vantage, slot, started_at, duration_ms, connections, bytes_received, attempts)
         values ('ahead', 'local', $1, $1, 1, 1, 1, 1)`,
        [at],
      )
    await insert(slot)
    await expect(insert(new Date('2027-02-01T00:00:00Z'))).rejects.toThrow(/no partition/)
    await keepHouse(store, retention, new Date('2026-12-01T00:00:00Z'))
    await insert(new Date('2027-02-01T00:00:00Z'))
  })

  test('lets go of alerts that recovered long ago with what was told of them, never of one that is open', async () => {
    const alert = async (id: string, recovered: Date | null) => {
      const [row] = await store.query<{ id: number }>(
        `insert into alert (endpoint_id, cause, kind, severity, fleet_ids, device_count, condition, raised_at, updated_at, recovered_at)
         values ($1, 'c', 'blocked', 'critical', '{}', 1, '{}', $2, $2, $3) returning id`,
        [id, daysAgo(900), recovered],
      )
      await store.query(
        `insert into delivery (alert_id, event, channel_id, body, due_at) values ($1, 'raise', 'ops', '{}', $2)`,
        [row?.id ?? 0, daysAgo(900)],
      )
    }
    await alert('open', null)
    await alert('recovered', daysAgo(366))
    await alert('recent', daysAgo(364))
    await keepHouse(store, retention, now)
    expect(await ids('select endpoint_id as id from alert order by 1')).toEqual(['open', 'recent'])
    // What is still to be told is kept, however old.
    expect(await store.query('select count(*) as n from delivery')).toEqual([{ n: 2 }])
  })

  test('lets go of what was told, of events, of sessions that ended and of workers that are silent', async () => {
    await store.query(`update delivery set delivered_at = $1 where id = (select min(id) from delivery)`, [
      daysAgo(91),
    ])
    for (const [kind, hours] of [
      ['old', 25],
      ['new', 23],
    ] as const) {
      const at = new Date(now.getTime() - hours * 3_600_000)
      await store.query(`insert into event (at, kind, detail) values ($1, $2, '{}')`, [at, kind])
      await store.query(`insert into worker values ($1, 'local', '0', $2, $2)`, [kind, at])
    }
    for (const [digest, at] of [
      ['00', daysAgo(1)],
      ['01', daysAgo(-1)],
    ] as const) {
      await store.query(`insert into session values (decode($1, 'hex'), 's', 'read', 'c', $2, $2)`, [
        digest,
        at,
      ])
    }
    await keepHouse(store, retention, now)
    expect(await store.query('select count(*) as n from delivery')).toEqual([{ n: 1 }])
    expect(await ids('select kind as id from event')).toEqual(['new'])
    expect(await ids('select id from worker')).toEqual(['new'])
    expect(await store.query('select count(*) as n from session')).toEqual([{ n: 1 }])
  })

  test('sweeps what was seen once nothing names it, and keeps what is the state of an endpoint', async () => {
    const put = async (name: string, observation: string, putAt: Date) => {
      await store.query(`insert into observation values (decode($1, 'hex'), '\\x', $2)`, [observation, putAt])
      await store.query(`insert into sighting values (decode($1, 'hex'), $2::jsonb, $3)`, [
        name,
        JSON.stringify([{ plan: 'p', observation }]),
        putAt,
      ])
    }
    await put('0a', 'aa', daysAgo(3))
    await put('0b', 'bb', daysAgo(3))
    await put('0c', 'cc', daysAgo(0))
    await store.query(
      `insert into standing (endpoint_id, vantage, sighting) values ('e', 'local', decode('0b', 'hex'))`,
    )
    await keepHouse(store, retention, now)
    const left = (table: string) => ids(`select encode(digest, 'hex') as id from ${table} order by 1`)
    expect(await left('sighting')).toEqual(['0b', '0c'])
    expect(await left('observation')).toEqual(['bb', 'cc'])
  })
})
