import { execFile, execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { DeadlineSweep } from '../front/deadlines.ts'
import { defaultHttpLimits, HttpConnection } from '../front/http-connection.ts'
import { ResponseHeadParser } from '../http/response-head.ts'
import type { HeadMode } from '../http/write-head.ts'
import { fileHandler } from './file-handler.ts'
import { HostedFiles } from './hosted-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'tlsfit-serve-test-'))
const root = join(folder, 'root')
const outside = join(folder, 'outside')
const small = randomBytes(5_000)
const large = randomBytes(3_000_001)
const servers: Server[] = []
const sockets = new Set<Socket>()
let port = 0

async function serve(
  path: string,
  mode: HeadMode = 'full',
  hidden: readonly string[] = [],
  cacheBytes?: number,
) {
  const files = await HostedFiles.open(path, hidden, cacheBytes)
  const sweep = new DeadlineSweep()
  const server = createServer((socket) => {
    sockets.add(socket)
    new HttpConnection(socket, fileHandler(files, mode, ['own.test', '::1']), sweep, defaultHttpLimits)
  })
  servers.push(server)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return (server.address() as AddressInfo).port
}

interface Answer {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly body: Buffer
}

/** One request on a connection of its own; the body is all that came. */
function ask(target: string, lines: readonly string[] = [], method = 'GET', at = port): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const text = [`${method} ${target} HTTP/1.1`, 'Host: a', 'Connection: close', ...lines, '', ''].join(
      '\r\n',
    )
    const socket = connect(at, '127.0.0.1', () => socket.write(text, 'latin1'))
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('close', () => {
      const all = Buffer.concat(chunks)
      const parsed = new ResponseHeadParser().push(all)
      if (parsed === undefined) {
        reject(new Error('no head'))
        return
      }
      const headers = Object.fromEntries(
        parsed.head.headers.map(([name, value]) => [name.toLowerCase(), value]),
      )
      resolve({ status: parsed.head.status, headers, body: all.subarray(parsed.consumed) })
    })
  })
}

const later = (ms: number) => new Promise((done) => setTimeout(done, ms))

beforeAll(async () => {
  mkdirSync(join(root, 'sub'), { recursive: true })
  mkdirSync(join(root, '.git'))
  mkdirSync(outside)
  writeFileSync(join(root, 'small.bin'), small)
  writeFileSync(join(root, 'large.bin'), large)
  writeFileSync(join(root, 'empty.bin'), '')
  writeFileSync(join(root, 'sub', 'a b.bin'), 'spaced')
  writeFileSync(join(root, '.git', 'config'), 'secret')
  writeFileSync(join(outside, 'secret'), 'secret')
  symlinkSync(join(outside, 'secret'), join(root, 'leak'))
  symlinkSync(outside, join(root, 'leaks'))
  symlinkSync(join(root, '.git', 'config'), join(root, 'hidden-link'))
  symlinkSync('small.bin', join(root, 'latest.bin'))
  symlinkSync('loop', join(root, 'loop'))
  execFileSync('mkfifo', [join(root, 'pipe')])
  const old = new Date('2026-01-02T03:04:05Z')
  utimesSync(join(root, 'small.bin'), old, old)
  port = await serve(root)
})
afterAll(() => {
  for (const socket of sockets) socket.destroy()
  for (const server of servers) server.close()
  rmSync(folder, { recursive: true })
})

describe('a file', () => {
  test('comes whole with its length, a strong tag of its content and its date', async () => {
    const { status, headers, body } = await ask('/small.bin')
    expect([status, body.equals(small)]).toEqual([200, true])
    const tag = `"${createHash('sha256').update(small).digest('hex').slice(0, 32)}"`
    expect(headers).toMatchObject({
      'content-length': '5000',
      'content-type': 'application/octet-stream',
      'accept-ranges': 'bytes',
      etag: tag,
      'last-modified': 'Fri, 02 Jan 2026 03:04:05 GMT',
      date: expect.stringMatching(/GMT$/),
    })
  })

  test('of many blocks comes byte-exact, and again from memory', async () => {
    for (let round = 0; round < 2; round++) expect((await ask('/large.bin')).body.equals(large)).toBe(true)
  })

  test('larger than the memory for files comes byte-exact', async () => {
    const tight = await serve(root, 'full', [], 100_000)
    expect((await ask('/large.bin', [], 'GET', tight)).body.equals(large)).toBe(true)
    const part = await ask('/large.bin', ['Range: bytes=65000-140000'], 'GET', tight)
    expect(part.body.equals(large.subarray(65_000, 140_001))).toBe(true)
  })

  test('of gigabytes is served at once without a tag, and with one as soon as it is read', async () => {
    const file = join(folder, 'huge.bin')
    writeFileSync(file, large)
    truncateSync(file, 400 << 20)
    const old = new Date('2026-01-02T03:04:05Z')
    utimesSync(file, old, old)
    const at = await serve(file)
    const head = await ask('/huge.bin', [], 'HEAD', at)
    const part = await ask('/huge.bin', ['Range: bytes=2999999-3000002'], 'GET', at)
    expect(head.headers['content-length']).toBe(String(400 << 20))
    expect(head.headers.etag).toBe(undefined)
    expect(part.body).toEqual(Buffer.from([large[2_999_999]!, large[3_000_000]!, 0, 0]))
    // What hangs on a tag is not guessed at.
    const guess = await ask('/huge.bin', ['Range: bytes=0-1', 'If-Range: "x"'], 'GET', at)
    expect([guess.status, guess.headers['retry-after']]).toEqual([503, '2'])
    const tagOf = async () => (await ask('/huge.bin', [], 'HEAD', at)).headers.etag
    await vi.waitFor(async () => expect(await tagOf()).toBeDefined(), { timeout: 15_000, interval: 100 })
    const whole = createHash('sha256').update(readFileSync(file)).digest('hex')
    expect(await tagOf()).toBe(`"${whole.slice(0, 32)}"`)
    const held = await ask('/huge.bin', ['Range: bytes=0-1', `If-Range: "${whole.slice(0, 32)}"`], 'GET', at)
    expect(held.status).toBe(206)
  }, 30_000)

  test('of gigabytes that is changed before it is read through is another version, never one tag for both', async () => {
    const file = join(folder, 'huge-changed.bin')
    writeFileSync(file, large)
    truncateSync(file, 200 << 20)
    const old = new Date('2026-01-02T03:04:05Z')
    utimesSync(file, old, old)
    const at = await serve(file)
    expect((await ask('/huge-changed.bin', ['Range: bytes=0-0'], 'GET', at)).body[0]).toBe(large[0])
    const fd = openSync(file, 'r+')
    writeSync(fd, Buffer.from([large[0]! ^ 1]), 0, 1, 0)
    closeSync(fd)
    utimesSync(file, old, old)
    const tagOf = async () => (await ask('/huge-changed.bin', [], 'HEAD', at)).headers.etag
    await vi.waitFor(async () => expect(await tagOf()).toBeDefined(), { timeout: 15_000, interval: 100 })
    const whole = createHash('sha256').update(readFileSync(file)).digest('hex')
    expect(await tagOf()).toBe(`"${whole.slice(0, 32)}"`)
  }, 30_000)

  test('of nothing has a length too', async () => {
    const { status, headers, body } = await ask('/empty.bin')
    expect([status, headers['content-length'], body.length]).toEqual([200, '0', 0])
  })

  test('is told by HEAD without a body, whatever Range says', async () => {
    const { status, headers, body } = await ask('/large.bin', ['Range: bytes=0-1'], 'HEAD')
    expect([status, headers['content-length'], body.length]).toEqual([200, String(large.length), 0])
  })

  test.each([
    ['bytes=0-0', 0, 0],
    ['bytes=65530-65545', 65_530, 65_545],
    ['bytes=131071-131072', 131_071, 131_072],
    ['bytes=2000000-', 2_000_000, 3_000_000],
    ['bytes=-7', 2_999_994, 3_000_000],
    ['bytes=2999999-9999999', 2_999_999, 3_000_000],
  ])('gives the range %s', async (range, first, last) => {
    const { status, headers, body } = await ask('/large.bin', [`Range: ${range}`])
    expect([status, headers['content-range']]).toEqual([206, `bytes ${first}-${last}/${large.length}`])
    expect(headers['content-length']).toBe(String(last - first + 1))
    expect(body.equals(large.subarray(first, last + 1))).toBe(true)
  })

  test.each([
    'bytes=5000-',
    'bytes=0-1,4-5',
    'bytes=9-1',
    'bytes=-0',
    'bytes=x',
  ])('has no range %s', async (range) => {
    const { status, headers, body } = await ask('/small.bin', [`Range: ${range}`])
    expect([status, headers['content-range'], headers['content-length'], body.length]).toEqual([
      416,
      'bytes */5000',
      '0',
      0,
    ])
  })

  test('two Range fields are several ranges', async () => {
    expect((await ask('/small.bin', ['Range: bytes=0-1', 'Range: bytes=3-4'])).status).toBe(416)
  })

  test('answers conditions by tag and date', async () => {
    const { headers } = await ask('/small.bin', [], 'HEAD')
    const status = async (...lines: string[]) => (await ask('/small.bin', lines)).status
    expect(await status(`If-None-Match: ${headers.etag}`)).toBe(304)
    expect(await status('If-Match: "other"')).toBe(412)
    expect(await status(`If-Modified-Since: ${headers['last-modified']}`)).toBe(304)
    expect(await status('Range: bytes=0-1', `If-Range: ${headers.etag}`)).toBe(206)
    expect(await status('Range: bytes=0-1', `If-Range: ${headers['last-modified']}`)).toBe(206)
    expect(await status('Range: bytes=0-1', 'If-Range: "other"')).toBe(200)
  })

  test('has a small head for small devices', async () => {
    const at = await serve(root, 'minimal')
    const { status, headers } = await ask('/large.bin', ['Range: bytes=0-2047'], 'GET', at)
    expect([status, Object.keys(headers)]).toEqual([206, ['content-length', 'content-range', 'connection']])
    const asked = await ask('/large.bin', ['Range: bytes=0-2047', 'If-Range: "x"'], 'GET', at)
    expect(asked.headers.etag).toMatch(/^"[0-9a-f]{32}"$/)
  })

  test('is never written, and other methods say what there is', async () => {
    for (const method of ['PUT', 'POST', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH']) {
      const { status, headers } = await ask('/small.bin', [], method)
      expect([status, headers.allow]).toEqual([405, 'GET, HEAD'])
    }
  })
})

test('a request in absolute-form is for a host of ours, or refused', async () => {
  for (const host of ['own.test', 'OWN.test:8443', '[::1]:1']) {
    expect((await ask(`https://${host}/small.bin`)).body.equals(small)).toBe(true)
  }
  for (const host of ['other.test', '169.254.169.254', 'own.test.evil']) {
    expect((await ask(`http://${host}/small.bin`)).status).toBe(421)
  }
  expect((await ask('own.test:443', [], 'CONNECT')).status).toBe(405)
})

describe('a folder', () => {
  test('is listed as text, with paths to be asked for, without what is hidden', async () => {
    const top = await ask('/')
    expect(top.headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(top.body.toString().match(/\/\S+/g)).toEqual([
      '/empty.bin',
      '/large.bin',
      '/latest.bin',
      '/small.bin',
      '/sub/',
    ])
    const sub = await ask('/sub')
    expect([sub.status, sub.headers.location, sub.body.toString()]).toEqual([
      200,
      undefined,
      '           6  /sub/a%20b.bin\n',
    ])
    expect((await ask('/sub/a%20b.bin')).body.toString()).toBe('spaced')
  })

  test('follows links inside, and none that lead out or to hidden files', async () => {
    expect((await ask('/latest.bin')).body.equals(small)).toBe(true)
    for (const path of [
      '/leak',
      '/leaks',
      '/leaks/secret',
      '/hidden-link',
      '/loop',
      '/pipe',
      '/.git/config',
      '/none',
      '/small.bin/x',
      '/small.bin/',
    ]) {
      const { status, body } = await ask(path)
      expect([path, status, body.toString()]).toEqual([path, 404, 'no such file\n'])
    }
  })

  test.each([
    '/../outside/secret',
    '/%2e%2e/outside/secret',
    '/..%2foutside/secret',
    '/%252e%252e/outside/secret',
    '/sub/..%5c..%5coutside',
    '/a%00',
    '//etc/passwd',
  ])('does not give %s', async (path) => {
    const { status, body } = await ask(path)
    expect([status, body.toString()]).toEqual([400, 'no such path can be\n'])
  })

  test('that holds private keys does not give them', async () => {
    const at = await serve(folder, 'full', [outside])
    expect((await ask('/root/small.bin', [], 'GET', at)).status).toBe(200)
    expect((await ask('/outside/secret', [], 'GET', at)).status).toBe(404)
    expect((await ask('/', [], 'GET', at)).body.toString()).not.toContain('outside')
  })
})

test('one file alone is at its name, and the root names it', async () => {
  const at = await serve(join(root, 'latest.bin'))
  expect((await ask('/latest.bin', [], 'GET', at)).body.equals(small)).toBe(true)
  expect((await ask('/', [], 'GET', at)).body.toString()).toContain('/latest.bin')
  expect((await ask('/small.bin', [], 'GET', at)).status).toBe(404)
})

describe('a file that changes', () => {
  const path = join(root, 'changing.bin')
  const first = randomBytes(9_000_000)

  /** Reads a little, lets `change` happen, then reads the rest. */
  async function downloadAcross(change: () => void) {
    writeFileSync(path, first)
    const at = await serve(root, 'full', [], 200_000)
    await ask('/changing.bin', [], 'HEAD', at)
    const chunks: Buffer[] = []
    await new Promise<void>((resolve) => {
      const socket = connect(at, '127.0.0.1', () =>
        socket.write('GET /changing.bin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
      )
      socket.on('error', () => {})
      socket.once('data', async () => {
        socket.pause()
        await later(50)
        change()
        socket.resume()
      })
      socket.on('data', (chunk) => chunks.push(chunk))
      socket.on('close', () => resolve())
    })
    const all = Buffer.concat(chunks)
    return all.subarray(all.indexOf('\r\n\r\n') + 4)
  }

  test('in place is cut, and nothing of the new content is mixed in', async () => {
    const got = await downloadAcross(() => writeFileSync(path, randomBytes(first.length)))
    expect(got.length).toBeLessThan(first.length)
    expect(got.equals(first.subarray(0, got.length))).toBe(true)
  })

  test('by being cut short is cut', async () => {
    const got = await downloadAcross(() => truncateSync(path, 1_000))
    expect(got.length).toBeLessThan(first.length)
    expect(got.equals(first.subarray(0, got.length))).toBe(true)
  })

  test('by another taking its name is served to its end as it was', async () => {
    const got = await downloadAcross(() => {
      writeFileSync(`${path}.new`, randomBytes(first.length))
      renameSync(`${path}.new`, path)
    })
    expect(got.equals(first)).toBe(true)
  })

  test('has another tag, so that a resumed download begins anew', async () => {
    writeFileSync(path, 'one')
    const before = await ask('/changing.bin')
    await later(250)
    writeFileSync(path, 'two')
    const after = await ask('/changing.bin', ['Range: bytes=1-', `If-Range: ${before.headers.etag}`])
    expect([after.status, after.body.toString()]).toEqual([200, 'two'])
    await later(250)
    rmSync(path)
    expect((await ask('/changing.bin')).status).toBe(404)
  })

  test('while it is being read is not given as half of it', async () => {
    writeFileSync(path, first)
    const at = await serve(root)
    const growth = setInterval(() => appendFileSync(path, 'x'), 1)
    const answer = await ask('/changing.bin', [], 'GET', at)
    clearInterval(growth)
    if (answer.status === 200) expect(answer.body.length).toBe(Number(answer.headers['content-length']))
    else expect([answer.status, answer.headers['retry-after']]).toEqual([503, '2'])
    rmSync(path)
  })
})

describe('curl', () => {
  const run = promisify(execFile)
  const curl = (...args: string[]) => run('curl', ['-sS', '--noproxy', '*', ...args])

  test('resumes a download that was cut', async () => {
    const file = join(folder, 'resumed')
    writeFileSync(file, large.subarray(0, 1_234_567))
    await curl('-C', '-', '-o', file, `http://127.0.0.1:${port}/large.bin`)
    expect(readFileSync(file).equals(large)).toBe(true)
  })

  test('gets ranges of one file over one connection', async () => {
    const { stdout } = await curl(
      '-r',
      '0-1999',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code} %{size_download} %{num_connects}\n',
      `http://127.0.0.1:${port}/large.bin`,
      '-o',
      '/dev/null',
      `http://127.0.0.1:${port}/small.bin`,
    )
    expect(stdout).toBe('206 2000 1\n206 2000 0\n')
  })
})
