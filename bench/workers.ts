import { postgresServer } from '../test/support/postgres.ts'
import { openEndpoints } from './endpoints.ts'
import { Part } from './part.ts'
import { openRelay, relay } from './relay.ts'
import { watch } from './watch-part.ts'

// Whether a second and a fourth `tlsfit worker` on one PostgreSQL do twice and four times as much in a second:
//   npm run build && node bench/run.mjs workers [ENDPOINTS]
// The peer is one worker. Each has so few probes side by side that it waits for servers most of the time, as workers on
// machines of their own wait for each other's store: what is measured is whether they stand in each other's way.

const SIDE_BY_SIDE = 6
const COUNTS = [1, 2, 4]
const ROUNDS = 3
const WANTED_SHARE = 0.85

const [mode, ...rest] = process.argv.slice(2)
if (mode === 'relay') relay(Number(rest[0]))
else if (mode === 'watch') {
  const vantage = rest[1] === 'none' ? undefined : 'local'
  await watch(rest[0] ?? '', { vantage, plans: vantage === undefined, sideBySide: SIDE_BY_SIDE })
} else process.exitCode = (await bench(Number(mode ?? 200))) ? 0 : 1

interface Rate {
  readonly workers: number
  readonly perSecond: number
  readonly processorMs: number
}

async function bench(count: number): Promise<boolean> {
  const { endpoints, close } = await openEndpoints()
  const port = endpoints.find(({ server }) => server === 'nginx')?.port ?? 0
  const { child, relayPort } = await openRelay(port)
  const postgres = await postgresServer()?.start(15_433)
  const parts: Part[] = []
  try {
    const store = postgres?.createDatabase('bench')
    if (store === undefined) throw new Error('PostgreSQL is missing: npm run peers')
    const plan = new Part([store, 'none'])
    parts.push(plan)
    await plan.ask('watch', count, relayPort)
    const rates: Rate[] = []
    for (const workers of COUNTS) {
      while (parts.length - 1 < workers) parts.push(new Part([store, 'local']))
      // The first has every hello, the second has news to settle; a process that is new has to warm up.
      for (let round = 0; round < 2; round++) await plan.ask('round')
      rates.push(await rateOf(plan, parts.slice(1), workers))
    }
    return told(rates)
  } finally {
    for (const part of parts) await part.end()
    child.kill('SIGTERM')
    await postgres?.stop()
    await close()
  }
}

/** The median of some rounds. */
async function rateOf(plan: Part, own: readonly Part[], workers: number): Promise<Rate> {
  const rates: Rate[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const before = await processorSeconds(own)
    const { seconds, probes } = (await plan.ask('round')) as { seconds: number; probes: number }
    const processorMs = (1_000 * ((await processorSeconds(own)) - before)) / probes
    rates.push({ workers, perSecond: probes / seconds, processorMs })
  }
  rates.sort((a, b) => a.perSecond - b.perSecond)
  return rates[Math.floor(ROUNDS / 2)] as Rate
}

async function processorSeconds(parts: readonly Part[]): Promise<number> {
  const all = await Promise.all(parts.map((part) => part.usage()))
  return all.reduce((sum, one) => sum + one.processorSeconds, 0)
}

function told(rates: readonly Rate[]): boolean {
  const [alone] = rates
  let isGood = true
  for (const { workers, perSecond, processorMs } of rates) {
    const share = perSecond / (workers * (alone?.perSecond ?? 0))
    isGood &&= share >= WANTED_SHARE
    console.log(
      `${workers} of ${SIDE_BY_SIDE} probes side by side: ${perSecond.toFixed(1)} endpoints/s, ${share.toFixed(2)} of linear; ` +
        `${processorMs.toFixed(1)} ms of their processor an endpoint`,
    )
  }
  console.log(`asked for: ${WANTED_SHARE} of linear`)
  return isGood
}
