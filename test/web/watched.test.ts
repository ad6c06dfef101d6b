import { rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import type { ApiDeps } from '../../src/api/api-context.ts'
import { defaultThresholds, retentionOf } from '../../src/fleet/watch-parts.ts'
import { openCatalogue } from '../../src/io/catalogue-files.ts'
import { openKnownRoots } from '../../src/io/root-files.ts'
import { type LabChain, makeNewBlobChain, makeOldBlobChain } from '../../src/lab/chains.ts'
import { tlsIdentity } from '../../src/lab/tls-server.ts'
import type { Database } from '../../src/store/database.ts'
import { openStore } from '../../src/store/open-store.ts'
import type { LoadedWatch } from '../../src/watch/load-watch.ts'
import { WatchService } from '../../src/watch/watch-service.ts'
import { type ApiClient, startApi } from '../support/api-server.ts'
import { inChromium, launchChromium, violationsOf } from '../support/in-chromium.ts'
import { testKeys } from '../support/kept-keys.ts'
import { loggedCertificate } from '../support/logged-certificate.ts'
import { storeFolder } from '../support/store-folder.ts'
import { buildPage } from './built-page.ts'

let folder: string
let built: Awaited<ReturnType<typeof buildPage>>
let store: Database
let watch: WatchService
let api: ApiClient
let asked: Partial<ApiDeps>
let server: Server
let browser: Browser | undefined
let page: Page
let url: string
let light: LabChain
let heavy: LabChain
const refused: string[] = []

/** The page, the API, the store and the watch, all of them real; a server on loopback whose chain is renewed. */
beforeAll(async () => {
  browser = await launchChromium()
  if (browser === undefined) return
  const options = { keys: testKeys, now: new Date() }
  light = await makeOldBlobChain(options)
  heavy = await makeNewBlobChain(options)
  server = createServer(tlsIdentity(light.sent), (_request, response) => response.end('ok'))
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  built = await buildPage()
  folder = await storeFolder()
  store = await openStore(folder, new Date())
  const catalogue = openCatalogue()
  const knownRoots = openKnownRoots()
  const now = () => new Date()
  watch = await WatchService.open({
    ...{ database: store, catalogue, knownRoots, now, env: {}, version: '0', vantage: 'local', plans: true },
    log: { note: () => {} },
  })
  await watch.sync(config((server.address() as AddressInfo).port))
  watch.start()
  const service = {
    probeNow: (id: string) => watch.probeNow(id),
    settingsChanged: () => watch.settingsChanged(),
    lastSight: (id: string, fleet: string | undefined) => watch.lastSight(id, fleet),
    testChannel: async () => ({ ok: true }),
  }
  asked = { now, catalogue, knownRoots, watch: service }
  api = await startApi(store, { webFolder: built.folder }, asked)
  url = `http://127.0.0.1:${api.server.port}/`
  page = await browser.newPage()
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) refused.push(message.text())
  })
  page.on('pageerror', (error) => refused.push(error.message))
}, 180_000)

afterAll(async () => {
  await browser?.close()
  await api?.close()
  await watch?.stop()
  await store?.close()
  server?.closeAllConnections()
  server?.close()
  built?.remove()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
}, 60_000)

function config(port: number): LoadedWatch {
  const held = [{ label: 'root', der: Buffer.from(light.root.der).toString('base64') }]
  const fleet = { verify: 'full' as const, clock: { kind: 'right' as const }, held }
  return {
    endpoints: [
      {
        ...{ id: 'fota', name: 'Firmware', target: `tls://localhost:${port}` },
        ...{ connect: `127.0.0.1:${port}`, headers: [], everySeconds: 3600, vantages: ['local'] },
        thresholds: defaultThresholds,
      },
    ],
    fleets: [
      { ...fleet, id: 'trackers', name: 'Trackers', device: 'nrf9160@1.3.7+ncs@2.7.0', count: 38_000 },
      { ...fleet, id: 'gates', name: 'Gates', device: 'esp-idf@5.2', count: 900 },
    ],
    channels: [],
    vantages: ['local'],
    thresholds: defaultThresholds,
    retries: { count: 1, afterSeconds: 1 },
    maintenance: [],
    retention: retentionOf({}),
  }
}

/** Until it is so, the page is opened anew. */
async function comesTo(at: string, selector: string, wanted: RegExp): Promise<void> {
  await expect
    .poll(
      async () => {
        await page.goto(`${url}${at}`)
        await page.reload()
        await page.waitForSelector(selector, { timeout: 10_000 }).catch(() => undefined)
        const found = page.locator(selector)
        return (await found.count()) === 0 ? '' : await found.first().evaluate((one) => one.outerHTML)
      },
      { timeout: 60_000 },
    )
    .toMatch(wanted)
}

describe('a chain that is renewed under watch, in Chromium', () => {
  inChromium(
    'what is watched stands in the overview with what is left',
    async () => {
      await comesTo('#/', '#c0-1', /Firmware, Trackers \(.*\): fits, .* left/)
      expect(await page.locator('#c0-2').getAttribute('aria-label')).toMatch(/^Firmware, Gates .*: fits/)
      expect(await violationsOf(page)).toEqual([])
    },
    90_000,
  )

  inChromium(
    'the renewed chain is told with what it grew by, as one alert of the fleet that it stops',
    async () => {
      server.setSecureContext(tlsIdentity(heavy.sent))
      await page.goto(`${url}#/endpoints/fota`)
      await page.getByRole('button', { name: 'Probe now' }).click()
      await comesTo('#/endpoints/fota', '.fleet-cards > li', /Trackers.*blocked/s)
      expect(await page.locator('article.alert').count()).toBe(1)
      expect(await page.locator('article.alert').textContent()).toMatch(/38,000\u00a0devices/)
      const grown = bytesOf(heavy) - bytesOf(light)
      const figure = `+${String(grown).replace(/\B(?=(\d{3})+$)/g, ',')}B`
      expect(await page.locator('.changes li .figure').last().textContent()).toBe(figure)
      expect(await page.locator('.limits .over').count()).toBeGreaterThan(0)
      expect(await violationsOf(page)).toEqual([])
    },
    90_000,
  )

  inChromium('its report is shown in a frame, under the policy of the real server', async () => {
    await page.getByRole('button', { name: /full report/ }).click()
    await page.frameLocator('iframe').locator('.verdict').first().waitFor()
    const border = `getComputedStyle(document.querySelector('iframe').contentDocument.querySelector('.verdict')).borderLeftStyle`
    expect(await page.evaluate(border)).toBe('solid')
    expect(refused).toEqual([])
  })

  inChromium('it is acknowledged and muted, and stays so', async () => {
    await page.goto(`${url}#/alerts`)
    const card = page.locator('article.alert').first()
    await card.getByRole('button', { name: 'Acknowledge' }).click()
    await card.getByText(/acknowledged/).waitFor()
    await card.getByRole('combobox').selectOption('1 day')
    await card.getByText(/muted until/).waitFor()
    await page.reload()
    await card.getByText(/acknowledged.*muted until/).waitFor()
    expect(await violationsOf(page)).toEqual([])
  })

  inChromium(
    'what is logged for it and cannot be judged stands on its page, until it can be',
    async () => {
      const [leaf, issuer] = light.sent as readonly [LabChain['sent'][0], LabChain['sent'][0]]
      const feed = join(folder, 'logged.pem')
      const logged = (kind: 'certificate' | 'precertificate') =>
        loggedCertificate(kind, 'localhost', leaf, issuer)
      const section = '[aria-labelledby=logged]'
      writeFileSync(feed, logged('precertificate'))
      await watch.watchLogs({ file: feed, everySeconds: 1 })
      await comesTo('#/endpoints/fota', section, /Precertificate only.*For localhost/s)
      expect(await violationsOf(page)).toEqual([])
      const pem = logged('certificate')
      writeFileSync(feed, pem)
      await comesTo('#/endpoints/fota', section, /Issuer not known.*key identifier [0-9a-f]{40}/s)
      writeFileSync(feed, pem + issuer.pem + light.root.pem)
      const left = async () => (await api.ask('/api/v1/endpoints/fota')).json.logged.length
      await expect.poll(left, { timeout: 30_000 }).toBe(0)
    },
    90_000,
  )

  inChromium(
    'a fleet and an endpoint are added; one in a private network is refused with the mend',
    async () => {
      await page.goto(`${url}#/settings/fleets`)
      await page.getByRole('button', { name: 'Add a fleet' }).click()
      await page.getByLabel('Device').fill('bg96')
      await page.getByLabel('How many').fill('12400')
      await page.getByRole('textbox', { name: 'Name' }).fill('Water meters')
      await page.getByRole('button', { name: 'Add it' }).click()
      await page.getByRole('button', { name: 'Edit Water meters' }).waitFor()
      await page.getByRole('link', { name: 'Endpoints' }).click()
      await page.getByRole('button', { name: 'Add an endpoint' }).click()
      await page.getByLabel('Target').fill('https://10.0.0.1/')
      await page.getByRole('button', { name: 'Watch it' }).click()
      await page.getByRole('alert').waitFor()
      expect(await page.getByRole('alert').textContent()).toMatch(/private|Internet|address/)
      const own = await startApi(store, { webFolder: built.folder, privateTargets: true }, asked)
      await page.goto(`http://127.0.0.1:${own.server.port}/#/settings/endpoints`)
      await page.getByRole('button', { name: 'Add an endpoint' }).click()
      await page.getByLabel('Target').fill('https://127.0.0.1:9/fw.bin')
      await page.getByRole('button', { name: 'Watch it' }).click()
      await page.getByRole('link', { name: /127\.0\.0\.1/ }).click()
      await page.getByText('Not judged yet').first().waitFor()
      await own.close()
    },
  )

  inChromium('the catalogue is the real one, with its sources', async () => {
    await page.goto(`${url}#/devices/nrf9160`)
    await page.getByText('4,096').first().waitFor()
    await page
      .getByText(/devzone\.nordicsemi\.com\/f\/nordic-q-a\/114031/)
      .first()
      .waitFor()
    expect(await violationsOf(page)).toEqual([])
    expect(refused).toEqual([])
    expect(api.faults).toEqual([])
  })
})

function bytesOf({ sent }: LabChain): number {
  return sent.reduce((sum, { der }) => sum + der.length, 0)
}
