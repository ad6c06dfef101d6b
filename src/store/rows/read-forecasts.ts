import type { Condition } from '../../fleet/condition.ts'
import type { UntoldCertificate } from '../../fleet/untold-certificate.ts'
import type { Queries } from '../database.ts'

export interface ForecastRow {
  readonly endpoint_id: string
  readonly endpoint_name: string
  readonly condition: Extract<Condition, { readonly kind: 'forecast' }>
}

/** What changes to come do, as the open alerts have it: the soonest first, those without a date last. */
export function readForecasts(queries: Queries): Promise<ForecastRow[]> {
  return queries.query(
    `select a.endpoint_id, e.name as endpoint_name, a.condition from alert a
     join endpoint e on e.id = a.endpoint_id and e.removed_at is null
     where a.recovered_at is null and a.kind = 'forecast'
     order by a.condition #>> '{detail,from}' nulls last, a.device_count desc, a.id`,
  )
}

export interface UntoldRow {
  readonly endpoint_id: string
  readonly endpoint_name: string
  /** Of all its vantage points, one after the other. */
  readonly untold: readonly UntoldCertificate[]
}

/** What was logged for the host of an endpoint and is not judged, by name of the endpoint. */
export function readUntold(queries: Queries): Promise<UntoldRow[]> {
  return queries.query(
    `select e.id as endpoint_id, e.name as endpoint_name, json_agg(one order by s.vantage, at) as untold
     from standing s join endpoint e on e.id = s.endpoint_id and e.removed_at is null and s.vantage = any(e.vantages)
     cross join json_array_elements(s.untold) with ordinality as each (one, at)
     group by e.id, e.name order by e.name, e.id`,
  )
}
