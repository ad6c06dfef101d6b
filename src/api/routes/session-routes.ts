import { Hono } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import * as v from 'valibot'
import { deleteSession, insertAudit, insertSession } from '../../store/rows/access-rows.ts'
import type { ApiContext, ApiDeps, ApiEnv, Caller } from '../api-context.ts'
import { ApiFailure } from '../api-failure.ts'
import type { Callers } from '../callers.ts'
import { checked, described } from '../checked.ts'
import type { SessionInfo } from '../contract.ts'
import { doneSchema } from '../schemas/request-parts.ts'
import { digestOf, newSecret } from '../tokens.ts'

const SESSION_DAYS = 7

export const sessionSchema = v.object({
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
  const end = async (c: ApiContext) => {
    const old = getCookie(c, callers.cookieName)
    if (old !== undefined) await deleteSession(database, digestOf(old))
  }
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
        await end(c)
        const [secret, csrf, at] = [newSecret(''), newSecret(''), now()]
        const expires = new Date(at.getTime() + SESSION_DAYS * 86_400_000)
        const session = { subject, scope, csrf, created_at: at, expires_at: expires }
        await database.transaction(async (queries) => {
          await insertSession(queries, session, digestOf(secret))
          await insertAudit(queries, { at, actor: subject, action: 'log-in', subject, detail: {} })
        })
        setCookie(c, callers.cookieName, secret, { ...cookie, expires })
        return c.json(infoOf({ subject, scope, csrf, by: 'session' }))
      },
    )
    .delete('/', described('session', 'Logs out', doneSchema), async (c) => {
      await end(c)
      deleteCookie(c, callers.cookieName, cookie)
      return c.json({ ok: true as const })
    })
}
