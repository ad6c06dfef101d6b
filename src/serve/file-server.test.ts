import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { connect as connectPlain } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { resolveDevice } from '../device/catalogue.ts'
import { defaultHttpLimits } from '../front/http-connection.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { connectionJson, connectionWords } from './connection-json.ts'
import type { ConnectionReport } from './connection-report.ts'
import { type FileServer, type FileServerOptions, openFileServer } from './file-server.ts'
import { machineNames } from './machine-hosts.ts'
import { servingJson, servingOf, writeCredential } from './serving.ts'

const folder = mkdtempSync(join(tmpdir(), 'tlsfit-file-server-'))
const image = randomBytes(200_000)
const file = join(folder, 'fw.bin')
writeFileSync(file, image)
let reports: ConnectionReport[] = []
const open: FileServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})
afterAll(() => rmSync(folder, { recursive: true }))

const tls = {
  stateFolder: join(folder, 'state'),
  keyType: 'p256' as const,
  maxRecordBytes: 2_048,
  oldSuites: false,
}
const wish: Omit<FileServerOptions, 'onConnection'> = {
  path: file,
  hosts: ['127.0.0.1', '::1'],
  port: 0,
  names: ['ota.test'],
  tls,
  headMode: 'full',
  devices: () => [],
  now: () => new Date(),
}

async function serve(more: Partial<FileServerOptions> = {}): Promise<FileServer> {
  // What a server of before still has to tell goes to its own list.
  const own: ConnectionReport[] = []
  reports = own
  const server = await openFileServer({ ...wish, onConnection: (report) => own.push(report), ...more })
  open.push(server)
  return server
}

function download(server: FileServer, host: string, headers = {}): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { host, port: server.port, path: '/fw.bin', ca: server.ca?.caPem, agent: false, headers }
    get(options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk) => chunks.push(chunk)).on('end', () => resolve(Buffer.concat(chunks)))
    }).on('error', reject)
  })
}

const curl = (url: string) =>
  promisify(execFile)('curl', ['-sS', '--noproxy', '*', url], { encoding: 'buffer' })

const reported = (count = 1) => vi.waitFor(() => expect(reports).toHaveLength(count), 3_000)

describe('over TLS', () => {
  test('a client that verifies downloads by each address, and the connection is told', async () => {
    const server = await serve()
    for (const host of ['127.0.0.1', '::1']) expect((await download(server, host)).equals(image)).toBe(true)
    await reported(2)
    expect(connectionJson(reports[0]!)).toMatchObject({
      schema: 'tlsfit/connection@1',
      client: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      server: `127.0.0.1:${server.port}`,
      tls: { version: 'TLSv1.3', certificate: 'ecdsa', resumed: false },
      hello: { sni: null, versions: expect.arrayContaining(['TLSv1.3']) },
      requests: [
        {
          method: 'GET',
          path: '/fw.bin',
          status: 200,
          range: null,
          size: 200_000,
          bodyBytes: 200_000,
          whole: true,
        },
      ],
      bodyBytes: 200_000,
      finding: null,
      end: 'peer',
    })
    expect(connectionWords(reports[0]!)).toMatchObject({
      good: true,
      text: expect.stringMatching(/^GET \/fw\.bin 200, 200,000 B \(/),
    })
  })

  test('a range is told as one', async () => {
    const server = await serve()
    expect(
      (await download(server, '127.0.0.1', { range: 'bytes=10-19' })).equals(image.subarray(10, 20)),
    ).toBe(true)
    await reported()
    expect(connectionWords(reports[0]!).text).toMatch(/^GET \/fw\.bin 206 bytes 10-19, 10 B of 200,000 \(/)
  })

  test('a client that does not hold the CA is told what to load', async () => {
    const server = await serve()
    await expect(curl(`https://127.0.0.1:${server.port}/fw.bin`)).rejects.toThrow(/certificate/)
    await reported()
    const json = connectionJson(reports[0]!)
    expect(json.finding).toMatchObject({
      cause: 'untrusted-root',
      what: 'the client sent unknown_ca',
      loadCa: true,
    })
    expect(connectionWords(reports[0]!)).toMatchObject({
      good: false,
      text: expect.stringContaining('load this one'),
    })
    expect(connectionWords(reports[0]!).text).toMatch(/hello of [\d,]+ B, no server name, TLSv1\.3/)
  })

  test('a client with static RSA only is told what opens the server to it, and that does', async () => {
    const get = async (port: number) => {
      const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-tls1_2', '-cipher', 'AES128-GCM-SHA256']
      const run = promisify(execFile)('openssl', args)
      run.child.stdin?.end('')
      return run.then(
        ({ stdout }) => stdout,
        () => '',
      )
    }
    const rsa = { ...tls, keyType: 'rsa-2048' as const }
    const shut = await serve({ tls: rsa })
    await get(shut.port)
    await reported()
    expect(connectionJson(reports[0]!).finding).toMatchObject({ cause: 'no-common-cipher' })
    expect(connectionJson(reports[0]!).finding?.fix).toMatch(/static RSA.*add --old-suites$/)
    const opened = await serve({ tls: { ...rsa, oldSuites: true } })
    expect(await get(opened.port)).toContain('Cipher is AES128-GCM-SHA256')
    expect(servingJson(servingOf(opened, { tls: { ...rsa, oldSuites: true } }, undefined)).risks).toEqual([
      expect.stringContaining('static RSA'),
    ])
  })

  test('plain HTTP and noise are told, and do no harm', async () => {
    const server = await serve()
    const say = (text: string) =>
      new Promise<string>((resolve) => {
        let got = ''
        const socket = connectPlain(server.port, '127.0.0.1', () => socket.write(text))
        socket.on('data', (chunk) => {
          got += chunk
        })
        socket.on('error', () => {})
        socket.on('close', () => resolve(got))
      })
    expect(await say('GET /fw.bin HTTP/1.1\r\nHost: a\r\n\r\n')).toContain('https://')
    await say('\0\0\0\0\0\0\0\0')
    await reported(2)
    expect(reports.map((report) => connectionJson(report).finding?.cause)).toEqual([
      'scheme-port-mismatch',
      null,
    ])
    expect((await download(server, '127.0.0.1')).equals(image)).toBe(true)
  })

  test('a slow head ends within its time', async () => {
    const server = await serve({ limits: { ...defaultHttpLimits, headMs: 300 } })
    const got = await new Promise<string>((resolve) => {
      let all = ''
      const socket: TLSSocket = connect({ port: server.port, host: '127.0.0.1', ca: server.ca!.caPem }, () =>
        socket.write('GET /'),
      )
      const drip = setInterval(() => socket.write('a'), 50)
      socket.on('data', (chunk) => {
        all += chunk
      })
      socket.on('error', () => {})
      socket.on('end', () => {
        clearInterval(drip)
        socket.destroy()
        resolve(all)
      })
    })
    expect(got).toMatch(/^HTTP\/1\.1 408/)
    await reported()
    expect(reports[0]?.end).toBe('slow-head')
  })

  test('no more connections than allowed are served at once', async () => {
    const server = await serve({ maxConnections: 1 })
    const first: TLSSocket = await new Promise((resolve) => {
      const socket: TLSSocket = connect({ port: server.port, host: '127.0.0.1', ca: server.ca!.caPem }, () =>
        resolve(socket),
      )
    })
    await expect(download(server, '127.0.0.1')).rejects.toThrow()
    expect(reports[0]?.failure).toEqual({ kind: 'too-many', limit: 'connections' })
    first.destroy()
  })

  test('openssl s_client verifies it by address and by name', async () => {
    const server = await serve()
    const ca = join(folder, 'ca.pem')
    writeFileSync(ca, server.ca!.caPem)
    for (const check of [
      ['-verify_ip', '127.0.0.1'],
      ['-verify_hostname', 'ota.test'],
      ...machineNames().map((name) => ['-verify_hostname', name]),
      ['-verify_hostname', '127.0.0.1'],
    ]) {
      const args = [
        's_client',
        '-connect',
        `127.0.0.1:${server.port}`,
        '-CAfile',
        ca,
        '-verify_return_error',
        '-tls1_2',
        ...check,
      ]
      const run = promisify(execFile)('openssl', args)
      run.child.stdin?.end('GET /fw.bin HTTP/1.0\r\n\r\n')
      expect((await run).stdout).toContain('Verify return code: 0 (ok)')
    }
  })
})

test('an RSA certificate is served to clients that take no other', async () => {
  const server = await serve({ tls: { ...tls, keyType: 'rsa-2048' } })
  expect((await download(server, '127.0.0.1')).equals(image)).toBe(true)
  await reported()
  expect(connectionJson(reports[0]!).tls?.certificate).toBe('rsa')
})

describe('over plain HTTP', () => {
  test('files are served, counted and told', async () => {
    const server = await serve({ tls: undefined, maxConnections: 2 })
    expect(server.ca).toBe(undefined)
    const { stdout } = await curl(`http://127.0.0.1:${server.port}/fw.bin`)
    expect(stdout.equals(image)).toBe(true)
    await reported()
    expect(connectionJson(reports[0]!)).toMatchObject({
      tls: null,
      hello: null,
      bodyBytes: 200_000,
      finding: null,
    })
    expect(servingJson(servingOf(server, { tls: undefined }, undefined))).toMatchObject({
      urls: [
        `http://ota.test:${server.port}/fw.bin`,
        `http://127.0.0.1:${server.port}/fw.bin`,
        `http://[::1]:${server.port}/fw.bin`,
      ],
      caPem: null,
      plain: true,
    })
  })
})

describe('what is told on start', () => {
  test('is the CA in the form of the device, and files for its build without a key', async () => {
    const server = await serve()
    const device = resolveDevice('nrf9160@1.3.7', openCatalogue())
    const serving = servingOf(server, { tls }, device)
    const json = servingJson(serving)
    expect(json.urls[0]).toBe(`https://ota.test:${server.port}/fw.bin`)
    expect(json.caDevice).toMatchObject({
      device: expect.stringContaining('nrf9160@1.3.7'),
      format: 'nrf-at',
    })
    expect(JSON.stringify(json.caDevice?.files)).toContain('AT%CMNG=0,')
    const paths = await writeCredential(serving, tls.stateFolder)
    expect(paths.map((path) => path.split('/').at(-1))).toContain('server_root.pem')
    expect(JSON.stringify(json)).not.toContain('PRIVATE KEY')
  })

  test('a file that is not given is told with why, and the client learns nothing', async () => {
    const root = join(folder, 'root')
    mkdirSync(root)
    writeFileSync(join(root, 'fw.bin'), image)
    symlinkSync(file, join(root, 'latest.bin'))
    const server = await serve({ path: root, tls: undefined })
    for (const path of ['latest.bin', 'fw.bin/', 'none', '.git/config']) {
      const got = await curl(`http://127.0.0.1:${server.port}/${path}`)
      expect(got.stdout.toString()).toBe('no such file\n')
    }
    await reported(4)
    const told = reports.map((report) => [
      connectionJson(report).requests[0]!.status,
      connectionWords(report).text,
    ])
    expect(told).toEqual([
      [404, expect.stringContaining('/latest.bin 404 (a link leads out of the folder that is served)')],
      [404, expect.stringContaining('/fw.bin/ 404 (it is a file, and the path ends in a slash)')],
      [404, expect.stringContaining('/none 404 (there is no such file)')],
      [404, expect.stringContaining('404 (names that begin with a dot are not served)')],
    ])
    expect(connectionJson(reports[0]!).requests[0]!.absent).toContain('a link leads out')
  })

  test('a folder that holds the state folder does not serve it', async () => {
    const server = await serve({ path: folder })
    expect(readdirSync(folder)).toContain('state')
    const got = await new Promise<string>((resolve) => {
      let all = ''
      const socket: TLSSocket = connect({ port: server.port, host: '127.0.0.1', ca: server.ca!.caPem }, () =>
        socket.write(
          'GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /state/ca-p256.pem HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
        ),
      )
      socket.on('data', (chunk) => {
        all += chunk
      })
      socket.on('close', () => resolve(all))
    })
    expect(got).toContain('/fw.bin')
    expect(got).not.toContain('state')
    expect(got).toContain('HTTP/1.1 404')
  })
})
