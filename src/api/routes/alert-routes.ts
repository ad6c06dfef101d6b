import { Hono } from 'hono'
import * as v from 'valibot'
import { acknowledgeAlert, muteAlert } from '../../store/rows/alert-acts.ts'
import { readAlerts } from '../../store/rows/alerts.ts'
import { readChanges } from '../../store/rows/changes.ts'
import { alertInfos, changeInfo } from '../alert-infos.ts'
import type { ApiContext, ApiDeps, ApiEnv } from '../api-context.ts'
import { unknown } from '../api-failure.ts'
import { needs } from '../callers.ts'
import { checked, described } from '../checked.ts'
import { invalid } from '../endpoint-edit.ts'
import { alertInfoSchema, changeInfoSchema } from '../schemas/endpoint-schema.ts'
import { idSchema, instantSchema, numberText, numericId } from '../schemas/request-parts.ts'
import { writeChange } from '../write-change.ts'

const ROWS = 100
const id = numberText(1, Number.MAX_SAFE_INTEGER)
const page = { endpoint: v.optional(idSchema), before: v.optional(id), limit: v.optional(numberText(1, 500)) }

/** What changed, the latest first. */
export function changeRoutes({ database }: ApiDeps): Hono<ApiEnv> {
  return new Hono<ApiEnv>().get(
    '/',
    described('changes', 'What changed, the latest first', v.array(changeInfoSchema)),
    needs('read'),
    checked('query', v.object(page)),
    async (c) => {
      const { endpoint: endpointId, before, limit = ROWS } = c.req.valid('query')
      return c.json((await readChanges(database, { endpointId, before, limit })).map(changeInfo))
    },
  )
}

/** What somebody should know, and what somebody did about it. */
export function alertRoutes(deps: ApiDeps): Hono<ApiEnv> {
  const { database, now } = deps
  /** Of an open alert. */
  const change = async (
    c: ApiContext,
    alertId: number,
    action: string,
    detail: object,
    work: (
      ...with_: Parameters<Parameters<typeof writeChange<string | undefined>>[2]['work']>
    ) => Promise<string | undefined>,
  ) => {
    await writeChange(deps, c, {
      ...{ action, subject: String(alertId), detail, event: { kind: 'alert' } },
      work: async (queries, at) => {
        const endpointId = await work(queries, at)
        if (endpointId === undefined) throw unknown('alert')
        return endpointId
      },
    })
    const [alert] = await readAlerts(database, { before: alertId + 1, limit: 1 })
    const [info] = await alertInfos(database, alert === undefined ? [] : [alert])
    if (info === undefined) throw unknown('alert')
    return c.json(info)
  }
  return new Hono<ApiEnv>()
    .get(
      '/',
      described('alerts', 'Alerts, the latest first', v.array(alertInfoSchema)),
      needs('read'),
      checked('query', v.object({ ...page, open: v.optional(v.picklist(['true', 'false'])) })),
      async (c) => {
        const { endpoint: endpointId, before, limit = ROWS, open } = c.req.valid('query')
        const asked = { endpointId, before, limit, open: open === undefined ? undefined : open === 'true' }
        return c.json(await alertInfos(database, await readAlerts(database, asked)))
      },
    )
    .post(
      '/:id/acknowledge',
      described('alerts', 'Somebody has taken it on', alertInfoSchema),
      needs('write'),
      checked('param', numericId),
      (c) => {
        const { id } = c.req.valid('param')
        const by = c.get('caller')?.subject ?? 'unknown'
        return change(c, id, 'alert-acknowledge', {}, (queries, at) => acknowledgeAlert(queries, id, by, at))
      },
    )
    .post(
      '/:id/mute',
      described('alerts', 'Nobody is told of it until then', alertInfoSchema),
      needs('write'),
      checked('param', numericId),
      checked('json', v.strictObject({ until: instantSchema })),
      (c) => {
        const { id } = c.req.valid('param')
        const until = new Date(c.req.valid('json').until)
        if (until <= now()) throw invalid('until', 'is not ahead', undefined)
        return change(c, id, 'alert-mute', { until }, (queries) => muteAlert(queries, id, until))
      },
    )
    .delete(
      '/:id/mute',
      described('alerts', 'It is told again', alertInfoSchema),
      needs('write'),
      checked('param', numericId),
      (c) => {
        const { id } = c.req.valid('param')
        return change(c, id, 'alert-unmute', {}, (queries) => muteAlert(queries, id, null))
      },
    )
}
