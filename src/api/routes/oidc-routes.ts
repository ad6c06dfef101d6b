import { Hono } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import * as v from 'valibot'
import type { ApiContext, ApiDeps, ApiEnv } from '../api-context.ts'
import { ApiFailure } from '../api-failure.ts'
import type { Callers } from '../callers.ts'
import { checked, described } from '../checked.ts'
import type { LogInWays } from '../contract.ts'
import { ATTEMPT_SECONDS, type OidcSignIn, SignInError } from '../oidc-sign-in.ts'
import { openSession } from '../open-session.ts'

/** Of a caller's requests: it asks the provider. */
const COST = 10
/** Whoever has just been at the provider is somebody; whether he still is, is asked again each day. */
const SESSION_HOURS = 12

const waysSchema = v.object({
  token: v.boolean(),
  oidc: v.optional(v.object({ name: v.string(), start: v.string() })),
  failed: v.optional(v.object({ code: v.string(), message: v.string(), hint: v.optional(v.string()) })),
})
waysSchema satisfies v.GenericSchema<unknown, LogInWays>

/** Log-in by OpenID Connect, and what the log-in page offers. Mounted below `/session`. */
export function oidcRoutes(deps: ApiDeps, callers: Callers): Hono<ApiEnv> {
  const { options, signIn } = deps
  const name = `${options.secureCookies ? '__Host-' : ''}tlsfit-log-in`
  // Lax: it has to come along when the provider sends the browser back.
  const cookie = { path: '/', httpOnly: true, sameSite: 'Lax', secure: options.secureCookies } as const
  const keep = (c: ApiContext, value: string) =>
    setCookie(c, name, value, { ...cookie, maxAge: ATTEMPT_SECONDS })
  const opened = (): OidcSignIn => {
    if (signIn !== undefined) return signIn
    throw new ApiFailure(404, 'oidc-missing', 'there is no log-in by OpenID Connect here', {
      hint: 'write access.oidc into watch.yaml',
    })
  }
  /** The page says why, and nobody can make it say something else by a link. */
  const failed = (c: ApiContext, signIn: OidcSignIn, { code, message, hint }: SignInError) => {
    keep(c, signIn.seal({ failed: { code, message, hint } }))
    return c.redirect(`${signIn.publicUrl}/`, 303)
  }
  return new Hono<ApiEnv>()
    .get('/ways', described('session', 'How one can log in', waysSchema, { errors: ['429'] }), (c) => {
      const sealed = getCookie(c, name)
      const { failed } = signIn?.open<Pick<LogInWays, 'failed'>>(sealed) ?? {}
      if (failed !== undefined) deleteCookie(c, name, cookie)
      const oidc = signIn && { name: signIn.name, start: '/api/v1/session/oidc' }
      return c.json({ token: options.login !== 'none', oidc, failed } satisfies LogInWays)
    })
    .get(
      '/oidc',
      described(
        'session',
        'Begins a log-in by OpenID Connect: sends the browser to the provider',
        { type: 'text/plain', is: 'A redirect.' },
        { status: 303, errors: ['404', '429'] },
      ),
      checked('query', v.object({ to: v.optional(v.pipe(v.string(), v.maxLength(600)), '') })),
      async (c) => {
        const signIn = opened()
        callers.charge(c, COST)
        try {
          const { url, attempt } = await signIn.begin(c.req.valid('query').to)
          keep(c, attempt)
          return c.redirect(url, 303)
        } catch (error) {
          if (error instanceof SignInError) return failed(c, signIn, error)
          throw error
        }
      },
    )
    .get(
      '/oidc/callback',
      described(
        'session',
        'Ends a log-in by OpenID Connect: where the provider sends the browser back to',
        { type: 'text/plain', is: 'A redirect to the page, with a cookie or with why there is none.' },
        { status: 303, errors: ['404', '429'] },
      ),
      async (c) => {
        const signIn = opened()
        callers.charge(c, COST)
        const attempt = getCookie(c, name)
        deleteCookie(c, name, cookie)
        try {
          callers.mayTry(c)
          const { who, to } = await signIn.finish(new URL(c.req.url).search, attempt)
          const { subject, scope, ...detail } = who
          await openSession(deps, callers, c, {
            ...{ subject, scope, login: signIn.digest, hours: SESSION_HOURS },
            detail: { by: 'oidc', scope, ...detail },
          })
          return c.redirect(`${signIn.publicUrl}/${to}`, 303)
        } catch (error) {
          if (!(error instanceof SignInError)) throw error
          await callers.failed(c, 'oidc', error.code)
          return failed(c, signIn, error)
        }
      },
    )
}
