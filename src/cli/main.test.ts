import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

describe.skipIf(!existsSync(main) && process.env.CI !== 'true')('the built program', () => {
  test('prints its version', () => {
    const ran = spawnSync(process.execPath, [main, '--version'], { encoding: 'utf8' })
    expect(ran).toMatchObject({ status: 0, stderr: '' })
    expect(ran.stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  test('says nothing when its reader has gone', () => {
    const line = `"${process.execPath}" "${main}" check --help | true`
    const ran = spawnSync('sh', ['-c', line], { encoding: 'utf8' })
    expect(ran.stderr).toBe('')
  })

  test.skipIf(!existsSync('/dev/full'))(
    'a full disk under its output is nothing that could be written',
    () => {
      const line = `"${process.execPath}" "${main}" check --help > /dev/full`
      const ran = spawnSync('sh', ['-c', line], { encoding: 'utf8' })
      expect(ran).toMatchObject({ status: 65, stderr: 'error: standard output cannot be written: ENOSPC\n' })
    },
  )

  test('prints no stack trace for a wrong option', () => {
    const ran = spawnSync(process.execPath, [main, 'check', '--nonsense'], { encoding: 'utf8' })
    expect(ran.status).toBe(64)
    expect(ran.stderr).not.toMatch(/^\s+at /m)
  })
})
