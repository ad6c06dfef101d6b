import type { CauseRanking, HeldBack, RankedCause } from '../judge/causes.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { LogEvent, Symptom } from '../log/symptom.ts'
import { causeWords } from './cause-words.ts'
import { askFor, type CausesRead, contextOf, curesOf } from './causes-reading.ts'
import { type EscapeOptions, escapeText } from './escape.ts'
import { evidenceWords } from './evidence-words.ts'
import { Page, type Style } from './layout.ts'
import { formatText, type TextOptions } from './text.ts'
import { formatCount, formatList, formatNumber } from './units.ts'

/** Causes shown with their evidence; the others in one line. */
const shownCauses = 3
const shownSymptoms = 24
const shownAsks = 4
const shownCureCommands = 5

export interface CausesToShow extends CausesRead {
  readonly ranking: CauseRanking
  readonly deviceTold: 'user' | 'log' | undefined
  readonly verdicts: readonly Verdict[]
}

/**
 * What `tlsfit explain` prints of a log: the causes with their lines, how the log was read, what would settle it, and
 * what cures it. Ends with a line feed.
 */
export function formatCauses(read: CausesToShow, options: TextOptions): string {
  const page = new Page({ columns: options.columns, color: options.color, ascii: options.ascii ?? false })
  const escapes = { ascii: options.ascii ?? false }
  writeHead(page, read, escapes)
  writeCauses(page, read, escapes)
  writeTimeline(page, read, escapes)
  writeHerrings(page, read, escapes)
  writeNext(page, read, escapes)
  writeReading(page, read, escapes)
  const verdicts = read.verdicts.length === 0 ? '' : `\n${formatText(read.verdicts, options)}`
  return page.toString() + verdicts
}

function writeHead(
  page: Page,
  { ranking, name, facts, device, deviceTold }: CausesToShow,
  escapes: EscapeOptions,
): void {
  const file = name === '-' ? 'the log' : escapeText(name, { ...escapes, maxChars: 120 })
  const [first] = ranking.causes
  if (!ranking.failed || first === undefined) {
    const why = ranking.failed ? 'a failure, but nothing that points to its cause' : 'no failed connection'
    page.paragraph(
      'NOTHING FOUND  ',
      `in ${formatCount(facts.lines, 'line')} of ${file} there is ${why} that tlsfit knows`,
      {
        label: 'open',
        text: 'strong',
      },
    )
  } else {
    const { title } = causeWords[first.id]
    const [word, style]: [string, Style] = ranking.decided
      ? ['CAUSE    ', 'bad']
      : first.confidence === 'likely'
        ? ['LIKELY   ', 'warn']
        : ['POSSIBLE ', 'open']
    page.paragraph(word, `${title}  (${first.id})`, { label: style, text: 'strong' })
    if (!ranking.decided) {
      page.paragraph('  not decided  ', notDecided(ranking, escapes), { label: 'dim' })
    }
  }
  if (device !== undefined) {
    const how = deviceTold === 'log' ? `told by the log (${deviceEvidence(facts.devices)})` : 'as you said'
    const chosen = device.layers
      .filter(({ defaulted }) => defaulted)
      .map(({ family, version }) => `${family}@${version}`)
    const defaults = chosen.length === 0 ? '' : `; not told, default taken: ${chosen.join(', ')}`
    page.paragraph(
      '  device  ',
      `${escapeText(device.id, { ...escapes, maxChars: 120 })}, ${how}${defaults}`,
      { label: 'dim' },
    )
  } else if (facts.symptoms.length > 0) {
    page.paragraph('  device  ', 'not told by the log; --device ID says it', { label: 'dim' })
  }
}

export function notDecided({ causes, heldBack }: CauseRanking, escapes: EscapeOptions): string {
  if (heldBack !== undefined) return heldBackWords(heldBack, escapes)
  const near = causes.filter(({ weight }) => weight >= (causes[0]?.weight ?? 0) / 3).slice(0, 5)
  if (near.length < 2) return 'the lines fit it, but do not prove it'
  return `the log alone leaves ${near.map(({ id }) => id).join(', ')}; below is what tells them apart`
}

/** Why what was looked at besides proves nothing for this log. */
function heldBackWords(heldBack: HeldBack, escapes: EscapeOptions): string {
  if (heldBack.why === 'another-host') {
    const [seen, named] = [heldBack.seen, heldBack.named].map((hosts) =>
      escapeText(formatList(hosts, 3), { ...escapes, maxChars: 200 }),
    )
    return `what --with shows is of ${seen}, and the log is of ${named}: the ranking is of the log alone`
  }
  const layers = [...new Set(heldBack.layers.map(({ family, version }) => `${family}@${version}`))]
  const which = formatList(layers, 3)
  return `it holds for ${which}, which is only the default; of other versions it is not the same or not as sure, and none is told: name it with --device`
}

function deviceEvidence(devices: CausesToShow['facts']['devices']): string {
  const lines = [...new Set(devices.flatMap((device) => device.lines.slice(0, 1)))].sort((a, b) => a - b)
  return `line${lines.length === 1 ? '' : 's'} ${formatList(lines.map(String), 6)}`
}

function writeCauses(page: Page, read: CausesToShow, escapes: EscapeOptions): void {
  const context = contextOf(read)
  for (const [index, cause] of read.ranking.causes.slice(0, shownCauses).entries()) {
    page.blank()
    const words = causeWords[cause.id]
    page.paragraph(`${index + 1}. `, `${cause.id}: ${words.title} [${cause.confidence}]`, { text: 'strong' })
    page.paragraph('   ', words.says)
    writeEvidence(page, cause, escapes)
    for (const cure of curesOf(cause, read, context)) {
      page.paragraph('   cure  ', cure.title, { label: 'good' })
      if (index > 0) continue
      for (const command of cure.commands.slice(0, shownCureCommands)) page.command(command, 9)
    }
  }
  const rest = read.ranking.causes.slice(shownCauses)
  if (rest.length === 0) return
  page.blank()
  page.paragraph('less likely: ', rest.map(({ id }) => id).join(', '), { label: 'dim', text: 'dim' })
}

function writeEvidence(page: Page, { evidence, afterMs }: RankedCause, escapes: EscapeOptions): void {
  if (evidence.length === 0) {
    page.paragraph('   ', 'not in the log: the endpoint itself shows it', { text: 'dim' })
    return
  }
  // What follows from another failure is shown only where nothing else speaks for the cause.
  const own = evidence.filter(({ signs }) => signs.some(({ sign }) => sign.kind !== 'summary'))
  for (const symptom of (own.length > 0 ? own : evidence).slice(0, 4)) {
    page.paragraph(
      `   line ${symptom.line}  `,
      `${escapeText(symptom.meaning, { ...escapes, maxChars: 240 })}${times(symptom)}`,
      {
        label: 'dim',
      },
    )
  }
  if (afterMs !== undefined && afterMs >= 1)
    page.paragraph('   after ', `${formatDuration(afterMs)} from the step before`, { label: 'dim' })
}

function times({ count }: Symptom): string {
  return count === 1 ? '' : ` (${formatNumber(count)} times)`
}

/** The lines that mean something, in order, with the time since the first. */
function writeTimeline(page: Page, { facts, ranking }: CausesToShow, escapes: EscapeOptions): void {
  if (facts.symptoms.length === 0) return
  page.blank()
  page.paragraph('', 'what the log says', { text: 'strong' })
  const first = new Map<Symptom, LogEvent>()
  for (const event of facts.events) if (!first.has(event.symptom)) first.set(event.symptom, event)
  const herrings = new Set(ranking.herrings.map(({ symptom }) => symptom))
  const width = String(facts.symptoms.at(-1)?.line ?? 1).length
  const ordered = [...facts.symptoms].sort((a, b) => a.line - b.line)
  for (const symptom of shorten(ordered)) {
    if (symptom === undefined) {
      page.paragraph('  … ', `${formatNumber(ordered.length - shownSymptoms)} more`, { text: 'dim' })
      continue
    }
    const at = first.get(symptom)?.atMs
    const time = at === undefined ? '' : `+${formatDuration(at)}`.padStart(9)
    const label = `  ${String(symptom.line).padStart(width)} ${time} `
    page.paragraph(label, escapeText(symptom.text.trim(), { ...escapes, maxChars: 200 }) + times(symptom), {
      label: 'dim',
      text: 'dim',
    })
    const mark = styleOf(symptom, herrings)
    page.paragraph(' '.repeat(label.length), escapeText(symptom.meaning, { ...escapes, maxChars: 240 }), {
      text: mark,
    })
  }
}

function styleOf({ signs }: Symptom, herrings: ReadonlySet<Symptom>): Style {
  if ([...herrings].some((herring) => herring.signs === signs)) return 'dim'
  if (signs.some(({ sign }) => sign.kind === 'failure')) return 'bad'
  if (signs.some(({ sign }) => sign.kind === 'progress')) return 'good'
  return 'none'
}

function shorten(symptoms: readonly Symptom[]): (Symptom | undefined)[] {
  if (symptoms.length <= shownSymptoms) return [...symptoms]
  const half = shownSymptoms / 2
  return [...symptoms.slice(0, half), undefined, ...symptoms.slice(-half)]
}

function writeHerrings(page: Page, { ranking }: CausesToShow, escapes: EscapeOptions): void {
  if (ranking.herrings.length === 0) return
  page.blank()
  page.paragraph('', 'looks like a cause and is none', { text: 'strong' })
  for (const { symptom, why } of ranking.herrings.slice(0, 6)) {
    page.paragraph(
      `  line ${symptom.line}  `,
      `${escapeText(symptom.meaning, { ...escapes, maxChars: 160 })}: ${why}`,
      { label: 'dim' },
    )
  }
}

function writeNext(page: Page, read: CausesToShow, escapes: EscapeOptions): void {
  const { causes } = read.ranking
  if (causes.length === 0 || read.ranking.decided) return
  const context = contextOf(read)
  page.blank()
  page.paragraph('', 'what would settle it', { text: 'strong' })
  for (const ask of askFor(causes.slice(0, shownCauses)).slice(0, shownAsks)) {
    const { needs, why, commands } = evidenceWords[ask]
    page.paragraph('  - ', `${needs}: ${why}`)
    for (const command of commands(context))
      page.command(escapeText(command, { ...escapes, maxChars: 600 }), 4)
  }
}

function writeReading(page: Page, { facts }: CausesToShow, escapes: EscapeOptions): void {
  page.blank()
  const dialects = facts.dialects.length === 0 ? 'no component that tlsfit knows' : facts.dialects.join(', ')
  page.paragraph(
    '',
    `read: ${formatCount(facts.lines, 'line')}; ${formatCount(facts.symptoms.length, 'kind')} of lines understood; ${dialects}`,
    { text: 'dim' },
  )
  for (const note of facts.notes) page.paragraph('', `note: ${escapeText(note, escapes)}`, { text: 'dim' })
}

function formatDuration(ms: number): string {
  if (ms < 10_000) return `${formatNumber(Math.round(ms))} ms`
  if (ms < 600_000) return `${(ms / 1000).toFixed(1)} s`
  return `${formatNumber(Math.round(ms / 60_000))} min`
}
