import { Hono } from 'hono'
import * as v from 'valibot'
import { HtmlReport } from '../../report/html/html-report.ts'
import { wireStories } from '../../report/wire-stories.ts'
import { makeDue, putEndpoints, removeEndpoint } from '../../store/rows/endpoints.ts'
import type { ApiDeps, ApiEnv } from '../api-context.ts'
import { ApiFailure, unknown } from '../api-failure.ts'
import { type Callers, needs } from '../callers.ts'
import { checked, described } from '../checked.ts'
import { reportPolicy } from '../content-policy.ts'
import { addEndpoint, editedEndpoint } from '../endpoint-edit.ts'
import { endpointHistory, endpointInfo, endpointPage, readOneEndpoint } from '../endpoint-page.ts'
import { runSummary } from '../run-summary.ts'
import { endpointEditSchema } from '../schemas/edit-schemas.ts'
import { endpointHistorySchema, endpointInfoSchema, endpointPageSchema } from '../schemas/endpoint-schema.ts'
import { handshakeSchema } from '../schemas/handshake-schema.ts'
import { doneSchema, idSchema, namedId, numberText } from '../schemas/request-parts.ts'
import { writeChange } from '../write-change.ts'

const HISTORY_DAYS = 90
/** Of a caller's requests: it reaches out. */
const PROBE_COST = 10
/** Of a caller's requests: it judges anew. */
const HANDSHAKE_COST = 3

/** One endpoint: what is known of it, how it came to that, and what is to be watched. */
export function endpointRoutes(deps: ApiDeps, callers: Callers): Hono<ApiEnv> {
  const { database, now, watch, version, options } = deps
  const { privateTargets } = options
  const sightsOf = async (id: string, fleet: string | undefined) => {
    const sights = await watch.lastSight(id, fleet)
    if (sights === undefined) throw new ApiFailure(404, 'not-seen', 'it was not seen yet')
    return sights
  }
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
    .get(
      '/:id/report',
      described('endpoints', 'The report of what was seen last, for one fleet or all', {
        type: 'text/html',
        is: 'A page without scripts, as check --format html writes it.',
      }),
      needs('read'),
      checked('param', namedId),
      checked('query', v.object({ fleet: v.optional(idSchema) })),
      async (c) => {
        const { id } = c.req.valid('param')
        await readOneEndpoint(database, id)
        callers.charge(c, PROBE_COST)
        const verdicts = (await sightsOf(id, c.req.valid('query').fleet)).flatMap((one) => one.verdicts)
        const report = new HtmlReport()
        const page = report.add(verdicts) + report.end(runSummary(verdicts, version, now()))
        return c.body(page, 200, {
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy': reportPolicy,
        })
      },
    )
    .get(
      '/:id/handshake',
      described(
        'endpoints',
        'What was said when it was seen last, and where each fleet stops',
        handshakeSchema,
      ),
      needs('read'),
      checked('param', namedId),
      checked('query', v.object({ fleet: v.optional(idSchema) })),
      async (c) => {
        const { id } = c.req.valid('param')
        await readOneEndpoint(database, id)
        callers.charge(c, HANDSHAKE_COST)
        const sights = await sightsOf(id, c.req.valid('query').fleet)
        const names = new Map(
          sights.flatMap(({ fleet, verdicts }) => verdicts.map((one) => [one, fleet.name])),
        )
        return c.json(wireStories([...names.keys()], (verdict) => names.get(verdict) ?? ''))
      },
    )
    .post(
      '/',
      described('endpoints', 'Watches another endpoint', endpointInfoSchema, { status: 201 }),
      needs('write'),
      checked('json', endpointEditSchema),
      async (c) => {
        const edit = c.req.valid('json')
        const endpoint = await editedEndpoint(database, edit, undefined, privateTargets)
        await writeChange(deps, c, {
          ...{ action: 'endpoint-add', subject: endpoint.id, detail: edit },
          event: { kind: 'settings', endpointId: endpoint.id },
          work: (queries, at) => addEndpoint(queries, endpoint, at),
        })
        return c.json(endpointInfo(await readOneEndpoint(database, endpoint.id)), 201)
      },
    )
    .put(
      '/:id',
      described('endpoints', 'Changes an endpoint of the API', endpointInfoSchema),
      needs('write'),
      checked('param', namedId),
      checked('json', endpointEditSchema),
      async (c) => {
        const { id } = c.req.valid('param')
        const edit = c.req.valid('json')
        const known = await readOneEndpoint(database, id)
        if (known.origin === 'file') throw ofFile(id)
        const endpoint = await editedEndpoint(database, edit, known, privateTargets)
        await writeChange(deps, c, {
          ...{ action: 'endpoint-edit', subject: id, detail: edit },
          event: { kind: 'settings', endpointId: id },
          work: (queries, at) => putEndpoints(queries, [endpoint], 'api', at),
        })
        return c.json(endpointInfo(await readOneEndpoint(database, id)))
      },
    )
    .delete(
      '/:id',
      described('endpoints', 'Watches an endpoint no longer; its history stays', doneSchema),
      needs('write'),
      checked('param', namedId),
      async (c) => {
        const { id } = c.req.valid('param')
        if ((await readOneEndpoint(database, id)).origin === 'file') throw ofFile(id)
        await writeChange(deps, c, {
          ...{ action: 'endpoint-remove', subject: id },
          event: { kind: 'settings', endpointId: id },
          work: async (queries, at) => {
            if (!(await removeEndpoint(queries, id, at))) throw unknown('endpoint')
          },
        })
        return c.json({ ok: true as const })
      },
    )
    .post(
      '/:id/probe',
      described('endpoints', 'Looks at it now', doneSchema, { status: 202 }),
      needs('write'),
      checked('param', namedId),
      async (c) => {
        const { id } = c.req.valid('param')
        callers.charge(c, PROBE_COST)
        await writeChange(deps, c, {
          ...{ action: 'endpoint-probe', subject: id },
          work: async (queries, at) => {
            if (!(await makeDue(queries, id, at))) throw unknown('endpoint')
          },
        })
        await watch.probeNow(id)
        return c.json({ ok: true as const }, 202)
      },
    )
}

export function ofFile(id: string): ApiFailure {
  return new ApiFailure(409, 'of-file', `${id} stands in watch.yaml`, { hint: 'change it there' })
}
