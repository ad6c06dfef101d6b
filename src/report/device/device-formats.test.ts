import fc from 'fast-check'
import { micromark } from 'micromark'
import { gfm, gfmHtml } from 'micromark-extension-gfm'
import { type DefaultTreeAdapterTypes, parse } from 'parse5'
import { describe, expect, test } from 'vitest'
import { resolveDevice } from '../../device/catalogue.ts'
import { type Device, failureKinds } from '../../device/device.ts'
import { openCatalogue } from '../../io/catalogue-files.ts'
import { deviceJson } from '../device-json.ts'
import { familyRow, formatDeviceList } from '../device-list.ts'
import { formatDevice } from '../device-page.ts'
import { escapeText } from '../escape.ts'
import { displayWidth } from '../layout.ts'
import { accountOf, sourcesOf } from './device-account.ts'
import { formatDeviceHtml } from './device-html.ts'
import { formatDeviceMarkdown } from './device-markdown.ts'
import { formatDeviceListHtml, formatDeviceListMarkdown } from './list-tables.ts'

const catalogue = openCatalogue()
const plain = { columns: 80, color: false, ascii: false }

describe.each(catalogue.families)('%s', (family) => {
  const device = resolveDevice(family, catalogue)
  const sources = sourcesOf(accountOf(device))

  test('as text: no line is too wide, plain and in ASCII, and each source is there', () => {
    for (const columns of [80, 120]) {
      for (const ascii of [false, true]) {
        const text = formatDevice(device, { columns, ascii, color: false })
        const wide = text.split('\n').filter((line) => displayWidth(line) > columns)
        expect(wide).toEqual([])
        if (ascii) expect(text).toMatch(/^[\n\x20-\x7e]*$/)
      }
    }
    const all = squeezed(formatDevice(device, plain))
    expect(sources.filter((source) => !all.includes(squeezed(source)))).toEqual([])
  })

  test('in words: no id of a failure or of a setting is left on a page, and no label touches its value', () => {
    const text = formatDevice(device, { ...plain, columns: 400 })
    const pages = [text, formatDeviceHtml(device), formatDeviceMarkdown(device)]
    const ids = [
      ...failureKinds.filter((kind) => kind.includes('-')),
      'with-name-check',
      'not-needed',
      'host-name',
    ]
    const id = new RegExp(`(?:^ {2}\\S.* {2}|<p>|\\| )(?:${ids.join('|')})\\b`, 'm')
    for (const page of pages) expect(page).not.toMatch(id)
    expect(text).not.toMatch(/^ {2}intermediate as anchor \S/m)
    expect(text).not.toMatch(/HTTP (\d+) to \1\b/)
  })

  test('as HTML: a page without a fault, with each source in its list', () => {
    const items = elements(parsePage(formatDeviceHtml(device)), 'li').filter((each) =>
      each.attrs.some(({ value }) => value.startsWith('source-')),
    )
    expect(items.map(textOf)).toEqual(sources)
  })

  test('as HTML: every reference leads to something on the page', () => {
    const page = parsePage(formatDeviceHtml(device))
    const values = (name: string) =>
      elements(page).flatMap(({ attrs }) =>
        attrs.filter((each) => each.name === name).map(({ value }) => value),
      )
    const ids = values('id')
    expect(new Set(ids).size).toBe(ids.length)
    const inner = values('href').filter((href) => href.startsWith('#'))
    expect(inner.filter((href) => !ids.includes(href.slice(1)))).toEqual([])
  })

  test('as markdown: each source is read back from the last list, and every row has as many cells as its head', () => {
    const page = parsePage(rendered(formatDeviceMarkdown(device)))
    const lists = elements(page, 'ol')
    expect(elements(lists.at(-1), 'li').map((item) => textOf(item).trim())).toEqual(sources)
    for (const table of elements(page, 'table')) {
      const [head = 0, ...rows] = elements(table, 'tr').map((row) => elements(row, 'td', 'th').length)
      expect(rows.filter((cells) => cells !== head)).toEqual([])
    }
  })

  test('as JSON: every value that is not known has a question and a command', () => {
    const { unknown, measures } = JSON.parse(JSON.stringify(deviceJson(device)))
    const asked = measures.flatMap((each: { settles: { part: string }[] }) =>
      each.settles.map(({ part }) => part),
    )
    expect(unknown.filter((part: string) => !asked.includes(part))).toEqual([])
    for (const { commands } of measures) expect(commands.length).toBeGreaterThan(0)
  })
})

describe('a profile that somebody else wrote', () => {
  const own = resolveDevice('spwf04sx', catalogue)
  const spell = (text: string): Device => {
    const quirk = { value: text, source: text, confidence: 'measured', note: text } as const
    const [layer] = own.layers
    const row = own.evidence[0]
    if (layer === undefined || row === undefined) throw new Error('no layer, or no field row')
    return {
      ...own,
      id: text,
      name: text,
      layers: [{ ...layer, name: text, version: text }],
      quirks: [quirk],
      anchorsHeld: { ...quirk, value: [text] },
      errors: [
        {
          when: ['dns'],
          code: text,
          log: `${text}\n${text}`,
          detail: text,
          source: text,
          confidence: 'measured',
        },
      ],
      evidence: [{ ...row, endpoint: text, seen: text, source: text, id: text }],
    }
  }
  const hostile = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          ...[
            '<script>alert(1)</script>',
            '"',
            "'",
            '</title>',
            '<!--',
            '-->',
            '|',
            '`',
            '```',
            '\\',
            '[x](javascript:a)',
          ],
          ...[
            '\u001b[2J',
            '\u202e',
            '\n',
            '@someone',
            '#1',
            'https://a.example/"><b>',
            'javascript:alert(1)',
            '{id}',
            '$&',
          ],
        ),
        fc.string({ unit: 'binary', maxLength: 8 }),
      ),
      { minLength: 1, maxLength: 6 },
    )
    .map((parts) => `x${parts.join('')}`)

  test('opens no tag, loads nothing and runs nothing in HTML', () => {
    const usual = new Set(elements(parsePage(formatDeviceHtml(own))).map(({ tagName }) => tagName))
    fc.assert(
      fc.property(hostile, (text) => {
        const page = parsePage(formatDeviceHtml(spell(text)))
        expect(elements(page).filter(({ tagName }) => !usual.has(tagName))).toEqual([])
        const attrs = elements(page).flatMap((each) => each.attrs)
        expect(
          attrs.filter(({ name }) => name.startsWith('on') || name === 'src' || name === 'style'),
        ).toEqual([])
        const links = attrs.filter(({ name }) => name === 'href').map(({ value }) => value)
        expect(links.filter((href) => !/^(#source-\d+|https:\/\/)/.test(href))).toEqual([])
        expect(textOf(elements(page, 'h1')[0])).toBe(escapeText(text, { maxChars: 20_000 }))
      }),
      { numRuns: 40 },
    )
  })

  test('opens no tag and no cell in markdown', () => {
    const kinds = (page: DefaultTreeAdapterTypes.Node) => elements(page).map(({ tagName }) => tagName)
    const usual = new Set([...kinds(parsePage(rendered(formatDeviceMarkdown(own)))), 'span', 'a', 'code'])
    const clean = tableShapes(rendered(formatDeviceMarkdown(spell('x'))))
    fc.assert(
      fc.property(hostile, (text) => {
        const html = rendered(formatDeviceMarkdown(spell(text)))
        const page = parsePage(html)
        expect(kinds(page).filter((kind) => !usual.has(kind))).toEqual([])
        expect(tableShapes(html)).toEqual(clean)
        const links = elements(page, 'a').flatMap(({ attrs }) => attrs.map(({ value }) => value))
        expect(links.filter((href) => !href.startsWith('https://'))).toEqual([])
      }),
      { numRuns: 12 },
    )
  })

  test('sends nothing but text to a terminal', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const shown = formatDevice(spell(text), plain)
        expect(shown.replaceAll('\n', '')).toBe(escapeText(shown.replaceAll('\n', ''), { maxChars: 1e9 }))
      }),
      { numRuns: 40 },
    )
  })
})

describe('what a page tells', () => {
  test('a bar shows what passes, what is not known, the documented figure and what fails', () => {
    const text = formatDevice(resolveDevice('spwf04sx', catalogue), plain)
    expect(text).toMatch(/^ {4}█{20,25}░+│░+×+$/m)
    expect(formatDevice(resolveDevice('spwf04sx', catalogue), { ...plain, ascii: true })).toMatch(
      /^ {4}#{20,25}\.+\|\.+x+$/m,
    )
  })

  test('a way of counting that the source leaves open is drawn as open', () => {
    const nrf = resolveDevice('nrf9160@1.3.7', catalogue)
    expect(formatDevice(nrf, plain)).toMatch(/up to the anchor\n {4}█+░*┊░*×+$/m)
    expect(formatDeviceHtml(nrf)).toContain('stroke-dasharray')
  })

  test('each row of the field is told once, what was taken first', () => {
    const { field } = accountOf(resolveDevice('nrf9160@1.3.7', catalogue))
    expect(field.map(({ outcome }) => outcome)).toEqual([
      ...Array(3).fill('accepted'),
      ...Array(3).fill('refused'),
    ])
    expect(new Set(field.map(({ id }) => id)).size).toBe(field.length)
  })

  test('only a hello of which every part is known has a fingerprint', () => {
    const print = (id: string) => accountOf(resolveDevice(id, catalogue)).hello.ja4
    expect(print('nrf9160@1.3.7')).toBeUndefined()
    expect(print('esp-idf@5.2')).toMatch(/^t12d390700_[0-9a-f]{12}_[0-9a-f]{12}$/)
    expect(print('openssl')).toMatch(/^t13d311000_[0-9a-f]{12}_[0-9a-f]{12}$/)
  })

  test('a build that is configured by a file is asked for the file, a modem for captures', () => {
    const recipes = (id: string) =>
      accountOf(resolveDevice(id, catalogue)).measures.flatMap(({ commands }) => commands)
    expect(recipes('zephyr')).toContain('tlsfit devices from-config build/zephyr/.config > my-device.yaml')
    expect(recipes('nrf9160@1.3.7').join()).not.toContain('from-config')
    expect(recipes('nrf9160@1.3.7')).toContain('tlsfit devices from-capture trace.pcap > my-device.yaml')
  })
})

describe('the list', () => {
  const rows = catalogue.families.flatMap((family) => {
    const profile = catalogue.profile(family)
    return profile === undefined ? [] : [familyRow(profile)]
  })
  const ranges = rows.reduce((sum, row) => sum + row.ranges.length, 0)

  test('in markdown and in HTML has one row a range', () => {
    expect(elements(parsePage(rendered(formatDeviceListMarkdown(rows))), 'tr')).toHaveLength(ranges + 1)
    expect(elements(parsePage(formatDeviceListHtml(rows)), 'tr')).toHaveLength(ranges + 1)
  })
})

type Node = DefaultTreeAdapterTypes.Node
type Element = DefaultTreeAdapterTypes.Element

/** A fault that the parser has to forgive fails the test; the HTML of markdown has no head, which is none of ours. */
function parsePage(html: string): Node {
  const faults: string[] = []
  const page = parse(html, { onParseError: ({ code }) => faults.push(code) })
  expect(faults.filter((code) => code !== 'missing-doctype')).toEqual([])
  return page
}

function rendered(markdown: string): string {
  return micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true })
}

function elements(node: Node | undefined, ...names: readonly string[]): Element[] {
  if (node === undefined || !('childNodes' in node)) return []
  return node.childNodes.flatMap((child) => [
    ...('tagName' in child && (names.length === 0 || names.includes(child.tagName)) ? [child] : []),
    ...elements(child, ...names),
  ])
}

function textOf(node: Node | undefined): string {
  if (node === undefined) return ''
  if ('value' in node) return node.value
  return 'childNodes' in node ? node.childNodes.map(textOf).join('') : ''
}

function tableShapes(html: string): number[][] {
  return elements(parsePage(html), 'table').map((table) =>
    elements(table, 'tr').map((row) => elements(row, 'td', 'th').length),
  )
}

function squeezed(text: string): string {
  return text.replace(/\s+/g, '')
}

test('a range whose upper end stands for all that begin so does not read backwards', () => {
  const list = formatDeviceList([familyRow(catalogue.profile('nrf9160')!)], plain)
  expect(list).toContain(' 1.1.5..1.1.x ')
  expect(list).toContain(' 1.1.0..1.1.4 ')
})
