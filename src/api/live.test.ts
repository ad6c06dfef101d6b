import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { get } from 'node:http'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ApiClient, apiNow, startApi } from '../../test/support/api-server.ts'
import { openTestStore } from '../../test/support/store-folder.ts'
import {
  nearest,
  putEndpoint,
  putEvent,
  putFleet,
  putProbe,
  putStanding,
  putVerdict,
  snapshot,
  summary,
} from '../../test/support/watch-rows.ts'
import type { Database } from '../store/database.ts'
import { deleteToken } from '../store/rows/access-rows.ts'
import { putFleets } from '../store/rows/fleets.ts'
import { parseCertificates } from '../x509/pem.ts'
import { issueToken } from './tokens.ts'

let database: Database
let api: ApiClient

beforeAll(async () => {
  database = await openTestStore(apiNow)
  await putFleet(database, { id: 'modems', device: 'nrf9160', count: 38_000 })
  await putFleet(database, { id: 'wifi', device: 'esp32', count: 500, position: 1 })
  await putEndpoint(database, { id: 'a' })
  await putEndpoint(database, { id: 'b', fleets: ['wifi'] })
  const finding = {
    id: 'chain-too-large',
    effect: 'blocks',
    stage: 'chain',
    reached: true,
    sentence: '',
    fixes: [],
  }
  const fits = { state: 'fits', ...nearest(312) } as const
  const blocked = { state: 'blocked', stage: 'chain', ...nearest(-10), findings: [finding] } as const
  await putVerdict(database, 'a', 'modems', summary({ ...fits, margins: [fits.nearest ?? never()] }))
  await putVerdict(
    database,
    'a',
    'wifi',
    summary({ ...blocked, margins: [blocked.nearest ?? never()] } as object),
  )
  await putVerdict(database, 'b', 'wifi', summary({ state: 'undecided' }))
  await putStanding(database, 'a', {
    slot: apiNow,
    snapshot: snapshot(apiNow, { bytes: 3_000, record: 4_321 }),
  })
  await putProbe(database, 'a', apiNow, { durationMs: 1_250 })
  api = await startApi(database, { requestsPerMinute: 100_000 })
}, 60_000)

afterAll(async () => {
  await api?.close()
  await database?.close()
})

function never(): never {
  throw new Error('no margin')
}

interface Heard {
  readonly id: string
  readonly event: string
  readonly data: { readonly kind: string; readonly endpointId?: string }
}

/** A stream that is read event by event. */
class Stream {
  readonly heard: Heard[] = []
  #waiting: (() => void) | undefined
  readonly #asked: ReturnType<typeof get>
  status = 0

  ended = false

  constructor(headers: Record<string, string> = {}, of: ApiClient = api) {
    const { address: host, port } = of.server
    this.#asked = get({ host, port, path: '/api/v1/events', headers, agent: false }, (response) => {
      this.status = response.statusCode ?? 0
      let text = ''
      response.on('data', (chunk: Buffer) => {
        text += chunk
        const parts = text.split('\n\n')
        text = parts.pop() ?? ''
        for (const part of parts) {
          const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(part)?.[1]
          const [id, event, data] = [field('id'), field('event'), field('data')]
          if (id !== undefined) this.heard.push({ id, event: event ?? '', data: JSON.parse(data ?? 'null') })
        }
        this.#waiting?.()
      })
      response.on('end', () => {
        this.ended = true
        this.#waiting?.()
      })
      this.#waiting?.()
    })
    this.#asked.on('error', () => {})
  }

  async until(done: () => boolean): Promise<void> {
    while (!done()) await new Promise<void>((wake) => (this.#waiting = wake))
  }

  close(): void {
    this.#asked.destroy()
  }
}

describe('events', () => {
  test('come as they happen, and what was missed comes first', async () => {
    const first = new Stream()
    await first.until(() => first.status !== 0)
    expect(first.status).toBe(200)
    await putEvent(database, 'verdict', 'a')
    await first.until(() => first.heard.length === 1)
    expect(first.heard[0]).toMatchObject({ event: 'verdict', data: { kind: 'verdict', endpointId: 'a' } })
    first.close()
    await putEvent(database, 'change', 'b')
    await putEvent(database, 'alert', 'b')
    const second = new Stream({ 'last-event-id': first.heard[0]?.id ?? '' })
    await second.until(() => second.heard.length >= 2)
    await putEvent(database, 'settings')
    await second.until(() => second.heard.length >= 3)
    expect(second.heard.map(({ event }) => event)).toEqual(['change', 'alert', 'settings'])
    second.close()
  }, 20_000)

  describe('to who logged in', () => {
    let closed: ApiClient
    let nowMs: number
    const admin = { name: 'first', scope: 'admin', expiresAt: undefined } as const
    const by = (token: string) => ({ authorization: `Bearer ${token}` })

    beforeEach(async () => {
      nowMs = apiNow.getTime()
      const options = { login: 'token', requestsPerMinute: 100_000 } as const
      closed = await startApi(database, options, { now: () => new Date(nowMs) })
    })
    afterEach(() => closed.close())

    test('end when the token is revoked, and nothing of what comes after is told; others go on', async () => {
      const kept = await issueToken(database, admin, apiNow)
      const lost = await issueToken(database, { ...admin, name: 'lost' }, apiNow)
      const [first, second] = [new Stream(by(kept.token), closed), new Stream(by(lost.token), closed)]
      await Promise.all([first, second].map((one) => one.until(() => one.status === 200)))
      await putEvent(database, 'verdict', 'a')
      await Promise.all([first, second].map((one) => one.until(() => one.heard.length > 0)))
      // Past the API: as another process does it.
      await deleteToken(database, lost.id)
      await putEvent(database, 'change', 'b')
      await second.until(() => second.ended)
      await first.until(() => first.heard.length > 1)
      expect(second.heard.map(({ event }) => event)).toEqual(['verdict'])
      expect([first.heard.at(-1)?.event, first.ended]).toEqual(['change', false])
      first.close()
    }, 20_000)

    test('end when the token expires', async () => {
      const expiresAt = new Date(nowMs + 60_000)
      const { token } = await issueToken(database, { ...admin, expiresAt }, apiNow)
      const stream = new Stream(by(token), closed)
      await stream.until(() => stream.status === 200)
      await putEvent(database, 'verdict', 'a')
      await stream.until(() => stream.heard.length === 1)
      nowMs += 60_000
      await stream.until(() => stream.ended)
    }, 20_000)

    test('end at a log-out, and with the token that opened the session', async () => {
      const { token, id } = await issueToken(database, admin, apiNow)
      const logIn = async () => {
        const answer = await closed.ask('/api/v1/session', { method: 'POST', json: { token } })
        const cookie = String(answer.headers['set-cookie']).split(';')[0] ?? ''
        return { cookie, 'x-csrf-token': answer.json.csrf as string }
      }
      const [left, revoked] = [await logIn(), await logIn()]
      const [first, second] = [new Stream(left, closed), new Stream(revoked, closed)]
      await Promise.all([first, second].map((one) => one.until(() => one.status === 200)))
      expect((await closed.ask('/api/v1/session', { method: 'DELETE', headers: left })).status).toBe(200)
      await first.until(() => first.ended)
      expect(second.ended).toBe(false)
      const path = `/api/v1/tokens/${id}`
      expect((await closed.ask(path, { method: 'DELETE', headers: by(token) })).status).toBe(200)
      await second.until(() => second.ended)
    }, 20_000)
  })

  test('twenty streams of one caller are enough', async () => {
    const streams = Array.from({ length: 20 }, () => new Stream())
    await Promise.all(streams.map((one) => one.until(() => one.status === 200)))
    const { status, json } = await api.ask('/api/v1/events')
    expect([status, json.error.code]).toEqual([429, 'too-many-streams'])
    for (const one of streams) one.close()
    await expect
      .poll(async () => {
        const again = new Stream()
        await again.until(() => again.status !== 0)
        again.close()
        return again.status
      })
      .toBe(200)
  }, 20_000)
})

describe('a badge', () => {
  const badge = async (path: string, client = api) => client.ask(`/badge/${path}`)

  test('says what fits and how much is left', async () => {
    const { text, headers } = await badge('a/modems.svg')
    expect(text).toMatch(/<title>tlsfit: fits .*nRF9160.* · 312 B left<\/title>/)
    expect(headers['content-type']).toBe('image/svg+xml; charset=utf-8')
    expect(headers['cross-origin-resource-policy']).toBe('cross-origin')
  })

  test('says where it stops, and that nobody knows', async () => {
    expect((await badge('a/wifi.svg')).text).toMatch(/blocked for .* · chain/)
    expect((await badge('b/wifi.svg')).text).toContain('undecided for')
    expect((await badge('b/modems.svg')).status).toBe(404)
    expect((await badge('a/modems.png')).status).toBe(400)
  })

  test('is for anybody only where that is said', async () => {
    const closed = await startApi(database, { login: 'token' })
    const open = await startApi(database, { login: 'token', publicBadges: true })
    expect((await badge('a/modems.svg', closed)).status).toBe(401)
    expect((await badge('a/modems.svg', open)).status).toBe(200)
    await Promise.all([closed.close(), open.close()])
  })

  test('escapes a hostile name', async () => {
    const { badgeOf, badgeSvg } = await import('./badge.ts')
    const svg = badgeSvg(badgeOf('</text><script>alert(1)</script>"\u202e', undefined))
    expect(svg).not.toContain('<script')
    expect(svg).not.toContain('\u202e')
  })
})

describe('metrics', () => {
  const promtool = existsSync('/usr/bin/promtool')
  if (!promtool && process.env.CI === 'true') throw new Error('peer promtool is missing: npm run peers')

  test('have what a graph needs', async () => {
    const { text, headers } = await api.ask('/metrics')
    expect(headers['content-type']).toContain('text/plain')
    const of = 'endpoint="a",vantage="local"'
    for (const line of [
      `tlsfit_fits{${of},fleet="modems",device="nrf9160"} 1`,
      `tlsfit_fits{${of},fleet="wifi",device="esp32"} 0`,
      `tlsfit_margin_bytes{${of},fleet="modems",device="nrf9160",limit="chainBytes",counts="sent"} 312`,
      `tlsfit_finding{${of},fleet="wifi",device="esp32",finding="chain-too-large",effect="blocks"} 1`,
      `tlsfit_chain_bytes{${of}} 3000`,
      `tlsfit_certificate_message_bytes{${of}} 3010`,
      `tlsfit_record_max_bytes{${of},of="handshake"} 4321`,
      `tlsfit_probe_duration_seconds{${of}} 1.25`,
      `tlsfit_leaf_days{${of}} 40.5`,
      'tlsfit_open_alerts{severity="critical"} 0',
    ]) {
      expect(text.split('\n')).toContain(line)
    }
    expect(text).not.toContain('tlsfit_fits{endpoint="b"')
  })

  test('have the days of each anchor that a fleet holds', async () => {
    const pem = readFileSync('test/fixtures/chains/chain-badssl-expired.pem')
    const [leaf] = parseCertificates(pem, 'x')
    const der = Buffer.from(leaf?.der ?? []).toString('base64')
    await putFleets(
      database,
      [
        {
          id: 'held',
          name: 'held',
          device: 'esp32',
          count: 1,
          verify: 'full',
          clock: { kind: 'right' },
          held: [{ label: 'x"\n', der }],
        },
      ],
      'api',
      apiNow,
    )
    const { text } = await api.ask('/metrics')
    expect(text).toMatch(/^tlsfit_anchor_days\{fleet="held",anchor="x\\"\\n [0-9a-f]{16}"\} -\d+/m)
  })

  test.skipIf(!promtool)('are what promtool takes for sound, of all and of one endpoint', async () => {
    for (const path of ['/metrics', '/metrics?endpoint=a']) {
      const { text } = await api.ask(path)
      const { stderr, stdout } = spawnSync('promtool', ['check', 'metrics'], {
        input: text,
        encoding: 'utf8',
      })
      // Days are what people ask for; promtool would rather have seconds.
      const told = `${stdout}${stderr}`.split('\n').filter((line) => !/^$|_days use base unit/.test(line))
      expect(told).toEqual([])
    }
  })

  test.skipIf(!promtool)(
    'the rules of deploy/ are sound, and every metric in them and in the dashboard exists',
    async () => {
      execFileSync('promtool', ['check', 'rules', 'deploy/prometheus-alerts.yaml'], { stdio: 'pipe' })
      const { text } = await api.ask('/metrics')
      const dashboard = (await api.ask('/grafana.json')).text
      const used =
        (readFileSync('deploy/prometheus-alerts.yaml', 'utf8') + dashboard).match(/tlsfit_[a-z_]+/g) ?? []
      const there = new Set(text.match(/^# TYPE (\S+)/gm)?.map((line) => line.slice('# TYPE '.length)))
      expect([...new Set(used)].filter((name) => !there.has(name))).toEqual([])
    },
  )
})

test('a token in a header is enough for a scraper', async () => {
  const closed = await startApi(database, { login: 'token' })
  const { token } = await issueToken(database, { name: 'p', scope: 'read', expiresAt: undefined }, apiNow)
  expect((await closed.ask('/metrics')).status).toBe(401)
  expect((await closed.ask('/openapi.json')).status).toBe(401)
  expect((await closed.ask('/metrics', { headers: { authorization: `Bearer ${token}` } })).status).toBe(200)
  await closed.close()
})
