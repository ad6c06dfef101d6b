import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from './data-folder.ts'

/**
 * What the build made of a data file, from `dist/data`: parsed, checked and with its defaults, so that a run checks
 * nothing again. `scripts/compile-data.ts` writes it.
 */
export function readBuilt<T>(name: string): T {
  return JSON.parse(readFileSync(join(builtFolder(), `${name}.json`), 'utf8'))
}

/** Names of what the build made of a folder, sorted. */
export function builtNames(folder: string): string[] {
  return readdirSync(join(builtFolder(), folder))
    .map((file) => file.replace(/\.json$/, ''))
    .sort()
}

function builtFolder(): string {
  return join(packageRoot(), 'dist/data')
}
