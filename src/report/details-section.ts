import type { Effect, Finding } from '../finding/finding.ts'
import { leadFinding } from '../judge/lead-finding.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { Footnote } from './cures-section.ts'
import { type EscapeOptions, escapeText } from './escape.ts'
import { formatFix } from './fixes.ts'
import { settledInHead } from './headline.ts'
import { fitWidth, type Page, type Style } from './layout.ts'
import { citedLimits, countsNote, describeLimit, passesNote, tightestFirst } from './limit-reading.ts'
import { formatMissing } from './missing-words.ts'
import { formatNumber } from './units.ts'
import { isLimitName, limitName } from './words/chain-words.ts'
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

/** Lines of a cure that stand under a finding; of more, none does. */
const maxCommands = 3

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
  // What is done about those that hurt stands in the section on what can be done.
  if (finding.effect === 'blocks' || finding.effect === 'risks') return
  const fixes = verbose || finding.effect !== 'info' ? finding.fixes : finding.fixes.slice(0, 1)
  for (const suggested of fixes) {
    const fix = formatFix(suggested, finding, verdict.device, verdict.observation.target, options)
    page.paragraph('             fix: ', fix.title, { label: 'dim' })
    const shown = verbose || fix.commands.length <= maxCommands ? fix.commands : []
    for (const command of shown) page.command(command, 18)
    const hidden = fix.commands.length - shown.length
    if (hidden > 0) page.paragraph('                  ', `… ${hidden} lines: --format json`, { text: 'dim' })
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
    const limit = missing.about !== undefined && isLimitName(missing.about) ? missing.about : undefined
    const about = limit === undefined ? '' : ` (${limitName(limit)})`
    page.paragraph('   - ', `${words.why}${about}`)
    page.paragraph('     ', `to know: ${words.what}`, { text: 'dim' })
    if (words.command !== undefined) page.command(words.command, 7)
  }
}

/** Where each limit of this verdict comes from, with everything that is known of it. */
export function writeSources(page: Page, verdict: Verdict, options: EscapeOptions): void {
  const limits = citedLimits(verdict)
  if (limits.length === 0) return
  page.blank()
  page.paragraph('limits, and where they come from', '', { label: 'strong' })
  for (const { name, limit } of limits) {
    page.paragraph(
      '   - ',
      `${name}: ${describeLimit(limit)} ${escapeText(limit.source, sourceOptions(options))}`,
    )
  }
}

/** The commands that were too long for the headline. */
export function writeCommands(page: Page, fixes: readonly Footnote[]): void {
  for (const [index, fix] of fixes.entries()) {
    page.blank()
    page.paragraph(`[${index + 1}] `, fix.title, { label: 'strong', text: 'strong' })
    for (const command of fix.commands) page.command(command, 6)
  }
}

function sourceOptions(options: EscapeOptions): EscapeOptions {
  return { ...options, maxChars: 400 }
}
