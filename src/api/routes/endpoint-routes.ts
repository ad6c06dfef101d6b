import { Hono } from 'hono'
import * as v from 'valibot'
import type { ApiDeps, ApiEnv } from '../api-context.ts'
import { needs } from '../callers.ts'
import { checked, described } from '../checked.ts'
import { endpointHistory, endpointPage } from '../endpoint-page.ts'
import { endpointHistorySchema, endpointPageSchema } from '../schemas/endpoint-schema.ts'
import { idSchema, namedId, numberText } from '../schemas/request-parts.ts'

const HISTORY_DAYS = 90

/** One endpoint: what is known of it, and how it came to that. */
export function endpointRoutes({ database, now }: ApiDeps): Hono<ApiEnv> {
  return new Hono<ApiEnv>()
    .get(
      '/:id',
      described('endpoints', 'All that is known of an endpoint', endpointPageSchema),
      needs('read'),
      checked('param', namedId),
      checked('query', v.object({ vantage: v.optional(idSchema) })),
      async (c) =>
        c.json(await endpointPage(database, c.req.valid('param').id, c.req.valid('query').vantage)),
    )
    .get(
      '/:id/history',
      described('endpoints', 'Sizes, changes and states over time', endpointHistorySchema),
      needs('read'),
      checked('param', namedId),
      checked('query', v.object({ days: v.optional(numberText(1, 3_650)) })),
      async (c) => {
        const { days = HISTORY_DAYS } = c.req.valid('query')
        const since = new Date(now().getTime() - days * 86_400_000)
        return c.json(await endpointHistory(database, c.req.valid('param').id, since))
      },
    )
}
