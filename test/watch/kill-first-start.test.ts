import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from '../../src/store/open-store.ts'

test('a first start that is killed while it makes its database leaves a folder that opens', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tlsfit-first-'))
  try {
    const args = ['dist/cli/main.js', 'watch', '--store', folder, '--port', '0']
    const watch = spawn(process.execPath, args, { stdio: 'ignore' })
    const ended = new Promise((resolve) => watch.once('exit', resolve))
    const isMaking = () => ['pgdata.new', 'pgdata'].some((name) => existsSync(join(folder, name)))
    await expect.poll(isMaking, { timeout: 60_000, interval: 1 }).toBe(true)
    watch.kill('SIGKILL')
    await ended
    expect(await endpointsIn(folder)).toBe(0)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 180_000)

test('half a database, which looks like one, is made anew', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tlsfit-first-'))
  try {
    expect(await endpointsIn(folder)).toBe(0)
    const half = join(folder, 'pgdata.new')
    renameSync(join(folder, 'pgdata'), half)
    rmSync(join(half, 'global'), { recursive: true })
    rmSync(join(half, 'base/1'), { recursive: true })
    mkdirSync(join(half, 'global'))
    expect(existsSync(join(half, 'PG_VERSION'))).toBe(true)
    expect(await endpointsIn(folder)).toBe(0)
    expect(existsSync(half)).toBe(false)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 180_000)

async function endpointsIn(folder: string): Promise<unknown> {
  const store = await openStore(folder, new Date())
  const [row] = await store.query<{ n: number }>('select count(*)::int as n from endpoint')
  await store.close()
  return row?.n
}
