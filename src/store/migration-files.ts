import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../io/data-folder.ts'
import type { Migration } from './migrate.ts'

/** The files of `migrations/`, by number. */
export function readMigrations(): Migration[] {
  const folder = join(packageRoot(), 'migrations')
  return readdirSync(folder)
    .filter((file) => /^\d{4}-[a-z-]+\.sql$/.test(file))
    .sort()
    .map((file) => ({
      number: Number(file.slice(0, 4)),
      name: file.replace(/\.sql$/, ''),
      sql: readFileSync(join(folder, file), 'utf8'),
    }))
}
