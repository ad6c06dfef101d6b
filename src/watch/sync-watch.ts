import { isDeepStrictEqual } from 'node:util'
import type { Database } from '../store/database.ts'
import { insertAudit } from '../store/rows/access-rows.ts'
import { putChannels, removeChannelsBut } from '../store/rows/channels.ts'
import { putEndpoints, readSchedule, removeEndpointsBut } from '../store/rows/endpoints.ts'
import { insertEvents } from '../store/rows/events.ts'
import { putFleets, removeFleetsBut } from '../store/rows/fleets.ts'
import { readDefaults, writeWatchSettings } from '../store/rows/settings.ts'
import { forgetForecasts } from '../store/rows/standings.ts'
import type { LoadedWatch } from './load-watch.ts'
import { hastenFollowers } from './schedule.ts'

export interface Synced {
  /** Ids that are new or changed, and those that are watched no more. */
  readonly endpoints: readonly string[]
  readonly fleets: readonly string[]
  readonly removed: readonly string[]
}

/** Brings the store to what the file says; what was made by the API stays. */
export async function syncWatch(database: Database, config: LoadedWatch, now: Date): Promise<Synced> {
  return database.transaction(async (queries) => {
    const before = await readSchedule(queries)
    const defaultsBefore = await readDefaults(queries)
    await writeWatchSettings(queries, config)
    const schedule = await readSchedule(queries)
    const isOther = schedule.everySeconds !== before.everySeconds
    if (isOther) await hastenFollowers(queries, schedule, now)
    const rescheduled = isOther || schedule.thoroughSeconds !== before.thoroughSeconds
    const defaults = await readDefaults(queries)
    const isDefaulted = !isDeepStrictEqual(defaults, defaultsBefore)
    const fleets = await putFleets(queries, config.fleets, 'file', now)
    const goneFleets = await removeFleetsBut(
      queries,
      config.fleets.map(({ id }) => id),
      now,
    )
    const endpoints = await putEndpoints(queries, config.endpoints, 'file', now)
    const gone = await removeEndpointsBut(
      queries,
      config.endpoints.map(({ id }) => id),
      now,
    )
    await putChannels(queries, config.channels, 'file', now)
    await removeChannelsBut(
      queries,
      config.channels.map(({ id }) => id),
      now,
    )
    const removed = [...gone, ...goneFleets]
    if (fleets.length > 0 || goneFleets.length > 0) {
      await forgetForecasts(queries)
      // Fleets are judged anew at once, not only in an hour.
      await queries.query('update endpoint set due_at = $1 where removed_at is null and due_at > $1', [now])
    }
    if (rescheduled || isDefaulted || endpoints.length + fleets.length + removed.length > 0) {
      await insertEvents(queries, [{ at: now, kind: 'settings', detail: { endpoints, fleets, removed } }])
      const detail = {
        ...{ endpoints: namesOf(endpoints), fleets: namesOf(fleets), removed: namesOf(removed) },
        schedule: rescheduled ? schedule : undefined,
        defaults: isDefaulted ? defaults : undefined,
      }
      await insertAudit(queries, {
        at: now,
        actor: 'watch.yaml',
        action: 'config-read',
        subject: 'watch.yaml',
        detail,
      })
    }
    return { endpoints, fleets, removed }
  })
}

const NAMED_AT_MOST = 100

/** A first start may bring thousands. */
function namesOf(ids: readonly string[]): object {
  return { count: ids.length, ids: ids.slice(0, NAMED_AT_MOST) }
}
