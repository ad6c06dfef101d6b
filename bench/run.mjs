// Benches (TypeScript), each bundled and run in a process of its own, so that its memory is its own:
//   npm run bench [-- --write] [-- --small]    all of table.mjs as one table; --write: docs/performance.md, too
//   npm run bench -- captures [arguments]      one, with all it has to say
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { benches, formatPage, formatTable } from './table.mjs'

const [first, ...rest] = process.argv.slice(2)
// Where the packages are found, which stay as they are: not every CommonJS survives bundling.
const cache = join(import.meta.dirname, '../node_modules/.cache')

if (first !== undefined && !first.startsWith('--')) {
  const small = benches.find(({ name }) => name === first)?.small
  process.exitCode = await run(first, rest[0] === '--small' && small !== undefined ? small : rest, {
    stdio: 'inherit',
  })
} else await runAll(new Set(process.argv.slice(2)))

async function runAll(wishes) {
  const unknown = [...wishes].find((wish) => wish !== '--write' && wish !== '--small')
  if (unknown !== undefined) throw new Error(`${unknown}: only --write and --small`)
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'tlsfit-bench-rows-'))
  const [rows, failed, load] = [[], [], loadavg()[0]]
  try {
    for (const { name, args, small } of benches) {
      const file = join(folder, name)
      process.stderr.write(`${name} …\n`)
      const status = await run(name, wishes.has('--small') ? small : args, {
        stdio: ['ignore', 'ignore', 'inherit'],
        rows: file,
      })
      const told = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
      rows.push(...told.map((line) => ({ bench: name, ...JSON.parse(line) })))
      // 1 with rows: something asked for was missed.
      if (told.length === 0 || status > 1) failed.push(name)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  console.log(formatTable(rows))
  if (failed.length > 0) console.log(`\ndid not end: ${failed.join(', ')}`)
  if (wishes.has('--write')) {
    const date = new Date().toISOString().slice(0, 10)
    const machine = { cores: availableParallelism(), node: process.versions.node, load }
    const page = join(import.meta.dirname, '../docs/performance.md')
    writeFileSync(page, formatPage({ rows, failed, date, ...machine }))
  }
  process.exitCode = failed.length > 0 || rows.some(({ met }) => !met) ? 1 : 0
}

async function run(name, args, { stdio, rows }) {
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
    const env = {
      ...process.env,
      TLSFIT_BENCH: import.meta.dirname,
      ...(rows && { TLSFIT_BENCH_ROWS: rows }),
    }
    return spawnSync(process.execPath, [file, ...args], { stdio, env }).status ?? 2
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
