import type { Stage } from '../../finding/stage.ts'
import type { State } from '../../judge/verdict.ts'
import type { Queries } from '../database.ts'

export interface SizesRow {
  readonly vantage: string
  readonly at: Date
  /** DER of all certificates, as `ChainFacts.bytes`. */
  readonly chain: number | null
  readonly certificate: number | null
  readonly handshake_record: number | null
  readonly data_record: number | null
}

/**
 * Sizes of every snapshot since `since`, and of the last one before it, oldest first: a snapshot is written when it
 * differs, so that each holds until the next.
 */
export function readSizes(
  queries: Queries,
  endpointId: string,
  since: Date,
  atMost: number,
): Promise<SizesRow[]> {
  return queries.query(
    `select * from (
       select s.vantage, s.at,
         (select max((c->>'bytes')::int) from jsonb_array_elements(s.body->'chains') c) as chain,
         (select max((x->>'bytes')::int) from jsonb_array_elements(s.body->'chains') c,
            jsonb_array_elements(c->'certificates') x) as certificate,
         (select max((p->>'handshakeRecordBytes')::int) from jsonb_array_elements(s.body->'views') p)
           as handshake_record,
         (select max((p->>'dataRecordBytes')::int) from jsonb_array_elements(s.body->'views') p) as data_record
       from snapshot s where s.endpoint_id = $1 and s.at >= coalesce(
         (select max(b.at) from snapshot b where b.endpoint_id = $1 and b.vantage = s.vantage and b.at < $2), $2)
       order by s.at desc limit $3
     ) newest order by at`,
    [endpointId, since, atMost],
  )
}

export interface StateRow {
  readonly at: Date
  readonly fleet_id: string
  readonly vantage: string
  readonly state: State
  readonly stage: Stage | null
}

export function readStates(
  queries: Queries,
  endpointId: string,
  since: Date,
  atMost: number,
): Promise<StateRow[]> {
  return queries.query(
    `select * from (
       select at, fleet_id, vantage, state, stage from verdict_history
       where endpoint_id = $1 and at >= $2 order by at desc limit $3
     ) newest order by at`,
    [endpointId, since, atMost],
  )
}
