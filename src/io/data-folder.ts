import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Not imported, as `cli/main.ts` does not: all that is read before a command is known costs each start.
const { existsSync, readFileSync } = process.getBuiltinModule('node:fs')

/** The package's folder of that name (`devices`, `roots`, …), from the sources and from `dist` alike. */
export function dataFolder(name: 'devices' | 'roots' | 'endpoints' | 'evidence' | 'dialects'): string {
  return join(packageRoot(), name)
}

/** The version in package.json. */
export function packageVersion(): string {
  return JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')).version
}

/** Where package.json lies; looked for once. */
export function packageRoot(): string {
  root ??= findRoot()
  return root
}

let root: string | undefined

function findRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error('the tlsfit package folder was not found')
    folder = parent
  }
  return folder
}
