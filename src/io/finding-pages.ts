import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from './data-folder.ts'

/** The pages of `docs/findings/`, markdown by id of the finding. */
export function readFindingPages(): ReadonlyMap<string, string> {
  const folder = join(packageRoot(), 'docs', 'findings')
  const files = readdirSync(folder).filter((name) => name.endsWith('.md'))
  return new Map(files.map((name) => [name.slice(0, -3), readFileSync(join(folder, name), 'utf8')]))
}
