import { timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { getCookie } from 'hono/cookie'
import { findSession, findToken, tokenSubject } from '../store/rows/access-rows.ts'
import type { ApiContext, ApiDeps, ApiEnv, Caller } from './api-context.ts'
import { ApiFailure } from './api-failure.ts'
import { ClientAddresses, rateKey } from './client-address.ts'
import type { Scope } from './contract.ts'
import { FailedLogIns } from './failed-log-ins.ts'
import { RateLimit } from './rate-limit.ts'
import { allows, digestOf, newSecret } from './tokens.ts'

/** Wrong tokens of one address in a minute. */
const FAILURES_PER_MINUTE = 20
const CALLERS_PER_ADDRESS = 5
const tokenForm = /^tlsfit_[A-Za-z0-9_-]{43}$/
const forwardHeaders = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'x-forwarded-host'] as const
const sessionForm = /^[A-Za-z0-9_-]{43}$/

/** Finds out who asks, and how often. */
export class Callers {
  readonly #deps: ApiDeps
  readonly #failures = new RateLimit(FAILURES_PER_MINUTE)
  readonly #failedLogIns = new FailedLogIns()
  readonly #clients: ClientAddresses
  readonly #requests: RateLimit
  /** Before anything is looked up in the store: several callers may share an address. */
  readonly #addresses: RateLimit
  /** Where nobody logs in: what a page of ours knows and a foreign one cannot read. */
  readonly #local: Caller = {
    subject: 'local',
    scope: 'admin',
    by: 'nothing',
    csrf: newSecret(''),
  }

  constructor(deps: ApiDeps) {
    this.#deps = deps
    this.#clients = new ClientAddresses(deps.options.trustedProxies)
    this.#requests = new RateLimit(deps.options.requestsPerMinute)
    this.#addresses = new RateLimit(deps.options.requestsPerMinute * CALLERS_PER_ADDRESS)
  }

  get cookieName(): string {
    return this.#deps.options.secureCookies ? '__Host-tlsfit' : 'tlsfit'
  }

  /** Before every route: sets `caller`. */
  identify(): MiddlewareHandler<ApiEnv> {
    return async (c, next) => {
      const nowMs = this.#deps.now().getTime()
      this.#addresses.take(this.#addressKey(c), nowMs)
      c.set('address', this.address(c))
      this.#checkProxied(c)
      const caller = await this.#callerOf(c)
      this.#requests.take(this.#rateKey(c, caller), nowMs)
      c.set('caller', caller)
      if (!['GET', 'HEAD'].includes(c.req.method)) checkCsrf(c, caller)
      await next()
    }
  }

  /** Before what needs no caller, and asks the store all the same. */
  limit(): MiddlewareHandler<ApiEnv> {
    return async (c, next) => {
      this.#addresses.take(this.#addressKey(c), this.#deps.now().getTime())
      await next()
    }
  }

  /** Takes more of what a caller may do in a minute: for what reaches out or works long. */
  charge(c: ApiContext, cost: number): void {
    this.#requests.take(this.#rateKey(c, c.get('caller')), this.#deps.now().getTime(), cost)
  }

  /** By what was sent as a token; throws 401. Too many wrong ones from one address, and it has to wait. */
  async byToken(c: ApiContext, token: string): Promise<Caller> {
    this.mayTry(c)
    const { database, now } = this.#deps
    const digest = digestOf(token)
    const row = tokenForm.test(token) ? await findToken(database, digest, now()) : undefined
    if (row === undefined) {
      await this.failed(c, 'token', 'token-unknown')
      throw new ApiFailure(401, 'token-unknown', 'this token is not known, or has ended')
    }
    return { subject: tokenSubject(row.id), scope: row.scope, by: 'token', csrf: undefined, digest }
  }

  /** Throws 429 where too many log-ins from there have failed. */
  mayTry(c: ApiContext): void {
    const nowMs = this.#deps.now().getTime()
    const key = this.#addressKey(c)
    if (!this.#failures.hasLeft(key, nowMs)) this.#failures.take(key, nowMs)
  }

  /** Somebody did not come in: counted, and noted in the audit log. */
  async failed(c: ApiContext, by: 'token' | 'oidc', code: string): Promise<void> {
    const { database, now } = this.#deps
    this.#failures.take(this.#addressKey(c), now().getTime())
    await this.#failedLogIns.note(database, { address: this.address(c), by, code }, now())
  }

  /** Of the client, as far as a proxy of ours says so. */
  address(c: ApiContext): string {
    return this.#clients.of(c)
  }

  #addressKey(c: ApiContext): string {
    return rateKey(this.address(c))
  }

  /** Where nobody logs in, whoever came through a proxy may be anybody. */
  #checkProxied(c: ApiContext): void {
    if (this.#deps.options.login !== 'none') return
    const header = forwardHeaders.find((name) => c.req.header(name) !== undefined)
    if (header === undefined) return
    throw new ApiFailure(403, 'proxied', 'this came through a proxy, and nobody would have to log in', {
      hint: 'start tlsfit watch with --public-host NAME, the name that the proxy is reached by',
      at: header,
    })
  }

  async #callerOf(c: ApiContext): Promise<Caller | undefined> {
    const bearer = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
    if (bearer !== undefined) return this.byToken(c, bearer)
    const { database, now, options, signIn } = this.#deps
    const cookie = getCookie(c, this.cookieName)
    if (cookie !== undefined && sessionForm.test(cookie)) {
      const digest = digestOf(cookie)
      const session = await findSession(database, digest, now(), signIn?.digest)
      if (session !== undefined) return { ...session, by: 'session', digest }
    }
    return options.login === 'none' ? this.#local : undefined
  }

  #rateKey(c: ApiContext, caller: Caller | undefined): string {
    return caller === undefined || caller.by === 'nothing' ? `address ${this.#addressKey(c)}` : caller.subject
  }
}

/** A page has to know what only our own answers tell; a token comes along only when a script sends it. */
function checkCsrf(c: ApiContext, caller: Caller | undefined): void {
  if (caller?.csrf === undefined) return
  const sent = Buffer.from(c.req.header('x-csrf-token') ?? '')
  const wanted = Buffer.from(caller.csrf)
  if (sent.length === wanted.length && timingSafeEqual(sent, wanted)) return
  throw new ApiFailure(403, 'csrf', 'X-CSRF-Token is missing or not that of this session', {
    hint: 'take it from GET /api/v1/session',
    at: 'X-CSRF-Token',
  })
}

/** Before a route: the caller must be known, and may do that much. */
export function needs(scope: Scope): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const caller = c.get('caller')
    if (caller === undefined) {
      throw new ApiFailure(401, 'login-needed', 'this needs a token', {
        hint: 'send Authorization: Bearer TOKEN, or log in',
      })
    }
    if (!allows(caller.scope, scope)) {
      throw new ApiFailure(403, 'scope', `this needs the scope ${scope}, and the caller has ${caller.scope}`)
    }
    await next()
  }
}
