import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from '../../src/store/open-store.ts'

test('a first start that is killed while it makes its database leaves no half of one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tlsfit-first-'))
  try {
    const args = ['dist/cli/main.js', 'watch', '--store', folder, '--port', '0']
    const watch = spawn(process.execPath, args, { stdio: 'ignore' })
    const ended = new Promise((resolve) => watch.once('exit', resolve))
    // What is there then looks like a database, and is none.
    await expect
      .poll(() => existsSync(join(folder, 'pgdata.new/PG_VERSION')), { timeout: 60_000, interval: 5 })
      .toBe(true)
    watch.kill('SIGKILL')
    await ended
    expect(existsSync(join(folder, 'pgdata'))).toBe(false)
    const store = await openStore(folder, new Date())
    expect(await store.query('select count(*) as n from endpoint')).toEqual([{ n: 0 }])
    await store.close()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 180_000)
