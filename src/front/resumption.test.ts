import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { clientCertificate, FrontRange, frontRoot, identities } from '../../test/support/front-range.ts'
import type { FrontOptions } from './front.ts'
import { nextTicketKeys } from './secure-contexts.ts'
import { MemorySessions } from './session-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'tlsfit-resumption-'))
const ranges: FrontRange[] = []
let files = 0

afterEach(() => Promise.all(ranges.splice(0).map((range) => range.close())))
afterAll(() => rmSync(folder, { recursive: true }))

describe.each(['-tls1_2', '-tls1_3'])('a ticket, %s', (version) => {
  test('resumes at another worker with the same keys', async () => {
    const ticketKeys = nextTicketKeys()
    const [first, second] = [await open({ ticketKeys }), await open({ ticketKeys })]
    const session = await begin(first, version)
    expect((await resume(second, session, version)).resumed).toBe(true)
  })

  test('resumes in the period after its own, and not in the one after that', async () => {
    const keys = nextTicketKeys()
    const range = await open({ ticketKeys: keys })
    const session = await begin(range, version)
    const later = nextTicketKeys(keys)
    range.front.renewTicketKeys(later)
    expect((await resume(range, session, version)).resumed).toBe(true)
    // What a client gets in the new period is sealed with the new key.
    const fresh = await begin(range, version)
    range.front.renewTicketKeys(nextTicketKeys(later))
    expect((await resume(range, fresh, version)).resumed).toBe(true)
    expect((await resume(range, session, version)).resumed).toBe(false)
  })

  test('resumes with the RSA certificate as well', async () => {
    const ticketKeys = nextTicketKeys()
    const range = await open({ ticketKeys }, { identities: { rsa: identities.rsa } })
    const session = await begin(range, version)
    expect(await resume(range, session, version)).toMatchObject({ resumed: true, identity: 'rsa' })
  })

  test('of a front that asked for no certificate is not taken by one that does', async () => {
    const ticketKeys = nextTicketKeys()
    const session = await begin(await open({ ticketKeys }), version)
    const asking = await open(
      { ticketKeys },
      { clientCertificates: { ask: 'optional', caPem: frontRoot.pem } },
    )
    expect((await resume(asking, session, version)).resumed).toBe(false)
  })
})

test.each([
  '-tls1_2',
  '-tls1_3',
])('a client certificate that ran out since is not verified by a session, %s', async (version) => {
  const range = await open({}, { clientCertificates: { ask: 'required', caPem: frontRoot.pem } })
  const notAfter = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 2_000)
  const { certPem, keyPem } = clientCertificate('device', frontRoot, notAfter)
  const [cert, key] = [join(folder, 'short.pem'), join(folder, 'short.key')]
  writeFileSync(cert, certPem)
  writeFileSync(key, keyPem)
  const session = await begin(range, version, '-cert', cert, '-key', key)
  expect((await resume(range, session, version)).clientCertificate?.verified).toBe(true)
  await sleep(notAfter.getTime() - Date.now() + 100)
  const before = range.secured.length
  await sClient(range.port, '-sess_in', session, version)
  expect(range.secured.length).toBe(before)
  expect(range.failed.at(-1)?.failure).toMatchObject({ kind: 'refused', reason: 'client-certificate' })
})

describe('a session id, of a client without tickets', () => {
  const plain = ['-tls1_2', '-no_ticket']

  test('resumes, at another worker with the same store too', async () => {
    const sessions = new MemorySessions()
    const [first, second] = [await open({ sessions }), await open({ sessions })]
    const session = await begin(first, ...plain)
    expect((await resume(first, session, ...plain)).resumed).toBe(true)
    expect((await resume(second, session, ...plain)).resumed).toBe(true)
  })

  test('that the store does not know, or is asked for in vain, gets a whole handshake', async () => {
    const session = await begin(await open(), ...plain)
    expect((await resume(await open(), session, ...plain)).resumed).toBe(false)
    const silent = { put: () => {}, get: () => new Promise<undefined>(() => {}) }
    expect((await resume(await open({ sessions: silent }), session, ...plain)).resumed).toBe(false)
    const failing = { put: () => {}, get: () => Promise.reject(new Error('the master is gone')) }
    expect((await resume(await open({ sessions: failing }), session, ...plain)).resumed).toBe(false)
  })

  test('of a client with tickets takes no room', async () => {
    const sessions = new MemorySessions()
    const range = await open({ sessions })
    await begin(range, '-tls1_2')
    await begin(range, '-tls1_3')
    expect(sessions.size).toBe(0)
    await begin(range, ...plain)
    expect(sessions.size).toBe(1)
  })
})

describe('the store of one process', () => {
  test('holds so many and lets the oldest go', () => {
    const store = new MemorySessions(2)
    for (const id of ['a', 'b', 'c']) store.put(id, Uint8Array.of(1))
    expect(['a', 'b', 'c'].map((id) => store.get(id) !== undefined)).toEqual([false, true, true])
  })

  test('forgets a session after its time', () => {
    let now = 0
    const store = new MemorySessions(10, () => now)
    store.put('a', Uint8Array.of(1))
    now = 43_199_000
    expect(store.get('a')).toEqual(Uint8Array.of(1))
    now = 43_200_000
    expect(store.get('a')).toBeUndefined()
    expect(store.size).toBe(0)
  })
})

async function open(
  options: FrontOptions = {},
  rules: Parameters<typeof FrontRange.open>[0] = {},
): Promise<FrontRange> {
  // The client waits for an answer, so that the tickets of TLS 1.3 have come.
  const range = await FrontRange.open(
    rules,
    (socket) => socket.once('data', () => socket.end('bye')),
    options,
  )
  ranges.push(range)
  return range
}

/** Makes a session and keeps it in a file. */
async function begin(range: FrontRange, ...flags: readonly string[]): Promise<string> {
  const file = join(folder, `${++files}.pem`)
  await sClient(range.port, '-sess_out', file, ...flags)
  expect(range.secured.at(-1)?.resumed).toBe(false)
  return file
}

async function resume(range: FrontRange, session: string, ...flags: readonly string[]) {
  const before = range.secured.length
  await sClient(range.port, '-sess_in', session, ...flags)
  expect(range.secured.length).toBe(before + 1)
  return range.secured.at(-1)!
}

function sClient(port: number, ...flags: readonly string[]): Promise<void> {
  const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-quiet', '-ign_eof', ...flags]
  const child = spawn('openssl', args, { stdio: ['pipe', 'ignore', 'ignore'] })
  child.stdin.write('hello\n')
  return new Promise((resolve) => child.once('exit', () => resolve()))
}
