import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Answer, type ApiClient, apiNow, startApi } from '../../test/support/api-server.ts'
import { type OidcIssuer, oidcIssuer } from '../../test/support/oidc-issuer.ts'
import { openTestStore } from '../../test/support/store-folder.ts'
import type { OidcConfig, OidcRole } from '../fleet/access-config.ts'
import type { Database } from '../store/database.ts'
import { CALLBACK_PATH, OidcSignIn } from './oidc-sign-in.ts'

const publicUrl = 'https://fit.example.com'
const roles: readonly OidcRole[] = [
  { may: 'read', domain: 'example.com' },
  { may: 'admin', group: 'tls-admins' },
  { may: 'write', email: 'ada@example.com' },
]
let database: Database
let issuer: OidcIssuer
let api: ApiClient
let now = apiNow

beforeAll(async () => {
  database = await openTestStore(apiNow)
  issuer = await oidcIssuer(`${publicUrl}${CALLBACK_PATH}`)
}, 180_000)
afterAll(async () => {
  await issuer?.stop()
  await database?.close()
})
beforeEach(async () => {
  await database.script('truncate session, audit, token')
  issuer.account = { sub: 'u1', email: 'Ada@Example.com', email_verified: true }
  issuer.tamper = undefined
  now = apiNow
  api = await start()
})
afterEach(() => api.close())

const config = (more: Partial<OidcConfig> = {}): OidcConfig => ({
  ...{ issuer: issuer.url, name: 'Example', clientId: issuer.clientId, roles },
  ...{ clientSecret: { env: 'SECRET' }, scopes: ['email', 'groups'], groupsClaim: 'groups' },
  ...more,
})
const start = (more: Partial<OidcConfig> = {}, secret = issuer.clientSecret) =>
  startApi(
    database,
    { login: 'oidc', hosts: ['fit.example.com'], secureCookies: true },
    {
      now: () => now,
      signIn: new OidcSignIn({
        ...{ config: config(more), publicUrl, now: () => now },
        clientSecret: async () => secret,
      }),
    },
  )

/** Walks as a browser does: follows redirects, and keeps each place's cookies. */
class Browser {
  readonly jars = new Map<string, Map<string, string>>()
  readonly seen: string[] = []

  async open(address: string): Promise<Answer> {
    let url = new URL(address, publicUrl)
    for (let hops = 0; hops < 12; hops++) {
      this.seen.push(url.href)
      const answer = await this.#ask(url)
      const { location } = answer.headers
      if (location === undefined) return answer
      url = new URL(location, url)
      if (url.origin === publicUrl && url.pathname === '/') {
        this.seen.push(url.href)
        return answer
      }
    }
    throw new Error('too many redirects')
  }

  async #ask(url: URL): Promise<Answer> {
    const jar = this.jars.get(url.origin) ?? new Map<string, string>()
    this.jars.set(url.origin, jar)
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await (url.origin === publicUrl
      ? api.ask(`${url.pathname}${url.search}`, { headers: { host: 'fit.example.com', cookie } })
      : asked(url, cookie))
    for (const one of answer.headers['set-cookie'] ?? []) {
      const [pair = ''] = one.split(';')
      const at = pair.indexOf('=')
      if (/max-age=0|expires=thu, 01 jan 1970/i.test(one)) jar.delete(pair.slice(0, at))
      else jar.set(pair.slice(0, at), pair.slice(at + 1))
    }
    return answer
  }

  logIn(to = ''): Promise<Answer> {
    return this.open(`/api/v1/session/oidc?to=${encodeURIComponent(to)}`)
  }

  async ways() {
    return (await this.open('/api/v1/session/ways')).json
  }

  async session(): Promise<Answer> {
    return this.open('/api/v1/session')
  }
}

async function asked(url: URL, cookie: string): Promise<Answer> {
  const response = await fetch(url, { headers: { cookie }, redirect: 'manual' })
  const headers = {
    'set-cookie': response.headers.getSetCookie(),
    ...(response.headers.has('location') && { location: response.headers.get('location') ?? '' }),
  }
  return { status: response.status, headers, text: await response.text(), json: undefined }
}

const audit = () =>
  database.query<{ actor: string; action: string; subject: string; detail: Record<string, unknown> }>(
    'select actor, action, subject, detail from audit order by id',
  )

describe('log-in by OpenID Connect', () => {
  test('gives a session with the widest role, by code, PKCE, state and nonce, and goes on where it began', async () => {
    issuer.account = {
      sub: 'u1',
      email: 'ada@example.com',
      email_verified: true,
      groups: ['x', 'tls-admins'],
    }
    const browser = new Browser()
    expect((await browser.session()).status).toBe(401)
    expect(await browser.ways()).toEqual({
      token: true,
      oidc: { name: 'Example', start: '/api/v1/session/oidc' },
    })
    await browser.logIn('#/endpoints/fw?vantage=local')
    expect(browser.seen.at(-1)).toBe(`${publicUrl}/#/endpoints/fw?vantage=local`)
    const authorize = new URL(browser.seen.find((url) => url.startsWith(`${issuer.url}/auth?`)) ?? '')
    expect(Object.fromEntries(authorize.searchParams)).toMatchObject({
      ...{ response_type: 'code', client_id: 'tlsfit', code_challenge_method: 'S256' },
      ...{ redirect_uri: `${publicUrl}${CALLBACK_PATH}`, scope: 'openid email groups' },
    })
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(authorize.searchParams.get(name)).toMatch(/^[\w-]{43}$/)
    }
    const { json } = await browser.session()
    expect(json).toMatchObject({ subject: 'oidc:ada@example.com', scope: 'admin', login: 'oidc' })
    expect(issuer.asked).toContain('/jwks')
    expect(await audit()).toMatchObject([
      {
        action: 'log-in',
        subject: 'oidc:ada@example.com',
        detail: { by: 'oidc', scope: 'admin', sub: 'u1' },
      },
    ])
  })

  test('leaves cookies that no script has, and the attempt is gone after it', async () => {
    const browser = new Browser()
    const { headers } = await api.ask('/api/v1/session/oidc', { headers: { host: 'fit.example.com' } })
    const [attempt = ''] = headers['set-cookie'] ?? []
    expect(attempt).toMatch(/^__Host-tlsfit-log-in=[\w-]+; /)
    for (const part of ['HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/', 'Max-Age=600']) {
      expect(attempt).toContain(part)
    }
    const { headers: last } = await browser.logIn()
    const cookies = last['set-cookie'] ?? []
    const session = cookies.find((one) => one.startsWith('__Host-tlsfit=')) ?? ''
    for (const part of ['HttpOnly', 'Secure', 'SameSite=Strict', 'Path=/']) expect(session).toContain(part)
    expect([...(browser.jars.get(publicUrl)?.keys() ?? [])]).toEqual(['__Host-tlsfit'])
  })

  test('changes nothing without the token against forgery, and ends by logging out', async () => {
    const browser = new Browser()
    await browser.logIn()
    const { json } = await browser.session()
    const cookie = `__Host-tlsfit=${browser.jars.get(publicUrl)?.get('__Host-tlsfit')}`
    const out = (csrf: string) =>
      api.ask('/api/v1/session', {
        method: 'DELETE',
        headers: { host: 'fit.example.com', cookie, 'x-csrf-token': csrf },
      })
    expect((await out('')).json.error.code).toBe('csrf')
    expect((await out(json.csrf)).status).toBe(200)
    expect((await browser.session()).status).toBe(401)
    expect((await audit()).map(({ action }) => action)).toEqual(['log-in', 'log-out'])
  })

  test('lasts half a day, and no longer than the roles that it rests on', async () => {
    const browser = new Browser()
    await browser.logIn()
    now = new Date(apiNow.getTime() + 12 * 3_600_000 - 1)
    expect((await browser.session()).status).toBe(200)
    now = new Date(now.getTime() + 1)
    expect((await browser.session()).status).toBe(401)
    now = apiNow
    await api.close()
    api = await start({ name: 'Another word' })
    expect((await browser.session()).status).toBe(200)
    await api.close()
    api = await start({ roles: [{ may: 'read', group: 'other' }] })
    expect((await browser.session()).status).toBe(401)
  })

  test('an old session is not carried on by a new log-in', async () => {
    const browser = new Browser()
    await browser.logIn()
    const before = browser.jars.get(publicUrl)?.get('__Host-tlsfit')
    await browser.logIn()
    expect(browser.jars.get(publicUrl)?.get('__Host-tlsfit')).not.toBe(before)
    expect(await database.query('select * from session')).toHaveLength(1)
  })
})

/** What the log-in page says of an attempt that failed. */
async function failure(browser: Browser) {
  expect((await browser.session()).status).toBe(401)
  const { failed } = await browser.ways()
  expect((await browser.ways()).failed).toBeUndefined()
  return failed
}

describe('a log-in fails in one clear sentence', () => {
  test.each([
    [{ sub: 'u2' }, 'u2 is known to Example, and has no role here'],
    [
      { sub: 'u2', email: 'eve@evil.example', email_verified: true },
      'eve@evil.example is known to Example, and has no role here',
    ],
    [
      { sub: 'u2', email: 'eve@example.com.evil.example', email_verified: true },
      'eve@example.com.evil.example is known to Example, and has no role here',
    ],
    [
      { sub: 'u2', email: 'eve@example.com' },
      'Example does not say that the address eve@example.com is verified',
    ],
    [
      { sub: 'u2', email: 'eve@example.com', email_verified: false },
      'Example does not say that the address eve@example.com is verified',
    ],
    [{ sub: 'u2', groups: ['TLS-Admins', 'tls-admins '] }, 'u2 is known to Example, and has no role here'],
  ])('for %j', async (account, message) => {
    issuer.account = account
    const browser = new Browser()
    await browser.logIn()
    expect(await failure(browser)).toMatchObject({ code: 'role-missing', message })
    expect(await audit()).toMatchObject([
      {
        actor: 'unknown',
        action: 'log-in-failed',
        subject: '127.0.0.1',
        detail: { by: 'oidc', code: 'role-missing' },
      },
    ])
    expect(await database.query('select * from session')).toEqual([])
  })

  test('where the provider turns somebody away, without what it writes for people', async () => {
    issuer.account = 'denied'
    const browser = new Browser()
    await browser.logIn()
    const failed = await failure(browser)
    expect(failed).toMatchObject({
      message: 'Example refused the log-in: access_denied',
      hint: 'begin again',
    })
  })

  test('where the client secret is wrong, without telling it', async () => {
    await api.close()
    api = await start({}, 'wrong-s3cret')
    const browser = new Browser()
    await browser.logIn()
    const failed = await failure(browser)
    expect(failed.message).toBe('Example refused the log-in: invalid_client')
    expect(JSON.stringify([failed, await audit()])).not.toContain('wrong-s3cret')
  })

  test('where the provider does not answer', async () => {
    await api.close()
    const gone = await oidcIssuer(`${publicUrl}${CALLBACK_PATH}`)
    await gone.stop()
    api = await start({ issuer: gone.url })
    const browser = new Browser()
    await browser.logIn()
    expect(await failure(browser)).toMatchObject({ message: 'Example does not answer: ECONNREFUSED' })
  })

  const claimsOf = (token: unknown) =>
    JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString())
  const withClaims = (token: unknown, more: object) => {
    const [head, , signature] = String(token).split('.')
    const payload = Buffer.from(JSON.stringify({ ...claimsOf(token), ...more })).toString('base64url')
    return [head, payload, signature].join('.')
  }
  test.each([
    ['a signature that does not hold', (token: unknown) => withClaims(token, { groups: ['tls-admins'] })],
    ['another nonce', (token: unknown) => withClaims(token, { nonce: 'of somebody else' })],
    ['another audience', (token: unknown) => withClaims(token, { aud: 'other' })],
    ['another issuer', (token: unknown) => withClaims(token, { iss: 'https://evil.example' })],
    ['an end that is over', (token: unknown) => withClaims(token, { exp: 1 })],
    [
      'no signature at all',
      (token: unknown) => {
        const head = Buffer.from('{"alg":"none"}').toString('base64url')
        return `${head}.${String(token).split('.')[1]}.`
      },
    ],
  ])('where the ID token has %s', async (_, change) => {
    issuer.tamper = (body) => ({ ...body, id_token: change(body.id_token) })
    const browser = new Browser()
    await browser.logIn()
    const failed = await failure(browser)
    expect(failed.code).toBe('answer-invalid')
    expect(failed.message).toMatch(/^what Example answered does not hold: \w+$/)
  })
})

describe('an attempt', () => {
  const callback = async (browser: Browser) => {
    issuer.account = { sub: 'u1', email: 'ada@example.com', email_verified: true }
    const walking = new Browser()
    await walking.logIn()
    return walking.seen.find((url) => url.startsWith(`${publicUrl}${CALLBACK_PATH}`)) ?? `${browser.seen}`
  }

  test('is of the browser that began it: nobody is logged in as somebody else by a link', async () => {
    const victim = new Browser()
    await victim.open(await callback(victim))
    expect((await failure(victim)).code).toBe('attempt-unknown')
    const busy = new Browser()
    await api.ask('/api/v1/session/oidc', { headers: { host: 'fit.example.com' } })
    const { headers } = await api.ask('/api/v1/session/oidc', { headers: { host: 'fit.example.com' } })
    const [name = '', value = ''] = headers['set-cookie']?.[0]?.split(';')[0]?.split('=') ?? []
    busy.jars.set(publicUrl, new Map([[name, value]]))
    await busy.open(await callback(busy))
    expect((await failure(busy)).code).toBe('answer-invalid')
  })

  test('is over after ten minutes, and cannot be made up', async () => {
    const browser = new Browser()
    const { headers } = await api.ask('/api/v1/session/oidc', { headers: { host: 'fit.example.com' } })
    const [name = '', value = ''] = headers['set-cookie']?.[0]?.split(';')[0]?.split('=') ?? []
    now = new Date(apiNow.getTime() + 600_000)
    for (const kept of [value, `${value.slice(0, -4)}AAAA`, 'x'.repeat(60)]) {
      browser.jars.set(publicUrl, new Map([[name, kept]]))
      await browser.open(`${CALLBACK_PATH}?code=a&state=b`)
      expect((await failure(browser)).code).toBe('attempt-unknown')
    }
  })

  test.each([
    'https://evil.example',
    '//evil.example',
    '#/../..//evil',
    '/\\evil',
    'javascript:alert(1)',
    '#/a\r\nx: y',
  ])('leads back to our own page alone, whatever it is told: %j', async (to) => {
    const browser = new Browser()
    await browser.logIn(to)
    expect(new URL(browser.seen.at(-1) ?? '').origin).toBe(publicUrl)
    expect(new URL(browser.seen.at(-1) ?? '').pathname).toBe('/')
    expect((await browser.session()).status).toBe(200)
  })

  test('that fails is counted as a wrong token is: after twenty in a minute its address waits', async () => {
    const browser = new Browser()
    for (let tries = 0; tries < 20; tries++) await browser.open(`${CALLBACK_PATH}?code=a&state=b`)
    expect((await browser.open(`${CALLBACK_PATH}?code=a&state=b`)).status).toBe(429)
    expect(await audit()).toMatchObject([{ action: 'log-in-failed', detail: { times: 20 } }])
  })
})

describe('without OpenID Connect', () => {
  test('there is no such log-in, and the page is told so', async () => {
    await api.close()
    api = await startApi(database, { login: 'token' })
    expect((await api.ask('/api/v1/session/ways')).json).toEqual({ token: true })
    expect((await api.ask('/api/v1/session/oidc')).status).toBe(404)
    expect((await api.ask(`${CALLBACK_PATH}?code=a`)).status).toBe(404)
  })
})
