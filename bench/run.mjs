// Bundles a bench (TypeScript) and runs it in a process of its own, so that its memory is its own:
//   node bench/run.mjs captures [arguments]
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rolldown } from 'rolldown'

const [name, ...rest] = process.argv.slice(2)
if (name === undefined) throw new Error('which bench?')
const folder = mkdtempSync(join(tmpdir(), 'tlsfit-bench-'))
try {
  const bundle = await rolldown({
    input: join(import.meta.dirname, `${name}.ts`),
    platform: 'node',
    logLevel: 'silent',
  })
  const file = join(folder, `${name}.mjs`)
  await bundle.write({ file, format: 'esm' })
  const options = { stdio: 'inherit', env: { ...process.env, TLSFIT_BENCH: import.meta.dirname } }
  process.exitCode = spawnSync(process.execPath, [file, ...rest], options).status ?? 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
