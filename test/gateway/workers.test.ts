import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { freePort } from '../support/peer-process.ts'
import { frontHost, GatewayRange } from './gateway-range.ts'

const main = resolve(import.meta.dirname, '../../dist/cli/main.js')

interface Line {
  readonly what: string
  readonly worker?: number
  readonly resumed?: boolean
  readonly message?: string
}

describe('a gateway of several workers', () => {
  let range: GatewayRange
  let gateway: ChildProcess
  let port = 0
  let operations = 0
  let out = ''
  const lines = (): Line[] =>
    out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line)
  const config = () =>
    range
      .config({ rest: `workers: 2\noperations: { listen: '127.0.0.1:${operations}', log: json }` })
      .replace('127.0.0.1:0', `127.0.0.1:${port}`)

  beforeAll(async () => {
    if (!existsSync(main)) throw new Error('dist/ is missing: run npm run build')
    range = await GatewayRange.open()
    ;[port, operations] = [await freePort(), await freePort()]
    range.write('gateway.yaml', config())
    gateway = spawn(process.execPath, [main, 'gateway', range.at('gateway.yaml')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    gateway.stdout?.on('data', (chunk) => {
      out += chunk
    })
    await vi.waitFor(() => expect(lines().some(({ what }) => what === 'started')).toBe(true), 30_000)
  }, 90_000)
  afterAll(async () => {
    if (gateway?.exitCode === null) gateway.kill('SIGKILL')
    await range?.close()
  })

  const dial = (more: object = {}): Promise<{ resumed: boolean; session: Buffer | undefined }> =>
    new Promise((done, fail) => {
      let session: Buffer | undefined
      const socket = connect({
        host: '127.0.0.1',
        port,
        servername: frontHost,
        ca: range.frontRoot,
        maxVersion: 'TLSv1.2',
        ...more,
      })
      socket.on('session', (one) => {
        session = one
      })
      let resumed = false
      socket.on('secureConnect', () => {
        resumed = socket.isSessionReused()
      })
      socket.on('error', fail)
      let answer = ''
      socket.on('data', (chunk) => {
        answer += chunk
        if (answer.includes('\r\n\r\n')) socket.end()
      })
      socket.on('close', () => done({ resumed, session }))
      socket.write(`HEAD /firmware/fw.bin HTTP/1.1\r\nHost: ${frontHost}\r\nConnection: close\r\n\r\n`)
    })

  const sample = async (name: string) => {
    const text = await (await fetch(`http://127.0.0.1:${operations}/metrics`)).text()
    const found = text.split('\n').filter((line) => line.startsWith(name))
    return found.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
  }

  test.each([
    ['a ticket', {}],
    ['a session id', { secureOptions: constants.SSL_OP_NO_TICKET }],
  ])('a session of %s is resumed at any worker', async (_what, options) => {
    const { session } = await dial(options)
    expect(session).toBeDefined()
    const from = lines().length
    for (let times = 0; times < 8; times++) {
      expect((await dial({ ...options, session })).resumed).toBe(true)
    }
    await vi.waitFor(() => {
      const resumed = lines()
        .slice(from)
        .filter(({ what, resumed: was }) => what === 'secured' && was)
      expect(new Set(resumed.map(({ worker }) => worker)).size).toBe(2)
    }, 10_000)
  })

  test('metrics are the sum of all workers', async () => {
    const before = await sample('tlsfit_handshakes_total')
    for (let times = 0; times < 4; times++) await dial()
    expect(await sample('tlsfit_handshakes_total')).toBe(before + 4)
  })

  test('a worker that dies is told and replaced, and what it had counted stays counted', async () => {
    const before = await sample('tlsfit_handshakes_total')
    const children = await childrenOf(gateway.pid ?? 0)
    expect(children).toHaveLength(2)
    process.kill(children[0]!, 'SIGKILL')
    await vi.waitFor(() => expect(lines().some(({ what }) => what === 'worker')).toBe(true), 10_000)
    await vi.waitFor(async () => {
      const health = (await (await fetch(`http://127.0.0.1:${operations}/healthz`)).json()) as {
        workers: object
      }
      expect(health.workers).toEqual({ running: 2, wanted: 2 })
    }, 20_000)
    await dial()
    expect(await sample('tlsfit_handshakes_total')).toBe(before + 1)
  }, 60_000)

  test('SIGHUP with a bad file keeps what was there; with a good one all workers take it', async () => {
    range.write('gateway.yaml', 'listeners: [')
    gateway.kill('SIGHUP')
    await vi.waitFor(() => expect(lines().at(-1)).toMatchObject({ what: 'reload-failed' }), 10_000)
    await dial()
    range.write('gateway.yaml', config().replace('/firmware/*', '/new/*'))
    gateway.kill('SIGHUP')
    await vi.waitFor(() => expect(lines().some(({ what }) => what === 'reloaded')).toBe(true), 10_000)
    const from = lines().length
    for (let times = 0; times < 4; times++) await dial()
    await vi.waitFor(() => {
      const denied = lines()
        .slice(from)
        .filter(({ what }) => what === 'denied')
      expect(new Set(denied.map(({ worker }) => worker)).size).toBe(2)
    }, 10_000)
  }, 60_000)

  test('SIGTERM ends it with all its workers, and 130', async () => {
    const children = await childrenOf(gateway.pid ?? 0)
    const ended = once(gateway, 'exit')
    gateway.kill('SIGTERM')
    expect(await ended).toEqual([130, null])
    for (const child of children) expect(() => process.kill(child, 0)).toThrow('ESRCH')
    expect(lines().at(-1)?.what).toBe('stopped')
  }, 60_000)
})

/** Process ids of the workers, from /proc. */
async function childrenOf(pid: number): Promise<number[]> {
  const { readFile } = await import('node:fs/promises')
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.trim().split(' ').filter(Boolean).map(Number)
}
