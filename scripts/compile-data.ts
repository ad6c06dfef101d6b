import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseDataFile, parseYaml } from '../src/device/data-file.ts'
import { parseEvidence } from '../src/device/evidence-file.ts'
import { parseOrdinary } from '../src/device/ordinary-file.ts'
import { parseProfile } from '../src/device/parse-profile.ts'
import { profileFile } from '../src/device/profile-schema.ts'
import { compiledName, type DataSet, dataSets } from '../src/io/data-files.ts'
import { rootTexts } from '../src/io/root-files.ts'
import { parseRootIndex } from '../src/trust/known-roots.ts'

/**
 * Writes what a built tlsfit reads in place of the YAML into `dist/data`: what every check needs parsed and checked, the
 * other files as JSON text that is checked when it is used. Parsing and checking took most of the time that a short
 * command ran. Throws `DataFileError` for what is no YAML, or not of its shape.
 */
export function compileData(root: string, dist: string): void {
  const write = (name: string, value: unknown) => {
    const file = join(dist, 'data', `${name}.json`)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, JSON.stringify(value))
  }
  for (const set of dataSets) if (!wholly.has(set)) write(compiledName(set), compileSet(root, set))
  for (const [name, value] of Object.entries(compileChecked(root))) write(name, value)
}

/** Sets of which every file is checked by the build: no run needs their text. */
const wholly: ReadonlySet<DataSet> = new Set(['devices', 'evidence'])

export function compileSet(root: string, set: DataSet): Record<string, string> {
  const entries = yamlFiles(root, set).map((name) => {
    const tree = parseYaml(readFileSync(join(root, set, name), 'utf8'), `${set}/${name}`)
    return [name, JSON.stringify(tree)] as const
  })
  return Object.fromEntries(entries)
}

/** By its name in `dist/data`; all of it plain JSON. */
export function compileChecked(root: string): Record<string, unknown> {
  const read = (path: string) => readFileSync(join(root, path), 'utf8')
  const profiles = yamlFiles(root, 'devices').map((name) => {
    const path = `devices/${name}`
    // Beyond the shape: names and ranges too.
    parseProfile(read(path), path)
    return [path.replace(/\.yaml$/, ''), parseDataFile(read(path), path, profileFile)] as const
  })
  const evidence = yamlFiles(root, 'evidence').map((name) => `evidence/${name}`)
  const roots = parseRootIndex(...rootTexts())
  return {
    ...Object.fromEntries(profiles),
    evidence: evidence.flatMap((path) => parseEvidence(read(path), path)),
    ordinary: parseOrdinary(read('endpoints/ordinary.yaml'), 'endpoints/ordinary.yaml'),
    roots: roots.map(({ row, der }) => ({ ...row, der: Buffer.from(der).toString('base64') })),
  }
}

function yamlFiles(root: string, folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.yaml'))
    .sort()
}
