import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { freePort } from '../../test/support/peer-process.ts'
import { runCommand } from '../../test/support/run-command.ts'

const folder = mkdtempSync(join(tmpdir(), 'tlsfit-watch-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

const file = (name: string, text: string) => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}
const good = file(
  'good.yaml',
  'fleets: [{ id: a, device: nrf9160, count: 1 }]\nendpoints: ["https://fw.example.com/"]\n',
)
const wrong = file(
  'wrong.yaml',
  'endpoints:\n  - "https://fw.example.com/"\n  - { target: "ftp://fw.example.com/" }\n',
)

describe('tlsfit watch', () => {
  test.each<[string, string[], string]>([
    ['a port beyond all', ['--port', '65536'], '--port needs a number from 0 to 65535'],
    ['no endpoint side by side', ['--jobs', '0'], '--jobs needs a number from 1 to 1024'],
    ['a lease that a worker cannot keep', ['--lease', '5'], '--lease needs a number from 6 to 3600'],
    ['--check without a file', ['--check'], '--check needs a CONFIG'],
    ['a store of another kind', ['--store', 'mysql://db/tlsfit'], 'neither a folder nor a PostgreSQL URL'],
  ])('refuses %s, and says what to write', async (_what, argv, message) => {
    const ran = await tlsfit('watch', ...argv)
    expect(ran.code).not.toBe(0)
    expect(ran.err).toContain(message)
    expect(ran.err).toMatch(/^hint: ./m)
  })

  test('--check says that a file holds, and starts nothing', async () => {
    expect(await tlsfit('watch', good, '--check')).toMatchObject({
      code: 0,
      err: `${good} holds: 1 endpoint, 1 fleet\n`,
    })
  })

  test('a file with a fault is refused with its line before a store is opened', async () => {
    const ran = await tlsfit('watch', wrong, '--store', join(folder, 'never'))
    expect(ran.code).toBe(65)
    expect(ran.err).toMatch(/wrong\.yaml:3/)
    expect(ran.err).toMatch(/^hint: ./m)
  })

  test('a file that is not there is named', async () => {
    const ran = await tlsfit('watch', join(folder, 'none.yaml'))
    expect(ran.code).not.toBe(0)
    expect(ran.err).toContain('none.yaml')
  })
})

describe('tlsfit worker', () => {
  test.each<[string, string[], string]>([
    ['no store', [], 'a worker needs the store of its watch'],
    ['a folder', ['--store', './watch'], 'a folder is a store for one process'],
    [
      'no number of jobs',
      ['--store', 'postgres://u@127.0.0.1:1/x', '--jobs', 'many'],
      '--jobs needs a number',
    ],
  ])('refuses %s, and says what to write', async (_what, argv, message) => {
    const ran = await tlsfit('worker', ...argv)
    expect(ran.code).toBe(64)
    expect(ran.err).toContain(message)
    expect(ran.err).toMatch(/^hint: ./m)
  })

  test('a database that does not answer is named without its password', async () => {
    const port = await freePort()
    const ran = await tlsfit('worker', '--store', `postgres://u:hunter2@127.0.0.1:${port}/x`)
    expect(ran.code).not.toBe(0)
    expect(ran.err).toContain(`PostgreSQL at 127.0.0.1:${port}/x cannot be used`)
    expect(ran.err).not.toContain('hunter2')
  })
})

describe('tlsfit store', () => {
  test.each<[string, string[], string]>([
    ['nothing at all', [], 'from where to where'],
    ['one place', ['copy', join(folder, 'a')], 'from where to where'],
    ['an act that it does not know', ['move', 'a', 'b'], 'store has no move'],
    [
      'a backup that is not there',
      ['restore', join(folder, 'none.gz'), join(folder, 'b')],
      'there is no file',
    ],
  ])('refuses %s, and says what to write', async (_what, argv, message) => {
    const ran = await tlsfit('store', ...argv)
    expect(ran.code).toBe(64)
    expect(ran.err).toContain(message)
    expect(ran.err).toContain('tlsfit store copy FROM TO')
  })
})

describe('help', () => {
  test.each([
    ['watch', ['--store', '--lease', '--public-host', '--check', 'CONFIG']],
    ['worker', ['--store', '--vantage', '--jobs', '--key-file']],
    ['store', ['copy', 'backup', 'restore']],
  ])('of tlsfit %s names all that it takes, on stdout', async (command, words) => {
    const ran = await tlsfit(command, '--help')
    expect(ran).toMatchObject({ code: 0, err: '' })
    for (const word of words) expect(ran.out).toContain(word)
  })
})

function tlsfit(...argv: string[]) {
  const env = { LANG: 'en_US.UTF-8', HOME: folder }
  return runCommand(argv, { env, now: () => new Date('2026-11-21T12:00:00Z') })
}
