import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { violationsOf } from './in-chromium.ts'

export interface OpenPage {
  readonly page: Page
  /** What went wrong while it was opened: console errors, exceptions, anything asked for beside the file. */
  readonly faults: string[]
}

/** An HTML report as a file, looked at in Chromium. */
export class ReportInBrowser {
  readonly #folder: string
  readonly #browser: Browser
  readonly url: string

  private constructor(folder: string, url: string, browser: Browser) {
    this.#folder = folder
    this.url = url
    this.#browser = browser
  }

  static async open(html: string, program: string): Promise<ReportInBrowser> {
    const folder = mkdtempSync(join(tmpdir(), 'tlsfit-report-'))
    const path = join(folder, 'report.html')
    writeFileSync(path, html)
    const browser = await chromium.launch({
      executablePath: program,
      args: ['--no-sandbox', '--disable-gpu'],
    })
    return new ReportInBrowser(folder, pathToFileURL(path).href, browser)
  }

  async page(options: Parameters<Browser['newPage']>[0]): Promise<OpenPage> {
    const page = await this.#browser.newPage(options)
    const faults: string[] = []
    page.on('console', (message) => faults.push(message.text()))
    page.on('pageerror', (error) => faults.push(error.message))
    page.on('request', (request) => request.url() !== this.url && faults.push(request.url()))
    await page.goto(this.url)
    return { page, faults }
  }

  async close(): Promise<void> {
    await this.#browser.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** What axe has against a page, what is folded in it included. */
export async function violationsWithin(page: Page): Promise<string[]> {
  await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
  return violationsOf(page)
}
