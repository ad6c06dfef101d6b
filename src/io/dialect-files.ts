import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Dialects, makeDialects } from '../log/dialects.ts'
import { dataFolder } from './data-folder.ts'

/** The dialects that the package carries. Throws `DataFileError` for a fault in them. */
export function openDialects(): Dialects {
  const folder = dataFolder('dialects')
  const dialects = readYaml(folder)
  const signs = dialects.get('signs.yaml') ?? ''
  dialects.delete('signs.yaml')
  return makeDialects({ signs, dialects, codes: readYaml(join(folder, 'codes')) })
}

function readYaml(folder: string): Map<string, string> {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
  return new Map(files.map((file) => [file, readFileSync(join(folder, file), 'utf8')]))
}
