import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { test } from 'vitest'
import { peer } from './peer.ts'

const program = peer('chromium')

/** A test that is passed over where there is no Chromium. */
export function inChromium(name: string, body: () => Promise<void>, timeoutMs = 60_000): void {
  test.skipIf(program === undefined)(`chromium: ${name}`, body, timeoutMs)
}

/** Undefined where there is none: no test will ask for it. */
export async function launchChromium(): Promise<Browser | undefined> {
  if (program === undefined) return undefined
  return await chromium.launch({ executablePath: program, args: ['--no-sandbox', '--disable-gpu'] })
}

/** What axe finds against a page, up to three places for each rule. */
export async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') }
    const results = await axe.run()
    return results.violations.flatMap(({ id, nodes }) =>
      nodes.slice(0, 3).map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`),
    )
  })
}
