import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectTcp, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { connect } from 'node:tls'
import { fileURLToPath } from 'node:url'
import type { FrontRules, Identity } from '../src/front/front.ts'
import { openFront } from '../src/front/tls-front.ts'
import { subjectAltName } from '../src/issue/certificate-extensions.ts'
import { issueCertificate } from '../src/issue/issue-certificate.ts'
import { tellRow } from './row.ts'

// The TLS front beside Debian's nginx: same certificate, same run, one process each.
//   node bench/run.mjs front handshakes [SECONDS]    new handshakes a second, and for each second of server CPU
//   node bench/run.mjs front idle [CONNECTIONS]      memory of a connection that does nothing

/** What is asked for. */
const WANTED_RATIO = 0.7
const WANTED_IDLE_BYTES = 60_000
const CLIENTS = 2
const ROUNDS = 5
type Version = '1.2' | '1.3'

interface Peer {
  readonly name: string
  readonly port: number
  cpuSeconds(): number
  residentBytes(): number
}

const [mode, argument] = process.argv.slice(2)
const self = fileURLToPath(import.meta.url)
if (mode === 'serve') await serve(argument!)
else if (mode === 'hold') await hold(Number(argument), Number(process.argv[4]))
else if (mode === 'handshakes')
  await withPeers((peers, client) => handshakes(peers, client, Number(argument ?? 3)))
else if (mode === 'idle') await withPeers((peers, client) => idle(peers, client, Number(argument ?? 10_000)))
else throw new Error('handshakes or idle?')

async function handshakes(peers: readonly Peer[], client: string, seconds: number): Promise<boolean> {
  let good = true
  for (const version of ['1.2', '1.3'] as const) {
    for (const peer of peers) await load(client, peer.port, version, 3) // warm
    const rates = new Map<string, { perSecond: number; perCpu: number }[]>()
    // In turns, so that what else the machine does weighs on both.
    for (let round = 0; round < ROUNDS; round++) {
      for (const peer of peers) {
        const before = peer.cpuSeconds()
        const made = await Promise.all(
          Array.from({ length: CLIENTS }, () => load(client, peer.port, version, seconds)),
        )
        const total = made.reduce((sum, one) => sum + one, 0)
        const rate = { perSecond: total / seconds, perCpu: total / (peer.cpuSeconds() - before) }
        rates.set(peer.name, [...(rates.get(peer.name) ?? []), rate])
      }
    }
    const [ours, theirs] = peers.map(({ name }) => median(rates.get(name)!))
    const ratio = ours!.perSecond / theirs!.perSecond
    const cpuRatio = ours!.perCpu / theirs!.perCpu
    console.log(
      `TLS ${version}: front ${show(ours!)}; nginx ${show(theirs!)}; ratio ${ratio.toFixed(2)}, by CPU ${cpuRatio.toFixed(2)}`,
    )
    const met = ratio >= WANTED_RATIO && cpuRatio >= WANTED_RATIO
    tellRow({
      what: `new handshakes, TLS ${version}`,
      ...{ ours: show(ours!), peer: `nginx ${show(theirs!)}` },
      ...{ ratio: `${ratio.toFixed(2)} (${cpuRatio.toFixed(2)})`, goal: `${WANTED_RATIO} by both`, met },
    })
    good &&= met
  }
  return good
}

async function idle(peers: readonly Peer[], client: string, count: number): Promise<boolean> {
  let good = true
  for (const peer of peers) {
    await load(client, peer.port, '1.2', 2) // warm
    const before = peer.residentBytes()
    const holder = spawn(process.execPath, [self, 'hold', String(peer.port), String(count)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await once(createInterface(holder.stdout), 'line')
    await new Promise((resolve) => setTimeout(resolve, 3000))
    const each = (peer.residentBytes() - before) / count
    console.log(`${peer.name}: ${count} idle connections at ${Math.round(each)} bytes each`)
    if (peer.name === 'front') good = each <= WANTED_IDLE_BYTES
    holder.kill()
    await once(holder, 'exit')
  }
  return good
}

/** Opens that many connections, says so, and holds them until it is killed. */
async function hold(port: number, count: number): Promise<void> {
  let open = 0
  const openOne = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, maxVersion: 'TLSv1.2' })
      socket.once('secureConnect', () => resolve())
      socket.on('error', reject)
    })
  while (open < count) {
    const batch = Math.min(50, count - open)
    await Promise.all(Array.from({ length: batch }, openOne))
    open += batch
  }
  console.log('open')
  await new Promise(() => {})
}

async function serve(file: string): Promise<void> {
  const identity = JSON.parse(readFileSync(file, 'utf8')) as Identity
  const rules: FrontRules = {
    identities: { ecdsa: identity },
    maxRecordBytes: 1024,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    oldSuites: false,
    clientCertificates: { ask: 'no' },
    handshakeTimeoutMs: 10_000,
    maxConnections: 100_000,
  }
  const events = {
    secured: ({ socket }: { socket: import('node:tls').TLSSocket }) => {
      socket.on('error', () => {})
      socket.resume()
    },
    failed: () => {},
  }
  const front = await openFront(rules, events, { listen: { hosts: ['127.0.0.1'], port: 0 } })
  console.log(front.port)
  process.stdin.on('end', () => process.exit()).resume()
}

async function withPeers(run: (peers: readonly Peer[], client: string) => Promise<boolean>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tlsfit-bench-front-'))
  const children: ChildProcess[] = []
  try {
    const identity = makeIdentity()
    writeFileSync(join(folder, 'identity.json'), JSON.stringify(identity), { mode: 0o600 })
    const front = spawn(process.execPath, [self, 'serve', join(folder, 'identity.json')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    children.push(front)
    const [port] = (await once(createInterface(front.stdout), 'line')) as [string]
    const nginx = await startNginx(folder, identity)
    children.push(nginx.child)
    const peers = [peerOf('front', front, Number(port)), peerOf('nginx', nginx.child, nginx.port)]
    const good = await run(peers, buildClient(folder))
    process.exitCode = good ? 0 : 1
  } finally {
    for (const child of children) child.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

function peerOf(name: string, child: ChildProcess, port: number): Peer {
  const pids = () => [child.pid!, ...childrenOf(child.pid!)]
  return {
    name,
    port,
    cpuSeconds: () => pids().reduce((sum, pid) => sum + cpuSecondsOf(pid), 0),
    residentBytes: () => pids().reduce((sum, pid) => sum + residentOf(pid), 0),
  }
}

async function startNginx(
  folder: string,
  identity: Identity,
): Promise<{ child: ChildProcess; port: number }> {
  const port = await freePort()
  writeFileSync(join(folder, 'cert.pem'), identity.certPem)
  writeFileSync(join(folder, 'key.pem'), identity.keyPem, { mode: 0o600 })
  const file = join(folder, 'nginx.conf')
  writeFileSync(
    file,
    `daemon off; pid ${folder}/nginx.pid; error_log /dev/null; worker_processes 1; user root;
events { worker_connections 20000; }
http { access_log off; client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f;
uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s; client_header_timeout 600s;
server { listen 127.0.0.1:${port} ssl; ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem;
ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256; ssl_prefer_server_ciphers on;
ssl_buffer_size 1k; } }`,
  )
  const child = spawn('/usr/sbin/nginx', ['-c', file, '-p', folder], { stdio: 'ignore' })
  for (let tries = 0; !(await accepts(port)); tries++) {
    if (tries > 100) throw new Error('nginx does not start')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return { child, port }
}

/** Whole handshakes made within that time, one after the other. */
async function load(client: string, port: number, version: Version, seconds: number): Promise<number> {
  const child = spawn(client, [String(port), version, String(seconds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [made] = (await once(createInterface(child.stdout), 'line')) as [string]
  return Number(made)
}

function buildClient(folder: string): string {
  const client = join(folder, 'handshakes')
  const source = join(process.env.TLSFIT_BENCH!, 'handshakes.c')
  execFileSync('cc', ['-O2', '-o', client, source, '-lssl', '-lcrypto'])
  return client
}

function makeIdentity(): Identity {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const { pem } = issueCertificate({
    subject: [['CN', 'localhost']],
    key,
    issuer: undefined,
    hash: 'sha256',
    notBefore: new Date(Date.now() - 86_400_000),
    notAfter: new Date(Date.now() + 86_400_000),
    serialBytes: 8,
    keyIds: false,
    extensions: [subjectAltName(['localhost'])],
    seed: 'bench',
  })
  return { certPem: pem, keyPem: key.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

function median(rates: { perSecond: number; perCpu: number }[]): { perSecond: number; perCpu: number } {
  const middle = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!
  return {
    perSecond: middle(rates.map(({ perSecond }) => perSecond)),
    perCpu: middle(rates.map(({ perCpu }) => perCpu)),
  }
}

function show({ perSecond, perCpu }: { perSecond: number; perCpu: number }): string {
  return `${perSecond.toFixed(0)}/s, ${perCpu.toFixed(0)} a CPU second`
}

function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

function residentOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return text === '' ? [] : text.split(' ').map(Number)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return address.port
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTcp(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    }).on('error', () => resolve(false))
  })
}
