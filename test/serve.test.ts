import { execFile, spawn } from 'node:child_process'
import { randomBytes, X509Certificate } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { buildOf, runClient } from './clients/clients.ts'
import { tlsfit } from './support/tlsfit.ts'

const main = join(resolve(import.meta.dirname, '..'), 'dist/cli/main.js')
const folder = mkdtempSync(join(tmpdir(), 'tlsfit-serve-cli-'))
const image = randomBytes(1 << 20)
const file = join(folder, 'fw.bin')
writeFileSync(file, image)
afterAll(() => rmSync(folder, { recursive: true }))

interface Served {
  readonly lines: string[]
  readonly stdout: () => string
  readonly end: () => Promise<number | null>
}

const running: Served[] = []
afterEach(async () => {
  for (const served of running.splice(0)) await served.end()
})

async function serve(...args: readonly string[]): Promise<Served> {
  const env = {
    ...process.env,
    NO_COLOR: '1',
    COLUMNS: '120',
    LANG: 'C.UTF-8',
    XDG_STATE_HOME: join(folder, 'state'),
  }
  const child = spawn(process.execPath, [main, 'serve', ...args], { env })
  const ended = new Promise<number | null>((done) => child.on('close', done))
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const served = {
    get lines() {
      return stdout.split('\n').slice(0, -1)
    },
    stdout: () => stdout,
    end: () => {
      child.kill('SIGINT')
      return ended
    },
  }
  running.push(served)
  const started = () => expect(stdout, stderr).toMatch(/Ctrl-C|"tlsfit\/serving@1".*\n/)
  await vi.waitFor(started, { timeout: 15_000, interval: 50 })
  return served
}

async function serveJson(...args: readonly string[]) {
  const served = await serve(file, '--host', '127.0.0.1', '--format', 'json', ...args)
  const serving = JSON.parse(served.lines[0]!)
  const anchors = join(folder, `${Math.random()}.pem`)
  writeFileSync(anchors, serving.caPem ?? '')
  /** The lines of connections, when there are so many. */
  const connections = async (count: number) => {
    await vi.waitFor(() => expect(served.lines.length).toBeGreaterThan(count), { timeout: 10_000 })
    return served.lines.slice(1, count + 1).map((line) => JSON.parse(line))
  }
  return { ...served, serving, anchors, connections, port: Number(new URL(serving.urls[0]).port) }
}

const missing = (name: string) => buildOf(name) === undefined
const clients = ['mbedtls-2.28', 'mbedtls-2.28-in-4096', 'wolfssl', 'bearssl', 'openssl', 'gnutls']

describe('a device that verifies the printed CA', () => {
  test.each(
    clients.filter((name) => buildOf(name) !== undefined),
  )('%s downloads by IP address', async (name) => {
    const { port, anchors, connections } = await serveJson('--device', 'esp-idf@5.2')
    // OpenSSL and GnuTLS look for an address among the iPAddresses of the certificate only; these clients ask for a name.
    const byName = name === 'openssl' || name === 'gnutls' ? 'localhost' : '127.0.0.1'
    const result = await runClient(name, { port, sni: null, name: byName, anchors, request: 'GET /fw.bin' })
    expect(result).toMatchObject({ stage: 'done', ok: true })
    const [connection] = await connections(1)
    expect(connection.requests).toMatchObject([
      { path: '/fw.bin', status: 200, bodyBytes: image.length, whole: true },
    ])
    expect(result.sizes.appDataBytes ?? result.sizes.appDataLargestRead).toBeGreaterThan(0)
    if (result.sizes.appDataBytes !== null) {
      expect(result.sizes.appDataBytes).toBe(connection.headBytes + image.length)
    }
    // What is sealed adds a nonce, a tag and, with CBC, padding.
    expect(result.sizes.largestRecord).toBeLessThanOrEqual(4_096 + 256)
  }, 60_000)

  test.skipIf(missing('mbedtls-2.28'))(
    'with another CA in its image is told what to load, and nothing is sent',
    async () => {
      const { port, connections } = await serveJson()
      const other = await serveJson('--dir', join(folder, 'other-state'))
      const args = { port, sni: null, name: '127.0.0.1', anchors: other.anchors, request: 'GET /fw.bin' }
      expect(await runClient('mbedtls-2.28', args)).toMatchObject({
        ok: false,
        code: '-0x2700',
        alertSent: 48,
      })
      const [connection] = await connections(1)
      expect(connection).toMatchObject({
        requestCount: 0,
        finding: { cause: 'untrusted-root', loadCa: true },
      })
      expect(connection.finding.what).toBe('the client sent unknown_ca')
    },
    60_000,
  )

  test.skipIf(missing('mbedtls-2.28'))(
    'that connects by a name which is not there sends bad_certificate, and the fix names both faults',
    async () => {
      const { port, anchors, connections } = await serveJson()
      const result = await runClient('mbedtls-2.28', {
        port,
        sni: 'other.test',
        anchors,
        request: 'GET /fw.bin',
      })
      expect(result).toMatchObject({ ok: false, alertSent: 42 })
      const [connection] = await connections(1)
      expect(connection).toMatchObject({
        hello: { sni: 'other.test' },
        finding: { cause: null, what: 'the client sent bad_certificate' },
      })
    },
    60_000,
  )

  test.skipIf(missing('mbedtls-2.28-no-ecdsa'))(
    'without ECDSA is told that it needs RSA, and downloads with --rsa',
    async () => {
      const ecdsa = await serveJson()
      const args = { sni: null, name: '127.0.0.1', request: 'GET /fw.bin' }
      const refused = await runClient('mbedtls-2.28-no-ecdsa', { ...args, verify: 'none', port: ecdsa.port })
      expect(refused.ok).toBe(false)
      const [connection] = await ecdsa.connections(1)
      expect(connection.finding).toMatchObject({
        cause: 'no-common-cipher',
        fix: expect.stringContaining('RSA'),
      })
      const rsa = await serveJson('--rsa')
      const result = await runClient('mbedtls-2.28-no-ecdsa', {
        ...args,
        port: rsa.port,
        anchors: rsa.anchors,
      })
      expect(result).toMatchObject({ stage: 'done', ok: true })
    },
    60_000,
  )
})

describe('what is printed', () => {
  test('is the URLs, the CA, its settings and each connection, and Ctrl-C ends with 130', async () => {
    const served = await serve(file, '--device', 'nrf9160@1.3.7', '--qr', '--name', 'ota.test')
    const text = served.stdout()
    expect(text).toMatch(/serving {2}https:\/\/ota\.test:\d+\/fw\.bin\n {9}https:\/\//)
    expect(text).toContain('https://127.0.0.1:')
    expect(text).toContain('AT%CMNG=0,42,0,"-----BEGIN CERTIFICATE-----')
    expect(text).toContain('TLS_PEER_VERIFY_REQUIRED')
    expect(text).toContain('at most 2,048 B')
    expect(text).toContain('█ ▄▄▄▄▄ █')
    expect(text).not.toContain('PRIVATE KEY')
    const port = /127\.0\.0\.1:(\d+)/.exec(text)?.[1]
    await expect(
      promisify(execFile)('curl', ['-sS', '--noproxy', '*', `https://127.0.0.1:${port}/`]),
    ).rejects.toThrow()
    await vi.waitFor(() =>
      expect(served.stdout().replace(/\s+/g, ' ')).toContain(
        'the client sent unknown_ca: the certificate in',
      ),
    )
    expect(await served.end()).toBe(130)
  }, 30_000)

  test('in plain HTTP is a warning, and no CA is made', async () => {
    const served = await serve(file, '--http', '--host', '127.0.0.1', '--dir', join(folder, 'never'))
    expect(served.stdout()).toContain('plain HTTP: whoever is on the way can read and change the file')
    expect(existsSync(join(folder, 'never'))).toBe(false)
  }, 30_000)

  test('keeps its keys in the state folder, for the owner only', async () => {
    const first = await serveJson()
    const state = join(folder, 'state/tlsfit/serve')
    for (const name of readdirSync(state)) {
      const path = join(state, name)
      if (statSync(path).isFile() && readFileSync(path, 'utf8').includes('PRIVATE KEY')) {
        expect(statSync(path).mode & 0o777).toBe(0o600)
      }
    }
    const second = await serveJson()
    expect(second.serving.caPem).toBe(first.serving.caPem)
    expect(new X509Certificate(first.serving.caPem).ca).toBe(true)
  }, 30_000)
})

describe('what cannot be served', () => {
  const taken = join(folder, 'taken')
  test.each([
    [['serve', join(folder, 'none.bin')], 65, /there is nothing to serve \(ENOENT\)/],
    [['serve'], 64, /nothing to serve|PATH/],
    [['serve', '/dev/null'], 65, /neither a file nor a folder/],
    [['serve', file, '--device', 'nrf9999'], 64, /nrf9999/],
    [['serve', file, '--port', '99999'], 64, /--port/],
    [['serve', file, '--max-record', '100'], 64, /--max-record/],
    [['serve', file, '--name', 'https://a'], 64, /--name/],
    [['serve', file, '--http', '--rsa'], 64, /--http/],
    [['serve', file, '--host', '203.0.113.77'], 65, /cannot listen on 203\.0\.113\.77/],
    [['serve', file, '--dir', file], 65, /folder of the CA cannot be used/],
    [['serve', file, '--dir', taken], 65, /ca-p256\.pem is damaged/],
  ])(
    '%j ends with %i',
    async (args, code, words) => {
      mkdirSync(taken, { recursive: true })
      writeFileSync(join(taken, 'ca-p256.pem'), 'half a file')
      const ran = await tlsfit(args as string[], { timeoutMs: 10_000 })
      expect([ran.code, ran.stderr]).toEqual([code, expect.stringMatching(words as RegExp)])
      expect(ran.stderr).not.toMatch(/^\s+at /m)
    },
    20_000,
  )
})
