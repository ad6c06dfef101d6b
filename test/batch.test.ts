import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { tlsfit } from './support/tlsfit.ts'

const main = resolve(import.meta.dirname, '../dist/cli/main.js')

let folder: string
const servers: Server[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tlsfit-batch-'))
})
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A fatal handshake_failure, RFC 8446 §6: what a server of TLS says to a hello that it cannot serve. */
const refusal = Buffer.from('15030300020228', 'hex')

interface Seen {
  readonly port: number
  /** Connections in all, by the address that was dialled. */
  readonly dials: Map<string, number>
  /** The most that were open at once to one address. */
  readonly peak: () => number
}

/** Every address of 127.0.0.0/8 at one port. `answers`: how many connections are refused in TLS; later ones hear nothing. */
async function refusing(answers = Infinity): Promise<Seen> {
  const dials = new Map<string, number>()
  const open = new Map<string, number>()
  let peak = 0
  let total = 0
  const server = createServer((socket) => {
    const address = socket.localAddress ?? ''
    const now = (open.get(address) ?? 0) + 1
    open.set(address, now)
    dials.set(address, (dials.get(address) ?? 0) + 1)
    peak = Math.max(peak, now)
    total++
    socket.on('error', () => {})
    socket.on('close', () => open.set(address, (open.get(address) ?? 1) - 1))
    if (total <= answers) socket.once('data', () => socket.end(refusal))
  })
  servers.push(server)
  server.listen({ port: 0, host: '0.0.0.0', backlog: 1024 })
  await once(server, 'listening')
  return { port: (server.address() as { port: number }).port, dials, peak: () => peak }
}

const addressOf = (index: number) => `127.1.${Math.floor(index / 250)}.${1 + (index % 250)}`
const listOf = (count: number, port: number) =>
  Array.from({ length: count }, (_, index) => `tls://${addressOf(index)}:${port}`)

const device = ['--device', 'nrf9160@1.3.7']

describe.skipIf(process.platform !== 'linux')('a batch on loopback', () => {
  test('of 1,000 targets comes whole, in order, politely, within 400 MB', async () => {
    const seen = await refusing()
    const list = listOf(1000, seen.port)
    const child = spawn(process.execPath, [main, 'check', '-', ...device, '--format', 'json'], {
      env: { ...process.env, NO_COLOR: '1' },
    })
    let memoryKb = 0
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk) => {
      stdout += chunk
      memoryKb = Math.max(memoryKb, peakKb(child.pid))
    })
    child.stderr.on('data', (chunk) => (stderr += chunk))
    child.stdin.end(`# thousand\r\n${list.join('\r\n')}\r\n`)
    const [code] = await once(child, 'close')
    const { verdicts, run } = JSON.parse(stdout)
    expect(verdicts.map(({ target }: { target: string }) => target)).toEqual(list)
    expect(run).toMatchObject({ asked: 1000, targets: 1000, failed: 0, interrupted: false })
    expect(code).toBe(run.exitCode)
    const dials = [...seen.dials.values()].reduce((sum, count) => sum + count, 0)
    expect(run.connections).toBe(dials)
    expect(seen.dials.size).toBe(1000)
    expect(seen.peak()).toBeLessThanOrEqual(4)
    expect(memoryKb).toBeGreaterThan(0)
    expect(memoryKb).toBeLessThan(400_000)
    // Not a terminal: at most a line now and then.
    for (const line of stderr.split('\n')) expect(line).toMatch(/^$|of 1,000 targets/)
  }, 120_000)

  test('that is killed goes on from its journal: nothing that was seen is dialled again', async () => {
    const seen = await refusing(60)
    const journal = join(folder, 'journal')
    const args = ['check', '-', ...device, '--jobs', '4', '--format', 'json', '--resume', journal]
    const list = `${listOf(40, seen.port).join('\n')}\n`
    const child = spawn(process.execPath, [main, ...args], { stdio: ['pipe', 'ignore', 'ignore'] })
    child.stdin.end(list)
    // From the 61st connection on nobody answers: the run stands still.
    await until(() => [...seen.dials.values()].reduce((sum, count) => sum + count, 0) > 60)
    child.kill('SIGKILL')
    await once(child, 'close')
    const kept = linesOf(journal)
      .slice(1)
      .map((line) => JSON.parse(line).target as string)
    expect(kept.length).toBeGreaterThan(5)
    expect(kept.length).toBeLessThan(40)
    servers[0]!.removeAllListeners('connection')
    const again: string[] = []
    servers[0]!.on('connection', (socket) => {
      again.push(socket.localAddress ?? '')
      socket.on('error', () => {})
      socket.once('data', () => socket.end(refusal))
    })
    const ran = await tlsfit(args, { input: list })
    const { verdicts, run } = JSON.parse(ran.stdout)
    expect(run).toMatchObject({ targets: 40, resumed: kept.length })
    expect(verdicts).toHaveLength(40)
    for (const target of kept) expect(again).not.toContain(new URL(target).hostname)
    expect(statSync(journal).mode & 0o777).toBe(0o600)
  }, 60_000)

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    test(`${signal} closes the report well-formed, with all that was seen`, async () => {
      const seen = await refusing(30)
      const args = ['check', ...listOf(30, seen.port), ...device, '--jobs', '2', '--format', 'json']
      const child = spawn(process.execPath, [main, ...args])
      let stdout = ''
      child.stdout.on('data', (chunk) => (stdout += chunk))
      await until(() => [...seen.dials.values()].reduce((sum, count) => sum + count, 0) > 30)
      child.kill(signal)
      const [code] = await once(child, 'close')
      expect(code).toBe(130)
      const { verdicts, run } = JSON.parse(stdout)
      expect(verdicts.length).toBeGreaterThan(0)
      expect(run).toMatchObject({ interrupted: true, asked: 30, targets: verdicts.length, exitCode: 130 })
    }, 60_000)
  }

  test('a disk that is full is told once, and costs no result', async () => {
    const seen = await refusing()
    const journal = join(folder, 'journal')
    const list = `${listOf(8, seen.port).join('\n')}\n`
    // A limit of the file's size, in blocks of 512 or 1,024 bytes, is what a full disk is to a writer.
    const command = `ulimit -f 16; exec "${process.execPath}" "${main}" check - ${device.join(' ')} --format json --resume "${journal}" | cat`
    const child = spawn('sh', ['-c', command])
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk) => (stdout += chunk))
    child.stderr.on('data', (chunk) => (stderr += chunk))
    child.stdin.end(list)
    await once(child, 'close')
    expect(JSON.parse(stdout).run).toMatchObject({ targets: 8, failed: 0, interrupted: false })
    expect(stderr.match(/cannot be written/g)).toHaveLength(1)
    for (const line of linesOf(journal)) expect(() => JSON.parse(line)).not.toThrow()
  }, 60_000)

  test('a report that cannot be written ends the run, and says so', async () => {
    const seen = await refusing()
    const command = `"${process.execPath}" "${main}" check tls://127.0.0.1:${seen.port} ${device.join(' ')} > /dev/full`
    const child = spawn('sh', ['-c', command])
    let stderr = ''
    child.stderr.on('data', (chunk) => (stderr += chunk))
    const [code] = await once(child, 'close')
    expect(code).toBe(65)
    expect(stderr).toMatch(/^error: standard output cannot be written: ENOSPC\n/)
  }, 60_000)

  test('a second interrupt ends at once, also where nobody reads the report', async () => {
    const seen = await refusing()
    const args = ['check', ...listOf(60, seen.port), ...device, '--format', 'json']
    // Some 20 kB a verdict, into a pipe that takes 64 kB: the run waits for its reader.
    const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'ignore'] })
    await until(() => seen.dials.size === 60)
    // Two of one kind might be told as one.
    child.kill('SIGINT')
    child.kill('SIGTERM')
    const [code] = await once(child, 'exit')
    expect(code).toBe(130)
  }, 60_000)

  test('whose reader goes away ends', async () => {
    const seen = await refusing()
    const command = `"${process.execPath}" "${main}" check - ${device.join(' ')} --jobs 2 | head -1`
    const child = spawn('sh', ['-c', command], { stdio: ['pipe', 'pipe', 'inherit'] })
    child.stdin.end(listOf(1000, seen.port).join('\n'))
    child.stdout.resume()
    await once(child, 'close')
    expect(seen.dials.size).toBeLessThan(1000)
  }, 60_000)
})

test('a list that is UTF-16 is told as what it is', () => {
  const input = Buffer.from('\ufeffhttps://a.example/\n', 'utf16le')
  const ran = spawnSync(process.execPath, [main, 'check', '-', ...device], { input, encoding: 'utf8' })
  expect(ran.status).toBe(64)
  expect(ran.stderr).toContain('UTF-16')
})

function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8').split('\n').slice(0, -1)
}

function peakKb(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

async function until(is: () => boolean): Promise<void> {
  while (!is()) await new Promise((done) => setTimeout(done, 20))
}
