import type { Condition } from '../../fleet/condition.ts'
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
