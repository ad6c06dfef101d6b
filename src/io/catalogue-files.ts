import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Catalogue, makeCatalogue } from '../device/catalogue.ts'
import { profilePaths } from '../device/device-id.ts'
import { dataFolder } from './data-folder.ts'

/** The catalogue that the package carries. Reads all files at once and parses a family when it is first asked for. */
export function openCatalogue(): Catalogue {
  const ordinary = readFileSync(join(dataFolder('endpoints'), 'ordinary.yaml'), 'utf8')
  return makeCatalogue(readYaml(dataFolder('devices')), readYaml(dataFolder('evidence')), ordinary)
}

/**
 * Texts of the profile files that device ids name by path, by that path, for `resolveDevice`. Throws the system's
 * error (ENOENT and the like) for a file that cannot be read.
 */
export function readProfiles(asked: readonly string[]): ReadonlyMap<string, string> {
  return new Map(asked.flatMap(profilePaths).map((path) => [path, readFileSync(path, 'utf8')]))
}

function readYaml(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
  return new Map(files.map((file) => [file, readFileSync(join(folder, file), 'utf8')]))
}
