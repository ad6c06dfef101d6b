import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseYaml } from '../src/device/data-file.ts'
import { compiledName, type DataSet, dataSets } from '../src/io/data-files.ts'

/**
 * Writes each data folder of `root` into `dist/data` as one JSON: file name to the file's content as JSON text. Parsing
 * the YAML took most of the time that a short command ran. Throws `DataFileError` for what is no YAML.
 */
export function compileData(root: string, dist: string): void {
  mkdirSync(join(dist, 'data'), { recursive: true })
  for (const set of dataSets)
    writeFileSync(join(dist, 'data', compiledName(set)), JSON.stringify(compileSet(root, set)))
}

export function compileSet(root: string, set: DataSet): Record<string, string> {
  const names = readdirSync(join(root, set))
    .filter((name) => name.endsWith('.yaml'))
    .sort()
  const entries = names.map((name) => {
    const tree = parseYaml(readFileSync(join(root, set, name), 'utf8'), `${set}/${name}`)
    return [name, JSON.stringify(tree)] as const
  })
  return Object.fromEntries(entries)
}
