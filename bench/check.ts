import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Endpoint, openEndpoints } from './endpoints.ts'
import { tellRow } from './row.ts'

// `check` of dist/ (npm run build first) beside what people use today, on servers that are real and on loopback:
//   node bench/run.mjs check [cold|all]
// cold: one endpoint for one device beside `sslscan` of it, and what the start costs beside a bare Node.
// all:  one endpoint for every profile beside `testssl.sh --client-simulation`, which takes half a minute each time.
// Every run is a process of its own, in turns with its peer; the medians count. Wall time holds the server's work and
// the waiting too; processor time is that of the program alone.

const PROGRAM = join(process.env.TLSFIT_BENCH!, '../dist/cli/main.js')
const DEVICE = 'nrf9160@1.3.7'

/** What is asked for. */
const WANTED_OF_SSLSCAN = 0.6
const WANTED_OF_NODE = 1.5
const WANTED_OF_TESTSSL = 60

const COLD_ROUNDS = 15
const TESTSSL_ROUNDS = 2

interface Run {
  readonly seconds: number
  /** Of the processor, all threads and children together. */
  readonly processorSeconds: number
}

interface Command {
  readonly program: string
  readonly args: readonly string[]
  /** Exit codes of a run that did its work: `check` says by them what it found. */
  readonly good: readonly number[]
}

/** What a machine has set for its own CAs makes each start of Node.js, and of OpenSSL, read them all: 30 ms and more. */
const {
  NODE_EXTRA_CA_CERTS: _,
  NODE_OPTIONS: _options,
  SSL_CERT_FILE: _file,
  SSL_CERT_DIR: _folder,
  ...plainEnvironment
} = process.env

if (!existsSync(PROGRAM)) throw new Error('npm run build first: the shipped program is measured')
const [only] = process.argv.slice(2)
const { endpoints, root, close } = await openEndpoints()
try {
  let met = true
  if (only !== 'all') {
    met = startUp() && met
    for (const endpoint of endpoints) met = cold(endpoint) && met
  }
  if (only !== 'cold') for (const endpoint of endpoints) met = all(endpoint) && met
  process.exitCode = met ? 0 : 1
} finally {
  await close()
}

function startUp(): boolean {
  const node = { program: process.execPath, args: ['-e', '0'], good: [0] }
  const version = { program: process.execPath, args: [PROGRAM, '--version'], good: [0] }
  const [ours, bare] = inTurns([version, node], COLD_ROUNDS)
  const ratio = ours!.seconds / bare!.seconds
  console.log(
    `start: tlsfit --version ${show(ours!)}; node -e 0 ${show(bare!)}; ${ratios(ours!, bare!)}, asked for: below ${WANTED_OF_NODE}`,
  )
  const told = { ours: show(ours!), peer: `node ${show(bare!)}`, ratio: ratios(ours!, bare!) }
  const met = ratio < WANTED_OF_NODE
  tellRow({ what: '--version', ...told, goal: `below ${WANTED_OF_NODE}`, met })
  return met
}

function cold({ server, port }: Endpoint): boolean {
  const theirs = { program: 'sslscan', args: [`localhost:${port}`], good: [0] }
  const [ours, peer] = inTurns([check(port, DEVICE), theirs], COLD_ROUNDS)
  console.log(
    `cold, ${server}: check ${show(ours!)}; sslscan ${show(peer!)}; ${ratios(ours!, peer!)}, asked for: at most ${WANTED_OF_SSLSCAN}`,
  )
  const told = { ours: show(ours!), peer: `sslscan ${show(peer!)}`, ratio: ratios(ours!, peer!) }
  const met = ours!.seconds / peer!.seconds <= WANTED_OF_SSLSCAN
  tellRow({ what: `one device, cold, ${server}`, ...told, goal: `at most ${WANTED_OF_SSLSCAN}`, met })
  return met
}

function all({ server, port }: Endpoint): boolean {
  const flags = ['--client-simulation', '--color', '0', '--warnings', 'off']
  const theirs = { program: 'testssl', args: [...flags, `localhost:${port}`], good: [0] }
  const [ours] = inTurns([check(port, 'all')], COLD_ROUNDS)
  const [peer] = inTurns([theirs], TESTSSL_ROUNDS)
  console.log(
    `all profiles, ${server}: check ${show(ours!)}; testssl.sh ${show(peer!)}; ${ratios(peer!, ours!)} times faster, asked for: at least ${WANTED_OF_TESTSSL}`,
  )
  const told = { ours: show(ours!), peer: `testssl.sh ${show(peer!)}`, ratio: ratios(peer!, ours!) }
  const met = peer!.seconds / ours!.seconds >= WANTED_OF_TESTSSL
  tellRow({ what: `all profiles, ${server}`, ...told, goal: `${WANTED_OF_TESTSSL} times faster`, met })
  return met
}

function check(port: number, devices: string): Command {
  const target = `https://localhost:${port}/`
  const args = [PROGRAM, 'check', target, '--device', devices, '--anchor', root]
  // 1: some device is blocked, 3: undecided; the server is as it is.
  return { program: process.execPath, args, good: [0, 1, 3] }
}

/** Each command once a round, so that what else the machine does weighs on all. The first round warms the disk. */
function inTurns(commands: readonly Command[], rounds: number): Run[] {
  const runs: Run[][] = commands.map(() => [])
  for (let round = rounds > 2 ? -1 : 0; round < rounds; round++) {
    for (const [at, command] of commands.entries()) {
      const one = run(command)
      if (round >= 0) runs[at]!.push(one)
    }
  }
  return runs.map(median)
}

/** By bash, whose `time` counts in milliseconds; that of time(1) only in hundredths. */
function run({ program, args, good }: Command): Run {
  const script = 'TIMEFORMAT="%R %U %S"; time "$@" >/dev/null 2>&1'
  const { status, stderr } = spawnSync('bash', ['-c', script, 'bash', program, ...args], {
    encoding: 'utf8',
    env: plainEnvironment,
  })
  if (status === null || !good.includes(status))
    throw new Error(`${program} ${args.join(' ')}: exit ${status}`)
  const [seconds, user, system] = stderr.trim().split('\n').at(-1)!.split(' ').map(Number)
  return { seconds: seconds!, processorSeconds: user! + system! }
}

function median(runs: readonly Run[]): Run {
  const middle = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!
  return {
    seconds: middle(runs.map(({ seconds }) => seconds)),
    processorSeconds: middle(runs.map(({ processorSeconds }) => processorSeconds)),
  }
}

function show({ seconds, processorSeconds }: Run): string {
  return `${seconds.toFixed(3)} s (processor ${processorSeconds.toFixed(3)})`
}

function ratios(above: Run, below: Run): string {
  const processor = above.processorSeconds / below.processorSeconds
  return `${(above.seconds / below.seconds).toFixed(2)} (${processor.toFixed(2)})`
}
