import type { Confidence, Device } from '../device/device.ts'
import { type AccountValue, accountOf, confidenceStyle, type DeviceAccount } from './device/device-account.ts'
import { certificateSizes, noFieldRows, storyLimitText } from './device/field-stories.ts'
import { type Margin, type Margins, type Zone, zonesOf } from './device/margins.ts'
import { countingNames, rangeText } from './device-words.ts'
import { failuresText } from './failure-names.ts'
import { Page, type PageOptions } from './layout.ts'
import { formatCount } from './units.ts'

const indent = ' '.repeat(4)
const nameColumns = 24
/** Cells of the longest bar. */
const maxBar = 64

/** One device, its layers merged: every value with its source, what the field showed, and how to learn the rest. */
export function formatDevice(device: Device, options: PageOptions): string {
  const page = new Page(options)
  const account = accountOf(device)
  tellHead(page, account)
  for (const { group, title, values } of account.sections) {
    heading(page, title)
    if (group === 'hello') tellHello(page, account)
    if (group === 'limits') tellLegend(page, values)
    for (const value of values) tellValue(page, value)
    if (group === 'limits') tellField(page, account)
  }
  if (!account.sections.some(({ group }) => group === 'limits')) tellField(page, account)
  tellQuirks(page, account)
  tellErrors(page, account)
  tellUnknown(page, account)
  return page.toString()
}

function heading(page: Page, text: string): void {
  page.blank()
  page.paragraph('', text, { text: 'strong' })
}

function tellHead(page: Page, { name, id, layers, known, total, field }: DeviceAccount): void {
  page.paragraph('', name, { text: 'strong' })
  page.paragraph('  id      ', id, { label: 'dim' })
  for (const { family, name: layer, version, range, defaulted } of layers) {
    const chosen = defaulted ? '; taken by default' : ''
    const within = range === version ? '' : `, in ${rangeText(range)}`
    page.paragraph('  layer   ', `${family}@${version}: ${layer}${within}${chosen}`, { label: 'dim' })
  }
  page.paragraph('  known   ', `${known} of ${total} values`, { label: 'dim' })
  const refused = field.filter(({ outcome }) => outcome === 'refused').length
  const seen =
    field.length === 0 ? 'nothing on record' : `${field.length - refused} accepted, ${refused} refused`
  page.paragraph('  field   ', seen, { label: 'dim' })
}

function tellHello(page: Page, { hello }: DeviceAccount): void {
  page.paragraph('  ', hello.sentence, { text: hello.origin === 'assumed' ? 'warn' : 'none' })
  if (hello.ja4 !== undefined) {
    page.paragraph(`  ${'JA4'.padEnd(nameColumns)} `, hello.ja4)
    page.paragraph(indent, 'of the hello that tlsfit sends in its place, with a host name and without ALPN', {
      text: 'dim',
    })
  }
}

function tellValue(page: Page, { name, value, more, margins, note, ...from }: AccountValue): void {
  page.paragraph(name === '' ? '  ' : `  ${name.padEnd(nameColumns)} `, value)
  for (const line of more) page.paragraph(indent, line)
  if (margins !== undefined) tellMargins(page, margins)
  if (note !== undefined) page.paragraph(indent, note)
  tellSource(page, from)
}

function tellLegend(page: Page, values: readonly AccountValue[]): void {
  const margins = values.flatMap((value) => value.margins?.ways ?? [])
  if (margins.length === 0) return
  const unsure = margins.some(({ certain }) => !certain) ? '  ┊ documented, may count so' : ''
  page.paragraph('  ', `█ passes  ░ not known  × fails  │ documented${unsure}`, {
    text: 'dim',
  })
}

function tellSource(page: Page, from: { readonly confidence: Confidence; readonly source: string }): void {
  page.paragraph(`${indent}${from.confidence.replace('-', ' ')}: `, from.source, {
    label: confidenceStyle(from.confidence),
    text: 'dim',
  })
}

function tellMargins(page: Page, { scale, ways }: Margins): void {
  const width = Math.min(maxBar, page.columns - indent.length)
  for (const margin of ways) {
    if (ways.length > 1) page.paragraph(indent, countingNames[margin.way], { text: 'dim' })
    page.row([[indent], ...runsOf(margin, scale, width)])
  }
}

/** The cells of a bar, one part a run of the same kind. */
function runsOf(margin: Margin, scale: number, width: number): [string, 'good' | 'bad' | 'dim' | 'strong'][] {
  const runs: [string, 'good' | 'bad' | 'dim' | 'strong'][] = []
  for (const zone of zonesOf(margin, scale, width)) {
    const [glyph, style] =
      zone === 'documented' && !margin.certain ? (['┊', 'strong'] as const) : glyphs[zone]
    const last = runs.at(-1)
    if (last?.[0].endsWith(glyph)) last[0] += glyph
    else runs.push([glyph, style])
  }
  return runs
}

const glyphs: { readonly [Z in Zone]: readonly [string, 'good' | 'bad' | 'dim' | 'strong'] } = {
  passes: ['█', 'good'],
  open: ['░', 'dim'],
  fails: ['×', 'bad'],
  documented: ['│', 'strong'],
}

function tellField(page: Page, { field }: DeviceAccount): void {
  heading(page, 'seen in the field')
  if (field.length === 0) page.paragraph('  ', noFieldRows)
  for (const story of field) {
    page.paragraph(`  ${story.outcome}  `, story.endpoint, {
      label: story.outcome === 'accepted' ? 'good' : 'bad',
    })
    page.paragraph(indent, `seen ${story.seen}; held for ${story.heldFor}`)
    const sizes = certificateSizes(story)
    if (sizes !== undefined) page.paragraph(indent, `certificates, leaf first: ${sizes}`)
    page.paragraph(indent, story.limits.map(storyLimitText).join('; '))
    tellSource(page, story)
  }
}

function tellQuirks(page: Page, { quirks }: DeviceAccount): void {
  if (quirks.length > 0) heading(page, 'quirks')
  for (const quirk of quirks) tellValue(page, quirk)
}

function tellErrors(page: Page, { errors }: DeviceAccount): void {
  if (errors.length === 0) return
  heading(page, 'what it shows when it fails')
  for (const { code, when, statuses, log, detail, ...from } of errors) {
    page.paragraph(`  ${code}  `, failuresText({ when, statuses }), { label: 'bad' })
    for (const line of log?.split('\n') ?? []) page.paragraph(`${indent}log  `, line, { label: 'dim' })
    if (detail !== undefined) page.paragraph(indent, detail)
    tellSource(page, from)
  }
}

/** What nobody told: as much a part of the answer as what is known, and each with the way to learn it. */
function tellUnknown(page: Page, { known, total, measures }: DeviceAccount): void {
  heading(page, `not known: ${formatCount(total - known, 'value')}`)
  if (measures.length > 0) {
    page.paragraph('  ', 'What is not known counts neither as a limit nor as none. What settles it:')
  }
  for (const { title, commands, note, settles } of measures) {
    page.blank()
    page.paragraph('  ', title, { text: 'strong' })
    for (const command of commands) page.command(command, indent.length)
    if (note !== undefined) page.paragraph(indent, note, { text: 'dim' })
    for (const { name, question } of settles) {
      page.paragraph(`${indent}${name.padEnd(nameColumns - 2)} `, question, { label: 'none' })
    }
  }
}
