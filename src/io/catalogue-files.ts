import { readFileSync } from 'node:fs'
import { type Catalogue, makeCatalogue } from '../device/catalogue.ts'
import { profilePaths } from '../device/device-id.ts'
import { readDataFiles } from './data-files.ts'

/** The catalogue that the package carries. Reads all files at once and parses a family when it is first asked for. */
export function openCatalogue(): Catalogue {
  const ordinary = readDataFiles('endpoints').get('ordinary.yaml') ?? ''
  return makeCatalogue(readDataFiles('devices'), readDataFiles('evidence'), ordinary)
}

/**
 * Texts of the profile files that device ids name by path, by that path, for `resolveDevice`. Throws the system's
 * error (ENOENT and the like) for a file that cannot be read.
 */
export function readProfiles(asked: readonly string[]): ReadonlyMap<string, string> {
  return new Map(asked.flatMap(profilePaths).map((path) => [path, readFileSync(path, 'utf8')]))
}
