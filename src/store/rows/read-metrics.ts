import type { Queries } from '../database.ts'

/** One endpoint alone, where given: whoever watches thousands for many fleets asks piece by piece. */
export type MetricsOf = string | undefined

export interface MetricsVerdictRow {
  readonly endpoint: string
  readonly vantage: string
  readonly fleet: string
  readonly device: string
  readonly state: string
  readonly margins: readonly { limit: string; counts: string; left: number; unit: string }[]
  readonly findings: readonly { id: string; effect: string }[]
}

export function readMetricsVerdicts(queries: Queries, endpoint: MetricsOf): Promise<MetricsVerdictRow[]> {
  return queries.query(
    `select v.endpoint_id as endpoint, v.vantage, v.fleet_id as fleet, f.device, v.state,
       coalesce(v.summary->'margins', '[]') as margins, coalesce(v.summary->'findings', '[]') as findings
     from verdict v join fleet f on f.id = v.fleet_id and f.removed_at is null
     join endpoint e on e.id = v.endpoint_id and e.removed_at is null and v.vantage = any(e.vantages)
     where $1::text is null or v.endpoint_id = $1 order by v.endpoint_id, v.vantage, f.position, f.id`,
    [endpoint ?? null],
  )
}

export interface MetricsStandingRow {
  readonly endpoint: string
  readonly vantage: string
  readonly reached: boolean
  readonly slot: Date | null
  readonly chain: number | null
  readonly message: number | null
  readonly handshake_record: number | null
  readonly data_record: number | null
  readonly leaf_not_after: string | null
  readonly duration_ms: number | null
}

export function readMetricsStandings(queries: Queries, endpoint: MetricsOf): Promise<MetricsStandingRow[]> {
  return queries.query(
    `select s.endpoint_id as endpoint, s.vantage, s.unreached_since is null as reached, s.slot,
       (select max((c->>'bytes')::int) from jsonb_array_elements(b.body->'chains') c) as chain,
       (select max((c->>'messageBytes')::int) from jsonb_array_elements(b.body->'chains') c) as message,
       (select max((p->>'handshakeRecordBytes')::int) from jsonb_array_elements(b.body->'views') p)
         as handshake_record,
       (select max((p->>'dataRecordBytes')::int) from jsonb_array_elements(b.body->'views') p) as data_record,
       (select min(l.value #>> '{}') from jsonb_path_query(b.body,
          '$.chains[*].certificates[*] ? (@.role == "leaf").notAfter') as l(value)) as leaf_not_after,
       (select p.duration_ms from probe p where p.endpoint_id = s.endpoint_id and p.vantage = s.vantage
          and p.slot = s.slot) as duration_ms
     from standing s join endpoint e on e.id = s.endpoint_id and e.removed_at is null and s.vantage = any(e.vantages)
     cross join lateral (select s.snapshot::jsonb as body) b
     where s.slot is not null and ($1::text is null or s.endpoint_id = $1)
     order by s.endpoint_id, s.vantage`,
    [endpoint ?? null],
  )
}
