import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { storeFolder } from '../../test/support/store-folder.ts'
import type { Database } from '../store/database.ts'
import { openStore } from '../store/open-store.ts'
import type { ParsedArguments } from './arguments.ts'
import type { CliIo } from './cli-io.ts'
import { accessOptions, firstToken } from './watch-access.ts'

const parsed = (hosts: readonly string[] = [], flags: readonly string[] = []) =>
  ({
    positionals: [],
    values: new Map([['public-host', hosts]]),
    flags: new Set(flags),
  }) as unknown as ParsedArguments

describe('who may reach the dashboard', () => {
  test.each(['127.0.0.1', '::1', 'localhost', '127.0.0.2'])('on %s nobody has to log in', (host) => {
    expect(accessOptions(parsed(), host)).toMatchObject({ login: 'none', secureCookies: false })
  })

  test.each([
    ['0.0.0.0', []],
    ['::', []],
    ['192.0.2.1', []],
    ['127.0.0.1', ['fit.example.com']],
  ])('on %s, known as %j, a token is needed, and cookies go over TLS alone', (host, hosts) => {
    expect(accessOptions(parsed(hosts), host)).toMatchObject({ login: 'token', secureCookies: true, hosts })
  })

  test('private addresses and public badges have to be asked for', () => {
    expect(accessOptions(parsed(), '127.0.0.1')).toMatchObject({ privateTargets: false, publicBadges: false })
    const asked = accessOptions(parsed([], ['allow-private', 'public-badges']), '127.0.0.1')
    expect(asked).toMatchObject({ privateTargets: true, publicBadges: true })
  })
})

describe('the first token', () => {
  let folder: string
  let database: Database
  beforeAll(async () => {
    folder = await storeFolder()
    database = await openStore(folder, new Date('2026-11-21T12:00:00Z'))
  }, 60_000)
  afterAll(async () => {
    await database?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('is made and told once where one is needed, and never where none is', async () => {
    let told = ''
    const io = {
      now: () => new Date('2026-11-21T12:00:00Z'),
      stderr: { write: (text: string) => (told += text) },
    } as unknown as CliIo
    await firstToken(database, 'none', io)
    expect(told).toBe('')
    await firstToken(database, 'token', io)
    expect(told).toMatch(/^token: tlsfit_[\w-]{43}\nhint: /)
    const before = told
    await firstToken(database, 'token', io)
    expect(told).toBe(before)
    expect(await database.query('select scope from token')).toEqual([{ scope: 'admin' }])
  })
})
