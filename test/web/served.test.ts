import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import type { Database } from '../../src/store/database.ts'
import { type ApiClient, apiNow, startApi } from '../support/api-server.ts'
import { inChromium, launchChromium } from '../support/in-chromium.ts'
import { openTestStore } from '../support/store-folder.ts'
import { putEndpoint, putEvent, putFleet } from '../support/watch-rows.ts'
import { buildPage } from './built-page.ts'

let browser: Browser | undefined
let built: Awaited<ReturnType<typeof buildPage>>
let store: Database
let api: ApiClient

beforeAll(async () => {
  browser = await launchChromium()
  if (browser === undefined) return
  built = await buildPage()
  store = await openTestStore(apiNow)
  await putFleet(store, { id: 'modems', device: 'nrf9160', count: 38_000 })
  await putEndpoint(store, { id: 'a' })
  api = await startApi(store, { webFolder: built.folder })
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await api?.close()
  await store?.close()
  built?.remove()
})

async function newPage(): Promise<Page> {
  if (browser === undefined) throw new Error('there is no Chromium')
  const page = await browser.newPage()
  onTestFinished(() => page.close())
  return page
}

inChromium(
  'the overview is asked for with what is held of it, and sent again only where it changed',
  async () => {
    const page = await newPage()
    const client = await page.context().newCDPSession(page)
    await client.send('Network.enable')
    /** As they came over the network: what the page sees of a 304 is the 200 that the browser holds. */
    const statuses = new Map<string, number>()
    const overviews = new Set<string>()
    client.on('Network.requestWillBeSent', ({ requestId, request }) => {
      if (request.url.includes('/api/v1/overview')) overviews.add(requestId)
    })
    client.on('Network.responseReceivedExtraInfo', ({ requestId, statusCode }) => {
      statuses.set(requestId, statusCode)
    })
    const answered = () => [...overviews].map((id) => statuses.get(id))
    await page.goto(api.server.url)
    await page.waitForSelector('[role=gridcell]')
    await expect.poll(answered).toEqual([200])
    await page.reload()
    await page.waitForSelector('[role=gridcell]')
    await expect.poll(answered).toEqual([200, 304])
    await page.getByText('live', { exact: true }).waitFor()
    await putEndpoint(store, { id: 'b' })
    await putEvent(store, 'settings')
    await page.locator('#c1-0').waitFor()
    await expect.poll(() => answered().at(-1)).toBe(200)
  },
)

inChromium('an address that is typed without # opens its page, also below a path of a proxy', async () => {
  const proxy = createServer((asked, answered) => {
    const { url = '', method, headers } = asked
    const { address: host, port } = api.server
    // As `location /tls/ { proxy_pass http://tlsfit/; }` of nginx does it.
    const path = url.startsWith('/tls/') ? url.slice('/tls'.length) : '/outside'
    const passed = request({ host, port, path, method, headers }, (answer) => {
      answered.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(answered)
    })
    // A page that is left drops its events, perhaps before they were answered.
    passed.once('error', () => answered.destroy())
    asked.pipe(passed)
    answered.once('close', () => passed.destroy())
  })
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done))
  const page = await newPage()
  const proxied = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/tls/`
  for (const url of [`${api.server.url}/`, proxied]) {
    await page.goto(`${url}endpoints/a?fleet=modems`)
    await page.getByRole('heading', { name: 'a', exact: true }).waitFor()
    expect(page.url()).toBe(`${url}#/endpoints/a?fleet=modems`)
    await page.goto(`${url}settings/schedule`)
    await page.getByText('Nothing is at #/settings/schedule.').waitFor()
    expect(await page.title()).toBe('No such page · tlsfit')
    await page.getByRole('link', { name: 'To the overview' }).click()
    await page.waitForSelector('[role=gridcell]')
    expect(page.url()).toBe(`${url}#/`)
  }
  proxy.closeAllConnections()
  await new Promise((done) => proxy.close(done))
})
