import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../support/peer-process.ts'
import { storeFolder } from '../support/store-folder.ts'

let folder: string
let store: string
let config: string
let watch: ChildProcess
let api: string
let log = ''

const write = (endpoints: readonly string[], more = '') => {
  const rows = endpoints.map((id) => `  - { id: ${id}, target: "tls://127.0.0.1:1", every: 1h }\n`).join('')
  const fleets = 'fleets: [{ id: modems, device: nrf9160, count: 5 }]\n'
  // As editors do: beside, and renamed.
  writeFileSync(`${config}.new`, `${fleets}endpoints:\n${rows}${more}`)
  renameSync(`${config}.new`, config)
}
const ids = async () => {
  const { rows } = (await (await fetch(`${api}/overview?sort=name`)).json()) as { rows: { id: string }[] }
  return rows.map(({ id }) => id)
}
const told = (words: RegExp) => expect.poll(() => log, { timeout: 60_000 }).toMatch(words)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tlsfit-reload-'))
  store = await storeFolder()
  config = join(folder, 'watch.yaml')
  write(['a', 'b'])
  const port = await freePort()
  api = `http://127.0.0.1:${port}/api/v1`
  const args = ['dist/cli/main.js', 'watch', config, '--store', store, '--port', String(port)]
  watch = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  watch.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString('utf8')
  })
  await new Promise<void>((resolve, reject) => {
    watch.stderr?.on('data', () => {
      if (/ watching /.test(log)) resolve()
    })
    watch.once('exit', () => reject(new Error(log)))
  })
}, 180_000)

afterAll(async () => {
  const ended = new Promise((resolve) => watch.once('exit', resolve))
  watch.kill('SIGKILL')
  await ended
  for (const path of [folder, store]) rmSync(path, { recursive: true, force: true })
})

test('a config that changes is watched without a restart, and what is taken out is watched no more', async () => {
  expect(await ids()).toEqual(['a', 'b'])
  write(['b', 'c'])
  await expect.poll(ids, { timeout: 60_000 }).toEqual(['b', 'c'])
  await told(/config read .*changed=1 removed=1/)
}, 120_000)

test('a config with a fault changes nothing, and is told once with what to write', async () => {
  write(['c'], '  - { id: d, target: "ftp://127.0.0.1/" }\n')
  await told(/config refused error=.*hint=/)
  expect(await ids()).toEqual(['b', 'c'])
  write(['c'])
  await expect.poll(ids, { timeout: 60_000 }).toEqual(['c'])
  expect(log.match(/config refused/g)).toHaveLength(1)
}, 120_000)

test('SIGHUP reads it again as it stands', async () => {
  const before = log.match(/config read/g)?.length ?? 0
  watch.kill('SIGHUP')
  await expect.poll(() => log.match(/config read/g)?.length, { timeout: 60_000 }).toBe(before + 1)
  expect(await ids()).toEqual(['c'])
}, 120_000)
