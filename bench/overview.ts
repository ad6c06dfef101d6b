import { mkdtempSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultOptions } from '../src/api/api-context.ts'
import { listenApi } from '../src/api/listen-api.ts'
import { openCatalogue } from '../src/io/catalogue-files.ts'
import type { Database } from '../src/store/database.ts'
import { openStore } from '../src/store/open-store.ts'
import { tellRow } from './row.ts'

/** `node bench/run.mjs overview [ENDPOINTS] [FLEETS]`: the heat map, all of it, from an embedded store. */
const [endpoints = 5_000, fleets = 40] = process.argv.slice(2).map(Number)
const ASKED = 100
const P95_MS = 100

const folder = mkdtempSync(join(tmpdir(), 'tlsfit-bench-overview-'))
const database = await openStore(folder, new Date())
try {
  await seed(database)
  const server = await listenApi(
    {
      ...{ database, catalogue: openCatalogue(), knownRoots: [], now: () => new Date(), version: 'bench' },
      options: { ...defaultOptions, requestsPerMinute: 1_000_000 },
      onFault: (error) => {
        throw error
      },
      watch: {
        probeNow: async () => {},
        settingsChanged: async () => {},
        lastSight: async () => undefined,
        testChannel: async () => ({ ok: true }),
      },
    },
    '127.0.0.1',
    0,
  )
  const ask = (path: string) => timed(`${server.url}/api/v1/overview?${path}`)
  const first = await ask(`limit=${endpoints}`)
  console.log(`first, nothing held: ${first.ms.toFixed(0)} ms, ${(first.bytes / 1e6).toFixed(1)} MB`)
  let missed = false
  for (const [name, path] of [
    ['all rows', `limit=${endpoints}`],
    ['all rows by name', `limit=${endpoints}&sort=name`],
    ['500 rows', 'limit=500'],
  ] as const) {
    const times: number[] = []
    let cpuMs = 0
    for (let at = 0; at < ASKED; at++) {
      await change(database, at)
      const before = process.cpuUsage()
      times.push((await ask(path)).ms)
      const { user, system } = process.cpuUsage(before)
      cpuMs += (user + system) / 1_000
    }
    times.sort((a, b) => a - b)
    const [median, p95] = [0.5, 0.95].map((share) => times[Math.floor(ASKED * share)] ?? Infinity)
    const [shown, cpu] = [`median ${median?.toFixed(0)} ms, p95 ${p95?.toFixed(0)} ms`, cpuMs / ASKED]
    console.log(`${name}, ten endpoints with news each time: ${shown}, processor ${cpu.toFixed(0)} ms`)
    const met = (p95 ?? Infinity) < P95_MS
    const what = `${name} of ${endpoints} × ${fleets}`
    tellRow({ what, ours: shown, peer: '', ratio: '', goal: `p95 below ${P95_MS} ms`, met })
    missed ||= !met
  }
  await server.close()
  process.exitCode = missed ? 1 : 0
} finally {
  await database.close()
  rmSync(folder, { recursive: true, force: true })
}

async function seed(queries: Database): Promise<void> {
  await queries.script(`
    insert into fleet (id, name, device, device_count, settings, position, origin, created_at)
      select 'fleet-' || f, 'Fleet ' || f, 'nrf9160', f * 1000, '{}', f, 'file', now() from generate_series(1, ${fleets}) f;
    insert into endpoint (id, name, target, settings, vantages, every_seconds, origin, due_at, created_at)
      select 'endpoint-' || e, 'Endpoint ' || e, 'https://e' || e || '.example.com/firmware.bin', '{}', '{local}', 3600,
        'file', now(), now() from generate_series(1, ${endpoints}) e;
    insert into verdict (endpoint_id, vantage, fleet_id, state, stage, nearest, room, summary, since, judged_at)
      select 'endpoint-' || e, 'local', 'fleet-' || f,
        case when (e * f) % 50 = 0 then 'blocked' when (e + f) % 20 = 0 then 'at-risk' else 'fits' end,
        case when (e * f) % 50 = 0 then 'chain' end,
        jsonb_build_object('limit', 'chainBytes', 'counts', 'sent', 'value', 4096 - (e * f) % 4000, 'limitValue', 4096,
          'left', (e * f) % 4000, 'unit', 'bytes'),
        ((e * f) % 4000) / 4096.0, '{}', now(), now()
      from generate_series(1, ${endpoints}) e, generate_series(1, ${fleets}) f;
    insert into standing (endpoint_id, vantage, slot, reached_slot, snapshot)
      select 'endpoint-' || e, 'local', now(), now(), json_build_object('at', now(), 'addresses', json_build_array('192.0.2.1'),
        'views', json_build_array(), 'chains', json_build_array(json_build_object('messageBytes', 3000, 'certificates',
          json_build_array(json_build_object('role', 'leaf', 'notAfter', '2027-01-01T00:00:00.000Z')))))
      from generate_series(1, ${endpoints}) e;
    analyze`)
}

/** What a second of probing writes. */
async function change(queries: Database, at: number): Promise<void> {
  await queries.script(`
    update verdict set room = random() where endpoint_id in (select 'endpoint-' || (${at} * 10 + n) from generate_series(1, 10) n);
    insert into event (at, kind, endpoint_id, detail)
      select now(), 'verdict', 'endpoint-' || (${at} * 10 + n), '{}' from generate_series(1, 10) n`)
}

function timed(url: string): Promise<{ ms: number; bytes: number }> {
  const startedMs = performance.now()
  return new Promise((done, fail) => {
    get(url, (response) => {
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      response.on('end', () => done({ ms: performance.now() - startedMs, bytes }))
    }).on('error', fail)
  })
}
