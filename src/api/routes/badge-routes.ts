import { Hono } from 'hono'
import * as v from 'valibot'
import { readEndpoints } from '../../store/rows/endpoints.ts'
import { readFleets } from '../../store/rows/fleets.ts'
import { readVerdicts } from '../../store/rows/verdicts.ts'
import type { ApiDeps, ApiEnv } from '../api-context.ts'
import { unknown } from '../api-failure.ts'
import { badgeOf, badgeSvg } from '../badge.ts'
import { needs } from '../callers.ts'
import { checked, described } from '../checked.ts'
import { idSchema } from '../schemas/request-parts.ts'

const paramSchema = v.object({
  endpoint: idSchema,
  file: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9._-]{0,79}\.svg$/i, 'is no FLEET.svg')),
})

/** A picture for a README: what one fleet meets at one endpoint. */
export function badgeRoutes({ database, catalogue, options }: ApiDeps): Hono<ApiEnv> {
  const routes = new Hono<ApiEnv>()
  if (!options.publicBadges) routes.use(needs('read'))
  return routes.get(
    '/:endpoint/:file',
    described('badges', 'What a fleet meets at an endpoint, as a picture', {
      type: 'image/svg+xml',
      is: 'A badge. The path is /badge/ENDPOINT/FLEET.svg.',
    }),
    checked('param', paramSchema),
    async (c) => {
      const { endpoint: id, file } = c.req.valid('param')
      const fleetId = file.replace(/\.svg$/i, '')
      const [[endpoint], fleets, verdicts] = await Promise.all([
        readEndpoints(database, [id]),
        readFleets(database),
        readVerdicts(database, [id]),
      ])
      if (endpoint === undefined) throw unknown('endpoint')
      const fleet = fleets.find((one) => one.id === fleetId)
      if (fleet === undefined || endpoint.fleets?.includes(fleetId) === false) throw unknown('fleet')
      const own = verdicts.filter((one) => one.fleetId === fleetId && endpoint.vantages.includes(one.vantage))
      const summaries = own.map(({ summary }) => summary)
      const worst = (['blocked', 'at-risk', 'undecided', 'fits'] as const)
        .map((state) => summaries.filter((one) => one.state === state))
        .find((found) => found.length > 0)
        ?.reduce((a, b) => ((a.room ?? Infinity) <= (b.room ?? Infinity) ? a : b))
      const family = fleet.device.split('@')[0] ?? ''
      const name = catalogue.profile(family)?.name ?? family
      return c.body(badgeSvg(badgeOf(name, worst)), 200, {
        'content-type': 'image/svg+xml; charset=utf-8',
        'content-security-policy': "default-src 'none'; sandbox",
        'cross-origin-resource-policy': 'cross-origin',
        'cache-control': 'max-age=60',
      })
    },
  )
}
