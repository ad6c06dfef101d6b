import type { Channel } from '../../fleet/watch-config.ts'
import type { Database } from '../database.ts'

/**
 * Open alerts are told again, as they were told last, to channels of kinds that forget them when they start anew. One row an
 * alert and channel, which goes through the outbox as the others do: a recovery of the same moment stands behind it.
 */
export function refreshDeliveries(
  database: Database,
  kinds: readonly Channel['kind'][],
  afterMs: number,
): Promise<number> {
  return database.transaction(async (queries) => {
    const channels = await queries.query<{ id: string }>(
      'select id from channel where kind = any($1::text[]) and removed_at is null',
      [kinds],
    )
    if (channels.length === 0) return 0
    const channelIds = channels.map(({ id }) => id)
    // Whoever writes a recovery holds the alert too: it is seen here, or its delivery comes behind this one.
    const alerts = await queries.query<{ id: string }>(
      `select a.id::text as id from alert a
       where a.recovered_at is null and a.told_to && $1::text[] for no key update of a skip locked`,
      [channelIds],
    )
    const refreshed = await queries.query(
      `insert into delivery (alert_id, event, channel_id, body, due_at)
       select alert_id, 'refresh', channel_id, body, now()
       from (
         select distinct on (d.alert_id, d.channel_id) d.alert_id, d.channel_id, d.body
         from delivery d
         where d.alert_id = any($1::text[]::bigint[]) and d.channel_id = any($2::text[])
           and d.event <> 'refresh' and d.delivered_at is not null
         order by d.alert_id, d.channel_id, d.id desc
       ) told
       where not exists (
         select 1 from delivery e
         where e.alert_id = told.alert_id and e.channel_id = told.channel_id and e.merged_into is null
           and (e.delivered_at > now() - $3 * interval '1 millisecond'
             or (e.delivered_at is null and e.given_up_at is null))
       )
       on conflict (alert_id, event, channel_id) do update
         set body = excluded.body, due_at = now(), created_at = now(), attempts = 0, leased_until = null,
           delivered_at = null, given_up_at = null, merged_into = null, last_error = null
       returning id`,
      [alerts.map(({ id }) => id), channelIds, afterMs],
    )
    return refreshed.length
  })
}
