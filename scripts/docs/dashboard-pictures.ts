import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core'
import type { Overview } from '../../src/api/contract.ts'
import { peer } from '../../test/support/peer.ts'
import { freePort } from '../../test/support/peer-process.ts'
import { fixtureFleet, hostileName } from '../../test/web/fixture-fleet.ts'
import { serveFixture } from '../../test/web/fixture-server.ts'

// Makes the pictures of the dashboard in docs/images anew: npm run build && npm run pictures
// One fleet is generated; all others are the lab's, watched by the tlsfit that was built.

interface Picture {
  readonly file: string
  readonly at: string
  /** Stand in the page once it is all there. */
  readonly landmarks: readonly string[]
  readonly context: BrowserContextOptions
}

const light = { colorScheme: 'light' } as const
const ofLab: readonly Picture[] = [
  {
    ...{ file: 'dashboard-overview.png', at: '', landmarks: ['[role=gridcell]'] },
    context: { ...light, viewport: { width: 1265, height: 625 } },
  },
  {
    ...{
      file: 'dashboard-endpoint.png',
      at: '#/endpoints/fota',
      landmarks: ['.ladder', 'text=Stopped here'],
    },
    context: { ...light, viewport: { width: 1280, height: 1680 } },
  },
  {
    ...{ file: 'dashboard-phone.png', at: '#/endpoints/fota', landmarks: ['.ladder', 'text=Stopped here'] },
    context: { ...light, viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true },
  },
]
const ofMany: Picture = {
  ...{ file: 'dashboard-many.png', at: '', landmarks: ['[role=gridcell]'] },
  context: { colorScheme: 'dark', viewport: { width: 1200, height: 740 } },
}
const ROUNDS_MS = 300_000

const program = peer('chromium')
if (program === undefined) throw new Error('the pictures need Chromium: npm run peers')
const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox', '--disable-gpu'] })
try {
  await picturesOfLab(browser)
  await pictureOfMany(browser)
} finally {
  await browser.close()
}

async function picturesOfLab(browser: Browser): Promise<void> {
  const store = mkdtempSync(join(tmpdir(), 'tlsfit-pictures-'))
  const port = await freePort()
  const args = ['dist/cli/main.js', 'watch', 'examples/watch.yaml', '--store', store, '--port', String(port)]
  const watch = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = new Promise((done) => watch.once('exit', done))
  try {
    const url = `http://127.0.0.1:${port}/`
    await allSeen(url)
    for (const picture of ofLab) await take(browser, url, picture)
  } finally {
    watch.kill('SIGTERM')
    await ended
    rmSync(store, { recursive: true, force: true })
  }
}

/** Every endpoint was looked at. Throws where that takes too long. */
async function allSeen(url: string): Promise<void> {
  const endMs = performance.now() + ROUNDS_MS
  while (performance.now() < endMs) {
    const answer = await fetch(`${url}api/v1/overview`).catch(() => undefined)
    const overview = answer?.ok === true ? ((await answer.json()) as Overview) : undefined
    if (overview !== undefined && overview.total > 0 && overview.states.unseen === 0) return
    await sleep(500)
  }
  throw new Error(`not every endpoint was looked at within ${ROUNDS_MS / 1_000} s`)
}

async function pictureOfMany(browser: Browser): Promise<void> {
  const nowMs = Date.now()
  const { rows, fleets } = fixtureFleet(5_000, 40, nowMs)
  // Names that tests mean ill with are none for a manual.
  const named = fleets.map((fleet) => ({ ...fleet, name: fleet.name.replace(hostileName, 'Door locks') }))
  const fleet = { rows, fleets: named }
  const server = await serveFixture({ fleet, nowMs, folder: resolve('dist/web') })
  try {
    await take(browser, server.url, ofMany)
  } finally {
    await server.close()
  }
}

async function take(browser: Browser, url: string, { file, at, landmarks, context }: Picture): Promise<void> {
  const page = await browser.newPage(context)
  await page.goto(url + at)
  for (const one of landmarks) await page.locator(one).first().waitFor()
  await page.screenshot({ path: join('docs/images', file), animations: 'disabled' })
  await page.close()
  process.stdout.write(`docs/images/${file}\n`)
}
