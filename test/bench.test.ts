import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const bench = resolve(import.meta.dirname, '../bench')

interface Row {
  readonly what: string
  readonly met: boolean
}

/** Those that need no program beside Node.js and what `npm run peers` brings; the others are run by `npm run bench -- --small`. */
const needs = {
  captures: ['/usr/bin/tshark', '/usr/bin/time'],
  logs: ['/usr/bin/time'],
  overview: [],
  batch: ['/usr/sbin/nginx', '/usr/bin/openssl'],
  gateway: ['/usr/sbin/nginx', '/usr/sbin/haproxy', '/usr/bin/gcc'],
} as const

for (const [name, programs] of Object.entries(needs)) {
  const missing = programs.filter((program) => !existsSync(program))
  test.skipIf(missing.length > 0)(
    `bench ${name} runs at a tiny size and tells a row`,
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'tlsfit-bench-test-'))
      try {
        const rows = join(folder, 'rows')
        const env = { ...process.env, TLSFIT_BENCH_ROWS: rows }
        const ran = spawnSync(process.execPath, [join(bench, 'run.mjs'), name, '--small'], {
          env,
          encoding: 'utf8',
        })
        // 1: at that size, or beside other work, what is asked for may be missed.
        expect([0, 1], ran.stderr).toContain(ran.status)
        const told = readFileSync(rows, 'utf8')
          .trim()
          .split('\n')
          .map((line): Row => JSON.parse(line))
        for (const row of told)
          expect(row).toMatchObject({ what: expect.any(String), met: expect.any(Boolean) })
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
    180_000,
  )
}

test('every bench is one of the table', () => {
  const table = readFileSync(join(bench, 'table.mjs'), 'utf8')
  const told = readdirSync(bench).filter(
    (file) =>
      file.endsWith('.ts') &&
      file !== 'row.ts' &&
      readFileSync(join(bench, file), 'utf8').includes('tellRow('),
  )
  expect(told.length).toBe(8)
  for (const file of told) expect(table).toContain(`name: '${file.slice(0, -3)}'`)
})
