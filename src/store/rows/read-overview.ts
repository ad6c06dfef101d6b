import type { Queries } from '../database.ts'

export interface OverviewFleetRow {
  readonly id: string
  readonly name: string
  readonly device: string
  readonly count: number
}

/** One endpoint with all that the heat map shows of it. */
export interface OverviewEndpointRow {
  readonly id: string
  readonly name: string
  readonly target: string
  /** Ids; null: all there are. */
  readonly fleets: readonly string[] | null
  readonly last_slot: Date | null
  readonly last_change: Date | null
  /** The first end of a leaf that it was last seen with. */
  readonly leaf_not_after: string | null
  /** Verdicts, each behind `recordMark`, its parts between `partMark`s: fleet, state, room, left, unit, stage. */
  readonly verdicts: string | null
}

export const partMark = '\u001f'
export const recordMark = '\u001e'

/** In the order of the config, those of the API after them. */
export function readFleetHeads(queries: Queries): Promise<OverviewFleetRow[]> {
  return queries.query(
    `select id, name, device, device_count as count from fleet where removed_at is null
     order by origin desc, position, id`,
  )
}

/**
 * In one statement; of `ids` alone, where given. Verdicts come as text, packed: 200,000 of them are many times faster
 * so than as rows.
 */
export function readOverviewEndpoints(
  queries: Queries,
  ids: readonly string[] | undefined,
): Promise<OverviewEndpointRow[]> {
  return queries.query(
    `select e.id, e.name, e.target,
       case when jsonb_typeof(e.settings->'fleets') = 'array'
         then array(select jsonb_array_elements_text(e.settings->'fleets')) end as fleets,
       s.last_slot, s.leaf_not_after,
       (select c.at from change c where c.endpoint_id = e.id order by c.at desc limit 1) as last_change,
       (select string_agg(concat_ws(${mark(partMark)}, v.fleet_id, v.state, coalesce(round(v.room::numeric, 4)::text, ''),
            coalesce(v.nearest->>'left', ''), coalesce(v.nearest->>'unit', ''), coalesce(v.stage, '')), ${mark(recordMark)})
          from verdict v where v.endpoint_id = e.id and v.vantage = any(e.vantages)) as verdicts
     from endpoint e
     left join lateral (
       select max(st.slot) as last_slot,
         (select min(f.value #>> '{}') from standing sn, jsonb_path_query(sn.snapshot::jsonb,
            '$.chains[*].certificates[*] ? (@.role == "leaf").notAfter') as f(value)
          where sn.endpoint_id = e.id and sn.vantage = any(e.vantages)) as leaf_not_after
       from standing st where st.endpoint_id = e.id and st.vantage = any(e.vantages)
     ) s on true
     where e.removed_at is null and ($1::text[] is null or e.id = any($1))`,
    [ids === undefined ? null : ids],
  )
}

function mark(character: string): string {
  return `chr(${character.charCodeAt(0)})`
}

/** Slots of endpoints that were looked at since a mark, and the mark for the next time. */
export interface SlotsSince {
  readonly mark: string
  readonly slots: readonly (readonly [id: string, slotMs: number])[]
}

/**
 * Whatever was committed since: `mark` is the oldest transaction that still ran then. Some that are known already may be
 * among them.
 */
export async function readSlotsSince(queries: Queries, mark: string): Promise<SlotsSince> {
  const [row] = await queries.query<{ mark: string; slots: SlotsSince['slots'] | null }>(
    `select pg_snapshot_xmin(pg_current_snapshot())::xid::text as mark,
       (select json_agg(json_build_array(s.endpoint_id, round(extract(epoch from s.slot) * 1000)))
          from standing s join endpoint e on e.id = s.endpoint_id and s.vantage = any(e.vantages)
          where s.slot is not null and e.removed_at is null and age(s.xmin) <= age($1::text::xid)) as slots`,
    [mark],
  )
  return { mark: row?.mark ?? mark, slots: row?.slots ?? [] }
}

/** For `readSlotsSince`: from now on. */
export async function markNow(queries: Queries): Promise<string> {
  const [row] = await queries.query<{ mark: string }>(
    'select pg_snapshot_xmin(pg_current_snapshot())::xid::text as mark',
  )
  return row?.mark ?? '0'
}

export function countOpenAlerts(queries: Queries): Promise<{ severity: string; count: number }[]> {
  return queries.query(
    'select severity, count(*) as count from alert where recovered_at is null group by severity',
  )
}
