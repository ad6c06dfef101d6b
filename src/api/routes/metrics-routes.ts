import { Hono } from 'hono'
import * as v from 'valibot'
import type { ApiDeps, ApiEnv } from '../api-context.ts'
import { type Callers, needs } from '../callers.ts'
import { checked, described } from '../checked.ts'
import { grafanaDashboard } from '../grafana-dashboard.ts'
import { metricsText, metricsType } from '../metrics.ts'
import { idSchema } from '../schemas/request-parts.ts'

const COST = 5

/** For Prometheus and Grafana. */
export function metricsRoutes({ database, now }: ApiDeps, callers: Callers): Hono<ApiEnv> {
  return new Hono<ApiEnv>()
    .get(
      '/metrics',
      described('metrics', 'Metrics for Prometheus; of one endpoint alone, where it is named', {
        type: 'text/plain',
        is: 'The text format, version 0.0.4.',
      }),
      needs('read'),
      checked('query', v.object({ endpoint: v.optional(idSchema) })),
      async (c) => {
        callers.charge(c, COST)
        const text = await metricsText(database, c.req.valid('query').endpoint, now())
        return c.body(text, 200, { 'content-type': metricsType })
      },
    )
    .get(
      '/grafana.json',
      described('metrics', 'A dashboard to import into Grafana', v.looseObject({})),
      needs('read'),
      (c) => c.json(grafanaDashboard()),
    )
}
