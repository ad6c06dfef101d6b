import { Hono } from 'hono'
import { deleteCookie, getCookie } from 'hono/cookie'
import * as v from 'valibot'
import { deleteSession, insertAudit } from '../../store/rows/access-rows.ts'
import type { ApiDeps, ApiEnv, Caller } from '../api-context.ts'
import { ApiFailure } from '../api-failure.ts'
import type { Callers } from '../callers.ts'
import { checked, described } from '../checked.ts'
import type { SessionInfo } from '../contract.ts'
import { openSession } from '../open-session.ts'
import { doneSchema } from '../schemas/request-parts.ts'
import { digestOf } from '../tokens.ts'

const SESSION_HOURS = 7 * 24

const sessionSchema = v.object({
  subject: v.string(),
  scope: v.picklist(['read', 'write', 'admin']),
  csrf: v.string(),
  version: v.string(),
  login: v.picklist(['none', 'token', 'oidc']),
  views: v.boolean(),
})
sessionSchema satisfies v.GenericSchema<unknown, SessionInfo>

const logInSchema = v.object({ token: v.pipe(v.string(), v.maxLength(200, 'is longer than any token')) })

/** Who asks, and log-in of a browser by a token. */
export function sessionRoutes(deps: ApiDeps, callers: Callers): Hono<ApiEnv> {
  const { database, now, options } = deps
  const cookie = { path: '/', httpOnly: true, sameSite: 'Strict', secure: options.secureCookies } as const
  const infoOf = ({ subject, scope, csrf = '' }: Caller): SessionInfo => ({
    subject,
    scope,
    csrf,
    version: deps.version,
    login: options.login,
    views: (deps.views?.heads.length ?? 0) > 0,
  })
  return new Hono<ApiEnv>()
    .get('/', described('session', 'Who asks', sessionSchema, { errors: ['401'] }), (c) => {
      const caller = c.get('caller')
      if (caller === undefined) throw new ApiFailure(401, 'login-needed', 'this needs a token')
      return c.json(infoOf(caller))
    })
    .post(
      '/',
      described('session', 'Logs a browser in by a token: gives a cookie', sessionSchema),
      checked('json', logInSchema),
      async (c) => {
        const { token } = c.req.valid('json')
        const { subject, scope } = await callers.byToken(c, token)
        const detail = { by: 'token', scope }
        const { csrf } = await openSession(deps, callers, c, {
          ...{ subject, scope, login: null, hours: SESSION_HOURS, detail },
        })
        return c.json(infoOf({ subject, scope, csrf, by: 'session' }))
      },
    )
    .delete('/', described('session', 'Logs out', doneSchema), async (c) => {
      const old = getCookie(c, callers.cookieName)
      if (old !== undefined) {
        await database.transaction(async (queries) => {
          const subject = await deleteSession(queries, digestOf(old))
          if (subject === undefined) return
          const detail = { address: callers.address(c) }
          await insertAudit(queries, { at: now(), actor: subject, action: 'log-out', subject, detail })
        })
      }
      deleteCookie(c, callers.cookieName, cookie)
      return c.json({ ok: true as const })
    })
}
