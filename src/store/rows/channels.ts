import type { Channel } from '../../fleet/watch-config.ts'
import type { Queries } from '../database.ts'
import type { SealingKey } from '../sealed-credentials.ts'
import { bulk } from './bulk.ts'
import type { Origin } from './endpoints.ts'

/**
 * A channel as the store has it. What is secret of one of the API is sealed beside it, and its references name the parts
 * of that; `where` is what may be told of its address.
 */
export type StoredChannel = Channel & { readonly origin: Origin; readonly where?: string | undefined }

/** Parts that are sealed with a channel of the API, such as `url` and `token`. */
export type ChannelSecrets = Readonly<Record<string, string>>

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
       origin = excluded.origin, removed_at = null, secret = null
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

/** One of the API, in place of what it was before. `sealed`: by `sealChannelSecrets`. */
export async function putApiChannel(
  queries: Queries,
  channel: Channel & { readonly where?: string | undefined },
  sealed: Uint8Array | null,
  now: Date,
): Promise<void> {
  const { id, kind, name, ...settings } = channel
  await queries.query(
    `insert into channel (id, kind, name, settings, secret, origin, created_at)
     values ($1, $2, $3, $4::jsonb, $5, 'api', $6)
     on conflict (id) do update set kind = excluded.kind, name = excluded.name, settings = excluded.settings,
       secret = excluded.secret, origin = 'api', removed_at = null`,
    [id, kind, name, JSON.stringify(settings), sealed, now],
  )
}

/** Whether there was one of the API. Its secrets go with it; its name stays for what was told to it. */
export async function removeApiChannel(queries: Queries, id: string, now: Date): Promise<boolean> {
  const gone = await queries.query(
    `update channel set removed_at = $2, secret = null where id = $1 and origin = 'api' and removed_at is null
     returning id`,
    [id, now],
  )
  return gone.length > 0
}

/** Undefined where nothing is sealed with it. */
export async function readSealedSecrets(queries: Queries, id: string): Promise<Uint8Array | undefined> {
  const [row] = await queries.query<{ secret: Uint8Array | null }>(
    'select secret from channel where id = $1 and removed_at is null',
    [id],
  )
  return row?.secret ?? undefined
}

export function sealChannelSecrets(key: SealingKey, id: string, secrets: ChannelSecrets): Uint8Array {
  return key.seal(sealedName(id), JSON.stringify(secrets))
}

/** For the time that they are used. Throws `CredentialError`. */
export async function openChannelSecrets(
  queries: Queries,
  key: SealingKey,
  id: string,
): Promise<ChannelSecrets> {
  const sealed = await readSealedSecrets(queries, id)
  return sealed === undefined ? {} : (JSON.parse(key.open(sealedName(id), sealed)) as ChannelSecrets)
}

/** No credential has a colon in its name: neither opens in place of the other. */
function sealedName(id: string): string {
  return `channel:${id}`
}
