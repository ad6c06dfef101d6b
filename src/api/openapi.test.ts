import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiClient, apiNow, startApi } from '../../test/support/api-server.ts'
import { openTestStore } from '../../test/support/store-folder.ts'
import {
  nearest,
  putAlert,
  putChange,
  putEndpoint,
  putFleet,
  putProbe,
  putSnapshot,
  putStanding,
  putVerdict,
  snapshot,
  summary,
  untold,
} from '../../test/support/watch-rows.ts'
import type { Database } from '../store/database.ts'

let database: Database
let api: ApiClient
let document: OpenApi

interface OpenApi {
  readonly openapi: string
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } }
  readonly components?: { readonly schemas?: object }
}

interface Operation {
  readonly summary?: string
  readonly responses: {
    readonly [status: string]: { readonly content?: { readonly [type: string]: { schema: object } } }
  }
}

beforeAll(async () => {
  database = await openTestStore(apiNow)
  await putFleet(database, { id: 'modems', device: 'nrf9160', count: 38_000 })
  await putEndpoint(database, { id: 'a' })
  await putVerdict(database, 'a', 'modems', summary({ state: 'blocked', stage: 'chain', ...nearest(-312) }))
  await putStanding(database, 'a', { slot: apiNow, snapshot: snapshot(apiNow), untold: [untold] })
  await putSnapshot(database, 'a', snapshot(apiNow))
  await putProbe(database, 'a', apiNow)
  await putChange(database, 'a', apiNow, { key: 'k', kind: 'version', from: ['TLSv1.2'], to: ['TLSv1.3'] })
  const parts = { endpointId: 'a', fleetIds: ['modems'], deviceCount: 1, vantages: ['local'], once: false }
  await putAlert(
    database,
    { ...parts, cause: 'c', severity: 'warning', kind: 'blocked', detail: { fleets: [] } },
    apiNow,
  )
  api = await startApi(database, { requestsPerMinute: 1_000_000 })
  document = (await api.ask('/openapi.json')).json
}, 180_000)

afterAll(async () => {
  await api?.close()
  await database?.close()
})

describe('/openapi.json', () => {
  test('is OpenAPI 3.1 by its own schema', async () => {
    const validator = new Validator()
    expect(await validator.validate(JSON.parse(JSON.stringify(document)))).toMatchObject({ valid: true })
    expect(document.openapi).toBe('3.1.0')
  })

  test('names every route of the contract, each with what it is', () => {
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    for (const route of [
      'GET /api/v1/session',
      'POST /api/v1/session',
      'GET /api/v1/overview',
      'GET /api/v1/endpoints/{id}',
      'GET /api/v1/endpoints/{id}/history',
      'GET /api/v1/endpoints/{id}/report',
      'GET /api/v1/endpoints/{id}/handshake',
      'POST /api/v1/endpoints',
      'PUT /api/v1/endpoints/{id}',
      'DELETE /api/v1/endpoints/{id}',
      'POST /api/v1/endpoints/{id}/probe',
      'GET /api/v1/changes',
      'GET /api/v1/alerts',
      'POST /api/v1/alerts/{id}/acknowledge',
      'POST /api/v1/fleets',
      'GET /api/v1/settings',
      'PUT /api/v1/settings/schedule',
      'PUT /api/v1/settings/defaults',
      'POST /api/v1/channels',
      'PUT /api/v1/channels/{id}',
      'DELETE /api/v1/channels/{id}',
      'POST /api/v1/channels/{id}/test',
      'GET /api/v1/session/ways',
      'GET /api/v1/session/oidc',
      'POST /api/v1/silences',
      'POST /api/v1/tokens',
      'POST /api/v1/playground',
      'GET /api/v1/devices',
      'GET /api/v1/devices/{id}',
      'GET /api/v1/forecast',
      'GET /api/v1/views',
      'GET /api/v1/views/{id}',
      'GET /api/v1/events',
      'GET /badge/{endpoint}/{file}',
      'GET /metrics',
      'GET /grafana.json',
      'GET /health',
    ]) {
      expect(routes).toContain(route)
    }
    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods))
    expect(operations.filter(({ summary }) => summary === undefined)).toEqual([])
  })

  test.each([
    ['/api/v1/session', '/api/v1/session'],
    ['/api/v1/session/ways', '/api/v1/session/ways'],
    ['/api/v1/overview', '/api/v1/overview'],
    ['/api/v1/endpoints/{id}', '/api/v1/endpoints/a'],
    ['/api/v1/endpoints/{id}/history', '/api/v1/endpoints/a/history'],
    ['/api/v1/changes', '/api/v1/changes'],
    ['/api/v1/alerts', '/api/v1/alerts'],
    ['/api/v1/settings', '/api/v1/settings'],
    ['/api/v1/silences', '/api/v1/silences'],
    ['/api/v1/devices', '/api/v1/devices'],
    ['/api/v1/devices/{id}', '/api/v1/devices/nrf9160'],
    ['/api/v1/forecast', '/api/v1/forecast'],
    ['/api/v1/audit', '/api/v1/audit'],
  ])('%s answers as it says', async (path, asked) => {
    const { status, json } = await api.ask(asked)
    expect(status).toBe(200)
    const schema = document.paths[path]?.get?.responses['200']?.content?.['application/json']?.schema
    const ajv = new Ajv2020({ strict: false, allErrors: true })
    const isValid = ajv.compile({ ...schema, components: document.components })
    isValid(json)
    expect(isValid.errors).toBeNull()
  })
})

describe('whatever is sent', () => {
  const bodies = [
    ['POST', '/api/v1/endpoints'],
    ['PUT', '/api/v1/endpoints/a'],
    ['PUT', '/api/v1/settings/schedule'],
    ['PUT', '/api/v1/settings/defaults'],
    ['POST', '/api/v1/fleets'],
    ['POST', '/api/v1/silences'],
    ['POST', '/api/v1/tokens'],
    ['POST', '/api/v1/playground'],
    ['POST', '/api/v1/alerts/1/mute'],
    ['POST', '/api/v1/session'],
  ] as const
  const keys = fc.constantFrom(
    ...[
      'target',
      'name',
      'id',
      'device',
      'count',
      'fleets',
      'vantages',
      'sni',
      'connect',
      'kind',
      'endsAt',
      'until',
    ],
    ...[
      'reason',
      'scope',
      'days',
      'text',
      'base64',
      'devices',
      'token',
      'everySeconds',
      '__proto__',
      'anchorsPem',
    ],
  )
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom(
      'https://example.com',
      'esp32',
      '2027-01-01T00:00:00Z',
      '\u0000',
      'https://[',
      '..',
      "' or 1=1",
    ),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.array(fc.string({ unit: 'binary', maxLength: 20 }), { maxLength: 3 }),
  )
  const body = fc.oneof(
    fc.dictionary(keys, value, { maxKeys: 8 }).map((one) => JSON.stringify(one)),
    fc.json(),
    fc.string({ unit: 'binary', maxLength: 200 }),
  )

  test('is answered without a fault of ours', async () => {
    const { json } = await api.ask('/api/v1/session')
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...bodies), body, async ([method, path], text) => {
        const headers = { 'x-csrf-token': json.csrf, 'content-type': 'application/json' }
        const answer = await api.ask(path, { method, headers, body: text })
        expect([path, text, answer.status < 500, api.faults]).toEqual([path, text, true, []])
      }),
      { numRuns: 400 },
    )
  }, 120_000)

  test('is answered so in a path and a query, too', async () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc.constantFrom('a', '%00', '%ff', '..', '1e9', '-1', "'"),
    )
    const paths = [
      'overview?q=',
      'overview?limit=',
      'endpoints/',
      'changes?before=',
      'alerts?endpoint=',
      'devices/',
    ]
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), piece, fc.boolean(), async (path, text, encoded) => {
        const raw = encoded ? encodeURIComponent(text) : text.replace(/[^\x21-\x7e]/g, '')
        const answer = await api.ask(`/api/v1/${path}${raw}`)
        expect([path, raw, answer.status < 500, api.faults]).toEqual([path, raw, true, []])
      }),
      { numRuns: 300 },
    )
  }, 120_000)

  test('is JSON of a page of ours: a form of another site is not taken', async () => {
    const { json } = await api.ask('/api/v1/session')
    const headers = { 'x-csrf-token': json.csrf, 'content-type': 'text/plain' }
    const body = JSON.stringify({ target: 'https://form.example.com' })
    const { status } = await api.ask('/api/v1/endpoints', { method: 'POST', headers, body })
    expect(status).toBe(400)
    expect((await api.ask('/api/v1/endpoints/form.example.com')).status).toBe(404)
  })

  test('too much of it is not read', async () => {
    const { json } = await api.ask('/api/v1/session')
    const headers = { 'x-csrf-token': json.csrf }
    const asked = { method: 'POST', headers, json: { target: 'a'.repeat(1_100_000) } }
    expect((await api.ask('/api/v1/endpoints', asked)).status).toBe(413)
  })
})
