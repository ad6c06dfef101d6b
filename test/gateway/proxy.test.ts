import { createHash, createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DeadlineSweep } from '../../src/front/deadlines.ts'
import { HttpConnection } from '../../src/front/http-connection.ts'
import type { HttpsListenerFile } from '../../src/gateway/config-schema.ts'
import { parseGatewayConfig } from '../../src/gateway/gateway-config.ts'
import type { GatewayEvent } from '../../src/gateway/gateway-log.ts'
import { HttpProxy } from '../../src/gateway/http/proxy.ts'
import { type Listening, loopback } from '../../src/io/listen.ts'
import { joinPem, makeDigilabRoot } from '../../src/lab/chains.ts'
import { fileHost } from '../../src/lab/file-host.ts'
import { refuseBySas, type SasAccount, signSas } from '../../src/lab/sas-double.ts'
import { firmware } from '../../src/lab/servers.ts'
import { makeFrontChain } from '../../src/lab/small-chains.ts'
import { openHttpsServer } from '../../src/lab/tls-server.ts'
import { testKeys } from '../support/kept-keys.ts'
import { refuseBySigV4, type S3Account } from '../support/s3-double.ts'

const host = 'storage.blob.skyshelf.test'
const options = { keys: testKeys, now: new Date() }
const image = firmware([['x-ms-blob-type', 'BlockBlob']])
const sasAccount: SasAccount = { name: 'storage', key: Buffer.alloc(64, 7), publicAccess: 'forbidden' }
const s3Account: S3Account = {
  accessKeyId: 'AKIAEXAMPLE',
  secretKey: 'wJalr/secret+key',
  region: 'eu-west-1',
}
const tableKey = Buffer.alloc(64, 9)

describe('the gateway towards its upstreams', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tlsfit-proxy-'))
  const events: GatewayEvent[] = []
  const asked: IncomingMessage[] = []
  let upstream: Listening
  let untrusted: Listening
  let front: Server
  let proxy: HttpProxy
  let port: number
  let verified = false

  beforeAll(async () => {
    const root = await makeDigilabRoot(options)
    const chain = await makeFrontChain(host, root, options)
    const files = new Map([
      ['/files/fw.bin', image],
      ['/bucket/fw image.bin', image],
      ['/open/fw.bin', image],
      ['/elsewhere/fw.bin', image],
    ])
    // The double sees paths as the service does, decoded once.
    const serve = fileHost({ files, headRecord: 'own' })
    upstream = await openHttpsServer({
      ...loopback,
      chain: chain.sent,
      answer: (request, response) => {
        asked.push(request)
        const path = request.url ?? '/'
        const refusal =
          path.startsWith('/files') && request.method !== 'PUT'
            ? refuseBySas(request, sasAccount, new Date())
            : path.startsWith('/bucket')
              ? refuseBySigV4(request, s3Account, new Date())
              : undefined
        if (refusal) {
          response.writeHead(refusal.status, { 'content-length': Buffer.byteLength(refusal.body) })
          response.end(refusal.body)
          return
        }
        if (path.startsWith('/table')) return takeEntity(request, response)
        if (path === '/open/moved') {
          const to = `https://${host}:${upstream.port}/elsewhere/fw.bin`
          return void response.writeHead(302, { location: to, 'content-length': 0 }).end()
        }
        if (path === '/open/astray') {
          return void response
            .writeHead(302, { location: 'https://evil.example/x', 'content-length': 0 })
            .end()
        }
        if (path === '/open/loop') {
          return void response.writeHead(302, { location: '/open/loop', 'content-length': 0 }).end()
        }
        if (path === '/open/of-no-length') return void response.writeHead(200).end()
        if (path.startsWith('/files/up/')) {
          const to = `https://${host}${path}`
          return void response.writeHead(201, { location: to, 'set-cookie': 'session=1' }).end()
        }
        if (path === '/open/chunked') return void response.writeHead(200).end('{"ok":true}')
        if (path === '/open/cut') {
          response.writeHead(200, { 'content-length': 1000 })
          response.write('x'.repeat(500))
          return void setTimeout(() => response.destroy(), 20)
        }
        if (path === '/open/silent') return
        request.url = decodeURIComponent(path.split('?')[0] ?? '/')
        serve(request, response)
      },
    })
    const stranger = await makeFrontChain('stranger.test', root, options)
    untrusted = await openHttpsServer({ ...loopback, chain: stranger.sent, answer: serve })
    writeFileSync(join(folder, 'roots.pem'), joinPem([root]))
    const until = new Date(Date.now() + 3_600_000).toISOString()
    const sas = signSas(sasAccount, '/files', { sp: 'r', se: until, sv: '2022-11-02', sr: 'c' })
    writeFileSync(join(folder, 'sas.txt'), `?${sas}\n`)
    writeFileSync(join(folder, 's3-id'), s3Account.accessKeyId)
    writeFileSync(join(folder, 's3-key'), s3Account.secretKey)
    const common = `protocol: https, connect: 127.0.0.1:${upstream.port}, ca: roots.pem, timeoutSeconds: 1`
    const config = parseGatewayConfig(
      `
listeners:
  - name: fota
    protocol: https
    listen: [127.0.0.1:1]
    certificate: { own: { names: [x] } }
    routes:
      - { path: /sas/*, upstream: sas, to: / }
      - { path: /sas-*, upstream: sas, to: /up/ }
      - { path: /s3/*, upstream: s3, to: / }
      - { path: /table/*, upstream: table }
      - { path: /public/*, upstream: open, to: / }
      - { path: /unverified/*, upstream: unverified, to: / }
      - { path: /down/*, upstream: down, to: / }
upstreams:
  sas: { ${common}, url: 'https://${host}/files', credentials: { sas: { file: sas.txt } }, readPaths: [/sas/*, /sas-*], writeMethods: [PUT], writePaths: [/sas/up/*] }
  s3: { ${common}, url: 'https://${host}/bucket', credentials: { sigv4: { region: eu-west-1, accessKeyId: { file: s3-id }, secretAccessKey: { file: s3-key } } }, readPaths: [/s3/*] }
  table: { ${common}, url: 'https://${host}', writeMethods: [POST, DELETE], writePaths: [/table/*] }
  open: { ${common}, url: 'https://${host}:${upstream.port}/open' }
  unverified: { ${common.replace(String(upstream.port), String(untrusted.port))}, url: 'https://${host}/open' }
  down: { ${common.replace(String(upstream.port), '1')}, url: 'https://${host}/open' }
`,
      join(folder, 'gateway.yaml'),
    )
    proxy = new HttpProxy(config, (event) => events.push(event), undefined)
    const sweep = new DeadlineSweep()
    const [listener] = config.listeners
    let id = 0
    front = createServer((socket) => {
      const clientCertificate = verified ? { der: new Uint8Array(), verified: true } : undefined
      const facts = { id: ++id, remoteAddress: '127.0.0.1', clientCertificate }
      new HttpConnection(socket, proxy.handler(listener as HttpsListenerFile, facts), sweep)
    })
    await new Promise<void>((done) => front.listen(0, '127.0.0.1', done))
    port = (front.address() as AddressInfo).port
  }, 60_000)

  afterAll(async () => {
    front?.close()
    proxy?.close()
    await upstream?.close()
    await untrusted?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  interface Got {
    readonly status: number
    readonly headers: IncomingMessage['headers']
    readonly head: string
    readonly body: Buffer
  }

  function ask(path: string, { method = 'GET', headers = {}, body = '' } = {}): Promise<Got> {
    return new Promise((resolve, reject) => {
      const sent = requestHttp({ host: '127.0.0.1', port, path, method, headers, agent: false }, (answer) => {
        const parts: Buffer[] = []
        answer.on('data', (part) => parts.push(part))
        answer.on('end', () => {
          const head = answer.rawHeaders.join('\n')
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            head,
            body: Buffer.concat(parts),
          })
        })
        answer.on('error', reject)
      })
      sent.on('error', reject)
      sent.end(body)
    })
  }

  const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

  test('a SAS of the gateway opens what the device could not, and the device sees nothing of it', async () => {
    const whole = await ask('/sas/fw.bin')
    expect(whole.status).toBe(200)
    expect(sha(whole.body)).toBe(sha(image.body))
    expect(whole.head).not.toMatch(/sig=|x-ms-blob-type/i)
    const part = await ask('/sas/fw.bin', { headers: { range: 'bytes=2048-4095' } })
    expect(part.status).toBe(206)
    expect(part.body.equals(image.body.subarray(2048, 4096))).toBe(true)
  })

  test('a part is headed by 90 bytes or less', async () => {
    const text = await new Promise<string>((resolve) => {
      let got = ''
      const socket = connect(port, '127.0.0.1', () => {
        socket.write('GET /sas/fw.bin HTTP/1.1\r\nHost: x\r\nRange: bytes=0-2047\r\n\r\n')
      })
      socket.on('data', (chunk) => {
        got += chunk.toString('latin1')
        if (got.length > 2100) socket.destroy()
      })
      socket.on('close', () => resolve(got))
    })
    const head = text.slice(0, text.indexOf('\r\n\r\n') + 4)
    expect(head).toBe(
      'HTTP/1.1 206 Partial\r\nContent-Length: 2048\r\nContent-Range: bytes 0-2047/262144\r\n\r\n',
    )
    expect(head.length).toBeLessThanOrEqual(90)
  })

  test('one connection upstream carries request after request, however head and body came', async () => {
    const before = asked.length
    for (let at = 0; at < 12; at++) {
      await ask('/sas/fw.bin', { headers: { range: `bytes=${at * 100}-${at * 100 + 99}` } })
      await ask('/sas/fw.bin', { method: 'HEAD' })
    }
    expect(asked.length).toBe(before + 24)
    expect(new Set(asked.slice(before).map(({ socket }) => socket)).size).toBe(1)
  })

  test('SigV4 is signed anew for each request, a name with a space in it too', async () => {
    const whole = await ask('/s3/fw%20image.bin')
    expect(whole.status).toBe(200)
    expect(sha(whole.body)).toBe(sha(image.body))
    expect((await ask('/s3/fw%20image.bin', { method: 'HEAD' })).headers['content-length']).toBe('262144')
  })

  test("an insert that the device signed with its own SharedKey passes unharmed, and a wrong one is the service's to refuse", async () => {
    const entity = JSON.stringify({ PartitionKey: 'a', RowKey: 'ü', value: 1 })
    const signed = (key: Buffer) => {
      const date = new Date().toUTCString()
      const toSign = `POST\n\napplication/json\n${date}\n/storage/table/telemetry`
      const signature = createHmac('sha256', key).update(toSign).digest('base64')
      return {
        'x-ms-date': date,
        'x-ms-version': '2019-02-02',
        'content-type': 'application/json',
        authorization: `SharedKey storage:${signature}`,
        'content-length': String(Buffer.byteLength(entity)),
      }
    }
    const taken = await ask('/table/telemetry', { method: 'POST', headers: signed(tableKey), body: entity })
    expect(taken.status).toBe(201)
    expect(taken.body.toString()).toBe(entity)
    const wrong = await ask('/table/telemetry', {
      method: 'POST',
      headers: signed(Buffer.alloc(64, 1)),
      body: entity,
    })
    expect(wrong.status).toBe(403)
  })

  test.each([
    ['another path', 'GET', '/nothing', 404],
    ['a query beside the gateway’s SAS', 'GET', '/sas/?restype=container&comp=list', 403],
    ['a write without client certificate', 'PUT', '/sas/up/x', 403],
    ['a method that is not listed', 'DELETE', '/sas/fw.bin', 405],
    ['a step up', 'GET', '/sas/../bucket/x', 400],
    ['an encoded step up', 'GET', '/sas/%2e%2e/bucket/x', 400],
    ['an encoded slash', 'GET', '/sas/..%2fbucket', 400],
    ['a doubly encoded slash', 'GET', '/sas/..%252fbucket', 400],
    ['a backslash', 'GET', '/sas/..\\bucket', 400],
    ['an empty segment', 'GET', '/sas//x', 400],
    ['a step up that the route would put together', 'GET', '/sas-../bucket/x', 400],
    ['a step up with parameters', 'GET', '/sas/..;v=1/bucket/x', 400],
    ['a step up before an encoded parameter', 'GET', '/sas/..%3bv=1/bucket/x', 400],
    ['a slash encoded three times', 'GET', '/sas/..%25252fbucket', 400],
    ['a slash in overlong UTF-8', 'GET', '/sas/..%c0%afbucket', 400],
    ['an encoded end of line', 'GET', '/sas/x%0d%0aHost:y', 400],
  ])('%s is refused without a word to the upstream', async (_what, method, path, status) => {
    const before = asked.length
    const got = await new Promise<string>((resolve) => {
      let text = ''
      const socket = connect(port, '127.0.0.1', () =>
        socket.end(`${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`),
      )
      socket.on('data', (chunk) => (text += chunk.toString('latin1')))
      socket.on('close', () => resolve(text))
    })
    expect(got).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(asked.length).toBe(before)
  })

  test.each([
    'DELETE',
    'POST',
  ])('a chunked %s stays one request upstream, whatever its body says', async (method) => {
    const inside = 'GET /table/of-the-body HTTP/1.1\r\nHost: x\r\n\r\n'
    const before = asked.length
    const got = await ask('/table/x', { method, headers: { 'transfer-encoding': 'chunked' }, body: inside })
    expect(got.body.toString()).toBe(inside)
    await ask('/table/y', { method, headers: { 'content-length': '2' }, body: 'ab' })
    expect(asked.slice(before).map(({ url }) => url)).toEqual(['/table/x', '/table/y'])
    expect(asked[before]?.headers['transfer-encoding']).toBe('chunked')
  })

  test('a body of nothing goes upstream with its length', async () => {
    await ask('/table/x', { method: 'POST', headers: { 'content-length': '0' } })
    expect(asked.at(-1)?.headers).toMatchObject({ 'content-length': '0' })
    expect(asked.at(-1)?.headers['transfer-encoding']).toBeUndefined()
  })

  test.each([
    'X-HTTP-Method',
    'X-HTTP-Method-Override',
    'X-Method-Override',
  ])('%s opens no method that is not listed', async (name) => {
    const before = asked.length
    const body = { method: 'POST', body: 'x' }
    expect((await ask('/table/x', { ...body, headers: { [name]: 'merge' } })).status).toBe(405)
    expect((await ask('/public/fw.bin', { headers: { [name]: 'DELETE' } })).status).toBe(405)
    expect(asked.length).toBe(before)
    await ask('/table/x', { ...body, headers: { [name]: 'DELETE' } })
    expect(asked.length).toBe(before + 1)
  })

  test('no field of a device names another path than the one that was admitted', async () => {
    await ask('/public/fw.bin', {
      headers: { 'x-original-url': '/elsewhere', 'x-rewrite-url': '/elsewhere' },
    })
    expect(Object.keys(asked.at(-1)?.headers ?? {})).not.toContain('x-original-url')
    expect(Object.keys(asked.at(-1)?.headers ?? {})).not.toContain('x-rewrite-url')
  })

  test('what a write needs goes upstream, and where it went with the SAS is not told', async () => {
    verified = true
    try {
      const headers = { 'content-type': 'application/json', 'x-ms-blob-type': 'BlockBlob', cookie: 'a=b' }
      const got = await ask('/sas/up/x', { method: 'PUT', headers, body: 'x' })
      expect(asked.at(-1)?.headers).toMatchObject({
        'content-type': 'application/json',
        'x-ms-blob-type': 'BlockBlob',
      })
      expect(asked.at(-1)?.headers.cookie).toBeUndefined()
      expect(got.status).toBe(201)
      expect(got.head).not.toMatch(/sig=|location|cookie/i)
    } finally {
      verified = false
    }
  })

  test('a length that the upstream does not tell to HEAD is not made up', async () => {
    const got = await ask('/public/of-no-length', { method: 'HEAD' })
    expect(got.status).toBe(200)
    expect(got.headers['content-length']).toBeUndefined()
  })

  test('with a verified client certificate a listed path may be written to', async () => {
    verified = true
    try {
      const before = asked.length
      await ask('/sas/up/x', { method: 'PUT', headers: { 'content-length': '1' }, body: 'x' })
      expect(asked.length).toBe(before + 1)
    } finally {
      verified = false
    }
  })

  test('path and query go upstream byte for byte: a signature may cover them', async () => {
    const path = "/table/t(PartitionKey='a',RowKey='b')?$filter=x%20eq%20'y'&sig=a%2Bb"
    await ask(path)
    expect(asked.at(-1)?.url).toBe(path)
  })

  test('redirects are followed here, and only to listed hosts', async () => {
    const moved = await ask('/public/moved')
    expect(moved.status).toBe(200)
    expect(sha(moved.body)).toBe(sha(image.body))
    expect(moved.headers.location).toBeUndefined()
    expect((await ask('/public/astray')).status).toBe(502)
    expect(events.at(-1)).toMatchObject({ what: 'upstream-failed', facts: { code: 'redirect-refused' } })
    expect(events.at(-1)?.message).toContain('evil.example')
    expect((await ask('/public/loop')).status).toBe(502)
    expect(events.at(-1)?.facts?.code).toBe('redirect-loop')
  })

  test('an answer without a length gets one', async () => {
    const got = await ask('/public/chunked')
    expect(got.headers['content-length']).toBe('11')
    expect(got.body.toString()).toBe('{"ok":true}')
  })

  test('a body that breaks off upstream breaks off here', async () => {
    await expect(ask('/public/cut')).rejects.toThrow()
  })

  test.each([
    ['silent', '/public/silent', 504, 'timeout'],
    ['down', '/down/fw.bin', 502, 'unreachable'],
    ['not verified', '/unverified/fw.bin', 502, 'not-verified'],
  ])('an upstream that is %s', async (_what, path, status, code) => {
    expect((await ask(path)).status).toBe(status)
    expect(events.at(-1)).toMatchObject({ what: 'upstream-failed', facts: { code } })
  })

  test('nothing that was logged holds a secret', () => {
    const text = JSON.stringify(events)
    expect(events.length).toBeGreaterThan(5)
    expect(text).not.toContain('sig=')
    expect(text).not.toContain(s3Account.secretKey)
  })

  /** A double of Azure Table's insert: it verifies SharedKey and gives the entity back. */
  function takeEntity(request: IncomingMessage, response: import('node:http').ServerResponse): void {
    const parts: Buffer[] = []
    request.on('data', (part) => parts.push(part))
    request.on('end', () => {
      const { authorization, 'x-ms-date': date, 'content-type': type } = request.headers
      const toSign = `POST\n\n${type}\n${date}\n/storage${request.url}`
      const signature = createHmac('sha256', tableKey).update(toSign).digest('base64')
      const right = authorization === `SharedKey storage:${signature}`
      response.writeHead(right ? 201 : 403).end(Buffer.concat(parts))
    })
  }
})
