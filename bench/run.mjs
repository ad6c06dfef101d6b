// Bundles a bench (TypeScript) and runs it in a process of its own, so that its memory is its own:
//   node bench/run.mjs captures [arguments]
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'

const [name, ...rest] = process.argv.slice(2)
if (name === undefined) throw new Error('which bench?')
// Where the packages are found, which stay as they are: not every CommonJS survives bundling.
const cache = join(import.meta.dirname, '../node_modules/.cache')
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, 'tlsfit-bench-'))
try {
  const bundle = await rolldown({
    input: join(import.meta.dirname, `${name}.ts`),
    platform: 'node',
    external: /^[a-z@]/,
    logLevel: 'silent',
  })
  const file = join(folder, `${name}.mjs`)
  await bundle.write({ file, format: 'esm', codeSplitting: false })
  const options = { stdio: 'inherit', env: { ...process.env, TLSFIT_BENCH: import.meta.dirname } }
  process.exitCode = spawnSync(process.execPath, [file, ...rest], options).status ?? 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
