import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { inChromium, launchChromium, violationsOf } from '../support/in-chromium.ts'
import { buildPage } from './built-page.ts'
import { fixtureFleet } from './fixture-fleet.ts'
import { type FixtureOptions, type FixtureServer, rightToken, serveFixture } from './fixture-server.ts'

const nowMs = Date.now()
const small = fixtureFleet(12, 5, nowMs)
const large = fixtureFleet(5000, 40, nowMs)

let browser: Browser | undefined
let built: Awaited<ReturnType<typeof buildPage>>
let server: FixtureServer

beforeAll(async () => {
  built = await buildPage()
  server = await serveFixture({ fleet: small, nowMs, folder: built.folder })
  browser = await launchChromium()
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await server?.close()
  built?.remove()
})

/** Of one test alone. */
async function serve(options: Omit<FixtureOptions, 'nowMs' | 'folder'>): Promise<FixtureServer> {
  const of = await serveFixture({ ...options, nowMs, folder: built.folder })
  onTestFinished(() => of.close())
  return of
}

async function newPage(options: Parameters<Browser['newPage']>[0]): Promise<Page> {
  if (browser === undefined) throw new Error('there is no Chromium')
  const page = await browser.newPage(options)
  onTestFinished(() => page.close())
  return page
}

/** A page, and whatever went wrong in it: errors of the console and of the policy, exceptions, requests elsewhere. */
async function open(
  at: string,
  { of = server, ...options }: Parameters<Browser['newPage']>[0] & { of?: FixtureServer } = {},
): Promise<{ page: Page; faults: string[] }> {
  const page = await newPage(options)
  const faults: string[] = []
  page.on('console', (message) => faults.push(message.text()))
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(of.url) && url !== 'about:srcdoc') faults.push(url)
  })
  await page.goto(of.url + at)
  return { page, faults }
}

/** Each page, and what stands in it once it is all there. */
const pages: readonly (readonly [name: string, at: string, landmark: string])[] = [
  ['the overview', '', '[role=gridcell]'],
  ['an endpoint', '#/endpoints/e0?fleet=fleet-0', '.uplot canvas'],
  ['the alerts', '#/alerts', 'article'],
  ['the forecast', '#/forecast', 'article'],
  ['a gateway that runs', '#/running/edge', '.view-figures'],
  ['a measurement that runs', '#/running/bench', '.measured'],
  ['a gateway that is not there', '#/running/gone', '.empty'],
  ['the playground', '#/playground', '.picker-list input'],
  ['the devices', '#/devices', '.device-list a'],
  ['a device', '#/devices/nrf9160', '.known'],
  ['the endpoints of the settings', '#/settings/endpoints', '.rows-list'],
  ['the fleets of the settings', '#/settings/fleets', '.rows-list'],
  ['the channels', '#/settings/channels', '.rows-list'],
  ['the silences', '#/settings/silences', '.rows-list'],
  ['the tokens', '#/settings/tokens', '.rows-list'],
  ['the workers', '#/settings/workers', '.rows-list'],
  ['the audit log', '#/settings/audit', '.rows-list details'],
  ['an address of no page', '#/settings/schedule', 'h1'],
]

describe('the files of the page', () => {
  test('its first load is under 150 kB, packed as a server sends it', () => {
    const html = readFileSync(join(built.folder, 'index.html'), 'utf8')
    const named = [...html.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, name]) => name ?? '')
    expect(named.some((name) => name.endsWith('.js'))).toBe(true)
    const bytes = ['index.html', ...named].map(
      (name) => gzipSync(readFileSync(join(built.folder, name))).length,
    )
    expect(bytes.reduce((a, b) => a + b, 0)).toBeLessThan(150_000)
  })

  test('nothing in it is inline or from elsewhere, and all but the page itself has a hash in its name', () => {
    const html = readFileSync(join(built.folder, 'index.html'), 'utf8')
    expect(html).not.toMatch(
      /<style|style=|<script(?![^>]*\bsrc=)|\bon[a-z]+=|(?:src|href)="(?!\.\/assets\/)/,
    )
    for (const name of readdirSync(join(built.folder, 'assets'))) expect(name).toMatch(/-[\w-]{8}\.\w+$/)
    const styles = readdirSync(join(built.folder, 'assets')).filter((name) => name.endsWith('.css'))
    for (const name of styles)
      expect(readFileSync(join(built.folder, 'assets', name), 'utf8')).not.toMatch(/url\(|@import/)
  })
})

describe('the pages in Chromium', () => {
  for (const [name, at, landmark] of pages) {
    inChromium(`axe finds nothing against ${name}, light and dark, and nothing goes wrong`, async () => {
      const { page, faults } = await open(at, { colorScheme: 'light' })
      await page.waitForSelector(landmark)
      expect(await violationsOf(page)).toEqual([])
      await page.emulateMedia({ colorScheme: 'dark' })
      expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(20, 24, 28)')
      expect(await violationsOf(page)).toEqual([])
      expect(faults).toEqual([])
    })
  }

  inChromium('on a telephone no page is wider than the screen', async () => {
    const { page, faults } = await open('', { viewport: { width: 360, height: 740 } })
    for (const [name, at, landmark] of pages) {
      await page.goto(server.url + at)
      await page.waitForSelector(landmark)
      const wide = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
      expect(wide, name).toBeLessThanOrEqual(0)
    }
    expect(faults).toEqual([])
  })

  inChromium(
    'on a telephone the page and the tab that one is on are in sight, and nothing else moves for it',
    async () => {
      const { page } = await open('#/settings/audit', { viewport: { width: 390, height: 740 } })
      await page.waitForSelector('.rows-list details')
      for (const name of ['Settings', 'Audit log']) {
        const box = await page.getByRole('link', { name, exact: true }).boundingBox()
        expect(box?.x, name).toBeGreaterThanOrEqual(0)
        expect((box?.x ?? 0) + (box?.width ?? 0), name).toBeLessThanOrEqual(390)
      }
      await page.getByRole('link', { name: 'Workers' }).click()
      await page.waitForURL(/workers/)
      await page.getByRole('link', { name: 'Overview' }).click()
      await page.waitForSelector('[role=gridcell]')
      expect((await page.getByRole('link', { name: 'Overview' }).boundingBox())?.x).toBeGreaterThanOrEqual(0)
      expect(await page.evaluate('[scrollX, scrollY]')).toEqual([0, 0])
    },
  )

  inChromium('a hostile name is text, and what would turn it around is seen', async () => {
    const { page, faults } = await open('#/endpoints/e3')
    await page.waitForSelector('.uplot canvas')
    expect(await page.locator('h1').textContent()).toBe(
      '<img src=x onerror=alert(1)>"\'&{{7*7}}\\u{202e}gnp.exe',
    )
    expect(await page.locator('main img').count()).toBe(0)
    expect(await page.evaluate('document.body.innerText.includes("\\u202e")')).toBe(false)
    expect(faults).toEqual([])
  })

  inChromium('light and dark can be chosen, and stay chosen', async () => {
    const { page } = await open('', { colorScheme: 'light' })
    const paper = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
    const turn = page.getByRole('button', { name: /Colours/ })
    await turn.click()
    await turn.click()
    expect(await paper()).toBe('rgb(20, 24, 28)')
    await page.reload()
    await page.waitForSelector('[role=gridcell]')
    expect(await paper()).toBe('rgb(20, 24, 28)')
  })

  inChromium('the first key leads past the navigation', async () => {
    const { page } = await open('#/alerts')
    await page.waitForSelector('article')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.activeElement.tagName')).toBe('MAIN')
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Open')
  })
})

describe('an address that is typed in Chromium', () => {
  for (const at of [
    '#/nothing',
    '#/endpoints',
    '#/forecast/2027',
    '#/settings/schedule',
    '#/settings/endpoints/a',
    '#/alerts/7',
  ])
    inChromium(`${at} is no page, and says so`, async () => {
      const { page, faults } = await open(at)
      await page.getByText(`Nothing is at ${at}.`).waitFor()
      expect(await page.title()).toBe('No such page · tlsfit')
      expect(faults).toEqual([])
    })
})

describe('the heat map in Chromium', () => {
  inChromium('keys lead through it, and Enter opens the endpoint at that fleet', async () => {
    const { page } = await open('')
    await page.waitForSelector('[role=gridcell]')
    const grid = page.getByRole('grid')
    await grid.focus()
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowRight', 'ArrowRight', 'ArrowLeft'])
      await page.keyboard.press(key)
    await expect.poll(() => grid.getAttribute('aria-activedescendant')).toBe('c2-1')
    const label = await page.locator('#c2-1').getAttribute('aria-label')
    expect(label).toMatch(/, Trackers Europe \(38,000\u00a0devices\): /)
    await expect.poll(() => page.locator('.heat-line').textContent()).toBe(label)
    await expect.poll(() => page.locator('#c2-1').getAttribute('class')).toMatch(/is-at/)
    await page.keyboard.press('Control+End')
    await expect.poll(() => grid.getAttribute('aria-activedescendant')).toBe('c11-5')
    await page.keyboard.press('Control+Home')
    await page.keyboard.press('End')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.endpoint')
    expect(new URL(page.url()).hash).toBe(`#/endpoints/${small.rows[0]?.id}?fleet=fleet-4`)
  })

  inChromium(
    'of 5,000 endpoints by 40 fleets only what is in sight exists, down to the last row',
    async () => {
      const of = await serve({ fleet: large })
      const { page, faults } = await open('', { of, viewport: { width: 1280, height: 800 } })
      await page.waitForSelector('[role=gridcell]')
      const grid = page.getByRole('grid')
      expect(await grid.getAttribute('aria-rowcount')).toBe('5001')
      expect(await page.locator('[role=gridcell]').count()).toBeLessThan(40 * 60)
      await grid.focus()
      await page.keyboard.press('Control+End')
      const last = page.locator('#c4999-40')
      await last.waitFor()
      expect(await last.getAttribute('aria-label')).toContain(large.rows[4999]?.name ?? 'no row')
      const inside = await page.evaluate(`(() => {
        const cell = document.querySelector('#c4999-40').getBoundingClientRect()
        const grid = document.querySelector('[role=grid]').getBoundingClientRect()
        return [cell.bottom <= grid.bottom + 1, cell.right <= grid.right + 1, cell.top > grid.top]
      })()`)
      expect(inside).toEqual([true, true, true])
      expect(await page.locator('[role=gridcell]').count()).toBeLessThan(40 * 60)
      expect(await violationsOf(page)).toEqual([])
      expect(faults).toEqual([])
    },
  )

  inChromium('a screen of rows is drawn anew in a fraction of a second of the processor', async () => {
    const of = await serve({ fleet: large })
    const { page } = await open('', { of, viewport: { width: 1280, height: 800 } })
    await page.waitForSelector('[role=gridcell]')
    const client = await page.context().newCDPSession(page)
    await client.send('Performance.enable')
    const spent = async () => {
      const { metrics } = await client.send('Performance.getMetrics')
      return metrics.find(({ name }) => name === 'ScriptDuration')?.value ?? Number.NaN
    }
    const before = await spent()
    // Ten screens, each wholly other rows, a frame for each.
    await page.evaluate(`(async () => {
        const grid = document.querySelector('[role=grid]')
        for (let step = 1; step <= 10; step += 1) {
          grid.scrollTop = step * 1200
          await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
        }
      })()`)
    expect((await spent()) - before).toBeLessThan(10 * 0.4)
  })

  inChromium('search, a state and an order go to the API and into the address', async () => {
    const { page } = await open('')
    await page.waitForSelector('[role=gridcell]')
    await page.getByRole('searchbox').fill('broker')
    await page.getByText('2 endpoints found').waitFor()
    await expect.poll(() => page.locator('[role=rowheader]').count()).toBe(2)
    await page.getByLabel('Sort').selectOption('name')
    await page.waitForURL(/sort=name/)
    expect(new URL(page.url()).hash).toBe('#/?q=broker&sort=name')
    await expect.poll(() => server.read.at(-1)).toBe('/overview?sort=name&q=broker&offset=0&limit=100')
    await page.getByRole('searchbox').fill('nowhere')
    await page.getByText('No endpoint is like that').waitFor()
    await page.getByRole('button', { name: 'Show all' }).click()
    await page.getByText('12 endpoints').waitFor()
  })

  inChromium('what is told live is asked for again', async () => {
    const of = await serve({ fleet: small })
    const { page } = await open('', { of })
    await page.getByText('live', { exact: true }).waitFor()
    await page.waitForSelector('[role=gridcell]')
    const asked = page.waitForRequest(/overview/)
    const at = new Date(nowMs).toISOString()
    of.tell({ id: 1, at, kind: 'verdict', endpointId: 'e0', detail: {} })
    await asked
  })
})

describe('what is seen in Chromium', () => {
  inChromium(
    'the handshake stands in the page of its endpoint, with who stops where, and all after it marked so',
    async () => {
      const { page } = await open('#/endpoints/e0')
      const stop = page.locator('.wire-stop')
      await stop.waitFor()
      expect(await stop.textContent()).toMatch(/Stopped here, certificate chain: Trackers/)
      const rows = await page.locator('.wire-rows > li').evaluateAll((all) => all.map((one) => one.className))
      const at = rows.indexOf('wire-stop')
      expect(rows.slice(0, at).filter((name) => name.includes('is-after'))).toEqual([])
      expect(rows.slice(at + 1).filter((name) => !name.includes('is-after'))).toEqual([])
    },
  )

  inChromium('what was logged and is not judged says what it needs, hostile names as text', async () => {
    const { page, faults } = await open('#/endpoints/e0')
    const rows = page.getByRole('region', { name: 'Logged, not judged' }).getByRole('listitem')
    await rows.first().waitFor()
    const [precertificate, issuer] = await rows.allTextContents()
    expect(precertificate).toMatch(/Precertificate only.*Needs the certificate that is issued from it/)
    expect(issuer).toMatch(/no date given.*Issuer not known.*Needs the certificate of <img src=x/)
    expect(issuer).toContain('key identifier 0badc0de')
    expect(await page.locator('main img').count()).toBe(0)
    expect(faults).toEqual([])
  })

  inChromium('what runs is asked again while one looks at it, and no longer when one leaves', async () => {
    const of = await serve({ fleet: small })
    const { page } = await open('#/running/edge', { of })
    await page.getByText('degraded').waitFor()
    await page.waitForResponse(/views\/edge/)
    await page.getByRole('link', { name: 'Bench' }).click()
    await page.getByText('Asked next').waitFor()
    const asked = () => of.read.filter((path) => path === '/views/edge').length
    const before = asked()
    await page.waitForResponse(/views\/bench/)
    expect(asked()).toBe(before)
  })

  inChromium(
    'nothing is pushed aside while 5,000 endpoints by 40 fleets come and are scrolled, nor in an endpoint',
    async () => {
      const of = await serve({ fleet: large })
      const { page } = await open('', { of })
      await page.waitForSelector('[role=gridcell]')
      await page.evaluate(`(async () => {
        const grid = document.querySelector('[role=grid]')
        for (let step = 1; step <= 10; step += 1) {
          grid.scrollTop = step * 1200
          await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
        }
      })()`)
      expect(await shifted(page)).toBeLessThanOrEqual(0.01)
      await page.goto(`${of.url}#/endpoints/e0`)
      await page.waitForSelector('.wire-stop')
      await page.waitForSelector('.uplot canvas')
      expect(await shifted(page)).toBeLessThanOrEqual(0.01)
    },
  )

  for (const [screen, viewport] of [
    ['a desk', { width: 1280, height: 720 }],
    ['a telephone', { width: 360, height: 740 }],
  ] as const) {
    inChromium(
      `on ${screen} no page pushes anything aside when its answers come late, one after the other`,
      async () => {
        const of = await serve({ fleet: large })
        for (const [name, at, landmark] of pages.filter(([one]) => comeLate.includes(one))) {
          const page = await newPage({ viewport, colorScheme: 'dark' })
          let turn = Promise.resolve()
          await page.route(/api\/v1\//, async (route) => {
            // Each answer finds what the one before it drew on the screen.
            turn = turn.then(() => twoFrames(page))
            await turn
            await route.continue()
          })
          await page.goto(of.url + at)
          await page.waitForSelector(landmark)
          await page.waitForSelector('.live.is-live')
          await page.waitForSelector('.bar .count')
          expect(await shifted(page), name).toBeLessThanOrEqual(0.01)
          await page.unrouteAll({ behavior: 'ignoreErrors' })
          await page.close()
        }
      },
      120_000,
    )
  }
})

/** Those that ask several things at once, or show much. */
const comeLate = [
  'the overview',
  'an endpoint',
  'the alerts',
  'a device',
  'the endpoints of the settings',
  'the tokens',
]

async function twoFrames(page: Page): Promise<void> {
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
}

/** Cumulative layout shift of what was drawn so far, but for what a key or a click brought. */
function shifted(page: Page): Promise<number> {
  return page.evaluate(
    `new Promise((done) => {
      let sum = 0
      new PerformanceObserver((list) => {
        for (const one of list.getEntries()) if (!one.hadRecentInput) sum += one.value
      }).observe({ type: 'layout-shift', buffered: true })
      requestAnimationFrame(() => requestAnimationFrame(() => done(sum)))
    })`,
  )
}

describe('what one does in Chromium', () => {
  inChromium(
    'an alert is acknowledged, muted and heard again, each with the token against forgery',
    async () => {
      const of = await serve({ fleet: small })
      const { page } = await open('#/alerts', { of })
      const card = page.locator('article').first()
      await card.getByRole('button', { name: 'Acknowledge' }).click()
      await card.getByText(/acknowledged by local/).waitFor()
      await card.getByRole('combobox').selectOption('1 day')
      await card.getByText(/muted until/).waitFor()
      await card.getByRole('button', { name: 'Unmute' }).click()
      await card.getByRole('combobox').waitFor()
      expect(of.asked.map(({ what }) => what)).toEqual([
        'POST /alerts/1/acknowledge',
        'POST /alerts/1/mute',
        'DELETE /alerts/1/mute',
      ])
      expect(of.asked.every(({ csrf }) => csrf === 'fixture-csrf')).toBe(true)
      const { until } = of.asked[1]?.body as { until: string }
      expect(Math.abs(new Date(until).getTime() - Date.now() - 86_400_000)).toBeLessThan(60_000)
    },
  )

  inChromium('a typed URL goes as a target with its devices, and the report runs no script', async () => {
    const of = await serve({ fleet: small })
    const { page, faults } = await open('#/playground', { of })
    await page.getByLabel('URL, log or certificates').fill('https://ota.example.com/fw.bin')
    await page.getByText('A URL is judged for devices: choose one at least.').waitFor()
    expect(await page.getByRole('button', { name: 'Judge' }).isDisabled()).toBe(true)
    await page.getByLabel(/bg96/).check()
    await page.getByRole('button', { name: 'Judge' }).click()
    const frame = page.frameLocator('iframe')
    await frame.getByText('nRF9160').first().waitFor()
    expect(of.asked.at(-1)?.body).toEqual({ target: 'https://ota.example.com/fw.bin', devices: ['bg96'] })
    expect(await page.locator('iframe').getAttribute('sandbox')).toBe('allow-same-origin allow-popups')
    const inner = (script: string) =>
      page.evaluate(`((inside) => ${script})(document.querySelector('iframe').contentDocument)`)
    expect(await inner("getComputedStyle(inside.querySelector('.stages')).display")).toBe('flex')
    const links = await inner("[...inside.querySelectorAll('a')].map((link) => link.href)")
    expect(links).not.toEqual([])
    for (const link of links as string[]) expect(link).toMatch(/^(about:srcdoc#|https:)/)
    expect(faults).toEqual([])
  })

  inChromium('a log that is pasted goes as text, a file that is dropped as its bytes', async () => {
    const of = await serve({ fleet: small })
    const { page } = await open('#/playground', { of })
    await page.getByLabel('URL, log or certificates').fill('E (312) esp-tls: failed\nerror -0x7200')
    await page.getByRole('button', { name: 'Judge' }).click()
    await page.getByText('most likely: chain-too-large').waitFor()
    expect(of.asked.at(-1)?.body).toEqual({ text: 'E (312) esp-tls: failed\nerror -0x7200', devices: [] })
    const bytes = Buffer.from([0xd4, 0xc3, 0xb2, 0xa1, 0, 255])
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'a.pcap', mimeType: 'application/octet-stream', buffer: bytes })
    await page.getByText('a.pcap').waitFor()
    await page.getByRole('button', { name: 'Judge' }).click()
    await page.getByText('most likely: chain-too-large').waitFor()
    await expect
      .poll(() => of.asked.at(-1)?.body)
      .toEqual({ base64: bytes.toString('base64'), fileName: 'a.pcap', devices: [] })
  })

  inChromium('an endpoint is added, and a fault names the field and the mend', async () => {
    const of = await serve({ fleet: small })
    const { page } = await open('#/settings/endpoints', { of })
    await page.getByRole('button', { name: 'Add an endpoint' }).click()
    await page.getByLabel('Target').fill('https://10.0.0.1/')
    await page.getByLabel('Trackers Europe').check()
    const thorough = page.getByLabel('Thorough at least once in')
    expect(await thorough.inputValue()).toBe('')
    expect(await thorough.locator('option').first().textContent()).toBe('as the default (12\u00a0h)')
    await thorough.selectOption('21600')
    of.failWith(422, {
      ...{ code: 'target-private', message: 'the target lies in a private network', at: 'target' },
      hint: 'start tlsfit watch with --allow-private',
    })
    await page.getByRole('button', { name: 'Watch it' }).click()
    await page.getByText('The target lies in a private network.').waitFor()
    await page.getByText('Start tlsfit watch with --allow-private.').waitFor()
    of.failWith(undefined)
    await page.getByRole('button', { name: 'Watch it' }).click()
    await page.getByRole('button', { name: 'Add an endpoint' }).waitFor()
    expect(of.asked.at(-1)).toEqual({
      what: 'POST /endpoints',
      body: {
        ...{ target: 'https://10.0.0.1/', everySeconds: null, thoroughSeconds: 21_600 },
        fleets: ['fleet-0'],
      },
      csrf: 'fixture-csrf',
    })
  })

  inChromium('the defaults of the schedule are changed, but for what the file holds', async () => {
    const of = await serve({ fleet: small })
    const { page, faults } = await open('#/settings/endpoints', { of })
    const defaults = page.getByRole('region', { name: 'Schedule of endpoints' })
    await defaults.getByText('12\u00a0h').waitFor()
    await defaults.getByRole('button', { name: 'Change' }).click()
    expect(await page.getByLabel('Thorough at least once in').isDisabled()).toBe(true)
    expect(await page.evaluate('document.activeElement.name')).toBe('every')
    await page.getByText('In watch.yaml: change it there.').waitFor()
    expect(await violationsOf(page)).toEqual([])
    await page.getByLabel('Probed every').selectOption('300')
    await page.getByRole('button', { name: 'Save' }).click()
    await defaults.getByRole('button', { name: 'Change' }).waitFor()
    expect(of.asked).toEqual([
      { what: 'PUT /settings/schedule', body: { everySeconds: 300 }, csrf: 'fixture-csrf' },
    ])
    await defaults.getByRole('button', { name: 'Change' }).click()
    await page.getByRole('button', { name: 'All as built in' }).click()
    await defaults.getByRole('button', { name: 'Change' }).waitFor()
    expect(of.asked.at(-1)).toMatchObject({ what: 'PUT /settings/schedule', body: {} })
    expect(faults).toEqual([])
  })

  inChromium('the forecast names what was logged and cannot be judged, with what it needs', async () => {
    const of = await serve({ fleet: small })
    const { page, faults } = await open('#/forecast', { of })
    const unjudged = page.getByRole('region', { name: 'Logged, not judged' })
    await unjudged.getByText('Precertificate only').waitFor()
    await unjudged.getByText('Needs the certificate that is issued from it').waitFor()
    await unjudged.getByText('0badc0de'.repeat(5)).waitFor()
    await unjudged.getByText('3\u00a0more endpoints with such').waitFor()
    const [first] = small.rows
    await unjudged.getByRole('link', { name: first?.name ?? '' }).click()
    await page.getByRole('heading', { name: 'Logged, not judged' }).waitFor()
    expect(page.url()).toContain(`#/endpoints/${first?.id}`)
    expect(faults).toEqual([])
  })

  inChromium('time limit, retries and thresholds are changed, but for what the file holds', async () => {
    const of = await serve({ fleet: small })
    const { page, faults } = await open('#/settings/endpoints', { of })
    const defaults = page.getByRole('region', { name: 'Time limit, retries and thresholds' })
    await defaults.getByText('2\u00a0times, after 20\u00a0s').waitFor()
    await defaults.getByText('leaf\u00a021, intermediate\u00a060, root\u00a0180, anchor\u00a0365').waitFor()
    await defaults.getByRole('button', { name: 'Change' }).click()
    expect(await page.getByLabel('Days before a leaf ends').isDisabled()).toBe(true)
    expect(await page.evaluate('document.activeElement.name')).toBe('timeoutSeconds')
    expect(await violationsOf(page)).toEqual([])
    await page.getByLabel('Tries again').fill('0')
    await page.getByLabel('Room left, % of a limit').fill('')
    await page.getByLabel('Room left, bytes').fill('256')
    await page.getByRole('button', { name: 'Save' }).click()
    await defaults.getByRole('button', { name: 'Change' }).waitFor()
    expect(of.asked).toEqual([
      {
        what: 'PUT /settings/defaults',
        body: { retryCount: 0, room: { bytes: 256 } },
        csrf: 'fixture-csrf',
      },
    ])
    expect(faults).toEqual([])
  })

  inChromium('what is typed stays when the change is refused, and goes whole when it is not', async () => {
    const of = await serve({ fleet: small })
    const { page } = await open('#/settings/fleets', { of })
    await page.getByRole('button', { name: 'Edit Water meters' }).click()
    // Perhaps the button stands far below what it opens.
    expect(await page.evaluate('document.activeElement.name')).toBe('device')
    await page.getByLabel('How many').fill('12500')
    of.failWith(409, { code: 'changed', message: 'somebody else changed it' })
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Somebody else changed it.').waitFor()
    expect(await page.getByLabel('How many').inputValue()).toBe('12500')
    of.failWith(undefined)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('button', { name: 'Add a fleet' }).waitFor()
    expect(of.asked.at(-1)).toMatchObject({
      what: 'PUT /fleets/fleet-1',
      body: { name: 'Water meters', device: 'bg96', count: 12_500, verify: 'full' },
    })
    await page.getByRole('link', { name: 'Silences' }).click()
    await page.getByLabel('Why').fill('renewal')
    await page.getByLabel('For').selectOption('2')
    await page.getByRole('button', { name: 'Silence it' }).click()
    await expect.poll(() => of.asked.at(-1)?.what).toBe('POST /silences')
    const { endsAt, ...rest } = of.asked.at(-1)?.body as { endsAt: string }
    expect(rest).toEqual({ kind: 'maintenance', reason: 'renewal' })
    expect(Math.abs(new Date(endsAt).getTime() - Date.now() - 7_200_000)).toBeLessThan(60_000)
  })

  inChromium('a channel is added by the fields of its kind', async () => {
    const of = await serve({ fleet: small })
    const { page, faults } = await open('#/settings/channels', { of })
    await page.getByRole('button', { name: 'Add a channel' }).click()
    await page.getByLabel('Kind').selectOption('email')
    await page.getByLabel('Name').fill('On call')
    await page.getByLabel('Server').fill('smtp://mail.example.com:587')
    await page.getByLabel('From', { exact: true }).fill('tlsfit@example.com')
    await page.getByLabel('To', { exact: true }).fill('a@example.com, b@example.com')
    await page.getByLabel('Password').fill('secret')
    expect(await page.getByLabel('Password').getAttribute('type')).toBe('password')
    expect(await violationsOf(page)).toEqual([])
    await page.getByRole('button', { name: 'Add it' }).click()
    await page.getByRole('button', { name: 'Add a channel' }).waitFor()
    expect(of.asked.at(-1)).toMatchObject({
      what: 'POST /channels',
      body: {
        ...{ kind: 'email', name: 'On call', from: 'warning', server: 'smtp://mail.example.com:587' },
        ...{ sender: 'tlsfit@example.com', to: ['a@example.com', 'b@example.com'], password: 'secret' },
      },
    })
    expect(faults).toEqual([])
  })

  inChromium('a token is shown once, a test of a channel says why it failed', async () => {
    const { page } = await open('#/settings/tokens')
    await page.getByLabel('For').fill('Prometheus')
    await page.getByRole('button', { name: 'Make a token' }).click()
    await page.getByText('tlsfit_made-once').waitFor()
    await page.getByRole('button', { name: 'I have it' }).click()
    expect(await page.getByText('tlsfit_made-once').count()).toBe(0)
    await page.getByRole('link', { name: 'Channels' }).click()
    await page.getByRole('button', { name: 'Send a test to Ops' }).click()
    await page.getByText('Not delivered: HTTP status 410').waitFor()
  })

  inChromium(
    'the audit log says who, what, when and from where, is searched, goes by pages, and shows names as text',
    async () => {
      const { page, faults } = await open('#/settings/audit')
      const rows = page.locator('.rows-list > li')
      await page.getByText('token Grafana changed endpoint e118').waitFor()
      expect(await rows.count()).toBe(50)
      expect(await rows.nth(1).textContent()).toMatch(/\d{4}.*, from 203\.0\.113\.9/)
      expect(await rows.first().textContent()).toContain('<img src=x onerror=alert(1)>')
      expect(await page.locator('main img').count()).toBe(0)
      expect(await page.evaluate('document.body.innerText.includes("\\u202e")')).toBe(false)
      await page.getByRole('button', { name: 'Older' }).click()
      await page.getByText('endpoint e69').waitFor()
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Newerpage 2')
      await page.getByRole('button', { name: 'Older' }).click()
      await page.getByText('endpoint e1', { exact: false }).last().waitFor()
      await expect.poll(() => rows.count()).toBe(20)
      expect(await page.getByRole('button', { name: 'Older' }).count()).toBe(0)
      const newer = page.getByRole('button', { name: 'Newer' })
      expect(await newer.count()).toBe(2)
      const [above, list] = await Promise.all([
        newer.first().boundingBox(),
        page.locator('.rows-list').boundingBox(),
      ])
      expect(above?.y).toBeLessThan(list?.y ?? 0)
      await newer.first().click()
      await page.getByText('endpoint e69').waitFor()
      await page.getByRole('searchbox').fill('failed')
      await expect.poll(() => rows.count()).toBe(17)
      await page.getByRole('searchbox').fill('nobody at all')
      await page.getByText('No entry is like that').waitFor()
      expect(faults).toEqual([])
    },
  )

  inChromium(
    'where a log-in is asked for, a wrong token is told and a right one opens the page',
    async () => {
      const of = await serve({ fleet: small, login: 'token' })
      const { page } = await open('', { of })
      await page.getByLabel('Token').fill('wrong')
      expect(await violationsOf(page)).toEqual([])
      await page.getByRole('button', { name: 'Log in' }).click()
      await page.getByText('No such token.').waitFor()
      await page.getByLabel('Token').fill(rightToken)
      await page.getByRole('button', { name: 'Log in' }).click()
      await page.waitForSelector('[role=gridcell]')
    },
  )

  inChromium('who watches nothing yet is told the next step on every page', async () => {
    const of = await serve({ fleet: { fleets: [], rows: [] } })
    const { page, faults } = await open('', { of })
    await page.getByText('Nothing is watched yet').waitFor()
    expect(await violationsOf(page)).toEqual([])
    await page.getByRole('link', { name: 'Add an endpoint and a fleet' }).click()
    await page.getByText('No endpoint yet').waitFor()
    await page.goto(`${of.url}#/endpoints/none`)
    await page.getByText('No such endpoint is watched').waitFor()
    expect(faults.filter((fault) => !fault.includes('404'))).toEqual([])
  })
})
