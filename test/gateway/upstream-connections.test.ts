import type { RequestListener } from 'node:http'
import { request } from 'node:https'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Listening } from '../../src/io/listen.ts'
import { frontName, GatewayPki, GatewayRange, upstreamName } from '../support/gateway-range.ts'

const pki = new GatewayPki()
let upstream: Listening
let gateway: GatewayRange
let asked: string[] = []
let ended = 0

/** Answers the first request of a connection, and ends it at the second one. */
const answer: RequestListener = (message, response) => {
  asked.push(message.method ?? '')
  const socket = message.socket as unknown as { answered?: boolean }
  if (socket.answered) {
    ended++
    return void response.destroy()
  }
  socket.answered = true
  message.resume().on('end', () => response.end('ok'))
}

beforeAll(async () => {
  upstream = await pki.openUpstream(answer)
  gateway = await GatewayRange.open({
    pki,
    routes: '      - { path: /*, upstream: store }',
    upstreams: `  store: { protocol: https, url: 'https://${upstreamName}', connect: 127.0.0.1:${upstream.port}, ca: roots.pem, writeMethods: [POST], writePaths: [/*] }`,
  })
}, 60_000)
afterAll(async () => {
  await gateway?.close()
  await upstream?.close()
  pki.remove()
})

function ask(method: string): Promise<{ status: number; bytes: number }> {
  return new Promise((resolve, reject) => {
    const to = { host: '127.0.0.1', port: gateway.port, servername: frontName, ca: pki.ecdsa.root.pem }
    const sent = request(
      { ...to, method, path: '/a', agent: false, headers: { host: frontName } },
      (response) => {
        let bytes = 0
        response.on('data', (part: Buffer) => (bytes += part.length))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, bytes }))
      },
    )
    sent.on('error', reject)
    sent.end()
  })
}

test('a kept connection that the upstream has ended is no failure of what reads: it is asked again', async () => {
  // A device may be faster than the connection is free again.
  for (let tries = 0; ended === 0 && tries < 20; tries++) {
    expect(await ask('GET')).toEqual({ status: 200, bytes: 2 })
  }
  expect(ended).toBe(1)
})

test('what writes is not asked again: the upstream may have taken it', async () => {
  ended = 0
  let status = 200
  for (let tries = 0; ended === 0 && tries < 20; tries++) {
    expect((await ask('GET')).status).toBe(200)
    ended = 0
    asked = []
    ;({ status } = await ask('POST'))
  }
  expect([status, asked]).toEqual([502, ['POST']])
})
