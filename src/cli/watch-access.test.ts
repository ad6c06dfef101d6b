import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { storeFolder } from '../../test/support/store-folder.ts'
import type { OidcConfig } from '../fleet/access-config.ts'
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

  test('an address that browsers know is that of a proxy, and says whether cookies go over TLS', () => {
    const options = accessOptions(parsed(), '127.0.0.1', { publicUrl: 'https://fit.example.com' })
    expect(options).toMatchObject({ login: 'token', secureCookies: true, hosts: ['fit.example.com'] })
    const local = accessOptions(parsed(), '127.0.0.1', { publicUrl: 'http://127.0.0.1:7330' })
    expect(local).toMatchObject({ login: 'none', secureCookies: false, hosts: [] })
  })

  test('with OpenID Connect everybody logs in, on loopback too, and off it its address must be known', () => {
    const oidc = { issuer: 'https://id.example.com' } as OidcConfig
    expect(accessOptions(parsed(), '127.0.0.1', { oidc })).toMatchObject({
      login: 'oidc',
      secureCookies: false,
    })
    expect(() => accessOptions(parsed(), '0.0.0.0', { oidc })).toThrow('the address that browsers know')
    const named = accessOptions(parsed(), '0.0.0.0', { oidc, publicUrl: 'https://fit.example.com' })
    expect(named).toMatchObject({ login: 'oidc', secureCookies: true })
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
    expect(await database.query('select actor, action, subject from audit')).toEqual([
      { actor: 'command line', action: 'token-add', subject: 'first' },
    ])
  })

  test('is not made where somebody comes in as admin by OpenID Connect', async () => {
    await database.script('truncate token')
    const io = {
      now: () => new Date('2026-11-21T12:00:00Z'),
      stderr: { write: () => {} },
    } as unknown as CliIo
    await firstToken(database, 'oidc', io, { roles: [{ may: 'admin', group: 'a' }] } as unknown as OidcConfig)
    expect(await database.query('select scope from token')).toEqual([])
    await firstToken(database, 'oidc', io, { roles: [{ may: 'write', group: 'a' }] } as unknown as OidcConfig)
    expect(await database.query('select scope from token')).toEqual([{ scope: 'admin' }])
  })
})
