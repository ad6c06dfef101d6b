import type { FamilyKind } from '../device/device.ts'
import { partsOf } from '../device/device-parts.ts'
import type { Profile } from '../device/profile.ts'
import { rangeText } from './device-words.ts'
import { Page, type PageOptions } from './layout.ts'
import { formatCount, formatList } from './units.ts'

/** A family as lists tell it. */
export interface FamilyRow {
  readonly family: string
  readonly name: string
  readonly kind: FamilyKind | undefined
  readonly runsOn: readonly string[]
  readonly under: readonly string[]
  readonly defaultVersion: string
  readonly aliases: readonly string[]
  readonly ranges: readonly RangeRow[]
}

export interface RangeRow {
  readonly range: string
  readonly hello: 'recorded' | 'derived' | 'assumed' | undefined
  /** Values that this layer gives by itself, of those that a profile may give. */
  readonly known: number
  readonly errorWords: number
}

export function familyRow(profile: Profile): FamilyRow {
  const { family, name, kind, runsOn, under, defaultVersion } = profile
  return {
    family,
    name,
    kind,
    runsOn,
    under,
    defaultVersion,
    aliases: [...profile.aliases.keys()],
    ranges: profile.ranges.map(({ range, values }) => ({
      range: range.text,
      hello: values.hello.origin,
      known: partsOf(values).filter(({ known }) => known !== undefined).length,
      errorWords: values.errors.length,
    })),
  }
}

/** Whether a word names the family, or is part of its name, ranges or aliases. */
export function holdsWord(row: FamilyRow, word: string): boolean {
  const wanted = word.trim().toLowerCase()
  const texts = [
    row.family,
    row.name,
    row.kind ?? '',
    ...row.aliases,
    ...row.ranges.map(({ range }) => `${row.family}@${range}`),
  ]
  return texts.some((text) => text.toLowerCase().includes(wanted))
}

const headings: readonly (readonly [FamilyKind | undefined, string])[] = [
  ['modem', 'modems'],
  ['module', 'modules'],
  ['sdk', 'SDKs'],
  ['library', 'libraries'],
  [undefined, 'others'],
]

/** Every family under the heading of its kind, one line a range. */
export function formatDeviceList(rows: readonly FamilyRow[], options: PageOptions): string {
  const page = new Page(options)
  const width = Math.max(...rows.map(({ family }) => family.length))
  for (const [kind, heading] of headings) {
    const own = rows.filter((row) => row.kind === kind)
    if (own.length === 0) continue
    page.blank()
    page.paragraph('', heading, { text: 'strong' })
    for (const row of own) tellFamily(page, row, width)
  }
  page.blank()
  page.paragraph('', 'Layers are joined by +, lowest first; those left out take their default.', {
    text: 'dim',
  })
  page.command(`tlsfit devices show ${rows[0]?.family}@${rows[0]?.defaultVersion}`, 0)
  return page.toString()
}

function tellFamily(page: Page, row: FamilyRow, nameWidth: number): void {
  page.paragraph(`  ${row.family.padEnd(nameWidth)}  `, row.name, { label: 'strong' })
  const on = row.runsOn.length === 0 ? '' : `runs on ${formatList(row.runsOn, 8, 'or')}`
  const with_ = row.under.length === 0 ? '' : `with ${row.under.join(', ')} by default`
  const about = [on, with_, `default ${row.defaultVersion}`].filter((text) => text !== '').join('; ')
  page.paragraph('    ', about)
  const width = Math.max(...row.ranges.map(({ range }) => rangeText(range).length)) + 2
  for (const { range, hello, known, errorWords } of row.ranges) {
    page.row([
      [`    ${rangeText(range).padEnd(width)}`, 'none'],
      [(hello === undefined ? '' : `hello ${hello}`).padEnd(16), hello === 'assumed' ? 'warn' : 'none'],
      [formatCount(known, 'value').padEnd(11)],
      [errorWords === 0 ? '' : formatCount(errorWords, 'error word'), 'dim'],
    ])
  }
  if (row.aliases.length > 0) page.paragraph('    also  ', row.aliases.join(', '), { label: 'dim' })
}
