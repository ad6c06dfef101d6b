import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { LiveViews } from '../api/views/live-views.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { openKnownRoots } from '../io/root-files.ts'
import { SqlError } from '../store/database.ts'
import { reloading } from './watch.ts'

const folder = mkdtempSync(join(tmpdir(), 'tlsfit-reload-'))
let timer: NodeJS.Timeout | undefined

afterEach(() => {
  clearInterval(timer)
  process.removeAllListeners('SIGHUP')
  rmSync(folder, { recursive: true })
})

const endpoint = (id: string) => `endpoints: [{ id: ${id}, target: "tls://192.0.2.1:443" }]\n`
const fleets = 'fleets: [{ id: f, device: nrf9160, count: 1 }]\n'

test('a config that the store did not take is read again until it does', async () => {
  const file = join(folder, 'watch.yaml')
  writeFileSync(file, `${endpoint('a')}${fleets}`)
  const lines: string[] = []
  const synced: string[] = []
  const sync = async ({ endpoints }: { readonly endpoints: readonly { readonly id: string }[] }) => {
    synced.push(endpoints.map(({ id }) => id).join())
    if (synced.length === 1) throw new SqlError('Connection terminated unexpectedly', undefined, 'db/tlsfit')
    return { endpoints: ['changed'], fleets: [], removed: [] }
  }
  timer = reloading(file, {
    data: { catalogue: openCatalogue(), knownRoots: openKnownRoots() },
    config: undefined,
    views: new LiveViews(() => new Date()),
    service: { sync, watchLogs: async () => {} },
    log: { note: (event, fields) => void lines.push(`${event} ${JSON.stringify(fields)}`) },
  })
  writeFileSync(file, `${endpoint('changed')}${fleets}`)
  await expect.poll(() => lines.length, { timeout: 20_000 }).toBe(2)
  expect(lines[0]).toContain('the store at db/tlsfit failed: Connection terminated unexpectedly')
  expect(lines[1]).toMatch(/^config read /)
  expect(synced).toEqual(['changed', 'changed'])
}, 30_000)
