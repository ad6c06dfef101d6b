import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openCatalogue } from '../../src/io/catalogue-files.ts'
import { check } from '../../src/io/check.ts'
import { checkRequest } from '../../src/io/check-defaults.ts'
import { InputError } from '../../src/io/input-error.ts'
import { openKnownRoots } from '../../src/io/root-files.ts'
import { type Identity, identity } from '../support/dial.ts'
import { Faults } from './faults.ts'
import { held, leaked, unhandledIn } from './handles.ts'

/** Of the run under way: each call of the disk that the key log makes. */
let faults = new Faults()

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  const failing =
    (name: 'openSync' | 'appendFileSync') =>
    (path: unknown, ...rest: unknown[]) => {
      const act = fs[name] as (...given: unknown[]) => unknown
      if (!String(path).endsWith('keys.log') || !faults.hits(name)) return act(path, ...rest)
      throw Object.assign(new Error(`ENOSPC: no space left on device, ${name}`), { code: 'ENOSPC' })
    }
  return { ...fs, openSync: failing('openSync'), appendFileSync: failing('appendFileSync') }
})

const folder = mkdtempSync(join(tmpdir(), 'tlsfit-torture-'))
const keyLogFile = join(folder, 'keys.log')
const catalogue = openCatalogue()
const knownRoots = openKnownRoots()
const accepted = new Set<Socket>()
let own: Identity
let port = 0

const server = createServer({}, (_request, response) => void response.end('firmware'))
beforeAll(async () => {
  own = await identity()
  server.setSecureContext({ ...own, maxVersion: 'TLSv1.2' })
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  server.on('connection', (socket: Socket) => {
    accepted.add(socket)
    socket.on('close', () => accepted.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  for (const socket of accepted) socket.destroy()
  server.close()
  rmSync(folder, { recursive: true })
})

function run() {
  return check(
    checkRequest({
      ...{ target: `https://127.0.0.1:${port}/app.bin`, devices: ['nrf9160@1.3.7+ncs@2.7.0'] },
      ...{ anchors: [{ certificate: own.root, label: 'root' }], catalogue, knownRoots, keyLogFile },
    }),
  )
}

describe('a key log whose disk is full at each write once', () => {
  let calls: readonly string[]

  beforeAll(async () => {
    faults = new Faults()
    await run()
    calls = faults.calls
  })

  test('is opened, and written to for each connection, where nothing goes wrong', () => {
    expect(calls[0]).toBe('openSync')
    expect(calls.slice(1).length).toBeGreaterThan(0)
    expect(readFileSync(keyLogFile, 'utf8').trim().split('\n')).toHaveLength(calls.length - 1)
  })

  test('each ends the check with its file and its reason, and nothing is held', async () => {
    for (const at of calls.keys()) {
      const before = held()
      faults = new Faults(at)
      let outcome: unknown
      const untaken = await unhandledIn(async () => {
        outcome = await run().catch((error: unknown) => error)
      })
      const where = `call ${at}, ${faults.struck}`
      expect(untaken, where).toEqual([])
      expect(outcome, where).toBeInstanceOf(InputError)
      expect(outcome, where).toMatchObject({ code: 'keylog-unwritable' })
      expect((outcome as Error).message, where).toContain(`${keyLogFile} cannot be written: ENOSPC`)
      expect(await leaked(before), where).toBeUndefined()
    }
  }, 60_000)
})
