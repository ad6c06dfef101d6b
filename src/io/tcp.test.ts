import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { freePort } from '../../test/support/peer-process.ts'
import { contrast, contrastAddresses, openTcp } from './tcp.ts'

const options = { timeoutMs: 2000, signal: undefined, purpose: 'target' } as const
const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function listen(host: string, port = 0, ipv6Only = false): Promise<number> {
  const server = createServer((socket) => socket.destroy())
  servers.push(server)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, ipv6Only }, resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

describe('openTcp', () => {
  test('a listening port connects', async () => {
    const port = await listen('127.0.0.1')
    const { attempt, socket } = await openTcp('127.0.0.1', port, options)
    socket?.destroy()
    expect(attempt).toMatchObject({ outcome: 'connected', errorCode: undefined, family: 4, port })
  })

  test('a closed port is refused, with the code of the system', async () => {
    const { attempt, socket } = await openTcp('127.0.0.1', await freePort(), options)
    expect(socket).toBeUndefined()
    expect(attempt).toMatchObject({ outcome: 'refused', errorCode: 'ECONNREFUSED' })
  })

  test('a port whose queue is full drops what comes: a timeout', async () => {
    // Listens and never accepts: once the queue is full the kernel leaves SYN unanswered, as a filter does.
    const script = `const server = require('node:net').createServer()
      server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
        require('node:fs').writeSync(1, String(server.address().port))
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30000)
      })`
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      const port = Number(String((await once(child.stdout, 'data'))[0]))
      const fillers = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => {}))
      await new Promise((resolve) => setTimeout(resolve, 200))
      const { attempt } = await openTcp('127.0.0.1', port, { ...options, timeoutMs: 300 })
      for (const filler of fillers) filler.destroy()
      expect(attempt).toMatchObject({ outcome: 'timeout', errorCode: 'ETIMEDOUT' })
      expect(attempt.durationMs).toBeGreaterThanOrEqual(290)
    } finally {
      child.kill('SIGKILL')
    }
  })

  test('an abort rejects with its reason', async () => {
    const aborted = AbortSignal.abort(new Error('stop'))
    await expect(openTcp('127.0.0.1', 1, { ...options, signal: aborted })).rejects.toThrow('stop')
  })
})

describe('contrast', () => {
  test('a port that listens on ::1 only is found after 127.0.0.1 refused it', async () => {
    const port = await listen('::1')
    const { attempt } = await openTcp('127.0.0.1', port, options)
    const attempts = await contrast(attempt, options)
    expect(attempts.at(-1)).toMatchObject({
      address: '::1',
      family: 6,
      purpose: 'contrast',
      outcome: 'connected',
    })
  })

  test('a port closed in both families stays refused', async () => {
    const { attempt } = await openTcp('127.0.0.1', await freePort(), options)
    const attempts = await contrast(attempt, options)
    expect(attempts.map(({ outcome }) => outcome)).not.toContain('connected')
    expect(attempts.length).toBeGreaterThan(0)
  })

  test('addresses of other machines have no contrast', () => {
    expect(contrastAddresses('192.0.2.1')).toEqual([])
    expect(contrastAddresses('2001:db8::1')).toEqual([])
  })
})
