import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { listDevices } from '../src/device/catalogue.ts'
import { openCatalogue } from '../src/io/catalogue-files.ts'
import { CheckBatch } from '../src/io/check-batch.ts'
import { checkRequest } from '../src/io/check-defaults.ts'
import { openDevice } from '../src/io/open-device.ts'
import { openKnownRoots } from '../src/io/root-files.ts'
import { openEndpoints } from './endpoints.ts'
import { ANSWER_MS, openRelay, relay } from './relay.ts'
import { tellRow } from './row.ts'

// Many endpoints in one process, on servers in processes of their own:
//   node bench/run.mjs batch [all|slow] [COUNT]
// all:  1,000 endpoints for every profile: verdicts and dials a second, peak memory.
// slow: 10,000 endpoints that answer after 100 ms, for one profile: wall time, peak memory.
// Every endpoint is an address of its own of 127.0.0.0/8, all of them the same nginx; those of `slow` are a relay in
// front of it that holds a new connection back. A dial is a TCP connection with a hello of ours on it; a judged dial is a
// verdict, one for each endpoint and device: devices with the same hello share a dial.

const DEVICE = 'nrf9160@1.3.7'

/** What is asked for. */
const WANTED_PER_SECOND = 300
const WANTED_MB = 400
const WANTED_SLOW_SECONDS = 30

const [mode, ...rest] = process.argv.slice(2)
switch (mode) {
  case 'relay':
    relay(Number(rest[0]))
    break
  case 'worker':
    await work(Number(rest[0]), Number(rest[1]), rest[2] ?? '')
    break
  default:
    process.exitCode = (await bench(mode, rest[0])) ? 0 : 1
}

interface Outcome {
  readonly targets: number
  readonly verdicts: number
  readonly failed: number
  readonly connections: number
  readonly seconds: number
  readonly processorSeconds: number
  readonly megabytes: number
}

async function bench(only: string | undefined, count: string | undefined): Promise<boolean> {
  const { endpoints, close } = await openEndpoints()
  const port = endpoints.find(({ server }) => server === 'nginx')?.port ?? 0
  try {
    let met = true
    if (only !== 'slow') {
      const ran = await inProcess(Number(count ?? 1000), port, 'all')
      const perSecond = ran.verdicts / ran.seconds
      show(`${ran.targets} endpoints × all profiles`, ran)
      console.log(`  asked for: at least ${WANTED_PER_SECOND} judged dials a second, below ${WANTED_MB} MB`)
      met = perSecond >= WANTED_PER_SECOND && ran.megabytes < WANTED_MB && ran.failed === 0
      tellRow({
        what: `${ran.targets} endpoints, all profiles`,
        ours: `${Math.round(perSecond)} verdicts/s, ${Math.round(ran.megabytes)} MB`,
        ...{ peer: '', ratio: '', goal: `${WANTED_PER_SECOND}/s, ${WANTED_MB} MB`, met },
      })
    }
    if (only !== 'all') {
      const { child, relayPort } = await openRelay(port)
      const ran = await inProcess(Number(count ?? 10_000), relayPort, DEVICE)
      child.kill('SIGTERM')
      show(`${ran.targets} endpoints that answer after ${ANSWER_MS} ms × ${DEVICE}`, ran)
      console.log(`  asked for: at most ${WANTED_SLOW_SECONDS} s, below ${WANTED_MB} MB`)
      met &&= ran.seconds <= WANTED_SLOW_SECONDS && ran.megabytes < WANTED_MB && ran.failed === 0
    }
    return met
  } finally {
    await close()
  }
}

function show(what: string, ran: Outcome): void {
  const { verdicts, connections, seconds, processorSeconds, megabytes, failed } = ran
  const rate = (count: number) => Math.round(count / seconds)
  console.log(
    `${what}: ${seconds.toFixed(1)} s (processor ${processorSeconds.toFixed(1)} s), ${verdicts} verdicts (${rate(verdicts)}/s), ` +
      `${connections} dials (${rate(connections)}/s), peak ${Math.round(megabytes)} MB, ${failed} failed`,
  )
}

/** A process of its own, so that its memory is its own. */
async function inProcess(count: number, port: number, devices: string): Promise<Outcome> {
  const args = [process.argv[1] ?? '', 'worker', String(count), String(port), devices]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (chunk) => (text += chunk))
  await once(child, 'close')
  return JSON.parse(text) as Outcome
}

async function work(count: number, port: number, asked: string): Promise<void> {
  const [catalogue, knownRoots] = [openCatalogue(), openKnownRoots()]
  const ids = asked === 'all' ? listDevices(catalogue).map(({ id }) => id) : [asked]
  const devices = await Promise.all(ids.map((id) => openDevice(id, { catalogue, knownRoots })))
  const jobs = Array.from({ length: count }, (_, index) => {
    const address = `127.1.${Math.floor(index / 250)}.${1 + (index % 250)}`
    return checkRequest({ target: `https://${address}:${port}/`, devices, catalogue, knownRoots })
  })
  const startedMs = performance.now()
  const batch = new CheckBatch({
    jobs,
    run: { now: new Date(), keyLogFile: undefined, catalogue, knownRoots, forecast: undefined },
    sideBySide: undefined,
    journal: undefined,
    signal: undefined,
    onProgress: undefined,
  })
  let [verdicts, failed] = [0, 0]
  for await (const result of batch.results()) {
    if ('error' in result) failed++
    else {
      verdicts += result.verdicts.length
      // An endpoint that was not reached is no judged dial.
      if (result.verdicts.some(({ observation }) => observation.connections.length === 0)) failed++
    }
  }
  const seconds = (performance.now() - startedMs) / 1000
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
  const { connections } = batch.traffic
  const processorSeconds = (userCPUTime + systemCPUTime) / 1e6
  const megabytes = (maxRSS * 1024) / 1e6
  const outcome = { targets: count, verdicts, failed, connections, seconds, processorSeconds, megabytes }
  process.stdout.write(JSON.stringify(outcome))
}
