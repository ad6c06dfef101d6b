import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ApiClient, type Asked, apiNow, startApi } from '../../test/support/api-server.ts'
import { openTestStore } from '../../test/support/store-folder.ts'
import { putAlert, putEndpoint, putFleet } from '../../test/support/watch-rows.ts'
import type { Condition } from '../fleet/condition.ts'
import { builtInDefaults } from '../fleet/endpoint-defaults.ts'
import { defaultThresholds } from '../fleet/watch-parts.ts'
import type { Database } from '../store/database.ts'
import { putChannels } from '../store/rows/channels.ts'
import { openCredential } from '../store/rows/credentials.ts'
import { readEndpoints } from '../store/rows/endpoints.ts'
import { readFileSettings, writeWatchSettings } from '../store/rows/settings.ts'
import { SealingKey } from '../store/sealed-credentials.ts'
import { readWatchView } from '../watch/watch-view.ts'
import type { WatchService } from './watch-service.ts'

let database: Database
let api: ApiClient
let told: string[] = []
const watch: WatchService = {
  probeNow: async (id) => {
    told.push(`probe ${id}`)
  },
  settingsChanged: async () => {
    told.push('settings')
  },
  lastSight: async () => undefined,
  testChannel: async (id) => {
    told.push(`test ${id}`)
    return { ok: false, error: 'ECONNREFUSED' }
  },
}

beforeAll(async () => {
  database = await openTestStore(apiNow)
}, 60_000)

afterAll(async () => {
  await database?.close()
})

beforeEach(async () => {
  await database.script(
    'truncate setting, credential, endpoint, fleet, channel, alert, silence, token, session, audit, event cascade',
  )
  await putFleet(database, { id: 'modems', device: 'nrf9160', count: 10 })
  await putEndpoint(database, { id: 'of-file' })
  told = []
  api = await startApi(database, {}, { watch })
})

afterEach(() => api.close())

const change = (path: string, asked: Asked = {}) => api.change(`/api/v1${path}`, asked)
const rows = (table: string) => database.query<Record<string, unknown>>(`select * from ${table} order by id`)
const actions = async () =>
  (await rows('audit')).map(({ actor, action, subject }) => `${actor} ${action} ${subject}`)

describe('endpoints of the API', () => {
  test('are added, changed and taken out, each with who did it, and whoever listens is told', async () => {
    const added = await change('/endpoints', {
      json: {
        target: 'https://Firmware.example.com/fw.bin',
        fleets: ['modems'],
        everySeconds: 600,
        thoroughSeconds: 7_200,
      },
    })
    expect(added.status).toBe(201)
    expect(added.json).toMatchObject({
      id: 'firmware.example.com-fw.bin',
      origin: 'api',
      everySeconds: 600,
      thoroughSeconds: 7_200,
      fleets: ['modems'],
      vantages: ['local'],
    })
    const path = `/endpoints/${added.json.id}`
    const target = 'mqtts://broker.example.com'
    const edited = await change(path, { method: 'PUT', json: { target, name: 'Broker', sni: 'none' } })
    expect(edited.json).toMatchObject({
      name: 'Broker',
      target,
      sni: 'none',
      everySeconds: 600,
      thoroughSeconds: 7_200,
    })
    expect(edited.json).not.toHaveProperty('fleets')
    expect((await change(path, { method: 'DELETE' })).json).toEqual({ ok: true })
    expect((await api.ask(`/api/v1${path}`)).status).toBe(404)
    expect(await actions()).toEqual([
      'local endpoint-add firmware.example.com-fw.bin',
      'local endpoint-edit firmware.example.com-fw.bin',
      'local endpoint-remove firmware.example.com-fw.bin',
    ])
    expect((await rows('event')).map(({ kind }) => kind)).toEqual(['settings', 'settings', 'settings'])
    expect(told).toEqual(['settings', 'settings', 'settings'])
  })

  test('one of the file stays as it is there', async () => {
    const json = { target: 'https://example.com' }
    expect((await change('/endpoints/of-file', { method: 'PUT', json })).json.error.code).toBe('of-file')
    expect((await change('/endpoints/of-file', { method: 'DELETE' })).json.error.code).toBe('of-file')
    expect(await actions()).toEqual([])
  })

  test('the same one twice is refused', async () => {
    const json = { target: 'https://example.com' }
    expect((await change('/endpoints', { json })).status).toBe(201)
    expect((await change('/endpoints', { json })).json.error.code).toBe('endpoint-known')
    expect(await actions()).toHaveLength(1)
  })

  test.each([
    'https://127.0.0.1',
    'https://localhost:8443',
    'https://a.localhost',
    'https://169.254.169.254/latest/meta-data',
    'https://10.0.0.1',
    'https://100.64.0.1',
    'https://[::1]',
    'https://[::ffff:127.0.0.1]',
    'https://[fe80::1]',
    'https://2130706433',
    'https://0x7f.1',
    'https://0177.0.0.1',
    'lab:chain/1',
  ])('%s is not looked at, unless private addresses are allowed', async (target) => {
    const { status, json } = await change('/endpoints', { json: { target } })
    expect([400, 422]).toContain(status)
    expect(json.error.at).toBe('target')
    expect(await rows('endpoint')).toHaveLength(1)
  })

  test('what is allowed for this network is looked at', async () => {
    await api.close()
    api = await startApi(database, { privateTargets: true }, { watch })
    expect((await change('/endpoints', { json: { target: 'https://127.0.0.1:8443' } })).status).toBe(201)
  })

  test.each([
    [{ target: './chain.pem' }, 'target'],
    [{ target: 'file:///etc/passwd' }, 'target'],
    [{ target: '/etc/passwd' }, 'target'],
    [{ target: 'http://example.com' }, 'target'],
    [{ target: 'https://u:geheim@example.com' }, 'target'],
    [{ target: 'https://example.com', connect: '10.0.0.1:443' }, 'connect'],
    [{ target: 'https://example.com', connect: 'example.com' }, 'connect'],
    [{ target: 'https://example.com', sni: 'a b' }, 'sni'],
    [{ target: 'https://example.com', fleets: ['nobody'] }, 'fleets'],
    [{ target: 'https://example.com', vantages: ['mars'] }, 'vantages'],
    [{ target: 'https://example.com', vantages: [] }, 'vantages'],
    [{ target: 'https://example.com', everySeconds: 1 }, 'everySeconds'],
    [{ target: 'https://example.com', thoroughSeconds: 59 }, 'thoroughSeconds'],
    [{ target: 'https://example.com', thoroughSeconds: 2_592_001 }, 'thoroughSeconds'],
    [{ target: 'https://example.com', headers: [] }, 'headers'],
    [{}, 'target'],
  ])('%j is refused at %s', async (json, at) => {
    const answer = await change('/endpoints', { json })
    expect([400, 422]).toContain(answer.status)
    expect(answer.json.error.at).toBe(at)
    expect(answer.text).not.toContain('geheim')
  })

  test('probe now makes it due, and costs more than other questions', async () => {
    expect((await change('/endpoints/of-file/probe')).status).toBe(202)
    expect(told).toEqual(['probe of-file'])
    expect(await rows('endpoint')).toMatchObject([{ due_at: apiNow }])
    expect((await change('/endpoints/nothing/probe')).status).toBe(404)
  })

  test('there is no report of what was not seen', async () => {
    expect((await api.ask('/api/v1/endpoints/of-file/report')).json.error.code).toBe('not-seen')
  })
})

describe('defaults of the schedule', () => {
  const schedule = async () => (await api.ask('/api/v1/settings')).json.schedule
  const put = (json: object) => change('/settings/schedule', { method: 'PUT', json })
  const ofFile = async (file: object) =>
    writeWatchSettings(database, { ...(await readFileSettings(database)), schedule: file })
  const endpoint = (id: string) => api.ask(`/api/v1/endpoints/${id}`).then(({ json }) => json.endpoint)

  test('are as built in, then as set, for whoever has none of their own, from the next round on', async () => {
    const builtIn = { everyOrigin: 'built-in', thoroughOrigin: 'built-in' }
    expect(await schedule()).toEqual({ everySeconds: 3_600, thoroughSeconds: 86_400, ...builtIn })
    const { json: follows } = await change('/endpoints', { json: { target: 'https://a.example' } })
    expect(follows).toMatchObject({ everySeconds: 3_600, own: { every: false, thorough: false } })
    await database.query("update endpoint set due_at = $1 where id = 'a.example'", [
      new Date(apiNow.getTime() + 3_600_000),
    ])
    const own = { target: 'https://b.example', everySeconds: 7_200, thoroughSeconds: 172_800 }
    await change('/endpoints', { json: own })
    told = []
    const set = await put({ everySeconds: 300 })
    expect(set.status).toBe(200)
    expect(set.json).toEqual({
      ...{ everySeconds: 300, thoroughSeconds: 86_400 },
      ...{ everyOrigin: 'api', thoroughOrigin: 'built-in' },
    })
    expect(await schedule()).toEqual(set.json)
    expect(told).toEqual(['settings'])
    expect((await actions()).at(-1)).toBe('local schedule-edit defaults')
    const followed = await endpoint('a.example')
    expect(followed).toMatchObject({ everySeconds: 300, thoroughSeconds: 86_400 })
    expect(new Date(followed.dueAt).getTime() - apiNow.getTime()).toBeLessThanOrEqual(450_000)
    expect(await endpoint('b.example')).toMatchObject({
      ...{ everySeconds: 7_200, thoroughSeconds: 172_800 },
      own: { every: true, thorough: true },
    })
    expect((await put({})).json).toMatchObject({ everySeconds: 3_600, ...builtIn })
  })

  test('are followed again by an endpoint whose own are taken out', async () => {
    const target = 'https://a.example'
    await change('/endpoints', { json: { target, everySeconds: 600, thoroughSeconds: 900 } })
    const json = { target, everySeconds: null }
    const edited = await change('/endpoints/a.example', { method: 'PUT', json })
    expect(edited.json).toMatchObject({
      ...{ everySeconds: 3_600, thoroughSeconds: 900 },
      own: { every: false, thorough: true },
    })
  })

  test('of the file stay as they are there, and the rest can be set', async () => {
    await ofFile({ thoroughSeconds: 43_200 })
    const refused = await put({ everySeconds: 600, thoroughSeconds: 7_200 })
    expect([refused.status, refused.json.error.code, refused.json.error.at]).toEqual([
      ...[409, 'of-file', 'thoroughSeconds'],
    ])
    expect(await schedule()).toMatchObject({ everySeconds: 3_600, everyOrigin: 'built-in' })
    expect(await actions()).toEqual([])
    expect((await put({ everySeconds: 600, thoroughSeconds: 43_200 })).json).toEqual({
      ...{ everySeconds: 600, thoroughSeconds: 43_200 },
      ...{ everyOrigin: 'api', thoroughOrigin: 'file' },
    })
    await ofFile({})
    expect(await schedule()).toMatchObject({ everySeconds: 600, thoroughSeconds: 86_400 })
  })

  test.each([
    [{ everySeconds: 59 }, 'everySeconds'],
    [{ thoroughSeconds: 2_592_001 }, 'thoroughSeconds'],
    [{ everySeconds: '1h' }, 'everySeconds'],
    [{ timeout: 5 }, 'timeout'],
  ])('%j is refused at %s', async (json, at) => {
    const answer = await put(json)
    expect([answer.status, answer.json.error.at]).toEqual([400, at])
  })

  test('need the token against forgery', async () => {
    const answer = await api.ask('/api/v1/settings/schedule', {
      ...{ method: 'PUT', json: { everySeconds: 600 } },
      headers: { origin: `http://127.0.0.1:${api.server.port}` },
    })
    expect([answer.status, answer.json.error.code]).toEqual([403, 'csrf'])
    expect(await schedule()).toMatchObject({ everySeconds: 3_600 })
  })
})

describe('time limit, retries and thresholds by default', () => {
  const info = async () => (await api.ask('/api/v1/settings')).json.defaults
  const put = (json: object) => change('/settings/defaults', { method: 'PUT', json })
  const ofFile = async (file: object) =>
    writeWatchSettings(database, { ...(await readFileSettings(database)), ...file })
  const stored = async (id: string) => (await readEndpoints(database, [id]))[0]

  test('are as built in, then as set, for whoever has none of their own, and the watch is told', async () => {
    const before = await info()
    expect(before).toMatchObject({
      ...builtInDefaults,
      origins: { timeoutSeconds: 'built-in', room: 'built-in' },
    })
    await change('/endpoints', { json: { target: 'https://a.example' } })
    const own = { timeoutSeconds: 3, thresholds: { expiryDays: { leaf: 2 } } }
    await putEndpoint(database, { id: 'own', settings: own })
    told = []
    const set = { timeoutSeconds: 30, retryCount: 0, room: { bytes: 256 }, leafDays: 21, anchorDays: 400 }
    const answer = await put(set)
    expect([answer.status, answer.json]).toEqual([
      200,
      {
        ...{ ...builtInDefaults, ...set },
        origins: {
          ...before.origins,
          ...{ timeoutSeconds: 'api', retryCount: 'api', room: 'api', leafDays: 'api', anchorDays: 'api' },
        },
      },
    ])
    expect(await info()).toEqual(answer.json)
    expect(told).toEqual(['settings'])
    expect((await actions()).at(-1)).toBe('local defaults-edit defaults')
    const expiryDays = { leaf: 21, intermediate: 60, root: 180, anchor: 400 }
    const thresholds = { room: { bytes: 256 }, shrink: { percent: 10 }, expiryDays }
    expect(await stored('a.example')).toMatchObject({ timeoutSeconds: 30, thresholds })
    expect(await stored('own')).toMatchObject({
      timeoutSeconds: 3,
      thresholds: { ...thresholds, expiryDays: { ...expiryDays, leaf: 2 } },
    })
    const { settings } = await readWatchView(database)
    expect(settings).toMatchObject({ thresholds, retries: { count: 0, afterSeconds: 20 } })
    await put({})
    expect(await info()).toEqual(before)
    expect(await stored('a.example')).toMatchObject({ timeoutSeconds: 10, thresholds: defaultThresholds })
  })

  test('of the file stay as they are there, and the rest can be set', async () => {
    await ofFile({ timeoutSeconds: 8, thresholds: { room: { bytes: 256 }, expiryDays: { leaf: 30 } } })
    for (const [json, at] of [
      [{ timeoutSeconds: 9 }, 'timeoutSeconds'],
      [{ shrink: { percent: 5 }, room: { bytes: 256, percent: 1 } }, 'room'],
      [{ leafDays: 31 }, 'leafDays'],
    ] as const) {
      const refused = await put(json)
      expect([refused.status, refused.json.error.code, refused.json.error.at]).toEqual([409, 'of-file', at])
    }
    expect(await actions()).toEqual([])
    const answer = await put({ timeoutSeconds: 8, room: { bytes: 256 }, rootDays: 200 })
    expect(answer.json).toMatchObject({
      ...{ timeoutSeconds: 8, room: { bytes: 256 }, leafDays: 30, rootDays: 200 },
      origins: {
        timeoutSeconds: 'file',
        room: 'file',
        leafDays: 'file',
        rootDays: 'api',
        shrink: 'built-in',
      },
    })
    await ofFile({ timeoutSeconds: undefined, thresholds: {} })
    expect(await info()).toMatchObject({ ...builtInDefaults, rootDays: 200 })
  })

  test.each([
    [{ timeoutSeconds: 0 }, 'timeoutSeconds'],
    [{ retryCount: 21 }, 'retryCount'],
    [{ leafDays: 1.5 }, 'leafDays'],
    [{ room: {} }, 'room'],
    [{ shrink: { percent: 101 } }, 'shrink.percent'],
    [{ every: 5 }, 'every'],
  ])('%j is refused at %s', async (json, at) => {
    const answer = await put(json)
    expect([answer.status, answer.json.error.at]).toEqual([400, at])
  })
})

describe('fleets of the API', () => {
  test('are added with an id of their name, changed and taken out', async () => {
    const added = await change('/fleets', { json: { name: 'Meters, north', device: 'esp32', count: 12 } })
    expect(added.json).toMatchObject({ id: 'meters-north', count: 12, origin: 'api', verify: 'full' })
    const json = { device: 'esp32', count: 13 }
    const edited = await change('/fleets/meters-north', { method: 'PUT', json })
    expect(edited.json).toMatchObject({ name: 'Meters, north', count: 13 })
    expect((await change('/fleets/meters-north', { method: 'DELETE' })).status).toBe(200)
    expect((await change('/fleets/modems', { method: 'DELETE' })).json.error.code).toBe('of-file')
    expect(await actions()).toHaveLength(3)
  })

  test.each([
    [{ device: '/etc/passwd', count: 1 }, 'device'],
    [{ device: './mine.yaml', count: 1 }, 'device'],
    [{ device: 'all', count: 1 }, 'device'],
    [{ device: 'nothing-like-it', count: 1 }, 'device'],
    [{ device: 'esp32', count: -1 }, 'count'],
    [{ device: 'esp32', count: 1, anchorsPem: 'not a certificate' }, 'anchorsPem'],
    [{ id: '../x', device: 'esp32', count: 1 }, 'id'],
  ])('%j is refused at %s', async (json, at) => {
    const answer = await change('/fleets', { json })
    expect([answer.status, answer.json.error.at]).toEqual([400, at])
  })
})

describe('alerts', () => {
  const condition: Condition = {
    ...{ cause: 'blocked:of-file', endpointId: 'of-file', severity: 'critical', fleetIds: ['modems'] },
    ...{ deviceCount: 10, vantages: ['local'], once: false, kind: 'blocked', detail: { fleets: [] } },
  }

  test('are acknowledged once, by whoever came first', async () => {
    const id = await putAlert(database, condition, apiNow)
    const { json } = await change(`/alerts/${id}/acknowledge`)
    expect(json).toMatchObject({ id, acknowledgedBy: 'local', acknowledgedAt: apiNow.toISOString() })
    expect(await actions()).toEqual([`local alert-acknowledge ${id}`])
    expect((await change(`/alerts/${id + 1}/acknowledge`)).status).toBe(404)
  })

  test('are muted until a time that is ahead, and heard again', async () => {
    const id = await putAlert(database, condition, apiNow)
    const until = '2026-11-22T12:00:00.000Z'
    expect((await change(`/alerts/${id}/mute`, { json: { until } })).json.mutedUntil).toBe(until)
    const past = await change(`/alerts/${id}/mute`, { json: { until: '2026-11-20T12:00:00Z' } })
    expect(past.json.error.at).toBe('until')
    const heard = await change(`/alerts/${id}/mute`, { method: 'DELETE' })
    expect(heard.json).not.toHaveProperty('mutedUntil')
  })

  test('one that has recovered cannot be acknowledged, and is still listed', async () => {
    const id = await putAlert(database, condition, apiNow)
    await database.query('update alert set recovered_at = now()')
    expect((await change(`/alerts/${id}/acknowledge`)).status).toBe(404)
    const ids = async (query: string) =>
      (await api.ask(`/api/v1/alerts${query}`)).json.map((one: { id: number }) => one.id)
    expect(await ids('')).toEqual([id])
    expect(await ids('?open=true')).toEqual([])
    expect(await ids('?open=false&endpoint=of-file')).toEqual([id])
  })
})

describe('credentials', () => {
  test('go in sealed, are listed by name and never come out, and the audit log has nothing of them', async () => {
    await api.close()
    const sealingKey = new SealingKey('ab'.repeat(32))
    api = await startApi(database, {}, { watch, sealingKey })
    const secret = 'geheim-4711'
    expect((await change('/credentials/slack', { method: 'PUT', json: { secret } })).status).toBe(200)
    expect(await openCredential(database, sealingKey, 'slack')).toBe(secret)
    const stored = await database.query<{ secret: Uint8Array }>('select secret from credential')
    expect(Buffer.from(stored[0]?.secret ?? []).includes(secret)).toBe(false)
    const listed = await api.ask('/api/v1/credentials')
    expect(listed.json).toEqual([{ name: 'slack', createdAt: apiNow.toISOString() }])
    const everything = [
      listed.text,
      (await api.ask('/api/v1/audit')).text,
      (await api.ask('/api/v1/settings')).text,
    ]
    expect(everything.join()).not.toContain(secret)
    expect(JSON.stringify(await rows('event'))).not.toContain(secret)
    expect((await change('/credentials/slack', { method: 'DELETE' })).status).toBe(200)
    expect((await change('/credentials/slack', { method: 'DELETE' })).status).toBe(404)
  })

  test('are not taken while there is no key', async () => {
    const answer = await change('/credentials/slack', { method: 'PUT', json: { secret: 'geheim' } })
    expect(answer.json.error.code).toBe('key-missing')
    expect(await database.query('select * from credential')).toEqual([])
  })
})

describe('silences, channels and tokens', () => {
  test('a silence is listed until it is ended', async () => {
    const json = {
      kind: 'maintenance',
      endpointId: 'of-file',
      endsAt: '2026-11-21T14:00:00Z',
      reason: 'renewal',
    }
    const { json: made } = await change('/silences', { json })
    expect(made).toMatchObject({ startsAt: apiNow.toISOString(), reason: 'renewal' })
    expect((await api.ask('/api/v1/silences')).json).toHaveLength(1)
    await change(`/silences/${made.id}`, { method: 'DELETE' })
    expect((await api.ask('/api/v1/silences')).json).toEqual([])
    const wrong = await change('/silences', { json: { ...json, endsAt: '2026-11-21T11:00:00Z' } })
    expect(wrong.json.error.at).toBe('endsAt')
  })

  test('a channel is tested and shown without what lets anybody write there', async () => {
    const parts = { from: 'warning' as const }
    await putChannels(
      database,
      [
        { ...parts, id: 'hook', name: 'Hook', kind: 'webhook', url: 'https://hooks.example.com/T0/geheim' },
        { ...parts, id: 'slack', name: 'Slack', kind: 'slack', url: { env: 'SLACK_URL' } },
        { ...parts, id: 'page', name: 'Pager', kind: 'pagerduty', key: { file: '/srv/geheim' } },
      ],
      'file',
      apiNow,
    )
    const { json, text } = await api.ask('/api/v1/settings')
    expect(text).not.toContain('geheim')
    expect(json.channels.map(({ where }: { where: string }) => where)).toEqual([
      'hooks.example.com',
      'key from a file',
      'URL from SLACK_URL',
    ])
    expect((await change('/channels/hook/test')).json).toEqual({ ok: false, error: 'ECONNREFUSED' })
    expect((await change('/channels/nothing/test')).status).toBe(404)
    expect(told).toEqual(['test hook'])
  })

  test('a token is told once, works at once, and no longer when it is taken back', async () => {
    await api.close()
    api = await startApi(database, { login: 'token' }, { watch })
    const { issueToken } = await import('./tokens.ts')
    const admin = await issueToken(database, { name: 'first', scope: 'admin', expiresAt: undefined }, apiNow)
    const by = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
    const json = { name: 'script', scope: 'read', days: 30 }
    const made = await change('/tokens', { json, ...by(admin.token) })
    expect(made.json).toMatchObject({ scope: 'read', expiresAt: '2026-12-21T12:00:00.000Z' })
    const reader = by(made.json.token)
    expect((await api.ask('/api/v1/overview', reader)).status).toBe(200)
    const listed = await api.ask('/api/v1/settings', by(admin.token))
    expect(listed.json.tokens).toHaveLength(2)
    expect(listed.text).not.toContain(made.json.token)
    expect((await api.ask('/api/v1/settings', reader)).json.tokens).toEqual([])
    await change(`/tokens/${made.json.id}`, { method: 'DELETE', ...by(admin.token) })
    expect((await api.ask('/api/v1/overview', reader)).status).toBe(401)
    const audit = await api.ask('/api/v1/audit', by(admin.token))
    expect(audit.json.map(({ action }: { action: string }) => action)).toEqual([
      ...['log-in-failed', 'token-remove', 'token-add'],
    ])
    expect(audit.text).not.toContain(made.json.token)
    for (const { subject, detail } of audit.json) expect(detail.address ?? subject).toBe('127.0.0.1')
    const found = async (query: string): Promise<string[]> =>
      (await api.ask(`/api/v1/audit?${query}`, by(admin.token))).json.map(
        ({ action }: { action: string }) => action,
      )
    expect(await found('q=TOKEN-A')).toEqual(['token-add'])
    expect(await found('q=127.0.0.1')).toHaveLength(3)
    expect(await found('q=%25')).toEqual([])
    expect(await found(`q=&limit=1&before=${audit.json[0].id}`)).toEqual(['token-remove'])
  })

  test.each([
    ['read', 'POST', '/endpoints', 403],
    ['read', 'POST', '/endpoints/of-file/probe', 403],
    ['read', 'PUT', '/settings/schedule', 403],
    ['read', 'PUT', '/settings/defaults', 403],
    ['read', 'DELETE', '/fleets/modems', 403],
    ['read', 'POST', '/silences', 403],
    ['read', 'POST', '/alerts/1/acknowledge', 403],
    ['read', 'POST', '/channels/a/test', 403],
    ['write', 'POST', '/tokens', 403],
    ['write', 'DELETE', '/tokens/a', 403],
    ['write', 'GET', '/audit', 403],
    ['read', 'GET', '/settings', 200],
  ] as const)('the scope %s gets for %s %s: %i', async (scope, method, path, status) => {
    await api.close()
    api = await startApi(database, { login: 'token' }, { watch })
    const { issueToken } = await import('./tokens.ts')
    const { token } = await issueToken(database, { name: 'a', scope, expiresAt: undefined }, apiNow)
    const answer = await api.ask(`/api/v1${path}`, { method, headers: { authorization: `Bearer ${token}` } })
    expect(answer.status).toBe(status)
    if (status === 403) expect(answer.json.error.code).toBe('scope')
  })
})
