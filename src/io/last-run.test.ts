import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { readLastRun, writeLastRun } from './last-run.ts'

const folder = mkdtempSync(join(tmpdir(), 'tlsfit-last-run-'))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const record = { targets: [{ target: 'https://example.com/', devices: [] }] }

test('what a run kept is read again, and nothing lies beside it', async () => {
  const file = join(folder, 'deep/er/last-run.json')
  expect(await readLastRun(file)).toBeUndefined()
  await writeLastRun(file, record)
  await writeLastRun(file, record)
  expect(await readLastRun(file)).toEqual(record)
  expect(readdirSync(join(folder, 'deep/er'))).toEqual(['last-run.json'])
})

test('what is no file, and what cannot be written, are told', async () => {
  await expect(readLastRun(tmpdir())).rejects.toMatchObject({ name: 'InputError', code: 'file-unreadable' })
  const file = join(tmpdir(), `tlsfit-last-run-${process.pid}`)
  writeFileSync(file, '')
  try {
    await expect(writeLastRun(join(file, 'x/last.json'), record)).rejects.toMatchObject({
      code: 'last-run-unwritable',
    })
  } finally {
    rmSync(file)
  }
})
