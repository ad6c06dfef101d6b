import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database } from '../../src/store/database.ts'
import { openEmbedded } from '../../src/store/embedded-database.ts'
import { openStore } from '../../src/store/open-store.ts'

/** A new folder with an empty database in it: made once for all test files, since making one takes seconds. */
export async function storeFolder(): Promise<string> {
  const { version } = JSON.parse(readFileSync('node_modules/@electric-sql/pglite/package.json', 'utf8'))
  const template = join(tmpdir(), `tlsfit-pglite-${version}-${process.getuid?.() ?? 0}`)
  if (!existsSync(template)) {
    const making = mkdtempSync(`${template}-`)
    await (await openEmbedded(making)).close()
    try {
      renameSync(making, template)
    } catch {
      // Another test file was first.
      rmSync(making, { recursive: true })
    }
  }
  const folder = mkdtempSync(join(tmpdir(), 'tlsfit-store-'))
  cpSync(template, folder, { recursive: true })
  return folder
}

/** An embedded store with all its tables; closed, it is gone. */
export async function openTestStore(now: Date): Promise<Database> {
  const folder = await storeFolder()
  const store = await openStore(folder, now)
  const close = store.close.bind(store)
  return Object.assign(store, {
    close: async () => {
      await close()
      rmSync(folder, { recursive: true, force: true })
    },
  })
}
