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
      const { json, tag } = await table.answer({ sort, state, q: q === '' ? undefined : q, offset, limit })
      c.header('etag', tag)
      c.header('cache-control', 'private, no-cache')
      if (namesTag(c.req.header('if-none-match'), tag)) return c.body(null, 304)
      return c.body(json, 200, { 'content-type': 'application/json' })
    },
  )
}

/** RFC 9110 §13.1.2: `*`, or one of a list; those of a proxy that packs may be weak. */
function namesTag(header: string | undefined, tag: string): boolean {
  return header?.split(',').some((one) => ['*', tag, `W/${tag}`].includes(one.trim())) ?? false
}
