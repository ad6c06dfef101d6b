import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type ApiClient, apiNow, startApi } from '../../test/support/api-server.ts'
import { openTestStore } from '../../test/support/store-folder.ts'
import type { Database } from '../store/database.ts'
import { defaultOptions } from './api-context.ts'
import { listenApi } from './listen-api.ts'
import { issueToken } from './tokens.ts'

let database: Database
let api: ApiClient
let now = apiNow
const opened: ApiClient[] = []

beforeAll(async () => {
  database = await openTestStore(apiNow)
}, 60_000)

afterAll(async () => {
  await database?.close()
})

afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()))
  await database.script('truncate token, session, audit')
  now = apiNow
})

const start = async (options = {}) => {
  api = await startApi(database, options, { now: () => now })
  opened.push(api)
  return api
}
const token = async (scope: 'read' | 'write' | 'admin', expiresAt?: Date) =>
  (await issueToken(database, { name: scope, scope, expiresAt }, now)).token
const bearer = (secret: string) => ({ headers: { authorization: `Bearer ${secret}` } })
const code = ({ json }: { json: { error: { code: string } } }) => json.error.code

describe('who may ask', () => {
  test.each([
    '0.0.0.0',
    '::',
    '192.0.2.7',
  ])('%s is not listened on while nobody has to log in', async (host) => {
    const deps = { database, options: defaultOptions } as Parameters<typeof listenApi>[0]
    await expect(listenApi(deps, host, 0)).rejects.toMatchObject({ code: 'login-needed' })
  })

  test('where a token is demanded, nothing is told without one but that it runs', async () => {
    await start({ login: 'token' })
    const health = await api.ask('/health')
    expect(health.json).toEqual({ ok: true })
    for (const path of ['/api/v1/session', '/api/v1/overview', '/api/v1/endpoints/a']) {
      const answer = await api.ask(path)
      expect([path, answer.status, answer.headers['www-authenticate']]).toEqual([path, 401, 'Bearer'])
    }
  })

  test('a token is kept by its digest alone, has a scope, and ends', async () => {
    await start({ login: 'token' })
    const secret = await token('read', new Date('2026-11-21T13:00:00Z'))
    expect((await api.ask('/api/v1/session', bearer(secret))).json).toMatchObject({ scope: 'read' })
    const rows = await database.query('select * from token')
    expect(JSON.stringify(rows)).not.toContain(secret.slice(7, 20))
    now = new Date('2026-11-21T13:00:01Z')
    expect((await api.ask('/api/v1/session', bearer(secret))).status).toBe(401)
  })

  test('wrong tokens are counted by address: after twenty in a minute, the right one waits too', async () => {
    await start({ login: 'token' })
    const secret = await token('read')
    for (let tries = 0; tries < 20; tries++) {
      expect((await api.ask('/api/v1/session', bearer(`tlsfit_${'x'.repeat(43)}`))).status).toBe(401)
    }
    const waiting = await api.ask('/api/v1/session', bearer(secret))
    expect(waiting.status).toBe(429)
    expect(Number(waiting.headers['retry-after'])).toBeGreaterThan(0)
    now = new Date(apiNow.getTime() + 60_000)
    expect((await api.ask('/api/v1/session', bearer(secret))).status).toBe(200)
  })

  test('a proxy of ours says who asks; anybody else may write what he likes', async () => {
    await start({ login: 'token', trustedProxies: ['127.0.0.1'] })
    const wrong = (forwarded: string) => {
      const headers = { authorization: `Bearer tlsfit_${'x'.repeat(43)}`, 'x-forwarded-for': forwarded }
      return api.ask('/api/v1/session', { headers }).then(({ status }) => status)
    }
    for (let tries = 0; tries < 20; tries++) expect(await wrong(`198.51.100.${tries}, 203.0.113.9`)).toBe(401)
    expect(await wrong('198.51.100.77, 203.0.113.9')).toBe(429)
    expect(await wrong('203.0.113.10')).toBe(401)
    await start({ login: 'token' })
    for (let tries = 0; tries < 20; tries++) expect(await wrong(`198.51.100.${tries}`)).toBe(401)
    expect(await wrong('198.51.100.77')).toBe(429)
  })

  test.each([
    { 'x-forwarded-for': '203.0.113.9' },
    { forwarded: 'for=203.0.113.9' },
    { 'x-real-ip': '203.0.113.9' },
  ])('where nobody logs in, what a proxy brings along is refused: %j', async (headers) => {
    await start()
    expect(code(await api.ask('/api/v1/overview', { headers }))).toBe('proxied')
    expect((await api.ask('/metrics', { headers })).status).toBe(403)
    await start({ login: 'token' })
    expect(
      (await api.ask('/api/v1/overview', { headers: { ...headers, ...bearer(await token('read')).headers } }))
        .status,
    ).toBe(200)
  })

  test('wrong tokens stand in the audit log, one row for an address, and never what was sent', async () => {
    await start({ login: 'token' })
    const sent = `tlsfit_${'x'.repeat(43)}`
    for (let tries = 0; tries < 3; tries++) await api.ask('/api/v1/session', bearer(sent))
    await api.ask('/api/v1/session', { method: 'POST', json: { token: 'geheim' } })
    const rows = await database.query<Record<string, unknown>>('select * from audit')
    expect(rows).toMatchObject([
      { actor: 'unknown', action: 'log-in-failed', subject: '127.0.0.1', detail: { by: 'token', times: 4 } },
    ])
    expect(JSON.stringify(rows)).not.toMatch(/xxxx|geheim/)
  })

  test('nobody fills the audit log with log-ins that fail from everywhere', async () => {
    await start({ login: 'token', trustedProxies: ['127.0.0.1'] })
    for (let tries = 0; tries < 40; tries++) {
      const headers = { ...bearer('wrong').headers, 'x-forwarded-for': `203.0.113.${tries}` }
      await api.ask('/api/v1/session', { headers })
    }
    const rows = await database.query<{ subject: string; detail: { times: number } }>(
      'select subject, detail from audit order by id',
    )
    expect(rows.length).toBeLessThanOrEqual(31)
    expect(rows.at(-1)?.subject).toBe('other addresses')
    expect(rows.reduce((sum, { detail }) => sum + detail.times, 0)).toBe(40)
  })

  test('who asks too often is told when to come again', async () => {
    await start({ requestsPerMinute: 5 })
    const answers = []
    for (let tries = 0; tries < 6; tries++) answers.push((await api.ask('/api/v1/session')).status)
    expect(answers).toEqual([200, 200, 200, 200, 200, 429])
  })
})

describe('a session', () => {
  test('is a cookie that no script and no other site has, and that only TLS carries off loopback', async () => {
    await start({ login: 'token', secureCookies: true })
    const answer = await api.ask('/api/v1/session', { method: 'POST', json: { token: await token('write') } })
    const [cookie = ''] = answer.headers['set-cookie'] ?? []
    expect(cookie).toMatch(/^__Host-tlsfit=[\w-]{43}; /)
    for (const part of ['HttpOnly', 'Secure', 'SameSite=Strict', 'Path=/']) expect(cookie).toContain(part)
    const secret = cookie.slice(cookie.indexOf('=') + 1, cookie.indexOf(';'))
    expect(JSON.stringify(await database.query('select * from session'))).not.toContain(secret)
  })

  test('lasts a week, ends when its holder logs out, and with its token', async () => {
    await start({ login: 'token' })
    const { id, token: secret } = await issueToken(
      database,
      { name: 'a', scope: 'admin', expiresAt: undefined },
      now,
    )
    const logIn = async () => {
      const { headers } = await api.ask('/api/v1/session', { method: 'POST', json: { token: secret } })
      return { headers: { cookie: headers['set-cookie']?.[0]?.split(';')[0] ?? '' } }
    }
    const first = await logIn()
    const asked = () => api.ask('/api/v1/session', first).then(({ status }) => status)
    expect(await asked()).toBe(200)
    now = new Date(apiNow.getTime() + 7 * 86_400_000)
    expect(await asked()).toBe(401)
    now = apiNow
    expect((await api.change('/api/v1/session', { method: 'DELETE', ...first })).status).toBe(200)
    expect(await asked()).toBe(401)
    const second = await logIn()
    await database.query('update token set expires_at = $2 where id = $1', [id, new Date(0)])
    expect((await api.ask('/api/v1/session', second)).status).toBe(401)
  })

  test('changes nothing without the token against forgery, and a bearer needs none', async () => {
    await start({ login: 'token' })
    const secret = await token('admin')
    const { headers, json } = await api.ask('/api/v1/session', { method: 'POST', json: { token: secret } })
    const cookie = headers['set-cookie']?.[0]?.split(';')[0] ?? ''
    const out = (more: Record<string, string>) =>
      api.ask('/api/v1/session', { method: 'DELETE', headers: { cookie, ...more } })
    expect(code(await out({}))).toBe('csrf')
    expect(code(await out({ 'x-csrf-token': 'x'.repeat(43) }))).toBe('csrf')
    expect((await api.ask('/api/v1/session', { method: 'DELETE', ...bearer(secret) })).status).toBe(200)
    expect((await out({ 'x-csrf-token': json.csrf })).status).toBe(200)
  })

  test('without a log-in, a page of another origin still cannot change anything', async () => {
    await start()
    expect(code(await api.ask('/api/v1/session', { method: 'DELETE' }))).toBe('csrf')
    expect((await api.change('/api/v1/session', { method: 'DELETE' })).status).toBe(200)
  })
})

describe('where a request comes from', () => {
  test.each([
    ['evil.example', 421],
    ['localhost.evil.example:80', 421],
    ['127.0.0.1.evil.example', 421],
    ['fit.example.com@evil.example', 400],
    ['[::1', 400],
    ['localhost:8443', 200],
    ['127.0.0.1', 200],
    ['[::1]:8443', 200],
    ['FIT.example.com', 200],
  ])('the name %j gets %i', async (host, status) => {
    await start({ hosts: ['fit.example.com'] })
    expect((await api.ask('/api/v1/session', { headers: { host } })).status).toBe(status)
  })

  test.each([
    [{ origin: 'https://evil.example' }, 'origin-foreign'],
    [{ origin: 'null' }, 'origin-foreign'],
    [{ origin: 'http://127.0.0.1:1' }, 'origin-foreign'],
    [{ 'sec-fetch-site': 'cross-site' }, 'origin-foreign'],
    [{ 'sec-fetch-site': 'same-site' }, 'origin-foreign'],
  ])('a change with %j is refused', async (headers, expected) => {
    await start()
    const { json } = await api.ask('/api/v1/session')
    const asked = { method: 'DELETE', headers: { 'x-csrf-token': json.csrf, ...(headers as object) } }
    expect(code(await api.ask('/api/v1/session', asked))).toBe(expected)
  })

  test('no other origin may read: there is no header that would let it', async () => {
    await start()
    const { headers } = await api.ask('/api/v1/session', { method: 'OPTIONS' })
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  })
})

describe('what an answer lets a browser do', () => {
  test('nothing inline and nothing from elsewhere, but the styles of a report', async () => {
    await start()
    const { headers } = await api.ask('/api/v1/session')
    const policy = headers['content-security-policy'] ?? ''
    expect(policy).toContain("default-src 'self'")
    expect(policy).toMatch(/style-src 'self' 'sha256-[A-Za-z0-9+/]{43}='/)
    expect(policy).not.toContain('unsafe')
    expect(headers).toMatchObject({
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    })
  })

  test('an error has them too, and tells nothing of what went wrong inside', async () => {
    await start()
    const broken = await startApi(
      { ...database, query: () => Promise.reject(new Error('secret place /srv/x')) } as Database,
      {},
    )
    opened.push(broken)
    const { status, text, headers } = await broken.ask('/api/v1/overview')
    expect([status, headers['x-content-type-options']]).toEqual([500, 'nosniff'])
    expect(text).not.toContain('secret place')
    expect(broken.faults).toHaveLength(1)
  })
})

describe('the page', () => {
  const web = mkdtempSync(join(tmpdir(), 'tlsfit-web-'))
  mkdirSync(join(web, 'assets'))
  writeFileSync(join(web, 'index.html'), '<!doctype html><title>tlsfit</title>')
  writeFileSync(join(web, 'assets/main-abc123.js'), 'export {}')
  writeFileSync(join(tmpdir(), 'tlsfit-outside.txt'), 'outside')
  symlinkSync(join(tmpdir(), 'tlsfit-outside.txt'), join(web, 'assets/link.txt'))
  afterAll(() => {
    rmSync(web, { recursive: true, force: true })
    rmSync(join(tmpdir(), 'tlsfit-outside.txt'), { force: true })
  })

  test.each([
    ['/', 'no-cache', 'text/html; charset=utf-8'],
    ['/assets/main-abc123.js', 'public, max-age=31536000, immutable', 'text/javascript; charset=utf-8'],
  ])('%s is kept: %s', async (path, cache, type) => {
    await start({ webFolder: web })
    const { status, headers } = await api.ask(path)
    expect([status, headers['cache-control'], headers['content-type']]).toEqual([200, cache, type])
  })

  test.each([
    ['/forecast', './#/forecast'],
    ['/forecast/', '../#/forecast'],
    ['/settings/schedule', '../#/settings/schedule'],
    ['/endpoints/ota.example.com?fleet=trackers', '../#/endpoints/ota.example.com?fleet=trackers'],
    ['/endpoints/a%2Fb%25', '../#/endpoints/a%2Fb%25'],
    ['//elsewhere.example/x', '../../#//elsewhere.example/x'],
  ])('who types %s is sent to %s, whatever path a proxy has before it', async (path, address) => {
    await start({ webFolder: web })
    const asked = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
    const { status, headers } = await api.ask(path, { headers: asked })
    expect([status, headers.location, headers['cache-control']]).toEqual([302, address, 'no-store'])
    expect((await api.ask(path, { headers: { accept: '*/*' } })).status).toBe(404)
  })

  test.each([
    '/assets/link.txt',
    '/../tlsfit-outside.txt',
    '/assets/%2e%2e/%2e%2e/tlsfit-outside.txt',
    '/assets/..%2f..%2ftlsfit-outside.txt',
    '/assets/%00.js',
    '/assets/%ff.js',
    '/missing.js',
    '/api/nothing',
  ])('%s leads nowhere', async (path) => {
    await start({ webFolder: web })
    const { status, text } = await api.ask(path)
    expect(status).toBe(404)
    expect(text).not.toContain('outside')
  })
})
