import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

/** A server of somebody else's, started for one test. */
export interface PeerProcess {
  readonly port: number
  /** What it printed so far, both streams. */
  output(): string
  stop(): Promise<void>
}

/**
 * Starts `command` and waits until it accepts TCP connections on `port` (127.0.0.1).
 * Throws with its output when it ends first or takes more than ten seconds.
 */
export async function startPeer(
  command: string,
  args: readonly string[],
  port: number,
): Promise<PeerProcess> {
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
  })
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (output += chunk))
  const failed = new Promise<never>((_, fail) => {
    child.once('error', fail)
    child.once('exit', (code) => fail(new Error(`${command} ended with ${code}: ${output.slice(-500)}`)))
  })
  failed.catch(() => {})
  await Promise.race([failed, untilAccepting(port, () => output)])
  return { port, output: () => output, stop: () => stop(child) }
}

/** A port of 127.0.0.1 that nothing listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function untilAccepting(port: number, output: () => string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const open = await new Promise<boolean>((done) => {
      const socket = connect(port, '127.0.0.1', () => socket.destroy(done(true) as undefined))
      socket.on('error', () => done(false))
    })
    if (open) return
    await new Promise((next) => setTimeout(next, 50))
  }
  throw new Error(`nothing listens on port ${port}: ${output().slice(-500)}`)
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 3_000)
  await ended
  clearTimeout(timer)
}
