import { rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { storeFolder } from '../../test/support/store-folder.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { openKnownRoots } from '../io/root-files.ts'
import type { Database } from '../store/database.ts'
import { openStore } from '../store/open-store.ts'
import { readVerdicts } from '../store/rows/verdicts.ts'
import { LabTargets } from './lab-targets.ts'
import { loadWatch } from './load-watch.ts'
import { WatchService } from './watch-service.ts'

const data = { catalogue: openCatalogue(), knownRoots: openKnownRoots() }
let folder: string
let store: Database
let service: WatchService

beforeAll(async () => {
  folder = await storeFolder()
  store = await openStore(folder, new Date())
  service = await WatchService.open({
    ...{ ...data, database: store, now: () => new Date(), env: {}, version: '0' },
    ...{ vantage: 'local', plans: true, log: { note: () => {} } },
  })
}, 60_000)

afterAll(async () => {
  await service?.stop()
  await store?.close()
  rmSync(folder, { recursive: true, force: true })
}, 30_000)

test('examples/watch.yaml comes to what the lab says of each step', async () => {
  const config = await loadWatch('examples/watch.yaml', data)
  await service.sync(config)
  service.start()
  const ids = config.endpoints.map(({ id }) => id)
  await expect.poll(async () => (await readVerdicts(store, ids)).length, { timeout: 60_000 }).toBe(ids.length)
  const verdicts = await readVerdicts(store, ids)
  const lab = new LabTargets(() => new Date())
  for (const { id, target } of config.endpoints) {
    const { expect: expected } = await lab.step(target)
    const summary = verdicts.find(({ endpointId }) => endpointId === id)?.summary
    const why = `${id}: ${summary?.findings[0]?.sentence ?? ''} ${JSON.stringify(summary?.missing)}`
    expect(expected.states, why).toContain(summary?.state)
  }
  await lab.close()
}, 120_000)
