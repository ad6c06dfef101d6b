import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { openAPIRouteHandler } from 'hono-openapi'
import * as v from 'valibot'
import { mayPass, SqlError, StoreError } from '../store/database.ts'
import type { ApiDeps, ApiEnv } from './api-context.ts'
import { ApiFailure, errorBody } from './api-failure.ts'
import { Callers, needs } from './callers.ts'
import { described } from './checked.ts'
import { securityHeaders } from './content-policy.ts'
import { hostCheck } from './host-check.ts'
import { alertRoutes, changeRoutes } from './routes/alert-routes.ts'
import { badgeRoutes } from './routes/badge-routes.ts'
import { deviceRoutes, forecastRoutes } from './routes/catalogue-routes.ts'
import { channelRoutes } from './routes/channel-routes.ts'
import { credentialRoutes } from './routes/credential-routes.ts'
import { endpointRoutes } from './routes/endpoint-routes.ts'
import { eventRoutes } from './routes/event-routes.ts'
import { fleetRoutes } from './routes/fleet-routes.ts'
import { metricsRoutes } from './routes/metrics-routes.ts'
import { oidcRoutes } from './routes/oidc-routes.ts'
import { overviewRoutes } from './routes/overview-routes.ts'
import { playgroundRoutes } from './routes/playground-routes.ts'
import { sessionRoutes } from './routes/session-routes.ts'
import { auditRoutes, settingsRoutes, silenceRoutes, tokenRoutes } from './routes/settings-routes.ts'
import { viewRoutes } from './routes/view-routes.ts'
import { staticFiles } from './static-files.ts'

/** Of whatever is no upload. */
const BODY_BYTES = 1_048_576
const STORE_AGAIN_SECONDS = 5

/** The API of `tlsfit watch`, and the page. To be reached only by `listenApi`, which says to whom. */
export function openApi(deps: ApiDeps): Hono<ApiEnv> {
  const { options, version } = deps
  const callers = new Callers(deps)
  const app = new Hono<ApiEnv>()
  app.onError((error, c) => {
    if (error instanceof ApiFailure) {
      if (error.retryAfterSeconds !== undefined) c.header('retry-after', String(error.retryAfterSeconds))
      if (error.status === 401) c.header('www-authenticate', 'Bearer')
      return c.json(errorBody(error), error.status)
    }
    const { status } = error as { status?: unknown }
    if (status === 400) {
      const message = 'the body is not what its type says'
      return c.json(errorBody({ code: 'request-invalid', message, hint: undefined, at: undefined }), 400)
    }
    deps.onFault(error)
    if (error instanceof StoreError || (error instanceof SqlError && mayPass(error))) {
      c.header('retry-after', String(STORE_AGAIN_SECONDS))
      const message = 'the store failed; whether it was done is not known'
      const hint = 'look whether it was, and ask again; the log says more'
      return c.json(errorBody({ code: 'store-failed', message, hint, at: undefined }), 503)
    }
    const message = 'a fault of tlsfit; its log says more'
    return c.json(errorBody({ code: 'fault', message, hint: undefined, at: undefined }), 500)
  })
  app.use(securityHeaders())
  app.use(hostCheck(options.hosts))
  app.use('/health', callers.limit())
  app.get(
    '/health',
    described('health', 'Whether it runs', v.looseObject({ ok: v.boolean() }), { errors: [] }),
    async (c) => {
      await deps.database.query('select 1 as one')
      return c.json({ ok: true, version: deps.options.login === 'none' ? version : undefined })
    },
  )
  const api = new Hono<ApiEnv>()
  api.use(callers.identify())
  api.route('/playground', playgroundRoutes(deps, callers))
  api.use(
    bodyLimit({
      maxSize: BODY_BYTES,
      onError: () => {
        throw new ApiFailure(413, 'body-too-large', `a body has ${BODY_BYTES} bytes at most`)
      },
    }),
  )
  api.route('/session', sessionRoutes(deps, callers))
  api.route('/session', oidcRoutes(deps, callers))
  api.route('/overview', overviewRoutes(deps))
  api.route('/endpoints', endpointRoutes(deps, callers))
  api.route('/changes', changeRoutes(deps))
  api.route('/alerts', alertRoutes(deps))
  api.route('/fleets', fleetRoutes(deps))
  api.route('/settings', settingsRoutes(deps))
  api.route('/channels', channelRoutes(deps, callers))
  api.route('/silences', silenceRoutes(deps))
  api.route('/tokens', tokenRoutes(deps))
  api.route('/credentials', credentialRoutes(deps))
  api.route('/audit', auditRoutes(deps))
  api.route('/devices', deviceRoutes(deps))
  api.route('/forecast', forecastRoutes(deps))
  api.route('/views', viewRoutes(deps))
  api.route('/events', eventRoutes(deps))
  app.route('/api/v1', api)
  app.use('/badge/*', callers.identify())
  app.use('/metrics', callers.identify())
  app.use('/grafana.json', callers.identify())
  app.use('/openapi.json', callers.identify())
  app.route('/badge', badgeRoutes(deps))
  app.route('/', metricsRoutes(deps, callers))
  app.get(
    '/openapi.json',
    needs('read'),
    openAPIRouteHandler(app, {
      excludeStaticFile: false,
      documentation: {
        openapi: '3.1.0',
        info: { title: 'tlsfit watch', version },
      },
    }),
  )
  app.all('/api/*', () => {
    throw new ApiFailure(404, 'route-unknown', 'there is no such route')
  })
  if (options.webFolder !== undefined) app.use(staticFiles(options.webFolder))
  app.notFound((c) => {
    const message = 'there is nothing here'
    return c.json(errorBody({ code: 'not-found', message, hint: undefined, at: undefined }), 404)
  })
  return app
}
