import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ApiClient, type Asked, apiNow, startApi } from '../../test/support/api-server.ts'
import { openTestStore } from '../../test/support/store-folder.ts'
import { putEndpoint, putFleet } from '../../test/support/watch-rows.ts'
import type { Database } from '../store/database.ts'
import { openChannelSecrets, putChannels } from '../store/rows/channels.ts'
import { SealingKey } from '../store/sealed-credentials.ts'

const sealingKey = new SealingKey('ab'.repeat(32))
let database: Database
let api: ApiClient

beforeAll(async () => {
  database = await openTestStore(apiNow)
  await putFleet(database, { id: 'modems', device: 'nrf9160', count: 10 })
  await putEndpoint(database, { id: 'fw' })
}, 60_000)
afterAll(() => database?.close())
beforeEach(async () => {
  await database.script('truncate channel, audit, event')
  api = await startApi(database, {}, { sealingKey })
})
afterEach(() => api.close())

const change = (path: string, asked: Asked = {}) => api.change(`/api/v1${path}`, asked)
const add = (json: object) => change('/channels', { json })
const put = (id: string, json: object) => change(`/channels/${id}`, { method: 'PUT', json })
const secretsOf = (id: string) => openChannelSecrets(database, sealingKey, id)
const hook = 'https://hooks.example.com/T0/geheim'
const mail = {
  ...{ kind: 'email', name: 'Mail', server: 'smtp://mail.example.com:587' },
  ...{ sender: 'tlsfit@example.com', to: ['ops@example.com'], user: 'tlsfit', password: 'geheim' },
}

/** One of each kind, with its secrets. */
const kinds: [json: { kind: string; [key: string]: unknown }, where: string, sealed: string[]][] = [
  [{ kind: 'webhook', url: hook, key: 'geheim' }, 'hooks.example.com', ['url', 'key']],
  [mail, 'ops@example.com', ['password']],
  [{ kind: 'slack', url: hook }, 'hooks.example.com', ['url']],
  [{ kind: 'teams', url: hook }, 'hooks.example.com', ['url']],
  [{ kind: 'discord', url: hook }, 'hooks.example.com', ['url']],
  [{ kind: 'alertmanager', url: 'https://am.example.com', token: 'geheim' }, 'am.example.com', ['token']],
  [
    { kind: 'ntfy', url: 'https://ntfy.example.com/geheim', token: 'geheim' },
    'ntfy.example.com',
    ['url', 'token'],
  ],
  [{ kind: 'telegram', token: '1:geheim', chat: '-100' }, 'chat -100', ['token']],
  [{ kind: 'pagerduty', key: 'geheim' }, 'events.pagerduty.com', ['key']],
]

describe('a channel of the API', () => {
  test.each(
    kinds,
  )('is added with its secrets sealed, and none of them is told: %j', async (json, where, sealed) => {
    const { status, json: made, text } = await add({ id: 'ops', ...json })
    expect(status).toBe(201)
    expect(made).toMatchObject({ id: 'ops', kind: json.kind, origin: 'api', where, from: 'warning' })
    expect([...made.made.sealed].sort()).toEqual([...sealed].sort())
    const told = [text, (await api.ask('/api/v1/settings')).text, (await api.ask('/api/v1/audit')).text]
    const rows = await database.query('select * from channel, event, audit')
    for (const one of [...told, JSON.stringify(rows)]) expect(one).not.toContain('geheim')
    expect(Object.keys(await secretsOf('ops')).sort()).toEqual([...sealed].sort())
    expect(JSON.stringify(await secretsOf('ops'))).toContain('geheim')
  })

  test('is edited and taken out, a secret that is left out stays, and each is in the audit log', async () => {
    await add({ kind: 'webhook', name: 'Hook', url: hook, key: 'first' })
    const edited = await put('hook', { kind: 'webhook', name: 'Other', from: 'critical', fleets: ['modems'] })
    expect(edited.json).toMatchObject({ name: 'Other', from: 'critical', fleets: ['modems'] })
    expect(await secretsOf('hook')).toEqual({ url: hook, key: 'first' })
    await put('hook', { kind: 'webhook', key: null })
    expect(await secretsOf('hook')).toEqual({ url: hook })
    expect((await change('/channels/hook', { method: 'DELETE' })).json).toEqual({ ok: true })
    expect((await change('/channels/hook', { method: 'DELETE' })).status).toBe(404)
    const audit = (await api.ask('/api/v1/audit')).json as { action: string; detail: object }[]
    expect(audit.map(({ action }) => action)).toEqual([
      ...['channel-remove', 'channel-edit', 'channel-edit', 'channel-add'],
    ])
    expect(audit.at(-1)?.detail).toMatchObject({ kind: 'webhook', secretsGiven: ['url', 'key'] })
    expect(audit.at(-2)?.detail).toMatchObject({ secretsGiven: [] })
    const events = await database.query<{ kind: string }>('select kind from event')
    expect(events).toHaveLength(4)
  })

  test('sends no secret that is held to another place than it was given for', async () => {
    await add({ id: 'mail', ...mail })
    const { password: _, ...without } = mail
    const stolen = await put('mail', { ...without, server: 'smtp://thief.example' })
    expect([stolen.status, stolen.json.error.at]).toEqual([400, 'password'])
    expect((await put('mail', { ...without, user: 'other' })).status).toBe(400)
    expect((await put('mail', { ...without, to: ['other@example.com'] })).status).toBe(200)
    expect(await secretsOf('mail')).toEqual({ password: 'geheim' })

    await add({ id: 'am', kind: 'alertmanager', url: 'https://am.example.com', token: 't' })
    expect((await put('am', { kind: 'alertmanager', url: 'https://thief.example' })).json.error.at).toBe(
      'token',
    )
    expect((await put('am', { kind: 'alertmanager', url: 'http://am.example.com' })).status).toBe(400)
    const anew = { kind: 'alertmanager', url: 'https://other.example', token: null }
    expect((await put('am', anew)).status).toBe(200)
    expect(await secretsOf('am')).toEqual({})

    await add({ id: 'ntfy', kind: 'ntfy', url: 'https://ntfy.sh/a', token: 't' })
    expect((await put('ntfy', { kind: 'ntfy', url: 'https://thief.example/a' })).json.error.at).toBe('token')
    expect((await put('ntfy', { kind: 'ntfy', url: 'https://ntfy.sh/b' })).status).toBe(200)
  })

  test.each([
    [{ kind: 'webhook', url: 'http://127.0.0.1:9/' }, 422, 'url'],
    [{ kind: 'webhook', url: 'http://0x7f.1/' }, 422, 'url'],
    [{ kind: 'slack', url: 'http://[::ffff:10.0.0.1]/' }, 422, 'url'],
    [{ kind: 'ntfy', url: 'http://localhost/topic' }, 422, 'url'],
    [{ kind: 'alertmanager', url: 'http://169.254.169.254/latest' }, 422, 'url'],
    [{ ...mail, server: 'smtp://2130706433:25' }, 422, 'server'],
    [{ kind: 'webhook', url: { env: 'PATH' } }, 400, 'url'],
    [{ kind: 'webhook', url: { file: '/etc/passwd' } }, 400, 'url'],
    [{ kind: 'webhook', url: 'file:///etc/passwd' }, 400, 'url'],
    [{ kind: 'webhook', url: 'https://user:word@example.com/' }, 400, 'url'],
    [{ kind: 'webhook' }, 400, 'url'],
    [{ kind: 'telegram', token: '1/../x', chat: '1' }, 400, 'token'],
    [{ kind: 'ntfy', url: 'https://ntfy.sh/a', token: 'a\r\nx-evil: 1' }, 400, 'token'],
    [{ ...mail, to: ['a@b.example\r\nBcc: c@d.example'] }, 400, 'to.0'],
    [{ kind: 'pagerduty', key: 'k', fleets: ['none'] }, 400, 'fleets'],
    [{ kind: 'pagerduty', key: 'k', endpoints: ['none'] }, 400, 'endpoints'],
    [{ kind: 'carrier-pigeon' }, 400, 'kind'],
  ])('is refused as %j', async (json, status, at) => {
    const answer = await add({ id: 'ops', ...json })
    expect([answer.status, answer.json.error.at]).toEqual([status, at])
    expect(await database.query('select * from channel')).toEqual([])
    expect(await database.query('select * from audit')).toEqual([])
  })

  test('may lead into this network where that was asked for', async () => {
    await api.close()
    api = await startApi(database, { privateTargets: true }, { sealingKey })
    expect((await add({ id: 'ops', kind: 'webhook', url: 'http://127.0.0.1:9/' })).status).toBe(201)
  })

  test('of the file, or of another kind, stays as it is', async () => {
    const parts = { from: 'warning', name: 'Ops' } as const
    await putChannels(database, [{ ...parts, id: 'ops', kind: 'webhook', url: hook }], 'file', apiNow)
    expect((await put('ops', { kind: 'webhook', url: hook })).json.error.code).toBe('of-file')
    expect((await change('/channels/ops', { method: 'DELETE' })).json.error.code).toBe('of-file')
    expect((await add({ id: 'ops', kind: 'webhook', url: hook })).json.error.code).toBe('channel-known')
    await add({ id: 'own', kind: 'pagerduty', key: 'k' })
    expect((await put('own', { kind: 'slack', url: hook })).json.error.at).toBe('kind')
  })

  test('needs the key for a secret, and none where it has no secret', async () => {
    await api.close()
    api = await startApi(database)
    expect((await add({ kind: 'slack', url: hook })).json.error.code).toBe('key-missing')
    const { password: _, ...open } = mail
    expect((await add(open)).json.made.sealed).toEqual([])
  })

  test.each([
    'POST /channels',
    'PUT /channels/a',
    'DELETE /channels/a',
  ])('%s is for admins', async (route) => {
    await api.close()
    api = await startApi(database, { login: 'token' }, { sealingKey })
    const { issueToken } = await import('./tokens.ts')
    const { token } = await issueToken(database, { name: 'a', scope: 'write', expiresAt: undefined }, apiNow)
    const [method = '', path = ''] = route.split(' ')
    const answer = await api.ask(`/api/v1${path}`, { method, headers: { authorization: `Bearer ${token}` } })
    expect([answer.status, answer.json.error.code]).toEqual([403, 'scope'])
  })
})
