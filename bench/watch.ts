import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { postgresServer } from '../test/support/postgres.ts'
import { openEndpoints } from './endpoints.ts'
import { answerLines, Part, type Usage, usage } from './part.ts'
import { openRelay, relay } from './relay.ts'
import { tellRow } from './row.ts'
import { endpointAt, watch } from './watch-part.ts'

// Rounds of `tlsfit watch` for every profile, on servers that answer after 100 ms:
//   npm run build && node bench/run.mjs watch [ENDPOINTS] [embedded|postgres] [WORKERS]
// A first round, with every hello; then two of those between. The peer looks at the same endpoints once each, as an uptime
// monitor does.

/** Of a round between, and of memory. */
const WANTED = { endpoints: 10_000, seconds: 60, coreShare: 0.05, megabytes: 600 }
const DAY = 86_400
const SIDE_BY_SIDE = 256

const [mode, ...rest] = process.argv.slice(2)
switch (mode) {
  case 'relay':
    relay(Number(rest[0]))
    break
  case 'watch':
    await watch(rest[0] ?? '', {
      vantage: rest[1] === 'none' ? undefined : rest[1],
      plans: rest[2] === 'plans',
    })
    break
  case 'peer':
    await peer(Number(rest[0]), Number(rest[1]))
    break
  default:
    process.exitCode = (await bench(Number(mode ?? 1_000), rest[0] ?? 'embedded', rest[1])) ? 0 : 1
}

interface Round {
  readonly seconds: number
  readonly probes: number
  readonly connections: number
}

async function bench(count: number, kind: string, workers = '1'): Promise<boolean> {
  const { endpoints, close } = await openEndpoints()
  const port = endpoints.find(({ server }) => server === 'nginx')?.port ?? 0
  const { child, relayPort } = await openRelay(port)
  const folder = mkdtempSync(join(tmpdir(), 'tlsfit-bench-watch-'))
  const postgres = kind === 'postgres' ? await postgresServer()?.start(15_432) : undefined
  try {
    const store = kind === 'postgres' ? postgres?.createDatabase('bench') : join(folder, 'store')
    if (store === undefined) throw new Error('PostgreSQL is missing: npm run peers')
    const plan = new Part([store, kind === 'postgres' ? 'none' : 'local', 'plans'])
    const others =
      kind === 'postgres' ? [...new Array(Number(workers))].map(() => new Part([store, 'local'])) : []
    const parts = [plan, ...others]
    await plan.ask('watch', count, relayPort)
    const first = await show(`first round, every hello, of ${count}`, parts, plan)
    // What the first round had to tell is settled after the second.
    await show(`a round between, of ${count}`, parts, plan)
    const again = await show('another one', parts, plan)
    const watched = new Part([String(count), String(relayPort)], 'peer')
    const other = (await watched.ask('run')) as unknown as Round
    const cost = await watched.usage()
    const ratio = again.usage.processorSeconds / cost.processorSeconds
    console.log(
      `one TLS connection to each, as an uptime monitor: ${other.seconds.toFixed(1)} s (processor ` +
        `${cost.processorSeconds.toFixed(1)} s); ours is ${ratio.toFixed(2)} of its processor time`,
    )
    // Rounds of fewer endpoints are calculated up; memory is not, since it hardly depends on their number.
    const scale = WANTED.endpoints / count
    const seconds = scale * again.round.seconds
    const share = (scale * (23 * again.usage.processorSeconds + first.usage.processorSeconds)) / DAY
    const megabytes = Math.round(again.usage.megabytes)
    const found = `${seconds.toFixed(0)} s, ${(100 * share).toFixed(1)} % of a core, ${megabytes} MB`
    const goal = `${WANTED.seconds} s, ${100 * WANTED.coreShare} % of a core, ${WANTED.megabytes} MB`
    console.log(
      `at ${WANTED.endpoints}, 24 rounds a day with one thorough among them, calculated from that: ${found}; asked for: ${goal}`,
    )
    for (const part of [...parts, watched]) await part.end()
    const met = seconds <= WANTED.seconds && share < WANTED.coreShare && megabytes < WANTED.megabytes
    const each = ((1_000 * cost.processorSeconds) / count).toFixed(1)
    tellRow({
      what: `a round of ${count}, calculated for ${WANTED.endpoints}`,
      ours: found,
      peer: `one connection each: ${each} ms of processor`,
      ratio: `(${ratio.toFixed(2)})`,
      ...{ goal, met },
    })
    return met
  } finally {
    child.kill('SIGTERM')
    await postgres?.stop()
    rmSync(folder, { recursive: true, force: true })
    await close()
  }
}

async function show(
  what: string,
  parts: readonly Part[],
  plan: Part,
): Promise<{ readonly round: Round; readonly usage: Usage }> {
  const before = await Promise.all(parts.map((part) => part.usage()))
  const round = (await plan.ask('round')) as unknown as Round
  const after = await Promise.all(parts.map((part) => part.usage()))
  const processorSeconds = after.reduce(
    (sum, one, at) => sum + one.processorSeconds - (before[at]?.processorSeconds ?? 0),
    0,
  )
  const megabytes = Math.max(...after.map((one) => one.megabytes))
  const { seconds, probes, connections } = round
  console.log(
    `${what}: ${seconds.toFixed(1)} s (processor ${processorSeconds.toFixed(1)} s, ${((1_000 * processorSeconds) / probes).toFixed(1)} ms each), ` +
      `${Math.round(probes / seconds)} endpoints/s, ${(connections / probes).toFixed(1)} connections each, peak ${Math.round(megabytes)} MB`,
  )
  return { round, usage: { processorSeconds, megabytes } }
}

/** What a monitor of certificates does: a connection to each, a request, and when the certificate ends. */
async function peer(count: number, port: number): Promise<void> {
  await answerLines(async ([act]) => {
    if (act === 'usage') return usage()
    const startedMs = performance.now()
    const left = Array.from({ length: count }, (_, index) => endpointAt(index).address)
    let days = 0
    const lane = async () => {
      for (let host = left.pop(); host !== undefined; host = left.pop()) days += await daysLeft(host, port)
    }
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, lane))
    return { seconds: (performance.now() - startedMs) / 1_000, probes: count, connections: count, days }
  })
}

function daysLeft(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, rejectUnauthorized: false }, () => {
      const { valid_to } = socket.getPeerCertificate()
      socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
      socket.on('data', () => {})
      socket.on('end', () => socket.end())
      socket.on('close', () => resolve((Date.parse(valid_to) - Date.now()) / 86_400_000))
    })
    socket.on('error', reject)
  })
}
