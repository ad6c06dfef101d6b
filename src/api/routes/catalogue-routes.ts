import { Hono } from 'hono'
import * as v from 'valibot'
import { resolveDevice } from '../../device/catalogue.ts'
import { DeviceIdError } from '../../device/device-id.ts'
import { conditionText } from '../../report/alert-words.ts'
import { deviceJson } from '../../report/device-json.ts'
import { familyRow } from '../../report/device-list.ts'
import { readNames } from '../../store/rows/alert-acts.ts'
import { readForecasts, readUntold } from '../../store/rows/read-forecasts.ts'
import type { ApiDeps, ApiEnv } from '../api-context.ts'
import { ApiFailure } from '../api-failure.ts'
import { needs } from '../callers.ts'
import { checked, described } from '../checked.ts'
import type { DeviceInfo, ForecastInfo } from '../contract.ts'
import { loggedInfos } from '../logged-infos.ts'
import { conditionSchema, loggedInfoSchema } from '../schemas/endpoint-schema.ts'

const deviceSchema = v.object({
  id: v.string(),
  name: v.string(),
  versions: v.array(v.string()),
  about: v.string(),
})
deviceSchema satisfies v.GenericSchema<unknown, DeviceInfo>

/** The catalogue of devices, with its sources. */
export function deviceRoutes({ catalogue }: ApiDeps): Hono<ApiEnv> {
  let devices: DeviceInfo[] | undefined
  return new Hono<ApiEnv>()
    .get('/', described('devices', 'The catalogue', v.array(deviceSchema)), needs('read'), (c) => {
      devices ??= catalogue.families.flatMap((family) => {
        const profile = catalogue.profile(family)
        if (profile === undefined) return []
        const { name, kind, runsOn, ranges } = familyRow(profile)
        const about = [kind, ...(runsOn.length > 0 ? [`runs on ${runsOn.join(', ')}`] : [])].join(', ')
        return [{ id: family, name, versions: ranges.map(({ range }) => range), about }]
      })
      return c.json(devices)
    })
    .get(
      '/:id',
      described('devices', 'What devices show prints as JSON', v.looseObject({})),
      needs('read'),
      checked('param', v.object({ id: v.pipe(v.string(), v.regex(/^[\w.@+-]{1,200}$/, 'is no id')) })),
      (c) => {
        try {
          return c.json(deviceJson(resolveDevice(c.req.valid('param').id, catalogue)) as object)
        } catch (error) {
          if (!(error instanceof DeviceIdError)) throw error
          throw new ApiFailure(404, 'device-unknown', error.message, { at: 'id' })
        }
      },
    )
}

const forecastSchema = v.object({
  rows: v.array(
    v.object({
      endpointId: v.string(),
      endpointName: v.string(),
      condition: conditionSchema,
      title: v.string(),
      text: v.string(),
    }),
  ),
  unjudged: v.array(
    v.object({ endpointId: v.string(), endpointName: v.string(), logged: v.array(loggedInfoSchema) }),
  ),
  unjudgedMore: v.number(),
})

/** Endpoints whose certificates in the logs are named; a page of more is read by nobody. */
const UNJUDGED_AT_MOST = 200

/** What changes to come do to the fleets: what a worker found last, the soonest first. */
export function forecastRoutes({ database }: ApiDeps): Hono<ApiEnv> {
  return new Hono<ApiEnv>().get(
    '/',
    described('forecast', 'What changes to come do to the fleets', forecastSchema),
    needs('read'),
    async (c) => {
      const found = await readForecasts(database)
      const fleetIds = new Set(found.flatMap(({ condition }) => condition.fleetIds))
      const fleets = await readNames(database, 'fleet', [...fleetIds])
      const rows = found.map(({ endpoint_id: endpointId, endpoint_name: endpointName, condition }) => {
        const { title, lines } = conditionText(condition, {
          endpoint: () => endpointName,
          fleet: (id) => fleets.get(id) ?? id,
        })
        return { endpointId, endpointName, condition, title, text: lines.join('\n') }
      })
      const unjudged = (await readUntold(database)).map((row) => ({
        ...{ endpointId: row.endpoint_id, endpointName: row.endpoint_name },
        logged: loggedInfos(row.untold),
      }))
      const unjudgedMore = Math.max(0, unjudged.length - UNJUDGED_AT_MOST)
      const named = unjudged.slice(0, UNJUDGED_AT_MOST)
      return c.json({ rows, unjudged: named, unjudgedMore } satisfies ForecastInfo)
    },
  )
}
