import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { emptyStore } from '../src/store/embedded-database.ts'
import { packFolder } from '../src/store/folder-image.ts'

/**
 * Writes an empty database into `dist`, which a first start unpacks. To make one there would take seconds and 900 MB.
 * Kept from build to build, by the version of PGlite.
 */
export async function makeStoreImage(root: string, dist: string): Promise<void> {
  const file = join(dist, emptyStore)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, await cached(root))
}

async function cached(root: string): Promise<Buffer> {
  const { version } = JSON.parse(
    readFileSync(join(root, 'node_modules/@electric-sql/pglite/package.json'), 'utf8'),
  )
  const cache = join(root, 'node_modules/.cache')
  const known = join(cache, `tlsfit-store-${version}.br`)
  if (existsSync(known)) return readFileSync(known)
  mkdirSync(cache, { recursive: true })
  const making = mkdtempSync(join(cache, 'tlsfit-store-'))
  try {
    const folder = join(making, 'pgdata')
    const database = await PGlite.create(folder)
    await database.close()
    const image = await packFolder(folder)
    // Whole or not at all: two builds may run side by side.
    writeFileSync(join(making, 'image'), image)
    renameSync(join(making, 'image'), known)
    return image
  } finally {
    rmSync(making, { recursive: true, force: true })
  }
}
