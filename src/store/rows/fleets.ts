import type { ClockRule, Fleet } from '../../fleet/watch-config.ts'
import type { VerifyMode } from '../../judge/judge-input.ts'
import type { Queries } from '../database.ts'
import { bulk } from './bulk.ts'
import type { Origin } from './endpoints.ts'

/** A fleet as the store has it: with all that a worker on another machine needs to judge for it. */
export interface StoredFleet extends Omit<Fleet, 'anchors'> {
  readonly origin: Origin
  /** What its devices hold; undefined: not known. */
  readonly held?: readonly HeldCertificate[] | undefined
  /** Steps of the lab whose anchors are held besides: `lab:CASE/STEP`. */
  readonly heldOfLab?: readonly string[] | undefined
  /** Texts of the profile files that `device` names, by path as written. */
  readonly profiles?: { readonly [path: string]: string } | undefined
}

export interface HeldCertificate {
  readonly label: string
  /** DER, base64. */
  readonly der: string
}

type Settings = Pick<StoredFleet, 'verify' | 'clock' | 'held' | 'heldOfLab' | 'profiles'>

interface Row {
  id: string
  name: string
  device: string
  device_count: number
  settings: Settings & { verify: VerifyMode; clock: ClockRule }
  origin: Origin
}

/** In the order of the config, those of the API after them. */
export async function readFleets(queries: Queries): Promise<StoredFleet[]> {
  const rows = await queries.query<Row>(
    `select id, name, device, device_count, settings, origin from fleet where removed_at is null
     order by origin desc, position, id`,
  )
  return rows.map(({ device_count, settings, ...row }) => ({ ...row, ...settings, count: device_count }))
}

/** Adds or changes what is given; a fleet of the API is never taken over by a file. Gives the ids that were written. */
export async function putFleets(
  queries: Queries,
  fleets: readonly Omit<StoredFleet, 'origin'>[],
  origin: Origin,
  now: Date,
): Promise<string[]> {
  if (fleets.length === 0) return []
  const rows = fleets.map(({ id, name, device, count, ...settings }, position) => {
    return { id, name, device, device_count: count, settings, position }
  })
  const written = await queries.query<{ id: string }>(
    `insert into fleet as old (id, name, device, device_count, settings, position, origin, created_at)
     select id, name, device, device_count, settings, position, $2, $3::timestamptz
     from jsonb_to_recordset($1::jsonb) as t (id text, name text, device text, device_count bigint, settings jsonb,
       position integer)
     on conflict (id) do update set name = excluded.name, device = excluded.device,
       device_count = excluded.device_count, settings = excluded.settings, position = excluded.position,
       origin = excluded.origin, removed_at = null
     where old.removed_at is not null or (old.origin = excluded.origin and
       (old.name, old.device, old.device_count, old.settings, old.position) is distinct from
       (excluded.name, excluded.device, excluded.device_count, excluded.settings, excluded.position))
     returning id`,
    [bulk(rows), origin, now],
  )
  return written.map(({ id }) => id)
}

/** Takes out what the file does not name any more, with its verdicts. */
export async function removeFleetsBut(
  queries: Queries,
  ids: readonly string[],
  now: Date,
): Promise<string[]> {
  const rows = await queries.query<{ id: string }>(
    `update fleet set removed_at = $2 where origin = 'file' and removed_at is null and not id = any($1::text[])
     returning id`,
    [ids, now],
  )
  const gone = rows.map(({ id }) => id)
  await forgetVerdicts(queries, gone)
  return gone
}

/** One of the API; false where there is none. */
export async function removeFleet(queries: Queries, id: string, now: Date): Promise<boolean> {
  const rows = await queries.query(
    `update fleet set removed_at = $2 where origin = 'api' and removed_at is null and id = $1 returning id`,
    [id, now],
  )
  await forgetVerdicts(
    queries,
    rows.map(() => id),
  )
  return rows.length > 0
}

async function forgetVerdicts(queries: Queries, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await queries.query('delete from verdict where fleet_id = any($1::text[])', [ids])
}
