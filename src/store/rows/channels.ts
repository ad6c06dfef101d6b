import type { Channel } from '../../fleet/watch-config.ts'
import type { Queries } from '../database.ts'
import { bulk } from './bulk.ts'
import type { Origin } from './endpoints.ts'

/** A channel as the store has it. */
export type StoredChannel = Channel & { readonly origin: Origin }

export async function readChannels(queries: Queries): Promise<StoredChannel[]> {
  const rows = await queries.query<{
    id: string
    kind: string
    name: string
    settings: object
    origin: Origin
  }>('select id, kind, name, settings, origin from channel where removed_at is null order by id')
  // Written by `putChannels` alone: the kind and its settings belong together.
  return rows.map(({ settings, ...row }) => ({ ...settings, ...row })) as StoredChannel[]
}

/** Adds or changes what is given; a channel of the API is never taken over by a file. */
export async function putChannels(
  queries: Queries,
  channels: readonly Channel[],
  origin: Origin,
  now: Date,
): Promise<void> {
  if (channels.length === 0) return
  const rows = channels.map(({ id, kind, name, ...settings }) => ({ id, kind, name, settings }))
  await queries.query(
    `insert into channel as old (id, kind, name, settings, origin, created_at)
     select id, kind, name, settings, $2, $3::timestamptz from jsonb_to_recordset($1::jsonb)
       as t (id text, kind text, name text, settings jsonb)
     on conflict (id) do update set kind = excluded.kind, name = excluded.name, settings = excluded.settings,
       origin = excluded.origin, removed_at = null
     where old.removed_at is not null or old.origin = excluded.origin`,
    [bulk(rows), origin, now],
  )
}

/** Takes out what the file does not name any more. */
export async function removeChannelsBut(queries: Queries, ids: readonly string[], now: Date): Promise<void> {
  await queries.query(
    `update channel set removed_at = $2 where origin = 'file' and removed_at is null and not id = any($1::text[])`,
    [ids, now],
  )
}
