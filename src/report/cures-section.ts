import type { FindingId } from '../finding/details.ts'
import type { Place } from '../finding/place.ts'
import { leadFinding } from '../judge/lead-finding.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { EscapeOptions } from './escape.ts'
import { fixesByPlace, type PlacedCure, type PlaceGroup } from './fixes-by-place.ts'
import type { Page } from './layout.ts'

/** A cure whose lines are too many to stand under its title; they go to the end of the report under a number. */
export interface Footnote {
  readonly title: string
  readonly commands: readonly string[]
}

export interface CuresOptions {
  readonly escapes: EscapeOptions
  readonly can: readonly Place[] | undefined
  /** Every cure with all of its lines. */
  readonly verbose: boolean
  /** Title of the cure that stands in the headline with its lines. */
  readonly shown: string | undefined
}

/** Commands that stand under a cure in the list. */
const inlineCommands = 2
/** Cures of a place in the list; JSON has all. */
const maxCures = 4
/** Messages to the owner that are written out; each is a paragraph. */
const maxMessages = 1

/** What can be done, by who can do it: those first who the reader said they are. Adds to the footnotes. */
export function writeCures(page: Page, verdict: Verdict, options: CuresOptions, footnotes: Footnote[]): void {
  const groups = fixesByPlace(verdict, { ...options.escapes, can: options.can })
  if (groups.length === 0) return
  const numbers = numbersOf(verdict)
  const mine = groups.filter(({ can }) => can)
  const others = groups.filter(({ can }) => !can)
  page.blank()
  page.paragraph(mine.length > 0 ? 'what can be done' : 'what others can do; nothing where you can', '', {
    label: 'strong',
  })
  for (const group of mine) writeGroup(page, group, numbers, options, footnotes)
  if (mine.length > 0 && others.length > 0) page.paragraph('others can', '', { label: 'strong' })
  for (const group of others) writeGroup(page, group, numbers, options, footnotes)
}

function writeGroup(
  page: Page,
  group: PlaceGroup,
  numbers: ReadonlyMap<string, number>,
  options: CuresOptions,
  footnotes: Footnote[],
): void {
  page.paragraph('   ', `${group.title}:`, { text: 'dim' })
  if (group.note !== undefined) page.paragraph('   - ', group.note)
  if (group.place === 'field') {
    writeField(page, group, numbers)
    return
  }
  const most =
    group.place === 'their-server' && options.can?.includes(group.place) !== true ? maxMessages : maxCures
  const shown = options.verbose ? group.cures : group.cures.slice(0, most)
  for (const cure of shown) {
    if (cure.sentence !== undefined) page.paragraph('   - ', `"${cure.sentence}"`)
    else writeCure(page, cure, numbers, options, footnotes)
  }
  const hidden = group.cures.length - shown.length
  const what = group.place === 'their-server' ? 'to send' : 'here'
  if (hidden > 0) page.paragraph('   - ', `… ${hidden} more ${what}: --format json`, { text: 'dim' })
}

function writeCure(
  page: Page,
  cure: PlacedCure,
  numbers: ReadonlyMap<string, number>,
  { verbose, shown }: CuresOptions,
  footnotes: Footnote[],
): void {
  if (cure.title === shown) {
    page.paragraph('   - ', 'the fix above')
    return
  }
  const inline = verbose || cure.commands.length <= inlineCommands
  const known = footnotes.findIndex(({ title }) => title === cure.title)
  if (!inline && known < 0) footnotes.push(cure)
  const mark = inline ? '' : ` [${known < 0 ? footnotes.length : known + 1}]`
  page.paragraph('   - ', `${cure.title}${of(cure.cures, numbers)}${mark}`)
  if (inline) for (const command of cure.commands) page.command(command, 7)
}

/** What is done on the device is listed for the firmware already; here the way there counts, each once. */
function writeField(page: Page, { cures }: PlaceGroup, numbers: ReadonlyMap<string, number>): void {
  const front = cures.find(({ id }) => id === 'front-small-chain')
  if (front !== undefined) {
    page.paragraph('   - ', `a front: ${front.way}`)
    for (const command of front.commands) page.command(command, 7)
  }
  const others = cures.filter(({ id }) => id !== 'front-small-chain')
  for (const way of new Set(others.map((one) => one.way))) {
    const about = others.filter((one) => one.way === way).flatMap((one) => one.cures)
    page.paragraph('   - ', `the cures in firmware${of(about, numbers)}: ${way}`)
  }
}

/** ` (of 2, 5)`: the findings cured, where that of the headline is none of them. */
function of(cured: readonly FindingId[], numbers: ReadonlyMap<string, number>): string {
  const about = [...new Set(cured.flatMap((id) => numbers.get(id) ?? []))]
  return about.length === 0 || about.includes(0) ? '' : ` (of ${about.join(', ')})`
}

/** The number of each finding in the list of those also found; the one of the headline has 0. */
function numbersOf(verdict: Verdict): ReadonlyMap<string, number> {
  const lead = leadFinding(verdict)
  const others = verdict.findings.filter((finding) => finding !== lead)
  const rows = others.map(({ id }, index) => [id, index + 1] as const)
  return new Map(lead === undefined ? rows : [...rows, [lead.id, 0] as const])
}
