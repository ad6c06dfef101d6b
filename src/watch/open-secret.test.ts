import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { secretOpener } from './open-secret.ts'

const folder = mkdtempSync(join(tmpdir(), 'tlsfit-secret-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const open = secretOpener({
  env: { TOKEN: 'of the environment', EMPTY: '' },
  credential: async (name) => (name === 'known' ? 'of the store' : undefined),
})

describe('a secret', () => {
  test('is read from the environment, the store or a file, without the line end of the file', async () => {
    const path = join(folder, 'token')
    writeFileSync(path, 'of a file\r\n')
    expect(await open({ env: 'TOKEN' })).toBe('of the environment')
    expect(await open({ credential: 'known' })).toBe('of the store')
    expect(await open({ file: path })).toBe('of a file')
  })

  test('that is not there is named by its place', async () => {
    await expect(open({ env: 'NONE' })).rejects.toThrow('environment variable NONE is not there')
    await expect(open({ credential: 'none' })).rejects.toThrow('credential none is not there')
    await expect(open({ env: 'EMPTY' })).rejects.toThrow('environment variable EMPTY is empty')
    await expect(open({ file: join(folder, 'none') })).rejects.toThrow('cannot be read: ENOENT')
  })

  test('is no large file, and no part of one is told', async () => {
    const path = join(folder, 'large')
    writeFileSync(path, 's3cret'.repeat(20_000))
    await expect(open({ file: path })).rejects.toThrow(/too large for a secret$/)
    await expect(open({ file: path })).rejects.not.toThrow('s3cret')
  })
})
