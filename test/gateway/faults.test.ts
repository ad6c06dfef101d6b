import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, RequestListener } from 'node:http'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Listening } from '../../src/io/listen.ts'
import { seededBytes } from '../../src/issue/seeded-bytes.ts'
import { fileHost } from '../../src/lab/file-host.ts'
import { buildOf, runClient } from '../clients/clients.ts'
import { frontName, GatewayPki, GatewayRange, upstreamName } from '../support/gateway-range.ts'

const CLIENT = 'mbedtls-2.28'
const image = seededBytes('firmware', 300_000)
const hosted = { body: image, contentType: 'application/octet-stream', headers: [] }
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
/** As the file's host gives it. */
const tag = `"0x${sha256(image).slice(0, 15).toUpperCase()}"`

describe('faults, over TLS', () => {
  const pki = new GatewayPki()
  const asked: string[] = []
  let upstream: Listening
  let gateway: GatewayRange
  let mended = false

  const serve = fileHost({
    files: new Map(
      ['whole', 'cut', 'short', 'damaged', 'busy'].map((name) => [`/files/${name}.bin`, hosted] as const),
    ),
    headRecord: 'own',
  })
  const answer: RequestListener = (request, response) => {
    const path = request.url ?? ''
    asked.push(`${request.method} ${path} ${bodyLength(request)}`)
    if (mended) return serve(request, response)
    if (path.endsWith('/cut.bin')) {
      response.writeHead(200, { 'content-length': image.length, etag: tag })
      response.write(image.subarray(0, 100_000))
      return void setTimeout(() => response.destroy(), 100)
    }
    if (path.endsWith('/short.bin')) {
      // One length is announced, another is what comes: RFC 9112 §8.
      const head = `HTTP/1.1 200 OK\r\nContent-Length: ${image.length}\r\nETag: ${tag}\r\nConnection: close\r\n\r\n`
      return void response.socket?.end(Buffer.concat([Buffer.from(head), image.subarray(0, -1)]))
    }
    if (path.endsWith('/busy.bin')) return void response.writeHead(503, { 'content-length': 0 }).end()
    if (path.endsWith('/loop.bin')) {
      return void response.writeHead(302, { location: path, 'content-length': 0 }).end()
    }
    serve(request, response)
  }

  const open = () =>
    GatewayRange.open({
      pki,
      routes: `      - { host: ${frontName}, path: /pass/*, upstream: pass, to: / }
      - { host: ${frontName}, path: /cached/*, upstream: cached, to: / }`,
      upstreams: ['pass', 'cached']
        .map(
          (name) =>
            `  ${name}: { protocol: https, url: 'https://${upstreamName}/files', connect: 127.0.0.1:${upstream.port}, ca: roots.pem, timeoutSeconds: 3, cache: ${name === 'cached'} }`,
        )
        .join('\n'),
      listener: '    limits: { headSeconds: 1, idleSeconds: 5 }\n',
      rest: 'cache: { folder: cache }\n',
    })

  beforeAll(async () => {
    upstream = await pki.openUpstream(answer)
    gateway = await open()
  }, 120_000)
  afterAll(async () => {
    await gateway?.close()
    await upstream?.close()
    pki.remove()
  })

  /** All that comes back for these bytes, until the gateway ends it. */
  function say(bytes: string | Buffer): Promise<string> {
    return new Promise((resolve) => {
      let text = ''
      const socket = connect(
        { host: '127.0.0.1', port: gateway.port, servername: frontName, ca: pki.ecdsa.root.pem },
        () => socket.write(bytes),
      )
      socket.on('data', (chunk) => (text += chunk.toString('latin1')))
      socket.on('error', () => {})
      socket.on('close', () => resolve(text))
    })
  }

  const get = (target: string, ...lines: string[]) =>
    [`GET ${target} HTTP/1.1`, `Host: ${frontName}`, ...lines, '', ''].join('\r\n')
  const post = (...lines: string[]) => get('/pass/whole.bin', ...lines).replace('GET', 'POST')
  const smuggled = get('/pass/smuggled.bin', 'Connection: close')

  test.each([
    ['two lengths', post('Content-Length: 5', 'Content-Length: 6') + smuggled, 400],
    [
      'a length and chunked',
      `${post('Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n${smuggled}`,
      400,
    ],
    ['chunked twice', post('Transfer-Encoding: chunked', 'Transfer-Encoding: identity') + smuggled, 400],
    ['chunked with a tab', post('Transfer-Encoding:\tchunked, identity') + smuggled, 400],
    ['chunked in disguise', post('Transfer-Encoding : chunked') + smuggled, 400],
    ['chunked in HTTP/1.0', post('Transfer-Encoding: chunked').replace('1.1', '1.0') + smuggled, 400],
    ['a length with a sign', post('Content-Length: +5') + smuggled, 400],
    ['a length in a list', post('Content-Length: 5, 5') + smuggled, 400],
    ['a folded line', get('/pass/whole.bin', 'X-A: 1', ' Transfer-Encoding: chunked') + smuggled, 400],
    ['a bare line feed', `GET /pass/whole.bin HTTP/1.1\nHost: ${frontName}\n\n${smuggled}`, 400],
    ['a bare carriage return', get('/pass/whole.bin', 'X-A: 1\rContent-Length: 5') + smuggled, 400],
    ['a zero byte', get('/pass/whole.bin', 'X-A: a\0b') + smuggled, 400],
    ['two hosts', get('/pass/whole.bin', 'Host: evil.example') + smuggled, 400],
    ['no host', 'GET /pass/whole.bin HTTP/1.1\r\n\r\n', 400],
    ['CONNECT', `CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n${smuggled}`, 405],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
    ['a field of 9 kB', get('/pass/whole.bin', `X-A: ${'a'.repeat(9_000)}`), 431],
    [
      'a hundred fields',
      get('/pass/whole.bin', ...Array.from({ length: 100 }, (_, at) => `X-${at}: 1`)),
      431,
    ],
    ['a target of 5 kB', get(`/pass/${'a'.repeat(5_000)}`), 414],
  ])('%s: refused, logged, the connection ended, nothing asked upstream', async (_what, bytes, status) => {
    const before = asked.length
    const events = gateway.events.length
    const text = await say(bytes)
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1)
    expect(asked.length).toBe(before)
    expect(gateway.events.slice(events).map(({ what }) => what)).toContain('refused-head')
  })

  const close = 'Connection: close'
  test.each([
    ['a step up', get('/pass/../secret', close), 400],
    ['an encoded step up', get('/pass/%2e%2e/secret', close), 400],
    ['an encoded slash', get('/pass/..%2fsecret', close), 400],
    ['a doubly encoded step up', get('/pass/%252e%252e/secret', close), 400],
    ['a backslash', get('/pass/..\\secret', close), 400],
    ['another host', `GET /pass/whole.bin HTTP/1.1\r\nHost: evil.example\r\n${close}\r\n\r\n`, 404],
    [
      'the absolute form of another host',
      `GET https://evil.example/pass/whole.bin HTTP/1.1\r\nHost: ${frontName}\r\n${close}\r\n\r\n`,
      421,
    ],
    ['a path that is not listed', get('/elsewhere', close), 404],
    ['a body that is no business of GET', `${get('/pass/whole.bin', 'Content-Length: 5', close)}abcde`, 400],
  ])('%s: denied, logged, nothing asked upstream', async (_what, bytes, status) => {
    const before = asked.length
    const events = gateway.events.length
    expect(await say(bytes)).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(asked.length).toBe(before)
    expect(gateway.events.slice(events).map(({ what }) => what)).toContain('denied')
  })

  test('a head that never ends is ended after its time', async () => {
    const began = Date.now()
    const text = await say(`GET /pass/whole.bin HTTP/1.1\r\nHost: ${frontName}\r\nX-A: `)
    expect(text).toMatch(/^HTTP\/1\.1 408 /)
    expect(Date.now() - began).toBeLessThan(5_000)
  })

  describe.skipIf(buildOf(CLIENT) === undefined)(`with ${CLIENT}`, () => {
    async function download(path: string, ranges?: number): Promise<Buffer> {
      const save = pki.write('saved.bin', '')
      const to = { port: gateway.port, sni: frontName, anchors: pki.rootsFile, request: `GET ${path}` }
      await runClient(CLIENT, { ...to, save, ...(ranges && { ranges }) })
      return readFileSync(save)
    }

    test.each([
      'pass',
      'cached',
    ])('%s: an upstream that breaks off gives no whole file, and one once it is mended', async (way) => {
      for (const fault of ['cut', 'short']) {
        mended = false
        const broken = await download(`/${way}/${fault}.bin`)
        expect(broken.length).toBeLessThan(image.length)
        expect(broken.equals(image.subarray(0, broken.length))).toBe(true)
        mended = true
        const again = await download(`/${way}/${fault}.bin`)
        expect(sha256(again)).toBe(sha256(image))
        mended = false
      }
      expect(gateway.events.some(({ what }) => what === 'upstream-failed' || what === 'cache')).toBe(true)
    }, 60_000)

    // The cache tells every failure of its upstream as its own.
    test.each([
      ['pass', 503],
      ['cached', 502],
    ])('%s: a 503 is a %i and not kept, a redirect loop is a 502', async (way, status) => {
      mended = false
      expect((await say(get(`/${way}/busy.bin`, close))).slice(0, 12)).toBe(`HTTP/1.1 ${status}`)
      mended = true
      // For two seconds the cache answers as it did, so that a fleet does not fall upon an upstream that is ill.
      if (way === 'cached') await new Promise((resolve) => setTimeout(resolve, 2_100))
      expect(sha256(await download(`/${way}/busy.bin`))).toBe(sha256(image))
      mended = false
      expect((await say(get(`/${way}/loop.bin`, close))).slice(0, 12)).toBe('HTTP/1.1 502')
    })

    test('a damaged file of the cache is noticed and fetched again', async () => {
      expect(sha256(await download('/cached/damaged.bin', 2048))).toBe(sha256(image))
      await gateway.close()
      const blocks = filesUnder(join(pki.folder, 'cache')).filter((path) => statSync(path).size > 50_000)
      expect(blocks.length).toBeGreaterThan(0)
      for (const path of blocks) {
        const bytes = readFileSync(path)
        bytes[1_000] = (bytes[1_000] ?? 0) ^ 1
        writeFileSync(path, bytes)
      }
      gateway = await open()
      expect(sha256(await download('/cached/damaged.bin', 2048))).toBe(sha256(image))
      expect(gateway.events.some(({ what, facts }) => what === 'cache' && facts?.kind === 'damaged')).toBe(
        true,
      )
    }, 60_000)
  })
})

function bodyLength({ headers }: IncomingMessage): string {
  return headers['content-length'] ?? headers['transfer-encoding'] ?? ''
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}
