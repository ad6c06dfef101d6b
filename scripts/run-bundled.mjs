import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'

/**
 * Bundles `entry` of a folder beside `src/` (TypeScript) and runs it in a process of its own, with what the command line
 * says. Two folders deep in the repository, as the tests are whose fixtures are read; packages stay as they are.
 */
export async function runBundled(home, { entry = 'main.ts', flags = [], env = process.env } = {}) {
  const folder = mkdtempSync(join(home, '.bundle-'))
  try {
    const bundle = await rolldown({
      input: join(home, entry),
      platform: 'node',
      external: /^[a-z@]/,
      logLevel: 'silent',
    })
    const file = join(folder, 'main.mjs')
    await bundle.write({ file, format: 'esm', codeSplitting: false })
    const args = [...flags, file, ...process.argv.slice(2)]
    process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit', env }).status ?? 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
