import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestStore } from '../../test/support/store-folder.ts'
import type { ScheduleParts } from '../fleet/schedule-defaults.ts'
import { defaultThresholds, retentionOf } from '../fleet/watch-parts.ts'
import type { Database } from '../store/database.ts'
import { readEndpoints } from '../store/rows/endpoints.ts'
import { setDefaults, setSchedule } from '../store/rows/settings.ts'
import type { LoadedWatch } from './load-watch.ts'
import { syncWatch } from './sync-watch.ts'

const now = new Date('2026-11-21T12:00:00Z')
const DAY = 86_400
let store: Database

beforeAll(async () => {
  store = await openTestStore(now)
}, 60_000)
afterAll(() => store?.close())

const file = (schedule: ScheduleParts | undefined): LoadedWatch => ({
  endpoints: [undefined, 7 * DAY].map((everySeconds, at) => ({
    ...{ id: `e${at}`, name: `e${at}`, target: `https://e${at}.example/`, headers: [], everySeconds },
    ...{ vantages: ['local'], thresholds: defaultThresholds },
  })),
  ...{ fleets: [], channels: [], vantages: ['local'], thresholds: defaultThresholds, maintenance: [] },
  ...{ retries: { count: 1, afterSeconds: 1 }, retention: retentionOf({}), schedule },
})
const found = async () =>
  (await readEndpoints(store)).map(({ everySeconds, thoroughSeconds }) => [everySeconds, thoroughSeconds])
const audited = () => store.query<{ detail: object }>('select detail from audit order by id')

describe('defaults of the schedule in a file that is read anew', () => {
  test('hold for endpoints without their own, before what was set in the dashboard, and bring the next round near', async () => {
    await syncWatch(store, file(undefined), now)
    const far = new Date(now.getTime() + 20 * DAY * 1_000)
    await store.query('update endpoint set due_at = $1', [far])
    await setSchedule(store, { everySeconds: 600, thoroughSeconds: 1_200 })
    expect(await found()).toEqual([
      [600, 1_200],
      [7 * DAY, 1_200],
    ])
    const synced = await syncWatch(store, file({ everySeconds: 300 }), now)
    expect(synced).toEqual({ endpoints: [], fleets: [], removed: [] })
    expect(await found()).toEqual([
      [300, 1_200],
      [7 * DAY, 1_200],
    ])
    const [follower, own] = await readEndpoints(store)
    const ahead = ((follower?.dueAt.getTime() ?? 0) - now.getTime()) / 1_000
    expect(ahead).toBeGreaterThanOrEqual(150)
    expect(ahead).toBeLessThanOrEqual(450)
    expect(own?.dueAt).toEqual(far)
    expect((await audited()).at(-1)?.detail).toMatchObject({
      schedule: { everySeconds: 300, thoroughSeconds: 1_200 },
    })
  })

  test('so do time limit, retries and thresholds', async () => {
    const before = await audited()
    const said = {
      ...file({ everySeconds: 300 }),
      timeoutSeconds: 7,
      thresholds: { expiryDays: { leaf: 3 } },
    }
    await setDefaults(store, { timeoutSeconds: 60, rootDays: 99 })
    await syncWatch(
      store,
      { ...said, endpoints: said.endpoints.map(({ thresholds: _, ...rest }) => rest) },
      now,
    )
    const [one] = await readEndpoints(store)
    expect(one).toMatchObject({
      timeoutSeconds: 7,
      thresholds: { room: { percent: 10 }, expiryDays: { leaf: 3, intermediate: 60, root: 99 } },
    })
    expect((await audited()).slice(before.length)).toMatchObject([
      { detail: { defaults: { timeoutSeconds: 7, leafDays: 3, rootDays: 99 } } },
    ])
    await setDefaults(store, {})
    await syncWatch(store, file({ everySeconds: 300 }), now)
  })

  test('that are taken out give way to what was set; a file that says the same as before is no news', async () => {
    const before = (await audited()).length
    await syncWatch(store, file({ everySeconds: 300 }), now)
    expect(await audited()).toHaveLength(before)
    await syncWatch(store, file({}), now)
    expect((await found())[0]).toEqual([600, 1_200])
    expect(await audited()).toHaveLength(before + 1)
  })
})
