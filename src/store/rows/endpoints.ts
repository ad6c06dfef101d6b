import { thresholdsOf } from '../../fleet/endpoint-defaults.ts'
import { type Schedule, scheduleOf } from '../../fleet/schedule-defaults.ts'
import type { Thresholds, WatchedEndpoint } from '../../fleet/watch-config.ts'
import type { Queries } from '../database.ts'
import { bulk } from './bulk.ts'
import { readAllDefaults, readScheduleDefaults } from './settings.ts'

/** What an endpoint may say itself, in place of the defaults. */
type OwnPart = keyof Schedule | 'timeoutSeconds' | 'thresholds'

/** An endpoint as the store has it, its schedule, time and thresholds as they hold now. */
export interface StoredEndpoint extends Omit<WatchedEndpoint, OwnPart>, Schedule {
  /** For each step. */
  readonly timeoutSeconds: number
  readonly thresholds: Thresholds
  /** What of it does not follow the defaults. */
  readonly own: Pick<WatchedEndpoint, OwnPart>
  readonly origin: Origin
  /** The next slot. */
  readonly dueAt: Date
}

/** Rows of a file follow that file; rows of the API are edited there. */
export type Origin = 'file' | 'api'

interface Row {
  id: string
  name: string
  target: string
  settings: Omit<WatchedEndpoint, 'id' | 'name' | 'target' | 'vantages' | 'everySeconds'>
  vantages: string[]
  /** Null: that of the defaults. */
  every_seconds: number | null
  origin: Origin
  due_at: Date
}

const columns = 'id, name, target, settings, vantages, every_seconds, origin, due_at'

/** Those that are watched, by id; of `ids` alone where given. */
export async function readEndpoints(queries: Queries, ids?: readonly string[]): Promise<StoredEndpoint[]> {
  const rows = await (ids === undefined
    ? queries.query<Row>(`select ${columns} from endpoint where removed_at is null order by id`)
    : queries.query<Row>(
        `select ${columns} from endpoint where removed_at is null and id = any($1::text[]) order by id`,
        [ids],
      ))
  return withDefaults(queries, rows)
}

/** The same, and nobody else commits anything of these endpoints before the transaction ends. */
export async function lockEndpoints(queries: Queries, ids: readonly string[]): Promise<StoredEndpoint[]> {
  const rows = await queries.query<Row>(
    `select ${columns} from endpoint where removed_at is null and id = any($1::text[]) order by id for no key update`,
    [ids],
  )
  return withDefaults(queries, rows)
}

async function withDefaults(queries: Queries, rows: readonly Row[]): Promise<StoredEndpoint[]> {
  if (rows.length === 0) return []
  const { schedule, defaults } = await readAllDefaults(queries)
  return rows.map(({ settings, every_seconds, due_at, ...row }) => {
    const { thoroughSeconds, timeoutSeconds, thresholds, ...rest } = settings
    const own = { everySeconds: every_seconds ?? undefined, thoroughSeconds, timeoutSeconds, thresholds }
    return {
      ...{ ...rest, ...row, ...scheduleOf(own, schedule), own, dueAt: due_at },
      timeoutSeconds: timeoutSeconds ?? defaults.timeoutSeconds,
      thresholds: thresholdsOf(defaults, thresholds),
    }
  })
}

/** Of endpoints that have none of their own. */
export async function readSchedule(queries: Queries): Promise<Schedule> {
  const { file, set } = await readScheduleDefaults(queries)
  return scheduleOf(file, set)
}

/**
 * Adds or changes what is given. A new one, and one whose target, schedule or way there is another, is due now; an
 * endpoint of the API is never taken over by a file. Gives the ids that were written.
 */
export async function putEndpoints(
  queries: Queries,
  endpoints: readonly WatchedEndpoint[],
  origin: Origin,
  now: Date,
): Promise<string[]> {
  if (endpoints.length === 0) return []
  const rows = endpoints.map(({ id, name, target, vantages, everySeconds, ...settings }) => {
    return { id, name, target, settings, vantages, every_seconds: everySeconds }
  })
  const { everySeconds } = await readSchedule(queries)
  const written = await queries.query<{ id: string }>(
    `insert into endpoint as old (id, name, target, settings, vantages, every_seconds, origin, due_at, created_at)
     select id, name, target, settings, vantages, every_seconds, $2, $3::timestamptz, $3::timestamptz
     from jsonb_to_recordset($1::jsonb) as t (id text, name text, target text, settings jsonb, vantages text[],
       every_seconds integer)
     on conflict (id) do update set name = excluded.name, target = excluded.target, settings = excluded.settings,
       vantages = excluded.vantages, every_seconds = excluded.every_seconds, origin = excluded.origin,
       removed_at = null,
       due_at = case when old.removed_at is not null
         or (old.target, old.settings, old.vantages, coalesce(old.every_seconds, $4))
           is distinct from
           (excluded.target, excluded.settings, excluded.vantages, coalesce(excluded.every_seconds, $4))
         then excluded.due_at else old.due_at end
     where (old.removed_at is not null or old.origin = excluded.origin)
       and (old.removed_at is not null or (old.name, old.target, old.settings, old.vantages, old.every_seconds)
         is distinct from
         (excluded.name, excluded.target, excluded.settings, excluded.vantages, excluded.every_seconds))
     returning id`,
    [bulk(rows), origin, now, everySeconds],
  )
  return written.map(({ id }) => id)
}

/** Takes out what the file does not name any more. Its history stays as long as any. */
export async function removeEndpointsBut(
  queries: Queries,
  ids: readonly string[],
  now: Date,
): Promise<string[]> {
  const rows = await queries.query<{ id: string }>(
    `update endpoint set removed_at = $2 where origin = 'file' and removed_at is null and not id = any($1::text[])
     returning id`,
    [ids, now],
  )
  await forgetStandings(
    queries,
    rows.map(({ id }) => id),
  )
  return rows.map(({ id }) => id)
}

/** One of the API; false where there is none. */
export async function removeEndpoint(queries: Queries, id: string, now: Date): Promise<boolean> {
  const rows = await queries.query(
    `update endpoint set removed_at = $2 where origin = 'api' and removed_at is null and id = $1 returning id`,
    [id, now],
  )
  if (rows.length > 0) await forgetStandings(queries, [id])
  return rows.length > 0
}

/** What is not watched has no verdict, and its alerts are over. */
async function forgetStandings(queries: Queries, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await queries.query('delete from standing where endpoint_id = any($1::text[])', [ids])
  await queries.query('delete from verdict where endpoint_id = any($1::text[])', [ids])
  await queries.query(
    `update alert set recovered_at = removed_at, updated_at = removed_at from endpoint
     where endpoint.id = endpoint_id and recovered_at is null and endpoint_id = any($1::text[])`,
    [ids],
  )
}

/** To be probed at once, with every hello. False where there is none. */
export async function makeDue(queries: Queries, id: string, now: Date): Promise<boolean> {
  const rows = await queries.query(
    'update endpoint set due_at = $2 where id = $1 and removed_at is null returning id',
    [id, now],
  )
  await queries.query('update standing set spot = null where endpoint_id = $1', [id])
  return rows.length > 0
}
