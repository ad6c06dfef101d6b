import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { connect } from 'node:net'
import { delimiter, join } from 'node:path'

/** The real servers that tests talk to; `scripts/peers.sh` installs them. */
export type PeerName = 'openssl' | 'nginx' | 'haproxy' | 'mosquitto' | 'gnutls-serv'

const LONGEST_START_MS = 10_000

/**
 * Path of a peer's program; undefined when it is not installed, and then the tests that need it are skipped by name:
 * `test.skipIf(!haproxy)('haproxy: …')`. Throws under `CI=true`, where nothing may be missing.
 */
export function peer(name: PeerName): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
  for (const folder of folders) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // not in this folder
    }
  }
  if (process.env.CI === 'true') throw new Error(`peer ${name} is missing: npm run peers`)
  return undefined
}

export interface RunningPeer {
  readonly process: ChildProcess
  /** What it has printed so far. */
  output(): string
  stop(): Promise<void>
}

/** Starts a peer and waits until `port` takes connections. Throws with its output when it does not. */
export async function startPeer(
  program: string,
  args: readonly string[],
  port: number,
  options: { host?: string; cwd?: string } = {},
): Promise<RunningPeer> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], cwd: options.cwd })
  let output = ''
  const keep = (bytes: Buffer) => {
    output = (output + bytes.toString('latin1')).slice(-65_536)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  child.stdin.on('error', () => {})
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const running: RunningPeer = {
    process: child,
    output: () => output,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await exited
    },
  }
  const deadline = Date.now() + LONGEST_START_MS
  while (!(await answers(port, options.host ?? '127.0.0.1'))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await running.stop()
      throw new Error(`${program} did not listen on ${port}:\n${output}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return running
}

/** A port on 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const { createServer } = await import('node:net')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

function answers(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
