import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packageRoot } from './data-folder.ts'

/** Folders of YAML that the build compiles. */
export const dataSets = ['dialects', 'dialects/codes', 'devices', 'evidence', 'endpoints'] as const
export type DataSet = (typeof dataSets)[number]

/**
 * Texts of the YAML files of a folder, by file name. A build has them as JSON, which is YAML, too, and is parsed a hundred
 * times faster; it writes that beside its own modules. The sources have no such folder beside them and read the YAML.
 */
export function readDataFiles(set: DataSet): Map<string, string> {
  const compiled = fileURLToPath(new URL(`../data/${compiledName(set)}`, import.meta.url))
  if (existsSync(compiled)) return new Map(Object.entries(JSON.parse(readFileSync(compiled, 'utf8'))))
  const folder = join(packageRoot(), set)
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
  return new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
}

/** File in `dist/data`. */
export function compiledName(set: DataSet): string {
  return `${set.replace('/', '-')}.json`
}
