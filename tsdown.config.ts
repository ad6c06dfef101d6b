import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { defineConfig } from 'tsdown'
import { compileData } from './scripts/compile-data.ts'
import { makeStoreImage } from './scripts/store-image.ts'

export default defineConfig({
  entry: ['src/index.ts', 'src/cli/main.ts', 'src/cli/man-page.ts', 'src/store/pglite-thread.ts'],
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  dts: true,
  sourcemap: false,
  clean: true,
  define: { TLSFIT_BUILT: 'true' },
  hooks: {
    'build:done': async () => {
      const dist = `${import.meta.dirname}/dist`
      compileData(import.meta.dirname, dist)
      const { manPage } = await import(pathToFileURL(`${dist}/cli/man-page.js`).href)
      writeFileSync(`${dist}/tlsfit.1`, await manPage())
      await makeStoreImage(import.meta.dirname, dist)
    },
  },
  outExtensions: () => ({ js: '.js', dts: '.d.ts' }),
  outputOptions: { codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: chunkOf }] } },
})

/** What each step of a check of an endpoint imports when it is reached; what it imports in turn comes with it. */
const checkEntries = ['src/cli/check.ts', 'src/cli/run-check.ts', 'src/io/check.ts']

interface Modules {
  getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null
}

/** What runs before a command is known. */
const startEntries = ['src/cli/run.ts']

/** Two files for the way of a check: a hundred small ones take longer to find and to open than to compile. */
function chunkOf(id: string, modules: Modules): string | null {
  start ??= reachable(startEntries, modules)
  check ??= reachable(checkEntries, modules)
  if (start.has(id)) return 'start'
  return check.has(id) ? 'check' : null
}

let start: ReadonlySet<string> | undefined
let check: ReadonlySet<string> | undefined

/** By static imports alone. */
function reachable(entries: readonly string[], modules: Modules): ReadonlySet<string> {
  const found = new Set(entries.map((path) => resolve(import.meta.dirname, path)))
  for (const id of found) for (const next of modules.getModuleInfo(id)?.importedIds ?? []) found.add(next)
  return found
}
