import { Hono } from 'hono'
import * as v from 'valibot'
import type { ApiDeps, ApiEnv } from '../api-context.ts'
import { needs } from '../callers.ts'
import { checked, described } from '../checked.ts'
import { OverviewTable } from '../overview-table.ts'
import { overviewSchema, states } from '../schemas/overview-schema.ts'
import { numberText } from '../schemas/request-parts.ts'

const querySchema = v.object({
  sort: v.optional(v.picklist(['room', 'name', 'state']), 'room'),
  state: v.optional(v.picklist([...states, 'unseen'])),
  q: v.optional(v.pipe(v.string(), v.maxLength(200))),
  offset: v.optional(numberText(0, 1_000_000)),
  limit: v.optional(numberText(0, 20_000)),
})

const ROWS = 500

/** The heat map. */
export function overviewRoutes({ database, now }: ApiDeps): Hono<ApiEnv> {
  const table = new OverviewTable(database, now)
  return new Hono<ApiEnv>().get(
    '/',
    described('overview', 'Endpoints and fleets, nearest limit first', overviewSchema),
    needs('read'),
    checked('query', querySchema),
    async (c) => {
      const { sort, state, q, offset = 0, limit = ROWS } = c.req.valid('query')
      const json = await table.json({ sort, state, q: q === '' ? undefined : q, offset, limit })
      return c.body(json, 200, { 'content-type': 'application/json' })
    },
  )
}
