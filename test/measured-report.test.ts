import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatMeasuredHtml } from '../src/report/measured/measured-html.ts'
import { measuredAgainst } from './support/measured-against.ts'
import { peer } from './support/peer.ts'
import { ReportInBrowser, violationsWithin } from './support/report-in-browser.ts'

const program = peer('chromium')

let shown: ReportInBrowser | undefined

beforeAll(async () => {
  if (program !== undefined) shown = await ReportInBrowser.open(report(), program)
}, 60_000)
afterAll(() => shown?.close())

const open = (options: Parameters<ReportInBrowser['page']>[0]) => (shown as ReportInBrowser).page(options)

/** One with small buffers and findings of each severity, and one that takes all and asks by a long name. */
function report(): string {
  const small = measuredAgainst(
    {
      ...{ message: 4096, joins: false, dataRecord: 2048, head: 900 },
      accepts: ['wrong-name', 'md5-signature', 'expired', 'not-yet-valid'],
    },
    'mbedtls@2.28',
  )
  const large = measuredAgainst({ host: `${'x'.repeat(63)}.${'y'.repeat(63)}.example` }, 'openssl@3.0')
  return formatMeasuredHtml({
    version: '0.0.0',
    devices: [
      { ...small, sameHello: [], profile: './device.yaml' },
      {
        ...large,
        device: '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff 9876543210',
        sameHello: [],
        profile: '/a/b',
      },
    ],
    testCa: {
      sha256: 'ab'.repeat(32),
      removal: { text: 'delete it', commands: ['AT%CMNG=3,4200,0'] },
    },
    others: ['3 connections from 192.0.2.9: sent something that is no TLS'],
  })
}

describe('the HTML report of a measurement in Chromium', () => {
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
    'chromium: who cannot see it is told the pictures, the findings and the limits',
    async () => {
      const { page } = await open({})
      const tree = await page.locator('main').ariaSnapshot()
      expect(tree).toMatch(/img "How the limit was found: Certificate message, 4,096 bytes"/)
      expect(tree).toMatch(/heading "critical It accepted a certificate for another name"/)
      expect(tree).toMatch(/row "handshake message 4,096 bytes.* exact/)
      const described = await page.locator('svg[role=img]').first().locator('desc').textContent()
      expect(described).toMatch(
        /^4,096 bytes pass, 4,097 fail: \d+ connections\..* In order: connection \d+: /,
      )
      await page.close()
    },
    60_000,
  )

  test.skipIf(program === undefined)(
    'chromium: on a telephone nothing is wider than the screen, and no figure of a picture runs into another',
    async () => {
      const { page } = await open({ viewport: { width: 360, height: 740 } })
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
      expect(await page.evaluate(overlaps)).toEqual([])
      await page.close()
    },
    60_000,
  )

  test.skipIf(program === undefined)(
    'chromium: on paper each device begins a page, in light colours',
    async () => {
      const { page } = await open({ colorScheme: 'dark' })
      await page.emulateMedia({ media: 'print' })
      expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe(
        'rgb(255, 255, 255)',
      )
      expect(await page.evaluate("getComputedStyle(document.querySelector('#d2')).breakBefore")).toBe('page')
      await page.close()
    },
    60_000,
  )
})

/** Texts of one picture whose boxes share more than a hair. */
const overlaps = `[...document.querySelectorAll('svg[role=img]')].flatMap((svg) => {
  const texts = [...svg.querySelectorAll('text')].map((text) => [text.textContent, text.getBoundingClientRect()])
  return texts.flatMap(([a, one], at) => texts.slice(at + 1).flatMap(([b, other]) =>
    Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1 &&
    Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 4 ? [a + ' / ' + b] : []))
})`
