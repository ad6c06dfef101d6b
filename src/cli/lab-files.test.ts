import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { LabFiles } from './lab-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'tlsfit-lab-files-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('a folder that is named is made, and goes with its files', async () => {
  const files = await LabFiles.open(join(folder, 'a/b'))
  const path = await files.write('step-1-held.pem', 'text')
  expect(path).toBe(join(folder, 'a/b/step-1-held.pem'))
  expect(statSync(path).mode & 0o777).toBe(0o600)
  await files.remove()
  expect(existsSync(join(folder, 'a/b'))).toBe(false)
})

test("what was in the folder stays; what a killed lab left is written anew, for the owner's eyes only", async () => {
  const own = join(folder, 'own')
  const first = await LabFiles.open(own)
  await first.write('step-1-client.key', 'old')
  writeFileSync(join(own, 'notes.txt'), 'mine')
  writeFileSync(join(own, 'step-2-held.pem'), 'left', { mode: 0o644 })
  const second = await LabFiles.open(own)
  const path = await second.write('step-2-held.pem', 'new')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  await second.remove()
  await first.remove()
  expect(readdirSync(own)).toEqual(['notes.txt'])
})

test('a file in its place is told with the option', async () => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  await expect(LabFiles.open(file)).rejects.toMatchObject({
    code: 'folder-unusable',
    exitCode: 65,
    hint: 'name another folder with --dir',
  })
})
