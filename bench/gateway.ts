import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Gateway } from '../src/gateway/gateway.ts'
import { parseGatewayConfig } from '../src/gateway/gateway-config.ts'
import { seededBytes } from '../src/issue/seeded-bytes.ts'
import { joinPem, makeDigilabRoot } from '../src/lab/chains.ts'
import { processKeys } from '../src/lab/keys.ts'
import { keyPem, makeFrontChain } from '../src/lab/small-chains.ts'
import { tellRow } from './row.ts'

// The gateway beside nginx and HAProxy, the same certificate and the same load in the same run, one worker each:
// `node bench/run.mjs gateway [seconds] [row...]`. nginx serves the file from its disk, HAProxy has that nginx behind it,
// the gateway has the file in its cache, fetched from that nginx. Rates of wall time are disturbed by other work on the
// machine; those of a second of the server's processor hardly.

const HOST = 'fota.fleet.test'
const PATH = '/firmware/fw.bin'
const FILE_BYTES = 1_048_576
const RECORD_BYTES = 2048
const ROUNDS = 3
const IDLE = 10_000

type Name = 'gateway' | 'nginx' | 'haproxy'

interface Row {
  readonly mode: 'ranges' | 'whole' | 'handshakes'
  readonly connections: number
  /** What is asked for, as a ratio to nginx. */
  readonly wanted: number
  readonly of: 'wall' | 'processor'
}

const rows: readonly Row[] = [
  { mode: 'ranges', connections: 16, wanted: 0.8, of: 'wall' },
  { mode: 'whole', connections: 8, wanted: 1, of: 'processor' },
  { mode: 'handshakes', connections: 8, wanted: 0.7, of: 'wall' },
]
const WANTED_IDLE_BYTES = 60_000

interface Loaded {
  readonly requests: number
  readonly bytes: number
  readonly errors: number
  readonly seconds: number
}

interface Measured {
  /** Requests, or bytes, a second. */
  readonly wall: number
  readonly processor: number
}

const [first, ...rest] = process.argv.slice(2)
if (first === 'serve') await serve(rest[0]!, Number(rest[1]), Number(rest[2]))
else process.exitCode = await compare(Number(first ?? 4), rest)

async function compare(seconds: number, only: readonly string[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'tlsfit-bench-'))
  const running: ChildProcess[] = []
  try {
    const load = buildLoad(folder)
    await writeFiles(folder)
    const ports = { nginx: await freePort(), haproxy: await freePort(), gateway: await freePort() }
    const plain = await freePort()
    writeFileSync(join(folder, 'nginx.conf'), nginxConf(folder, ports.nginx, plain))
    writeFileSync(join(folder, 'haproxy.cfg'), haproxyConf(folder, ports.haproxy, plain))
    const start = async (port: number, program: string, args: readonly string[]): Promise<number> => {
      const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
      running.push(child)
      await untilOpen(port)
      return child.pid!
    }
    const switches = `daemon off; master_process off; user root; pid ${folder}/nginx.pid;`
    const nginxArgs = ['-c', join(folder, 'nginx.conf'), '-p', folder, '-e', 'stderr', '-g', switches]
    const nginx = await start(ports.nginx, '/usr/sbin/nginx', nginxArgs)
    const haproxy = await start(ports.haproxy, '/usr/sbin/haproxy', [
      '-db',
      '-f',
      join(folder, 'haproxy.cfg'),
    ])
    const own = [fileURLToPath(import.meta.url), 'serve', folder, String(ports.gateway), String(ports.nginx)]
    const profile = process.env.TLSFIT_PROFILE
      ? ['--cpu-prof', `--cpu-prof-dir=${process.env.TLSFIT_PROFILE}`]
      : []
    const gateway = await start(ports.gateway, process.execPath, [...profile, ...own])
    const servers = { gateway, nginx, haproxy }
    let missed = false
    for (const row of rows) {
      if (only.length > 0 && !only.includes(row.mode)) continue
      const got = new Map<Name, Measured>()
      const all: { readonly [N in Name]: Measured[] } = { gateway: [], nginx: [], haproxy: [] }
      // The first round warms caches and compilers, and does not count.
      for (let round = 0; round <= ROUNDS; round++) {
        for (const name of ['gateway', 'nginx', 'haproxy'] as const) {
          const target = [row.mode, `127.0.0.1:${ports[name]}`, PATH, String(round === 0 ? 1 : seconds)]
          const one = measure(
            load,
            [...target, String(row.connections), String(FILE_BYTES)],
            servers[name],
            row,
          )
          if (round > 0) all[name].push(one)
        }
      }
      for (const name of ['gateway', 'nginx', 'haproxy'] as const) got.set(name, median(all[name]))
      missed = !tell(row, got) || missed
    }
    if (only.length === 0 || only.includes('idle')) {
      // HAProxy takes two descriptors a connection, for which many machines have no room.
      for (const name of ['nginx', 'gateway'] as const) {
        const bytes = await idle(load, ports[name], servers[name])
        console.log(`idle, ${IDLE} connections: ${name} ${(bytes / 1000).toFixed(1)} kB each`)
        if (name === 'gateway' && bytes > WANTED_IDLE_BYTES) missed = true
      }
    }
    return missed ? 1 : 0
  } finally {
    const ended = running.map((child) => new Promise((resolve) => child.once('exit', resolve)))
    for (const child of running) child.kill('SIGTERM')
    await Promise.all(ended)
    rmSync(folder, { recursive: true, force: true })
  }
}

function tell({ mode, wanted, of }: Row, got: ReadonlyMap<Name, Measured>): boolean {
  const ours = got.get('gateway')!
  const unit = mode === 'whole' ? 'MB' : 'times'
  const scale = mode === 'whole' ? 1e6 : 1
  const show = ({ wall, processor }: Measured) =>
    `${(wall / scale).toFixed(0)} ${unit}/s, ${(processor / scale).toFixed(0)} a processor second`
  const ratios = (['nginx', 'haproxy'] as const).map((name) => {
    const theirs = got.get(name)!
    const [wall, processor] = [ours.wall / theirs.wall, ours.processor / theirs.processor]
    return `${wall.toFixed(2)} (${processor.toFixed(2)}) of ${name}`
  })
  console.log(
    `${mode}: gateway ${show(ours)}; nginx ${show(got.get('nginx')!)}; haproxy ${show(got.get('haproxy')!)}`,
  )
  console.log(`  ${ratios.join(', ')}; asked for: ${wanted} of nginx, ${of}`)
  const met = ours[of] / got.get('nginx')![of] >= wanted
  const [ratio = ''] = ratios
  const shown = { ours: show(ours), peer: `nginx ${show(got.get('nginx')!)}`, ratio }
  tellRow({ what: mode, ...shown, goal: `${wanted} of nginx, ${of}`, met })
  return met
}

function measure(load: string, args: readonly string[], server: number, { mode }: Row): Measured {
  const before = processorSeconds(server)
  const ran = spawnSync(load, args, { encoding: 'utf8' })
  const spent = processorSeconds(server) - before
  if (ran.status !== 0) throw new Error(`load: ${ran.stderr}`)
  const { requests, bytes, errors, seconds } = JSON.parse(ran.stdout) as Loaded
  if (errors > 0 || requests === 0) throw new Error(`load ${args.join(' ')}: ${errors} errors of ${requests}`)
  const done = mode === 'whole' ? bytes : requests
  return { wall: done / seconds, processor: done / spent }
}

/** Memory that one held connection costs, after a range of 2 kB each. */
async function idle(load: string, port: number, server: number): Promise<number> {
  const before = residentBytes(server)
  const args = ['idle', `127.0.0.1:${port}`, PATH, '0', String(IDLE), String(FILE_BYTES)]
  const child = spawn(load, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const line = await new Promise<string>((resolve) =>
    child.stdout.once('data', (data) => resolve(String(data))),
  )
  const { errors } = JSON.parse(line) as Loaded
  if (errors > 0) throw new Error(`idle: ${errors} errors`)
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  const bytes = residentBytes(server) - before
  child.stdin.end()
  await new Promise((resolve) => child.once('exit', resolve))
  return bytes / IDLE
}

/** One worker of the gateway, as it is shipped, without its log. */
async function serve(folder: string, port: number, upstreamPort: number): Promise<void> {
  const text = `
listeners:
  - name: bench
    protocol: https
    listen: [127.0.0.1:${port}]
    certificate: { files: { ecdsa: { chain: chain.pem, key: key.pem } } }
    maxRecordBytes: ${RECORD_BYTES}
    routes: [{ path: /firmware/*, upstream: origin }]
upstreams:
  origin: { protocol: https, url: 'https://${HOST}', connect: 127.0.0.1:${upstreamPort}, ca: root.pem, cache: true }
cache: { folder: cache }
`
  const config = parseGatewayConfig(text, join(folder, 'gateway.yaml'))
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  const identities = new Map([['bench', { ecdsa: { certPem: read('chain.pem'), keyPem: read('key.pem') } }]])
  await Gateway.open({ config, identities, directBytes: new Map() }, () => {})
  process.once('SIGTERM', () => process.exit(0))
}

async function writeFiles(folder: string): Promise<void> {
  const options = { keys: processKeys, now: new Date() }
  const { sent, root } = await makeFrontChain(HOST, await makeDigilabRoot(options), options)
  const write = (name: string, content: string | Uint8Array) =>
    writeFileSync(join(folder, name), content, { mode: 0o600 })
  write('chain.pem', joinPem(sent))
  write('key.pem', keyPem(sent[0]!.key))
  write('both.pem', joinPem(sent) + keyPem(sent[0]!.key))
  write('root.pem', joinPem([root]))
  mkdirSync(join(folder, 'files/firmware'), { recursive: true })
  write('files/firmware/fw.bin', seededBytes('firmware', FILE_BYTES))
}

function nginxConf(folder: string, port: number, plain: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `worker_processes 1;
worker_rlimit_nofile 20000;
events { worker_connections 19000; }
http {
  ${temporary.map((one) => `${one}_temp_path ${folder}/${one};`).join(' ')}
  access_log off;
  tcp_nodelay on;
  keepalive_requests 1000000000;
  keepalive_timeout 600;
  open_file_cache max=10 inactive=600s;
  ssl_certificate ${folder}/chain.pem;
  ssl_certificate_key ${folder}/key.pem;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_buffer_size ${RECORD_BYTES};
  root ${folder}/files;
  server { listen 127.0.0.1:${port} ssl backlog=1024; }
  server { listen 127.0.0.1:${plain}; }
}
`
}

function haproxyConf(folder: string, port: number, plain: number): string {
  return `global
  nbthread 1
  maxconn 5000
  tune.ssl.hard-maxrecord ${RECORD_BYTES}
  ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
  mode http
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  timeout http-keep-alive 600s
  http-reuse always
frontend front
  bind 127.0.0.1:${port} ssl crt ${folder}/both.pem
  default_backend files
backend files
  server nginx 127.0.0.1:${plain}
`
}

function buildLoad(folder: string): string {
  const out = join(folder, 'load')
  const source = join(process.env.TLSFIT_BENCH ?? '.', 'load.c')
  const ran = spawnSync('gcc', ['-O2', source, '-lssl', '-lcrypto', '-lpthread', '-o', out], {
    encoding: 'utf8',
  })
  if (ran.status !== 0) throw new Error(`gcc: ${ran.stderr}`)
  return out
}

/** User and system time of a process, all threads, proc(5). */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

function median(all: readonly Measured[]): Measured {
  const middle = (of: keyof Measured) =>
    all.map((one) => one[of]).toSorted((a, b) => a - b)[Math.floor(all.length / 2)]!
  return { wall: middle('wall'), processor: middle('processor') }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function untilOpen(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy()
        resolve(true)
      })
      socket.once('error', () => resolve(false))
    })
    if (open) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`nothing listens on ${port}`)
}
