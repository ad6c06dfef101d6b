import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readBuilt } from './built-data.ts'
import { packageRoot } from './data-folder.ts'

/** Set by the build, which writes `dist/data`; the sources do not know it, and never read that. */
declare const TLSFIT_BUILT: true | undefined

/** Folders of YAML that the build compiles. */
export const dataSets = [
  'dialects',
  'dialects/codes',
  'devices',
  'evidence',
  'endpoints',
  'endpoints/forecasts',
  'roots',
] as const
export type DataSet = (typeof dataSets)[number]

/**
 * Texts of the YAML files of a folder, by file name. A build has them as JSON, which is YAML, too, and is parsed a hundred
 * times faster.
 */
export function readDataFiles(set: DataSet): Map<string, string> {
  if (typeof TLSFIT_BUILT !== 'undefined') {
    return new Map(Object.entries(readBuilt<Record<string, string>>(compiledName(set))))
  }
  const folder = join(packageRoot(), set)
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
  return new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
}

/** Name in `dist/data`. */
export function compiledName(set: DataSet): string {
  return `texts/${set.replaceAll('/', '-')}`
}
