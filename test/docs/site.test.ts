import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, resolve } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findings } from '../../src/finding/details.ts'
import { openCatalogue } from '../../src/io/catalogue-files.ts'
import { peer } from '../support/peer.ts'

const root = resolve(import.meta.dirname, '../..')
const html = join(root, '.site', 'html')
const program = peer('chromium')

let built: { readonly code: number | null; readonly said: string }
let server: Server
let origin: string
let browser: Browser | undefined

/** The same command as a reader's. It takes a minute of one core. */
beforeAll(async () => {
  built = await run('npm', ['run', '--silent', 'docs'])
  server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://site').pathname)
    const file = join(html, path.endsWith('/') ? `${path}index.html` : path)
    if (!existsSync(file)) return response.writeHead(404).end()
    return response
      .setHeader('content-type', types[extname(file)] ?? 'application/octet-stream')
      .end(readFileSync(file))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  if (program !== undefined) {
    browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox', '--disable-gpu'] })
  }
}, 900_000)
afterAll(async () => {
  await browser?.close()
  server?.close()
})

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
}

describe('the site of docs/', { timeout: 120_000 }, () => {
  test('is built, and no link in it is dead', () => {
    expect(built.said).not.toContain('faults in the pages')
    expect(built).toMatchObject({ code: 0 })
  })

  test('has a page for every page of docs/, every finding and every family', () => {
    const written = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.md') && !path.startsWith('.'))
      .map((path) => path.replace(/md$/, 'html'))
    const pages = [
      ...written,
      ...Object.keys(findings).map((id) => `findings/${id}.html`),
      ...openCatalogue().families.map((family) => `devices/${family}.html`),
    ]
    expect(pages.filter((path) => !existsSync(join(html, path)))).toEqual([])
  })

  /** What somebody types, and pages that one of the first three answers must be. */
  test.skipIf(program === undefined).each([
    ['errno 111', ['chain-too-large', 'tcp-refused']],
    ['-0x2700', ['untrusted-root', 'anchor-not-presented', 'sigalg-unsupported']],
    ['MBEDTLS_ERR_X509_CERT_VERIFY_FAILED', ['untrusted-root', 'name-mismatch']],
    ['alert 40', ['no-common-cipher', 'hello-refused']],
    ['handshake_failure', ['no-common-cipher']],
    ['errno 122', ['record-too-large']],
    ['-0x7780', ['handshake-alert']],
    ['BR_ERR_X509_NOT_TRUSTED', ['untrusted-root']],
  ])('chromium: a search for %s lands on the page of its finding', async (words, ids) => {
    const page = await browser!.newPage()
    await page.goto(`${origin}/`, { waitUntil: 'networkidle' })
    // Before Vue has taken the page over, nobody listens to the key.
    await page.waitForFunction('document.querySelector("#app")?.__vue_app__ !== undefined')
    await page.keyboard.press('Control+k')
    await page.fill('#localsearch-input', words)
    await page.waitForSelector('.results a.result')
    const found = await page.$$eval('.results a.result', (links) =>
      links.map((link) => link.getAttribute('href')),
    )
    expect(ids.some((id) => found.slice(0, 3).some((href) => href?.startsWith(`/findings/${id}.html`)))).toBe(
      true,
    )
    await page.close()
  })

  test.skipIf(program === undefined).each([
    ['/', 390],
    ['/devices/nrf9160.html', 390],
    ['/devices/nrf9160.html', 1280],
    ['/words/mbedtls.html', 390],
    ['/findings/chain-too-large.html', 390],
  ] as const)(
    'chromium: %s at %i pixels opens without an error, asks nobody else, and does not run over',
    async (path, width) => {
      const page = await browser!.newPage({ viewport: { width, height: 900 } })
      const faults: string[] = []
      page.on('pageerror', (error) => faults.push(error.message))
      page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
      page.on('request', (request) => request.url().startsWith(origin) || faults.push(request.url()))
      await page.goto(`${origin}${path}`, { waitUntil: 'networkidle' })
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
      expect(faults).toEqual([])
      await page.close()
    },
  )
})

async function run(program: string, args: readonly string[]) {
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, said }
}
