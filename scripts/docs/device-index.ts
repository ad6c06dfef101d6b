import type { Catalogue } from '../../src/device/catalogue.ts'
import { familyRow } from '../../src/report/device-list.ts'
import { rangeText } from '../../src/report/device-words.ts'
import { plain, tableOf, widePage } from './open-text.ts'
import type { SitePage } from './site-page.ts'

const kinds = [
  ['modem', 'Cellular modems'],
  ['module', 'Wi-Fi modules'],
  ['sdk', 'SDKs and firmwares'],
  ['library', 'TLS libraries'],
  [undefined, 'Others'],
] as const

/** `device-pages.md`: every family that tlsfit carries, with how much is known of it. */
export function deviceIndex(catalogue: Catalogue): SitePage {
  const rows = catalogue.families.flatMap((family) => {
    const profile = catalogue.profile(family)
    return profile === undefined ? [] : [familyRow(profile)]
  })
  const sections = kinds.flatMap(([kind, heading]) => {
    const own = rows.filter((row) => row.kind === kind)
    if (own.length === 0) return []
    const lines = own.map(({ family, name, ranges }) => [
      `[${plain(name)}](/devices/${family}.md)`,
      plain(ranges.map(({ range }) => rangeText(range)).join(', ')),
      String(Math.max(...ranges.map(({ known }) => known))),
      [...new Set(ranges.map(({ hello }) => hello ?? ''))].filter((hello) => hello !== '').join(', '),
    ])
    return [`## ${heading}`, tableOf(['family', 'versions told apart', 'values known', 'ClientHello'], lines)]
  })
  const head = [
    '# Devices that tlsfit knows',
    'One page a family: its limits with how each is counted, its ClientHello, what it verifies, what it prints when it fails, ' +
      'what it took and refused in the field, and what is not known. Each value with its source and how well it is known. ' +
      'The values counted here are those that the layer gives by itself. [Where these come from](/devices.md), and how to add one.',
  ]
  return {
    path: 'device-pages.md',
    source: undefined,
    text: `${widePage}${[...head, ...sections].join('\n\n')}\n`,
  }
}
