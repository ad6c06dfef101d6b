import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../test/support/peer-process.ts'
import { type Postgres, postgresServer } from '../../test/support/postgres.ts'
import { storeFolder } from '../../test/support/store-folder.ts'
import { restoreBackup, writeBackup } from './backup-file.ts'
import { copyStore } from './copy-store.ts'
import type { Database } from './database.ts'
import { openStore } from './open-store.ts'
import { makePartitions } from './partitions.ts'
import { insertChanges, readChanges } from './rows/changes.ts'
import { putFleets, readFleets } from './rows/fleets.ts'
import { insertProbes, readProbes } from './rows/probes.ts'

const now = new Date('2026-11-21T12:00:00Z')
const old = new Date('2026-09-30T23:59:00Z')
const programs = postgresServer()
const folders: string[] = []
const work = mkdtempSync(join(tmpdir(), 'tlsfit-backup-'))
let server: Postgres | undefined
let source: Database

const change = { kind: 'version', from: ['TLSv1.2'], to: ['TLSv1.3'], key: 'version:TLSv1.3' } as const
const probe = {
  endpointId: 'a',
  vantage: 'local',
  startedAt: now,
  durationMs: 1,
  connections: 1,
  attempts: 1,
}

beforeAll(async () => {
  folders.push(await storeFolder(), await storeFolder())
  server = await programs?.start(await freePort())
  source = await openStore(folders[0] as string, old)
  await makePartitions(source, now, now)
  await source.query(`insert into chain values ($1, $2, 1, 3, $3)`, [
    Uint8Array.of(1, 2),
    Uint8Array.of(0, 255, 10),
    now,
  ])
  const fleet = { id: 'f', name: 'ü "quoted"\n', device: 'x', count: 5_000_000_000, verify: 'full' as const }
  await putFleets(source, [{ ...fleet, clock: { kind: 'right' } }], 'file', now)
  const probes = Array.from({ length: 1_200 }, (_, at) => {
    return { ...probe, slot: new Date(old.getTime() + at * 60_000), bytesReceived: at }
  })
  await insertProbes(source, probes)
  await insertChanges(source, [{ endpointId: 'a', vantage: 'local', at: now, change }])
}, 120_000)

afterAll(async () => {
  await source?.close()
  await server?.stop()
  for (const folder of [...folders, work]) rmSync(folder, { recursive: true, force: true })
})

async function isSame(target: Database): Promise<void> {
  expect(await readFleets(target)).toEqual(await readFleets(source))
  const chains = `select encode(digest, 'hex') as digest, encode(certificates, 'hex') as body from chain`
  expect(await source.query(chains)).toEqual([{ digest: '0102', body: '00ff0a' }])
  expect(await target.query(chains)).toEqual(await source.query(chains))
  const all = { limit: 10_000 }
  expect(await readProbes(target, 'a', all)).toEqual(await readProbes(source, 'a', all))
  expect(await readChanges(target, all)).toEqual(await readChanges(source, all))
  // Numbers go on behind those that came.
  await insertChanges(target, [{ endpointId: 'b', vantage: 'local', at: now, change }])
  expect((await readChanges(target, all)).map(({ endpointId }) => endpointId)).toEqual(['b', 'a'])
}

describe('a store is moved', () => {
  test.skipIf(programs === undefined)(
    'from a folder to PostgreSQL, with all its rows and months',
    async () => {
      const target = await openStore(server?.createDatabase('moved') ?? '', now)
      expect(await copyStore(source, target, now)).toBeGreaterThan(1_200)
      await isSame(target)
      await expect(copyStore(source, target, now)).rejects.toThrow('is not empty')
      await target.close()
    },
    60_000,
  )

  test('a file that cannot be written or read is named, with what mends it', async () => {
    await expect(writeBackup(source, join(work, 'nowhere', 'backup.gz'))).rejects.toMatchObject({
      ...{ name: 'StoreError', code: 'backup-unwritable', hint: expect.stringContaining('may write to') },
    })
    const target = await openStore(folders[1] as string, now)
    await expect(restoreBackup(target, work, now)).rejects.toMatchObject({
      ...{ name: 'StoreError', code: 'store-unreadable', message: expect.stringContaining('EISDIR') },
    })
    await target.close()
  }, 60_000)

  test('into a file and back; a file that was cut off leaves nothing', async () => {
    const file = join(work, 'backup.gz')
    const rows = await writeBackup(source, file)
    expect(rows).toBeGreaterThan(1_200)
    const target = await openStore(folders[1] as string, now)
    const cut = join(work, 'cut.gz')
    writeFileSync(cut, readFileSync(file).subarray(0, -200))
    await expect(restoreBackup(target, cut, now)).rejects.toMatchObject({ code: 'store-unreadable' })
    expect(await readFleets(target)).toEqual([])
    expect(await restoreBackup(target, file, now)).toBe(rows)
    await isSame(target)
    await target.close()
  }, 60_000)
})
