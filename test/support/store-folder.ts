import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbedded } from '../../src/store/embedded-database.ts'

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
