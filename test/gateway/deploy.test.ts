import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const unit = resolve(import.meta.dirname, '../../deploy/tlsfit-gateway.service')

test.skipIf(!existsSync('/usr/bin/systemd-analyze'))('systemd-analyze: the unit is valid', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tlsfit-unit-'))
  try {
    const copy = join(folder, 'tlsfit-gateway.service')
    writeFileSync(copy, readFileSync(unit))
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', copy], { encoding: 'utf8' })
    expect({ status, said: (stdout + stderr).split('\n').filter((line) => line.includes('tlsfit')) }).toEqual(
      {
        status: 0,
        said: [],
      },
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})
