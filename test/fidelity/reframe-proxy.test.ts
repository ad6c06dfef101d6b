import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { startReframeProxy } from './reframe-proxy.ts'

const running: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop()
})

/** A server that sends these bytes to whoever connects and then closes. */
async function serverOf(bytes: Buffer): Promise<number> {
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {})
    socket.end(bytes)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  running.push({ stop: async () => void server.close() })
  return (server.address() as { port: number }).port
}

async function readThrough(bytes: Buffer, segmentBytes?: number): Promise<Buffer[]> {
  const framing = { recordBytes: 10, merge: true, ...(segmentBytes === undefined ? {} : { segmentBytes }) }
  const proxy = await startReframeProxy(await serverOf(bytes), framing)
  running.push(proxy)
  const chunks: Buffer[] = []
  const socket = connect(proxy.port, '127.0.0.1')
  socket.on('data', (chunk) => chunks.push(chunk))
  await once(socket, 'end')
  return chunks
}

const hello = Buffer.from([22, 3, 3, 0, 16, 2, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 14, 0, 0, 0])

test('what a server sends arrives in records of the length asked for', async () => {
  const got = Buffer.concat(await readThrough(hello))
  const header = (length: number) => Buffer.from([22, 3, 3, 0, length])
  expect(got).toEqual(Buffer.concat([header(10), hello.subarray(5, 15), header(6), hello.subarray(15)]))
})

test('single bytes arrive in their order, and the end after them', async () => {
  const chunks = await readThrough(hello, 1)
  expect(Buffer.concat(chunks).length).toBe(hello.length + 5)
  expect(chunks.length).toBeGreaterThan(5)
})

test('a message that its server never ends goes through when it closes', async () => {
  const half = hello.subarray(0, 15)
  expect(Buffer.concat(await readThrough(half))).toEqual(half)
})
