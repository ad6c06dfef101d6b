import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { makeFolders } from './make-folders.ts'

const root = mkdtempSync(join(tmpdir(), 'tlsfit-folders-'))
afterAll(() => rmSync(root, { recursive: true }))

describe('folders', () => {
  test('are made with those above them, and may be there already', async () => {
    const deep = join(root, 'a/b/c')
    await makeFolders(deep, 0o700)
    expect(statSync(deep).mode & 0o777).toBe(0o700)
    await Promise.all([deep, deep, join(root, 'a/b'), '/', root].map((path) => makeFolders(path)))
    await Promise.all(['x/y/1', 'x/y/2', 'x/y/1'].map((path) => makeFolders(join(root, path))))
    expect(statSync(join(root, 'x/y/2')).isDirectory()).toBe(true)
  })

  test.skipIf(process.platform !== 'linux').each(['/proc/nope', '/proc/nope/deeper'])(
    '%s is an error at once, though /proc is there',
    async (path) => {
      await expect(makeFolders(path)).rejects.toMatchObject({ code: 'ENOENT', path: '/proc/nope' })
    },
    1_000,
  )

  test('are not made through a file', async () => {
    const file = join(root, 'file')
    writeFileSync(file, '')
    await expect(makeFolders(file)).rejects.toMatchObject({ code: 'EEXIST' })
    await expect(makeFolders(join(file, 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' })
  })
})
