import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import type {
  AlertInfo,
  ApiError,
  EndpointHandshake,
  ForecastInfo,
  LiveEvent,
  Overview,
  SessionInfo,
} from '../../src/api/contract.ts'
import { HtmlReport } from '../../src/report/html/html-report.ts'
import { wireStories } from '../../src/report/wire-stories.ts'
import { runOf } from '../support/run-fixture.ts'
import { azureVerdict, liveObservation } from '../support/verdict-fixture.ts'
import {
  type FixtureFleet,
  fixtureAlerts,
  fixtureAudit,
  fixtureHistory,
  fixtureLogged,
  fixturePage,
  fixtureSettings,
  hostileName,
} from './fixture-fleet.ts'
import { fixtureView, viewHeads } from './fixture-views.ts'

/** Answers as `src/api/contract.ts` has them, with the policy of the real one: for tests of the page alone. */
export interface FixtureServer {
  readonly url: string
  /** Each request that changes something: `POST /alerts/1/acknowledge`, and its body. */
  readonly asked: { readonly what: string; readonly body: unknown; readonly csrf: string | undefined }[]
  /** Questions without change, in order. */
  readonly read: string[]
  tell(event: LiveEvent): void
  /** From now on every question of the API has this answer; undefined: its own again. */
  failWith(status: number | undefined, error?: ApiError['error']): void
  close(): Promise<void>
}

export interface FixtureOptions {
  readonly fleet: FixtureFleet
  readonly nowMs: number
  /** The built page. */
  readonly folder: string
  readonly login?: SessionInfo['login']
}

export const policy =
  "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'"
export const rightToken = 'tlsfit_right'

const types: { readonly [extension: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

export async function serveFixture(options: FixtureOptions): Promise<FixtureServer> {
  const alerts = fixtureAlerts(options.fleet, options.nowMs)
  const state: State = {
    ...options,
    alerts,
    asked: [],
    read: [],
    streams: new Set(),
    fault: undefined,
    inside: false,
  }
  const server = createServer((request, response) => {
    answer(state, request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error))
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked: state.asked,
    read: state.read,
    tell(event) {
      for (const stream of state.streams)
        stream.write(`id: ${event.id}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`)
    },
    failWith(status, error) {
      state.fault =
        status === undefined ? undefined : { status, error: error ?? { code: 'fault', message: 'a fault' } }
    },
    close: () => close(server, state),
  }
}

interface State extends FixtureOptions {
  alerts: AlertInfo[]
  readonly asked: { what: string; body: unknown; csrf: string | undefined }[]
  readonly read: string[]
  readonly streams: Set<ServerResponse>
  fault: { readonly status: number; readonly error: ApiError['error'] } | undefined
  inside: boolean
}

async function answer(state: State, request: IncomingMessage, response: ServerResponse): Promise<unknown> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const headers = { 'content-security-policy': policy, 'x-content-type-options': 'nosniff' }
  if (!url.pathname.startsWith('/api/v1/')) {
    const name = url.pathname === '/' ? 'index.html' : url.pathname.slice(1)
    const bytes = await readFile(join(state.folder, name)).catch(() => undefined)
    if (bytes === undefined) return response.writeHead(404, headers).end()
    return void response
      .writeHead(200, { ...headers, 'content-type': types[extname(name)] ?? 'text/plain' })
      .end(bytes)
  }
  const path = decodeURIComponent(url.pathname.slice('/api/v1'.length))
  if (path === '/events') {
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.write(': open\n\n')
    state.streams.add(response)
    return response.on('close', () => state.streams.delete(response))
  }
  const json = (status: number, value: unknown) =>
    response.writeHead(status, { ...headers, 'content-type': 'application/json' }).end(JSON.stringify(value))
  const refuse = (status: number, error: ApiError['error']) =>
    json(status, { schema: 'tlsfit/error@1', error })
  const text = await bodyOf(request)
  const method = request.method ?? 'GET'
  if (method !== 'GET') {
    const body: unknown = text === '' ? undefined : JSON.parse(text)
    const csrf = request.headers['x-csrf-token']
    state.asked.push({ what: `${method} ${path}`, body, csrf: csrf === undefined ? undefined : String(csrf) })
    if (state.fault !== undefined) return refuse(state.fault.status, state.fault.error)
    return change(state, method, path, body, json, refuse)
  }
  state.read.push(`${path}${url.search}`)
  if (state.fault !== undefined) return refuse(state.fault.status, state.fault.error)
  if (path === '/session') {
    if (state.login === 'token' && !state.inside)
      return refuse(401, { code: 'login-needed', message: 'this needs a token' })
    return json(200, sessionOf(state))
  }
  if (/^\/endpoints\/[^/]+\/handshake$/.test(path)) {
    const told: EndpointHandshake = wireStories(
      [azureVerdict({ observation: liveObservation('https://ota.acme-iot.example/', '203.0.113.20') })],
      () => 'Trackers',
    )
    return json(200, told)
  }
  if (path === '/session/ways') return json(200, { token: state.login === 'token' })
  if (/^\/endpoints\/[^/]+\/report$/.test(path)) {
    const html = reportHtml()
    return response.writeHead(200, { ...headers, 'content-type': 'text/html' }).end(html)
  }
  const value = read(state, path, url.searchParams)
  if (value === undefined) return refuse(404, { code: 'not-found', message: 'there is no such thing' })
  return json(200, value)
}

function read(state: State, path: string, query: URLSearchParams): unknown {
  const { fleet, nowMs, alerts } = state
  const [, place, id, part] = path.split('/')
  switch (place) {
    case 'overview':
      return overview(state, query)
    case 'endpoints': {
      const row = fleet.rows.find((one) => one.id === id)
      if (row === undefined) return undefined
      if (part === 'history') return fixtureHistory(row.id, nowMs)
      return {
        ...fixturePage(fleet, row, nowMs),
        alerts: alerts.filter(
          ({ endpointId, recoveredAt }) => endpointId === row.id && recoveredAt === undefined,
        ),
      }
    }
    case 'alerts': {
      if (query.get('before') !== null) return []
      const open = query.get('open') === 'true'
      const of = query.get('endpoint')
      return alerts.filter(
        ({ recoveredAt, endpointId }) =>
          (recoveredAt === undefined) === open && (of === null || endpointId === of),
      )
    }
    case 'forecast':
      return forecast(state)
    case 'views':
      return id === undefined ? viewHeads : fixtureView(id, nowMs)
    case 'settings':
      return fixtureSettings(fleet, nowMs)
    case 'audit':
      return fixtureAudit(query, nowMs)
    case 'devices':
      return id === undefined ? deviceList : deviceDetail(id)
    default:
      return undefined
  }
}

function change(
  state: State,
  method: string,
  path: string,
  body: unknown,
  json: (status: number, value: unknown) => unknown,
  refuse: (status: number, error: ApiError['error']) => unknown,
): unknown {
  const [, place, id, part] = path.split('/')
  if (place === 'session' && method === 'POST') {
    if ((body as { token?: string }).token !== rightToken)
      return refuse(401, {
        code: 'token-unknown',
        message: 'no such token',
        hint: 'make one under Settings, Tokens',
      })
    state.inside = true
    return json(200, sessionOf(state))
  }
  if (place === 'alerts') {
    const now = new Date(state.nowMs).toISOString()
    const until = (body as { until?: string } | undefined)?.until
    state.alerts = state.alerts.map((alert) => {
      if (String(alert.id) !== id) return alert
      if (part === 'acknowledge') return { ...alert, acknowledgedAt: now, acknowledgedBy: 'local' }
      return { ...alert, mutedUntil: method === 'DELETE' ? undefined : until }
    })
    return json(200, { ok: true })
  }
  if (place === 'tokens' && method === 'POST') {
    const { name, scope } = body as { name: string; scope: string }
    return json(200, {
      id: 't9',
      name,
      scope,
      createdAt: new Date(state.nowMs).toISOString(),
      token: 'tlsfit_made-once',
    })
  }
  if (place === 'channels') return json(200, { ok: false, error: 'HTTP status 410' })
  if (place === 'playground') {
    const { target } = body as { target?: string }
    return target === undefined
      ? json(200, { kind: 'log', json: {}, text: `most likely: chain-too-large\n${hostileName}` })
      : json(200, { kind: 'verdicts', json: {}, text: 'blocked', html: reportHtml() })
  }
  return json(200, { ok: true })
}

function overview({ fleet, nowMs }: State, query: URLSearchParams): Overview {
  const word = (query.get('q') ?? '').toLowerCase()
  const wanted = query.get('state') ?? ''
  const worst = (cells: Overview['rows'][number]['cells']) => {
    const letters = cells.map((cell) => cell?.s)
    if (letters.includes('b')) return 'blocked'
    if (letters.includes('r')) return 'at-risk'
    if (letters.includes('u')) return 'undecided'
    return letters.includes('f') ? 'fits' : 'unseen'
  }
  const states = { blocked: 0, 'at-risk': 0, undecided: 0, fits: 0, unseen: 0 }
  for (const { cells } of fleet.rows) states[worst(cells)] += 1
  const found = fleet.rows.filter(
    ({ name, target, cells }) =>
      (name.toLowerCase().includes(word) || target.includes(word)) &&
      (wanted === '' || worst(cells) === wanted),
  )
  const offset = Number(query.get('offset') ?? 0)
  return {
    ...{ at: new Date(nowMs).toISOString(), fleets: fleet.fleets, total: found.length, states },
    rows: found.slice(offset, offset + Number(query.get('limit') ?? 100)),
    ...{ openAlerts: { critical: 1, warning: 2, info: 0 }, blockedDevices: 38_096 },
  }
}

function forecast({ fleet, nowMs }: State): ForecastInfo {
  const [alert] = fixtureAlerts(fleet, nowMs)
  const row = fleet.rows[0]
  if (alert === undefined || row === undefined) return { rows: [], unjudged: [], unjudgedMore: 0 }
  const { kind: _kind, detail: _detail, ...parts } = alert.condition
  const rowOf = (date: string, text: string, certain: boolean): ForecastInfo['rows'][number] => ({
    ...{ endpointId: row.id, endpointName: row.name, title: text, text: 'The chain grows by 1,465 bytes.' },
    condition: {
      ...{ ...parts, cause: `forecast ${date}`, kind: 'forecast' },
      detail: {
        ...{ entry: 'x', title: 'clientAuth leaves public certificates', date, timing: 'ahead', certain },
        ...{
          bytesBefore: 3121,
          bytesAfter: 4586,
          assumed: [],
          avoidedBy: certain ? ['ECDSA chain'] : [],
          fleets: [],
        },
      },
    },
  })
  return {
    rows: [
      rowOf('2027-05-13', 'On 13 May 38,000 nRF9160 stop at this endpoint.', true),
      rowOf('2027-03-15', `On 15 March 860 devices stop, by ${hostileName}.`, false),
    ],
    unjudged: [{ endpointId: row.id, endpointName: row.name, logged: fixtureLogged(nowMs) }],
    unjudgedMore: 3,
  }
}

const deviceList = [
  {
    id: 'nrf9160',
    name: 'nRF9160 modem firmware',
    versions: ['1.3.7', '1.3.0', '1.2.8'],
    about: 'LTE-M and NB-IoT modem',
  },
  { id: 'bg96', name: 'Quectel BG96', versions: ['any'], about: 'LTE-M, NB-IoT and EGPRS modem' },
  { id: 'esp-idf', name: 'ESP-IDF', versions: ['5.1', '4.4'], about: 'Mbed TLS on ESP32' },
]

function deviceDetail(id: string): unknown {
  const known = deviceList.find((device) => device.id === id.split('@')[0])
  if (known === undefined) return undefined
  return {
    schema: 'tlsfit/device@1',
    device: {
      ...{ id, name: known.name },
      errors: [
        {
          ...{ when: ['chain-too-large', 'untrusted'], code: 'errno 111', detail: null },
          log: `download_client: Unable to connect, errno 111 ${hostileName}`,
          ...{ confidence: 'measured', source: 'field rows' },
        },
      ],
      quirks: [
        { value: 'One number for every failure.', note: null, confidence: 'inferred', source: 'field rows' },
      ],
    },
    sections: [
      {
        ...{ group: 'limits', title: 'limits' },
        values: [
          {
            ...{ part: 'limits.chainBytes', name: 'certificate chain', value: '4,096 bytes' },
            more: ['known to pass: 5,307 bytes (all certificates sent)'],
            note: `the source does not say how it is counted ${hostileName}`,
            confidence: 'vendor-forum',
            source:
              'https://devzone.nordicsemi.com/f/nordic-q-a/114031: "Maximum server certificate chain size has a limit of 4kB."',
          },
        ],
      },
    ],
    field: [
      {
        ...{ id: 'azure', outcome: 'refused', endpoint: 'Azure Blob', seen: '2026-07' },
        ...{ words: ['certificate chain 5,753 bytes sent'], confidence: 'measured', source: 'field rows' },
      },
    ],
    measures: [
      {
        ...{ recipe: 'capture', title: 'with a capture of its ClientHello' },
        commands: ['tlsfit devices from-capture trace.pcap > my-device.yaml'],
        settles: [{ part: 'hello.groups', name: 'groups', question: 'Which groups does it offer?' }],
      },
    ],
  }
}

function sessionOf({ login = 'none' }: State): SessionInfo {
  return { subject: 'local', scope: 'admin', csrf: 'fixture-csrf', version: '0.1.0', login, views: true }
}

function reportHtml(): string {
  const report = new HtmlReport()
  const verdict = azureVerdict({
    observation: liveObservation('https://ota.acme-iot.example/', '203.0.113.20'),
  })
  const states = { fits: 0, 'at-risk': 0, blocked: 1, undecided: 0 }
  return report.add([verdict]) + report.end(runOf({ targets: 1, states }))
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

async function close(server: Server, { streams }: State): Promise<void> {
  for (const stream of streams) stream.end()
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
}
