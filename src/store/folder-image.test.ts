import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packFolder, unpackFolder } from './folder-image.ts'

test('a folder comes out of its image as it went in: empty files and folders, and contents that occur twice', async () => {
  const top = mkdtempSync(join(tmpdir(), 'tlsfit-image-'))
  try {
    const [from, to] = [join(top, 'from'), join(top, 'deep/to')]
    for (const folder of ['base/1', 'base/2', 'empty/inner'])
      mkdirSync(join(from, folder), { recursive: true })
    const content = Buffer.from(Array.from({ length: 70_000 }, (_, at) => (at * at) % 251))
    writeFileSync(join(from, 'base/1/a'), content)
    writeFileSync(join(from, 'base/2/a'), content)
    writeFileSync(join(from, 'nothing'), '')
    writeFileSync(join(from, 'name ü'), 'x')

    const image = await packFolder(from)
    expect(image.length).toBeLessThan(content.length)
    await unpackFolder(image, to)
    const names = readdirSync(from, { recursive: true }).sort()
    expect(names).toHaveLength(9)
    expect(readdirSync(to, { recursive: true }).sort()).toEqual(names)
    for (const file of ['base/1/a', 'base/2/a', 'nothing', 'name ü']) {
      expect(readFileSync(join(to, file)).equals(readFileSync(join(from, file)))).toBe(true)
    }
  } finally {
    rmSync(top, { recursive: true, force: true })
  }
})
