import type { Limit, Readings } from '../device/limit.ts'
import type { Effect, Finding } from '../finding/finding.ts'
import type { Margin, Verdict } from '../judge/verdict.ts'
import { type EscapeOptions, escapeText } from './escape.ts'
import { type Fix, formatFix } from './fixes.ts'
import { settledInHead } from './headline.ts'
import { fitWidth, type Page, type Style } from './layout.ts'
import { formatMissing } from './missing-words.ts'
import { leadFinding, limitOf } from './reading.ts'
import { formatNumber } from './units.ts'
import { limitName } from './words/chain-words.ts'
import { capital } from './words/words.ts'
import { formatSentence, formatTitle } from './words.ts'

/** Room left to each limit, the tightest first. */
export function writeMargins(page: Page, verdict: Verdict): void {
  const margins = tightestFirst(verdict)
  if (margins.length === 0) return
  page.blank()
  page.paragraph('room', '', { label: 'strong' })
  for (const margin of margins) {
    const over = margin.left < 0
    page.row([
      [`   ${fitWidth(`${limitName(margin.limit)}${countsNote(margin.counts)}`, 31)}`],
      [fitWidth(formatNumber(margin.value), 9, 'right'), over ? 'bad' : 'none'],
      [` of ${fitWidth(formatNumber(margin.limitValue), 7)}`],
      [
        ` ${fitWidth(over ? `${formatNumber(-margin.left)} over` : `${formatNumber(margin.left)} left`, 13)}`,
        over ? 'bad' : 'none',
      ],
      [(over ? passesNote(verdict, margin) : undefined) ?? margin.unit, 'dim'],
    ])
  }
}

/** Margins, each once, the one with the least room first. */
export function tightestFirst(verdict: Verdict): Margin[] {
  return distinct(verdict.margins).sort((a, b) => a.left / a.limitValue - b.left / b.limitValue)
}

/** Over the figure, yet the field says it passes: the figure is the cautious one of several. */
export function passesNote(verdict: Verdict, margin: Margin): string | undefined {
  const passes = limitOf(verdict, margin.limit)?.passes ?? {}
  const known = Object.hasOwn(passes, margin.counts) ? passes[margin.counts as keyof Readings] : undefined
  return known !== undefined && known >= margin.value ? 'but passes' : undefined
}

/** Sent and path are one row where they are the same. */
function distinct(margins: readonly Margin[]): Margin[] {
  const same = (a: Margin, b: Margin) =>
    a.limit === b.limit && a.value === b.value && a.limitValue === b.limitValue
  return margins
    .filter((margin, index) => margins.findIndex((other) => same(margin, other)) === index)
    .map((margin) => {
      const alone = margins.filter((other) => same(margin, other)).length > 1
      return alone ? { ...margin, counts: 'all' } : margin
    })
}

/** Every finding but the one in the headline, numbered; what comes after the device has stopped is marked. */
export function writeFindings(page: Page, verdict: Verdict, options: EscapeOptions, verbose: boolean): void {
  const lead = leadFinding(verdict)
  const others = verdict.findings.filter((finding) => finding !== lead)
  if (others.length === 0) return
  page.blank()
  page.paragraph('also found', '', { label: 'strong' })
  for (const [index, finding] of others.entries())
    writeFinding(page, verdict, finding, index + 1, options, verbose)
}

function writeFinding(
  page: Page,
  verdict: Verdict,
  finding: Finding,
  number: number,
  options: EscapeOptions,
  verbose: boolean,
): void {
  const { word, style } = effects[finding.effect]
  const label = `  ${String(number).padStart(2)} ${word}`
  const later = finding.reached ? '' : ' (met once the above is cured)'
  page.paragraph(label, `${formatTitle(finding.id)}${later}  [${finding.stage}: ${finding.id}]`, {
    label: finding.effect === 'info' ? 'dim' : style,
  })
  const source = verdict.observation.source
  page.paragraph('             ', formatSentence(finding, source, options))
  const fixes = verbose || finding.effect !== 'info' ? finding.fixes : finding.fixes.slice(0, 1)
  for (const suggested of fixes) {
    const fix = formatFix(suggested, finding, verdict.device, verdict.observation.target, options)
    page.paragraph('             fix: ', fix.title, { label: 'dim' })
    const shown = verbose ? fix.commands : fix.commands.slice(0, 3)
    for (const command of shown) page.command(command, 18)
    const hidden = fix.commands.length - shown.length
    if (hidden > 0)
      page.paragraph('                  ', `… ${hidden} more lines: --format json`, { text: 'dim' })
  }
}

const effects: { readonly [E in Effect]: { readonly word: string; readonly style: Style } } = {
  blocks: { word: 'blocks  ', style: 'bad' },
  risks: { word: 'risk    ', style: 'warn' },
  unknown: { word: 'unknown ', style: 'open' },
  info: { word: 'note    ', style: 'dim' },
}

/** Evidence that is missing, with how to get it. Those already in the headline of an open verdict are left out. */
export function writeMissing(page: Page, verdict: Verdict, options: EscapeOptions): void {
  const rest = verdict.state === 'undecided' ? verdict.missing.slice(settledInHead) : verdict.missing
  if (rest.length === 0) return
  page.blank()
  page.paragraph('not known', '', { label: 'strong' })
  for (const missing of rest) {
    const words = formatMissing(missing, verdict, options)
    const about = missing.about === undefined ? '' : ` (${limitName(escapeText(missing.about, options))})`
    page.paragraph('   - ', `${words.why}${about}`)
    page.paragraph('     ', `to know: ${words.what}`, { text: 'dim' })
    if (words.command !== undefined) page.command(words.command, 7)
  }
}

/** Where each limit of this verdict comes from, with everything that is known of it. */
export function writeSources(page: Page, verdict: Verdict, options: EscapeOptions): void {
  const keys = [...new Set(verdict.margins.map((margin) => margin.limit))]
  const limits = keys.flatMap((key) => {
    const limit = limitOf(verdict, key)
    return limit === undefined ? [] : [[key, limit] as const]
  })
  const cited = verdict.findings.flatMap((finding) => (finding.limit === undefined ? [] : [finding]))
  const uncovered = cited.filter(
    (finding) => !limits.some(([, limit]) => limit.source === finding.limit?.source),
  )
  if (limits.length === 0 && uncovered.length === 0) return
  page.blank()
  page.paragraph('limits, and where they come from', '', { label: 'strong' })
  for (const [key, limit] of limits) {
    page.paragraph(
      '   - ',
      `${limitName(key)}: ${describeLimit(limit)} ${escapeText(limit.source, sourceOptions(options))}`,
    )
  }
  for (const finding of uncovered) {
    if (finding.limit === undefined) continue
    page.paragraph(
      '   - ',
      `${formatTitle(finding.id)}: ${describeLimit(finding.limit)} ${escapeText(finding.limit.source, sourceOptions(options))}`,
    )
  }
}

/** The commands that were too long for the headline. */
export function writeCommands(page: Page, fixes: readonly Fix[]): void {
  for (const [index, fix] of fixes.entries()) {
    page.blank()
    page.paragraph(`[${index + 1}] `, fix.title, { label: 'strong', text: 'strong' })
    for (const command of fix.commands) page.command(command, 6)
  }
}

function describeLimit(
  limit: Pick<Limit, 'value' | 'counts' | 'passes' | 'fails' | 'confidence'> & Partial<Limit>,
): string {
  const value =
    limit.value === undefined
      ? 'no number known'
      : typeof limit.value === 'number'
        ? formatNumber(limit.value)
        : limit.value
  const parts = [
    limit.atLeast === undefined || limit.atLeast === limit.value
      ? value
      : `${formatNumber(limit.atLeast)} to ${value}`,
    limit.counts === 'unknown' ? 'how it counts is not documented' : `counts ${countsWords[limit.counts]}`,
    ...readings('known to pass', limit.passes),
    ...readings('known to fail', limit.fails),
    ...(limit.disputed ?? []).map(
      (other) => `another source says ${formatNumber(other.value)} (${other.confidence.replace('-', ' ')})`,
    ),
  ]
  return `${parts.join('; ')}. ${capital(limit.confidence.replace('-', ' '))}:`
}

function readings(label: string, values: Readings): string[] {
  const shown = Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== undefined)
  if (shown.length === 0) return []
  return [
    `${label}: ${shown.map(([counts, value]) => `${formatNumber(value)} ${shortCounts(counts)}`).join(', ')}`,
  ]
}

function shortCounts(counts: string): string {
  if (counts === 'path') return 'needed'
  return counts === 'certificate' || counts === 'message' || counts === 'record' ? `a ${counts}` : counts
}

const countsWords: { readonly [C in Limit['counts']]: string } = {
  sent: 'all certificates sent',
  path: 'the certificates needed to reach the anchor',
  message: 'the handshake message with its header',
  certificate: 'each certificate by itself',
  record: 'the plaintext of one record',
  items: 'pieces',
  bits: 'bits',
  stored: 'bytes as stored',
  bundle: 'bytes of the whole bundle as stored',
  text: 'characters',
  heap: 'bytes of heap',
  unknown: 'in an unknown way',
}

export function countsNote(counts: string): string {
  if (counts === 'sent') return ', all sent'
  return counts === 'path' ? ', path needed' : ''
}

function sourceOptions(options: EscapeOptions): EscapeOptions {
  return { ...options, maxChars: 400 }
}
