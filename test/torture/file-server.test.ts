import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { get as getByTls } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { DeadlineSweep } from '../../src/front/deadlines.ts'
import { HttpConnection } from '../../src/front/http-connection.ts'
import type { HttpExchange } from '../../src/front/http-exchange.ts'
import { listen } from '../../src/io/listen.ts'
import { seededBytes } from '../../src/issue/seeded-bytes.ts'
import type { ConnectionReport } from '../../src/serve/connection-report.ts'
import { fileHandler } from '../../src/serve/file-handler.ts'
import { type FileServer, openFileServer } from '../../src/serve/file-server.ts'
import { HostedFiles } from '../../src/serve/hosted-files.ts'
import { type FileFault, faultyFiles, fileFaults } from './faulty-files.ts'
import { held, leaked, unhandledIn } from './handles.ts'

vi.mock('node:fs/promises', async (original) => {
  const { faultyFiles } = await import('./faulty-files.ts')
  return faultyFiles.promises(await original<typeof import('node:fs/promises')>())
})
vi.mock('node:fs', async (original) => {
  const { faultyFiles } = await import('./faulty-files.ts')
  return faultyFiles.files(await original<typeof import('node:fs')>())
})

/** A device waits so long for a disk that hangs, and the disk hangs longer. */
const DEVICE_LEAVES_MS = 60
const DISK_ANSWERS_MS = 120

const root = mkdtempSync(join(tmpdir(), 'tlsfit-torture-serve-'))
const image = Buffer.from(seededBytes('served', 150_000))
let folders = 0

afterAll(() => rmSync(root, { recursive: true, force: true }))

function newFolder(): string {
  const folder = join(root, `${++folders}`)
  mkdirSync(join(folder, 'files'), { recursive: true })
  writeFileSync(join(folder, 'files', 'fw.bin'), image)
  return folder
}

interface Outcome {
  readonly status: number
  readonly body: Buffer
  readonly whole: boolean
}

/** What a device has got, of a request that `send` begins. */
function outcomeOf(
  send: (answered: (answer: IncomingMessage) => void) => ReturnType<typeof get>,
  leave?: AbortSignal,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const parts: Buffer[] = []
    let status = 0
    const over = (whole: boolean) => resolve({ status, body: Buffer.concat(parts), whole })
    const asked = send((answer) => {
      status = answer.statusCode ?? 0
      answer.on('data', (part: Buffer) => parts.push(part))
      answer.on('error', () => {})
      answer.on('close', () => over(answer.complete))
    })
    asked.on('error', () => over(false))
    leave?.addEventListener('abort', () => asked.destroy(), { once: true })
  })
}

/** What is wrong with it; undefined where it is the file, a refusal in the words of HTTP, or less than its length. */
function faultOf({ status, body, whole }: Outcome, expected: Buffer): string | undefined {
  const isOk = status === 200 || status === 206
  if (isOk && !body.equals(expected.subarray(0, body.length))) return 'wrong bytes'
  if (isOk && whole && body.length < expected.length) return 'less than the whole'
  return isOk || [0, 404, 503].includes(status) ? undefined : `status ${status}`
}

/** The calls of a run where nothing goes wrong, and then each of them goes wrong once. */
async function torture(
  how: FileFault,
  calls: number,
  run: (folder: string, leave?: AbortSignal) => Promise<string[]>,
): Promise<string[]> {
  const found: string[] = []
  for (let at = 0; at < calls; at++) {
    const folder = newFolder()
    const before = held()
    const leaving = new AbortController()
    const wrong: unknown[] = []
    faultyFiles.strike(folder, how, at, () => {
      if (how !== 'hang') return
      setTimeout(() => leaving.abort(), DEVICE_LEAVES_MS)
      setTimeout(() => faultyFiles.answerLate(), DISK_ANSWERS_MS)
    })
    const signal = how === 'hang' ? leaving.signal : undefined
    wrong.push(...(await unhandledIn(async () => void wrong.push(...(await run(folder, signal))))))
    const more = await leaked(before)
    if (more !== undefined) wrong.push(`held: ${JSON.stringify(more)}`)
    found.push(...wrong.map((one) => `${how} of call ${at}, ${faultyFiles.faults.struck}: ${one}`))
    faultyFiles.calm()
  }
  return found
}

async function callsOf(run: (folder: string) => Promise<string[]>): Promise<readonly string[]> {
  const folder = newFolder()
  faultyFiles.strike(folder, 'none', -1)
  expect(await run(folder)).toEqual([])
  faultyFiles.calm()
  return faultyFiles.faults.calls
}

describe('a file server whose every call of the disk goes wrong once, each block read from there', () => {
  let calls: readonly string[]

  async function run(folder: string, leave?: AbortSignal): Promise<string[]> {
    let files: HostedFiles
    try {
      files = await HostedFiles.open(join(folder, 'files'), [], 1)
    } catch (error) {
      // It says so, and does not start.
      return (error as NodeJS.ErrnoException).code === undefined ? [`not started: ${error}`] : []
    }
    const told: HttpExchange[] = []
    const sweep = new DeadlineSweep()
    const events = { onExchange: (exchange: HttpExchange) => void told.push(exchange) }
    const server = await listen(
      (socket) => new HttpConnection(socket, fileHandler(files), sweep, undefined, events),
      { hosts: ['127.0.0.1'], port: 0 },
    )
    const wrong: string[] = []
    const ask = (path: string, range?: string, signal = leave) => {
      const headers = { connection: 'close', ...(range && { range }) }
      const to = { host: '127.0.0.1', port: server.port, path, headers, agent: false }
      return outcomeOf((answered) => get(to, answered), signal)
    }
    for (const [range, expected] of [
      [undefined, image],
      ['bytes=60000-70000', image.subarray(60_000, 70_001)],
    ] as const) {
      const outcome = await ask('/fw.bin', range)
      const fault = faultOf(outcome, expected)
      if (fault !== undefined) wrong.push(fault)
      // What a device did not get in full is told as such, with the reason where it got nothing.
      const { note, whole } = told.at(-1) ?? {}
      const isNamed = outcome.status === 503 || whole === false || (note as { absent?: string })?.absent
      if (!leave?.aborted && !(outcome.whole && outcome.status < 300) && !isNamed) {
        wrong.push(`${outcome.status}, and nothing says why`)
      }
    }
    const list = await ask('/')
    if (![0, 200, 404].includes(list.status)) wrong.push(`the list: status ${list.status}`)
    faultyFiles.calm()
    const next = await ask('/fw.bin', undefined, undefined)
    if (!next.whole || !next.body.equals(image))
      wrong.push(`afterwards: ${next.status}, ${next.body.length} bytes`)
    await server.close()
    files.close()
    return wrong
  }

  beforeAll(async () => {
    calls = await callsOf(run)
  }, 60_000)

  test('meets each of them where nothing goes wrong', () => {
    expect(new Set(calls)).toEqual(
      new Set(['stat', 'realpath', 'access', 'readdir', 'open', 'fstat', 'read']),
    )
  })

  test.each(
    fileFaults,
  )('%s: bytes of the file and no others, a named outcome, and nothing is held', async (how) => {
    expect(await torture(how, calls.length, run)).toEqual([])
  }, 300_000)
})

describe('a file server with a CA of its own, whose every call of the disk goes wrong once', () => {
  let calls: readonly string[]

  function open(folder: string, reports: ConnectionReport[]): Promise<FileServer> {
    const tls = {
      stateFolder: join(folder, 'state'),
      keyType: 'p256',
      maxRecordBytes: 2_048,
      oldSuites: false,
    } as const
    const onConnection = (report: ConnectionReport) => void reports.push(report)
    return openFileServer({
      ...{ path: join(folder, 'files', 'fw.bin'), hosts: ['127.0.0.1'], port: 0, names: [], tls },
      ...{ headMode: 'full', devices: () => [], now: () => new Date(), onConnection },
    })
  }

  async function run(folder: string, leave?: AbortSignal): Promise<string[]> {
    const wrong: string[] = []
    const visit = async (server: FileServer, signal?: AbortSignal) => {
      const ca = server.ca?.caPem ?? ''
      const to = { host: '127.0.0.1', port: server.port, path: '/fw.bin', ca, agent: false }
      return outcomeOf((answered) => getByTls(to, answered), signal)
    }
    try {
      const server = await open(folder, [])
      const fault = faultOf(await visit(server, leave), image)
      if (fault !== undefined) wrong.push(fault)
      await server.close()
    } catch (error) {
      const { code, name } = error as NodeJS.ErrnoException
      if (code === undefined && name !== 'FrontError') wrong.push(`not started: ${error}`)
    }
    if (faultyFiles.faults.struck !== 'rm') wrong.push(...leftovers(folder))
    faultyFiles.calm()
    const server = await open(folder, [])
    const next = await visit(server)
    if (!next.whole || !next.body.equals(image))
      wrong.push(`afterwards: ${next.status}, ${next.body.length} bytes`)
    await server.close()
    return wrong
  }

  /** Beside the two pairs: files that were being written, with a private key in them. */
  function leftovers(folder: string): string[] {
    try {
      return readdirSync(join(folder, 'state')).filter((name) => !/^(ca|leaf)-p256\.pem$/.test(name))
    } catch {
      return []
    }
  }

  beforeAll(async () => {
    calls = await callsOf(run)
  }, 60_000)

  test.each(fileFaults)('%s: it serves or says why it does not start, and nothing is left', async (how) => {
    expect(new Set(calls)).toEqual(
      new Set([
        'stat',
        'realpath',
        'access',
        'mkdir',
        'readFile',
        'writeFile',
        'link',
        'rename',
        'rm',
        'open',
        'fstat',
        'read',
        'close',
      ]),
    )
    expect(await torture(how, calls.length, run)).toEqual([])
  }, 300_000)
})
