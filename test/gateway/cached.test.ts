import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Agent, request as requestHttp } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DeadlineSweep } from '../../src/front/deadlines.ts'
import { HttpConnection } from '../../src/front/http-connection.ts'
import { FirmwareCache } from '../../src/gateway/cache/firmware-cache.ts'
import type { HttpsListenerFile, HttpsUpstreamFile } from '../../src/gateway/config-schema.ts'
import { type GatewayConfig, parseGatewayConfig } from '../../src/gateway/gateway-config.ts'
import { HttpProxy } from '../../src/gateway/http/proxy.ts'
import { type Listening, loopback } from '../../src/io/listen.ts'
import { seededBytes } from '../../src/issue/seeded-bytes.ts'
import { joinPem, makeDigilabRoot } from '../../src/lab/chains.ts'
import { fileHost } from '../../src/lab/file-host.ts'
import { makeFrontChain } from '../../src/lab/small-chains.ts'
import { openHttpsServer } from '../../src/lab/tls-server.ts'
import { testKeys } from '../support/kept-keys.ts'

const host = 'cdn.skyshelf.test'
const options = { keys: testKeys, now: new Date() }
const old = seededBytes('firmware 1', 300_000)
const renewed = seededBytes('firmware 2', 300_000)
const other = seededBytes('firmware of another', 200_000)
const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

describe('the gateway with its cache', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tlsfit-cached-'))
  const asked: string[] = []
  let now = Date.now()
  let image = old
  let up = true
  let upstream: Listening
  let config: GatewayConfig
  let cache: FirmwareCache
  let proxy: HttpProxy
  let front: Server
  let port: number

  beforeAll(async () => {
    const root = await makeDigilabRoot(options)
    const chain = await makeFrontChain(host, root, options)
    upstream = await openHttpsServer({
      ...loopback,
      chain: chain.sent,
      answer: (request: IncomingMessage, response: ServerResponse) => {
        asked.push(`${request.method} ${request.url} ${request.headers.range ?? ''}`)
        if (!up) return void response.destroy()
        const body = { body: image, contentType: 'application/octet-stream', headers: [] }
        const files = new Map(['/fw.bin', '/signed.bin', '/forged.bin'].map((path) => [path, body]))
        files.set('/other/fw.bin', { ...body, body: other })
        fileHost({ files, headRecord: 'own' })(request, response)
      },
    })
    writeFileSync(join(folder, 'roots.pem'), joinPem([root]))
    config = parseGatewayConfig(
      `
listeners:
  - name: fota
    protocol: https
    listen: [127.0.0.1:1]
    certificate: { own: { names: [x] } }
    routes: [{ path: /other/*, upstream: other, to: / }, { path: /*, upstream: cdn }]
upstreams:
  other: { protocol: https, url: 'https://${host}/other', connect: '127.0.0.1:${upstream.port}', ca: roots.pem, cache: true }
  cdn:
    protocol: https
    url: https://${host}
    connect: 127.0.0.1:${upstream.port}
    ca: roots.pem
    cache: true
    timeoutSeconds: 2
    sha256: { /signed.bin: '${sha(old)}', /forged.bin: '${sha(renewed)}' }
cache: { folder: ./cache }
`,
      join(folder, 'gateway.yaml'),
    )
    cache = await FirmwareCache.open({
      folder: join(folder, 'cache'),
      maxBytes: 10_000_000,
      staleIfUnreachable: false,
      log: () => {},
      now: () => now,
    })
    proxy = new HttpProxy(config, () => {}, cache)
    const sweep = new DeadlineSweep()
    front = createServer((socket) => {
      const facts = { id: 1, remoteAddress: '127.0.0.1', clientCertificate: undefined }
      new HttpConnection(socket, proxy.handler(config.listeners[0] as HttpsListenerFile, facts), sweep)
    })
    await new Promise<void>((done) => front.listen(0, '127.0.0.1', done))
    port = (front.address() as AddressInfo).port
  }, 60_000)

  afterAll(async () => {
    front?.close()
    proxy?.close()
    await upstream?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  interface Got {
    readonly status: number
    readonly body: Buffer
    readonly etag: string | undefined
  }

  function ask(
    path: string,
    headers: Record<string, string> = {},
    agent: Agent | false = false,
  ): Promise<Got> {
    return new Promise((resolve, reject) => {
      const sent = requestHttp({ host: '127.0.0.1', port, path, headers, agent }, (answer) => {
        const parts: Buffer[] = []
        answer.on('data', (part) => parts.push(part))
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(parts), etag: answer.headers.etag }),
        )
        answer.on('error', reject)
      })
      sent.on('error', reject)
      sent.end()
    })
  }

  test('a file is fetched once, and its ranges come from the cache', async () => {
    expect(sha((await ask('/fw.bin')).body)).toBe(sha(old))
    const before = asked.length
    for (let at = 0; at < 20_480; at += 2_048) {
      const { status, body } = await ask('/fw.bin', { range: `bytes=${at}-${at + 2_047}` })
      expect(status).toBe(206)
      expect(body.equals(old.subarray(at, at + 2_048))).toBe(true)
    }
    expect(asked.length).toBe(before)
    expect((await ask('/fw.bin', { range: 'bytes=300000-' })).status).toBe(416)
    const { etag = '' } = await ask('/fw.bin')
    expect((await ask('/fw.bin', { 'if-none-match': etag })).status).toBe(304)
    expect((await ask('/fw.bin', { range: 'bytes=0-9', 'if-range': '"other"' })).status).toBe(200)
  })

  test('files of one path on two upstreams are two, on one connection and after the URL was changed', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    try {
      for (const first of [0, 1_000, 2_000]) {
        const headers = { range: `bytes=${first}-${first + 999}` }
        const ours = await ask('/fw.bin', headers, agent)
        const theirs = await ask('/other/fw.bin', headers, agent)
        expect([ours.status, theirs.status]).toEqual([206, 206])
        expect(ours.body.equals(old.subarray(first, first + 1_000))).toBe(true)
        expect(theirs.body.equals(other.subarray(first, first + 1_000))).toBe(true)
      }
      const { cdn, ...rest } = config.upstreams
      const moved = { ...cdn, url: `https://${host}/other` } as HttpsUpstreamFile
      proxy = new HttpProxy({ ...config, upstreams: { ...rest, cdn: moved } }, () => {}, cache)
      expect(sha((await ask('/fw.bin')).body)).toBe(sha(other))
    } finally {
      proxy.close()
      proxy = new HttpProxy(config, () => {}, cache)
      agent.destroy()
    }
  })

  test('a device that began with one version never gets bytes of the next', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const first = await ask('/fw.bin', { range: 'bytes=0-2047' }, agent)
    expect(first.body.equals(old.subarray(0, 2_048))).toBe(true)
    image = renewed
    now += 60_000
    const other = await ask('/fw.bin')
    expect(sha(other.body)).toBe(sha(renewed))
    const next = await ask('/fw.bin', { range: 'bytes=2048-4095' }, agent)
    if (next.status === 206) expect(next.body.equals(old.subarray(2_048, 4_096))).toBe(true)
    else expect(next.status).toBe(412)
    agent.destroy()
    image = old
    now += 60_000
    // The upstream shows the older one again: it is not served after the newer one.
    const back = await ask('/fw.bin')
    if (back.status === 200) expect(sha(back.body)).toBe(sha(renewed))
    else expect(back.status).toBe(502)
  })

  test('a file with a SHA-256 is served when it is that one, and not a byte when it is not', async () => {
    image = old
    expect(sha((await ask('/signed.bin')).body)).toBe(sha(old))
    const forged = await ask('/forged.bin')
    expect(forged.status).toBe(502)
    expect(forged.body.length).toBe(0)
    // A device's own key would open a way around the cache: not for this file.
    const own = await ask('/forged.bin', { authorization: 'Bearer abc' })
    expect(own.status).toBe(502)
  })

  test('an upstream that is down is told as such, and nothing stale is served where it is not allowed', async () => {
    up = false
    now += 60_000
    expect((await ask('/signed.bin')).status).toBe(502)
    up = true
    now += 5_000
    expect((await ask('/signed.bin')).status).toBe(200)
  })
})
