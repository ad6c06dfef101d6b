import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

let empty: string

beforeEach(() => {
  empty = mkdtempSync(join(tmpdir(), 'tlsfit-no-clients-'))
  vi.resetModules()
  vi.stubEnv('TLSFIT_CLIENTS_CACHE', empty)
  vi.stubEnv('CI', '')
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(empty, { recursive: true })
})

test('a client whose source package was not fetched is missing, and cannot be run', async () => {
  const { buildOf, runClient } = await import('./clients.ts')
  expect(buildOf('mbedtls-3.6-default')).toBeUndefined()
  expect(() => runClient('mbedtls-3.6-default', { port: 1, sni: null })).toThrow(/missing: npm run peers/)
})

test('under CI a missing client is an error', async () => {
  vi.stubEnv('CI', 'true')
  const { buildOf } = await import('./clients.ts')
  expect(() => buildOf('mbedtls-3.6-default')).toThrow(/source package of mbedtls 3.6 is missing/)
})

test('a name that no client has is a mistake, not a missing client', async () => {
  const { buildOf } = await import('./clients.ts')
  expect(() => buildOf('mbedtls-9')).toThrow(/no client is named/)
})
