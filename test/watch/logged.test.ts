import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { defaultThresholds, retentionOf } from '../../src/fleet/watch-parts.ts'
import { openCatalogue } from '../../src/io/catalogue-files.ts'
import { openKnownRoots } from '../../src/io/root-files.ts'
import { type LabChain, makeNewBlobChain, makeOldBlobChain } from '../../src/lab/chains.ts'
import { tlsIdentity } from '../../src/lab/tls-server.ts'
import type { Database } from '../../src/store/database.ts'
import { openStore } from '../../src/store/open-store.ts'
import { readForecasts } from '../../src/store/rows/read-forecasts.ts'
import { readStandings } from '../../src/store/rows/standings.ts'
import { WatchService } from '../../src/watch/watch-service.ts'
import { testKeys } from '../support/kept-keys.ts'
import { loggedCertificate } from '../support/logged-certificate.ts'
import { storeFolder } from '../support/store-folder.ts'

const files = mkdtempSync(join(tmpdir(), 'logged-'))
const feed = join(files, 'logged.jsonl')
const notes: { event: string; fields: unknown }[] = []
let folder: string
let store: Database
let watch: WatchService
let server: Server
let light: LabChain
let heavy: LabChain

beforeAll(async () => {
  const options = { keys: testKeys, now: new Date() }
  light = await makeOldBlobChain(options)
  heavy = await makeNewBlobChain(options)
  server = createServer(tlsIdentity(light.sent), (_request, response) => response.end('ok'))
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  folder = await storeFolder()
  store = await openStore(folder, new Date())
  watch = await WatchService.open({
    ...{ database: store, catalogue: openCatalogue(), knownRoots: openKnownRoots(), now: () => new Date() },
    ...{ env: {}, version: '0', vantage: 'local', plans: true },
    log: { note: (event, fields) => notes.push({ event, fields }) },
  })
  const held = [light.root, heavy.root].map(({ der }) => ({
    label: 'root',
    der: Buffer.from(der).toString('base64'),
  }))
  await watch.sync({
    endpoints: [
      {
        ...{ id: 'fota', name: 'Firmware', target: `tls://localhost:${port}` },
        ...{ connect: `127.0.0.1:${port}`, headers: [], everySeconds: 3600, vantages: ['local'] },
        thresholds: defaultThresholds,
      },
    ],
    fleets: [
      {
        ...{ id: 'trackers', name: 'Trackers', device: 'nrf9160@1.3.7+ncs@2.7.0', count: 38_000, held },
        ...{ verify: 'full', clock: { kind: 'right' } },
      },
    ],
    ...{ channels: [], vantages: ['local'], thresholds: defaultThresholds, maintenance: [] },
    ...{ retries: { count: 1, afterSeconds: 1 }, retention: retentionOf({}) },
  })
}, 300_000)

afterAll(async () => {
  await watch?.stop()
  await store?.close()
  server?.closeAllConnections()
  server?.close()
  rmSync(files, { recursive: true, force: true })
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
}, 60_000)

/** As certstream tells it. */
function message([leaf, ...chain]: LabChain['sent'], root: LabChain['root']): string {
  const der = ({ der }: { readonly der: Uint8Array }) => ({ as_der: Buffer.from(der).toString('base64') })
  const data = {
    ...{ update_type: 'X509LogEntry', leaf_cert: leaf === undefined ? {} : der(leaf) },
    ...{ chain: [...chain, root].map(der), seen: Date.UTC(2026, 10, 20) / 1000 },
  }
  return `${JSON.stringify({ message_type: 'certificate_update', data })}\n`
}

test('a certificate that is logged for the name is judged before it is served, with the fleet that it stops', async () => {
  writeFileSync(feed, message(light.sent, light.root))
  await watch.watchLogs({ file: feed, everySeconds: 1 })
  watch.start()
  await expect
    .poll(() => store.query('select 1 from verdict'), { timeout: 120_000, interval: 200 })
    .toHaveLength(1)
  expect((await readForecasts(store)).filter(({ condition }) => condition.detail.candidate)).toEqual([])
  appendFileSync(feed, message(heavy.sent, heavy.root))
  const logged = async () =>
    (await readForecasts(store)).filter(({ condition }) => condition.detail.candidate !== undefined)
  await expect.poll(logged, { timeout: 120_000, interval: 200 }).toHaveLength(1)
  const [found] = await logged()
  const bytes = ({ sent }: LabChain) => sent.reduce((sum, { der }) => sum + der.length, 0)
  expect(found?.condition).toMatchObject({
    deviceCount: 38_000,
    fleetIds: ['trackers'],
    detail: { timing: 'now', certain: true, bytesBefore: bytes(light), bytesAfter: bytes(heavy) },
  })
  expect(found?.condition.detail.candidate).toMatch(/^a certificate logged on 2026-11-20 \(SHA-256 /)
}, 400_000)

test('a precertificate and an issuer that is not known are kept with what they need, until they can be judged', async () => {
  const [leaf, issuer] = heavy.sent as readonly [LabChain['sent'][0], LabChain['sent'][0]]
  writeFileSync(feed, loggedCertificate('precertificate', 'localhost', leaf, issuer))
  const untold = async () => (await readStandings(store, ['fota']))[0]?.untold
  const why = async () => (await untold())?.map((one) => one.why)
  await expect.poll(why, { timeout: 60_000, interval: 200 }).toEqual(['precertificate'])
  writeFileSync(feed, leaf.pem)
  await expect.poll(why, { timeout: 60_000, interval: 200 }).toEqual(['issuer-unknown'])
  expect(await untold()).toMatchObject([
    {
      bytes: leaf.der.length,
      missing: { name: 'Skyshelf TLS G2 RSA CA OCSP 02', keyId: expect.stringMatching(/^[0-9a-f]+$/) },
    },
  ])
  writeFileSync(feed, message(heavy.sent, heavy.root))
  await expect.poll(untold, { timeout: 60_000, interval: 200 }).toEqual([])
}, 200_000)

test('what cannot be read is told, and what was known stays', async () => {
  rmSync(feed)
  await watch.watchLogs({ file: feed, everySeconds: 2 })
  expect(notes.some(({ event }) => event === 'transparency not read')).toBe(true)
}, 30_000)
