import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openJournal } from './journal.ts'

let path = ''
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'tlsfit-lock-')), 'run.journal')
})
afterEach(() => {
  rmSync(join(path, '..'), { recursive: true, force: true })
})

const open = () => openJournal(path, { jobs: [], version: '0.0.0', onBroken: () => {} })
const lockOf = (pid: number, host = hostname()) =>
  writeFileSync(`${path}.lock`, JSON.stringify({ pid, host }))

describe('a journal', () => {
  test('is not opened by two runs at once', () => {
    const first = open()
    expect(open).toThrow(expect.objectContaining({ code: 'journal-in-use' }))
    first.close()
    open().close()
    expect(existsSync(`${path}.lock`)).toBe(false)
  })

  test('of a process that lives is refused, and not touched', () => {
    lockOf(process.ppid)
    expect(open).toThrow(/another run is writing the journal/)
    expect(existsSync(path)).toBe(false)
    expect(existsSync(`${path}.lock`)).toBe(true)
  })

  test('of a run that was killed is taken over', () => {
    lockOf(spawnSync(process.execPath, ['-e', '']).pid)
    open().close()
  })

  test('of an earlier run with the same process number is taken over', () => {
    lockOf(process.pid)
    open().close()
  })

  test('is let go of where it turns out to be none', () => {
    writeFileSync(path, 'no journal\n')
    expect(open).toThrow(expect.objectContaining({ code: 'journal-foreign' }))
    expect(existsSync(`${path}.lock`)).toBe(false)
  })
})
