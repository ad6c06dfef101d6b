import { Hono } from 'hono'
import * as v from 'valibot'
import type { ApiDeps, ApiEnv } from '../api-context.ts'
import { unknown } from '../api-failure.ts'
import { needs } from '../callers.ts'
import { checked, described } from '../checked.ts'
import { namedId } from '../schemas/request-parts.ts'
import type { ViewHead } from '../views/view-contract.ts'

const headParts = { id: v.string(), name: v.string() }
const headSchema = v.object({ kind: v.picklist(['gateway', 'measure']), ...headParts })
headSchema satisfies v.GenericSchema<unknown, ViewHead>

const viewParts = { ...headParts, at: v.string(), fault: v.optional(v.string()) }
const viewSchema = v.variant('kind', [
  v.object({ kind: v.literal('gateway'), ...viewParts, status: v.optional(v.looseObject({})) }),
  v.object({ kind: v.literal('measure'), ...viewParts, session: v.optional(v.looseObject({})) }),
])

/** Gateways and measurements that `watch.yaml` names. */
export function viewRoutes({ views }: ApiDeps): Hono<ApiEnv> {
  return new Hono<ApiEnv>()
    .get(
      '/',
      described('views', 'What runs beside the watch, as watch.yaml names it', v.array(headSchema)),
      needs('read'),
      (c) => c.json(views?.heads ?? []),
    )
    .get(
      '/:id',
      described('views', 'What it says of itself now', viewSchema),
      needs('read'),
      checked('param', namedId),
      async (c) => {
        const view = await views?.read(c.req.valid('param').id)
        if (view === undefined) throw unknown('view')
        return c.json(view)
      },
    )
}
