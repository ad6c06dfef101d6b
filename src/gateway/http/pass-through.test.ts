import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HttpExchange } from '../../front/http-exchange.ts'
import { readRequestHead } from '../../http/request-head.ts'
import type { Admitted } from './access.ts'
import { passThrough } from './pass-through.ts'
import type { UpstreamClient } from './upstream-client.ts'

const body = Buffer.alloc(70_000, 7)
/** Says no length, since it writes twice. */
const server = createServer((_request, response) => {
  response.write(body.subarray(0, 100))
  response.end(body.subarray(100))
})

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

test('an answer without a length comes in full to a device that is slower than the upstream', async () => {
  const answer = await new Promise<IncomingMessage>((resolve) =>
    get({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, agent: false }, resolve),
  )
  // By now the whole is on this side.
  await sleep(100)
  const read = readRequestHead(Buffer.from('GET /a HTTP/1.1\r\nHost: a.test\r\n\r\n'))
  if (read.kind !== 'head') throw new Error(read.kind)
  let ended: boolean | undefined
  const exchange = new HttpExchange(read.head, {
    write: (_bytes, taken) => void setTimeout(() => taken?.(), 20),
    writeTwo: (_head, _body, taken) => void setTimeout(() => taken?.(), 20),
    bodyLeft: () => false,
    readBody: () => {},
    finished: (whole) => {
      ended = whole
    },
  })
  const client = { send: async () => answer } as unknown as UpstreamClient
  const place = { method: 'GET', path: '/a', query: '' } as Admitted
  await passThrough(exchange, client, { place, own: false, mode: 'minimal' }, () => {})
  expect([ended, exchange.bodyBytesSent]).toEqual([true, body.length])
})
