import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { CONNECTIONS_PER_HOST } from './bounds.ts'
import { RunNetwork } from './network.ts'

const servers: Server[] = []
const sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const server of servers.splice(0)) server.close()
})

const options = { timeoutMs: 5000, signal: undefined, purpose: 'target' } as const
const asking = { timeoutMs: 5000, signal: undefined }

async function listening(): Promise<{ server: Server; port: number; seen: { open: number; peak: number } }> {
  const seen = { open: 0, peak: 0 }
  const server = createServer((socket) => {
    seen.open++
    seen.peak = Math.max(seen.peak, seen.open)
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', (bytes) => socket.write(bytes))
    socket.on('close', () => seen.open--)
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as { port: number }).port, seen }
}

describe('looking up', () => {
  test('a host is asked for once, its failure included', async () => {
    const asked: string[] = []
    const network = new RunNetwork({
      polite: true,
      lookup: async (host) => {
        asked.push(host)
        if (host === 'none.localhost') throw Object.assign(new Error('no'), { code: 'ENOTFOUND' })
        return [{ address: '127.0.0.7', family: 4 }]
      },
    })
    const [a, b] = [network.forTarget(), network.forTarget()]
    const found = await Promise.all([a, b, a].map((one) => one.resolve('a.localhost', asking)))
    const failed = await Promise.all([a, b].map((one) => one.resolve('none.localhost', asking)))
    expect(found.map((one) => one?.addresses[0]?.address)).toEqual(['127.0.0.7', '127.0.0.7', '127.0.0.7'])
    expect(failed.map((one) => one?.errorCode)).toEqual(['ENOTFOUND', 'ENOTFOUND'])
    expect(asked).toEqual(['a.localhost', 'none.localhost'])
  })

  test('few are asked for at once, and one that is too late keeps its place until it ends', async () => {
    const answers: (() => void)[] = []
    const network = new RunNetwork({
      polite: true,
      lookup: () =>
        new Promise((resolve) => {
          answers.push(() => resolve([{ address: '127.0.0.1', family: 4 }]))
        }),
    })
    const target = network.forTarget()
    const hosts = ['a', 'b', 'c', 'd'].map((name) => `${name}.localhost`)
    const [first, second] = await Promise.all([
      ...hosts.slice(0, 2).map((host) => target.resolve(host, { timeoutMs: 20, signal: undefined })),
    ])
    expect([first?.errorCode, second?.errorCode]).toEqual(['ETIMEOUT', 'ETIMEOUT'])
    const third = target.resolve(hosts[2]!, asking)
    await new Promise<void>((resolve) => setImmediate(resolve))
    expect(answers).toHaveLength(2)
    answers[0]!()
    while (answers.length < 3) await new Promise<void>((resolve) => setImmediate(resolve))
    answers[2]!()
    expect((await third)?.errorCode).toBeUndefined()
  })
})

describe('connections', () => {
  test('only a few are open at once to one endpoint, as its server counts them', async () => {
    const { port, seen } = await listening()
    const target = new RunNetwork({ polite: true }).forTarget()
    const opened = Array.from({ length: 3 * CONNECTIONS_PER_HOST }, () =>
      target.open('localhost', '127.0.0.1', port, options),
    )
    while (seen.open < CONNECTIONS_PER_HOST) await new Promise<void>((resolve) => setImmediate(resolve))
    for (const one of opened) {
      const { socket } = await one
      socket!.end()
      socket!.resume()
      await once(socket!, 'close')
    }
    expect(seen).toEqual({ open: 0, peak: CONNECTIONS_PER_HOST })
  })

  test('connections of a run that is not polite do not wait', async () => {
    const { port } = await listening()
    const target = new RunNetwork({ polite: false }).forTarget()
    const opened = await Promise.all(
      Array.from({ length: 3 * CONNECTIONS_PER_HOST }, () =>
        target.open('localhost', '127.0.0.1', port, options),
      ),
    )
    for (const { socket } of opened) socket!.destroy()
    expect(target.traffic.connections).toBe(3 * CONNECTIONS_PER_HOST)
  })

  test('what goes over them is counted, for the target and for the run, while they are open and after', async () => {
    const { port } = await listening()
    const network = new RunNetwork({ polite: true })
    const [one, other] = [network.forTarget(), network.forTarget()]
    const { socket } = await one.open('localhost', '127.0.0.1', port, options)
    socket!.write('hello')
    await once(socket!, 'data')
    const expected = { connections: 1, bytesSent: 5, bytesReceived: 5 }
    expect(one.traffic).toEqual(expected)
    socket!.destroy()
    await once(socket!, 'close')
    expect(one.traffic).toEqual(expected)
    expect(network.traffic).toEqual(expected)
    expect(other.traffic).toEqual({ connections: 0, bytesSent: 0, bytesReceived: 0 })
  })

  test('one that fails frees its place at once', async () => {
    const { server, port } = await listening()
    server.close()
    await once(server, 'close')
    const target = new RunNetwork({ polite: true }).forTarget()
    for (let i = 0; i < 2 * CONNECTIONS_PER_HOST; i++) {
      const { attempt } = await target.open('localhost', '127.0.0.1', port, options)
      expect(attempt.outcome).toBe('refused')
    }
    expect(target.traffic.connections).toBe(0)
  })
})
