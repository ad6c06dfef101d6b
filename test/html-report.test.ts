import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Verdict } from '../src/judge/verdict.ts'
import { HtmlReport } from '../src/report/html/html-report.ts'
import { connection, dial, exchange, judged, records } from './support/judge-observations.ts'
import { peer } from './support/peer.ts'
import { ReportInBrowser, violationsWithin } from './support/report-in-browser.ts'
import { runOf } from './support/run-fixture.ts'
import { azureVerdict, liveObservation, nrf9160 } from './support/verdict-fixture.ts'

const program = peer('chromium')

let shown: ReportInBrowser | undefined

beforeAll(async () => {
  if (program !== undefined) shown = await ReportInBrowser.open(report(), program)
}, 60_000)
afterAll(() => shown?.close())

const open = (options: Parameters<ReportInBrowser['page']>[0]) => (shown as ReportInBrowser).page(options)

/** One that is blocked, one that fits for a second device, and a download over a redirect, of a host with a long name. */
function report(): string {
  const live = azureVerdict({
    observation: liveObservation('https://edge.microsoft.com/fw.bin', '192.0.2.1'),
  })
  const fits: Verdict = {
    ...live,
    device: nrf9160({ id: 'nrf9160@1.3.6' }),
    state: 'fits',
    findings: [],
    stage: undefined,
  }
  const { messages, chain } = live.observation.connections[0]!
  const long = `https://${'x'.repeat(200)}.example/`
  const redirected = judged(
    dial(
      [
        connection({ messages, records: records(300), exchanges: [exchange({ status: 302 })] }),
        connection({
          ...{ role: 'redirect', host: 'cdn.example', messages, chain },
          ...{ records: records([1, 50], [1400, 30], [16_384, 9]), exchanges: [exchange({})] },
        }),
      ],
      {},
      { text: long },
    ),
  )
  const page = new HtmlReport()
  const failure = {
    target: 'gone.pem',
    code: 'file-not-found',
    message: 'no such file',
    hint: 'look',
    at: undefined,
  }
  const states = { fits: 1, 'at-risk': 0, blocked: 2, undecided: 0 }
  return (
    page.add([live, fits]) +
    page.add([redirected]) +
    page.fail(failure) +
    page.end(runOf({ targets: 3, failed: 1, states }))
  )
}

describe('the HTML report in Chromium', () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    test.skipIf(program === undefined)(
      `chromium: in ${colorScheme} it opens without an error, and axe finds nothing against it`,
      async () => {
        const { page, faults } = await open({ colorScheme })
        expect(faults).toEqual([])
        expect(await violationsWithin(page)).toEqual([])
        await page.close()
      },
      60_000,
    )
  }

  test.skipIf(program === undefined)(
    'chromium: who cannot see it is told the pictures, the tables and the states',
    async () => {
      const { page } = await open({})
      const tree = await page.locator('main').ariaSnapshot()
      expect(tree).toMatch(/img "3 certificates sent, 5,753 bytes of DER"/)
      expect(tree).toMatch(/heading ".*BLOCKED nrf9160@1\.3\.7\+ncs@2\.7\.0 cannot reach/)
      expect(tree).toMatch(/table/)
      const described = await page.locator('svg[role=img]').first().locator('desc').textContent()
      expect(described).toMatch(/all sent: 5,753, 1,657 over \(limit 4,096/)
      await page.close()
    },
    60_000,
  )

  test.skipIf(program === undefined)(
    'chromium: on a telephone nothing is wider than the screen, and the summary stands above the targets',
    async () => {
      const { page } = await open({ viewport: { width: 360, height: 740 } })
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
      const top = async (selector: string) => (await page.locator(selector).boundingBox())!.y
      expect(await top('#summary')).toBeLessThan(await top('#t1'))
      expect(await top('#t1')).toBeLessThan(await top('#t2'))
      await page.close()
    },
    60_000,
  )

  test.skipIf(program === undefined)(
    'chromium: on paper each target begins a page and what is folded is printed',
    async () => {
      const { page } = await open({ colorScheme: 'dark' })
      await page.emulateMedia({ media: 'print' })
      expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe(
        'rgb(255, 255, 255)',
      )
      expect(await page.evaluate("getComputedStyle(document.querySelector('#t2')).breakBefore")).toBe('page')
      const folded = page.locator('details.place:not([open]) li').first()
      expect((await folded.boundingBox())?.height).toBeGreaterThan(5)
      await page.close()
    },
    60_000,
  )
})
