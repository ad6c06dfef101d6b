import type { Change, Comparison, MarginFailure } from '../plan/comparison.ts'
import { escapeText } from './escape.ts'
import type { Page, Style } from './layout.ts'
import { countsNote } from './limit-reading.ts'
import type { RunSummary } from './report.ts'
import { formatCount, formatList, formatNumber } from './units.ts'
import { limitName } from './words/chain-words.ts'

/** `2 thresholds broken`: the run failed, whatever fits. Empty where none is. */
export function brokenThresholds({ comparison }: Pick<RunSummary, 'comparison'>): string {
  const count = comparison?.failures.length ?? 0
  return count === 0 ? '' : `${formatCount(count, 'threshold')} broken`
}

/** What changed since the last run, and the thresholds of the plan that are broken. */
export function comparisonSection(page: Page, comparison: Comparison, ascii: boolean): void {
  const { first, written, changes, failures, kind } = comparison
  const shown = (text: string, maxChars = 200) => escapeText(text, { ascii, maxChars })
  const file = shown(comparison.file)
  page.paragraph('', `CHANGES SINCE ${kind === 'baseline' ? 'THE BASELINE' : 'THE LAST RUN'}  ${file}`, {
    text: 'strong',
  })
  if (first) {
    const what = written
      ? `There was none: ${file} is written, and the next run is compared with this one.`
      : 'There was none to compare with, and this run is not kept (one with --time never is).'
    page.paragraph('  ', what)
  } else if (changes.length === 0) page.paragraph('  ', 'Nothing changed.')
  let target: string | undefined
  for (const change of changes) {
    if (change.target !== target) page.paragraph('  ', shown(change.target))
    target = change.target
    const { word, text, style } = changeWords(change)
    page.paragraph(`    ${word.padEnd(9)}  `, shown(text, 600) + devicesNote(change, shown), { label: style })
  }
  for (const failure of failures) {
    const { target: at, device } = failure
    const words = `${shown(at)}, ${shown(device)}: ${failureWords(failure)}`
    page.paragraph('  THRESHOLD  ', words, { label: 'bad' })
  }
  if (!first && written && kind === 'baseline') page.paragraph('  ', `${file} is written anew.`)
  if (failures.some(({ rule }) => rule === 'shrink')) {
    const mend =
      'If this is meant: tlsfit check --update-baseline takes what was found for what is to be held.'
    page.paragraph('  ', mend, { text: 'dim' })
  }
}

function devicesNote({ devices }: Change, shown: (text: string) => string): string {
  return devices.length === 0
    ? ''
    : ` (${formatList(
        devices.map((device) => shown(device)),
        3,
      )})`
}

interface ChangeWords {
  readonly word: string
  readonly text: string
  readonly style: Style
}

const stateWords = { fits: 'fits', 'at-risk': 'at risk', blocked: 'blocked', undecided: 'undecided' } as const

/** One change in one word and one sentence; what the endpoint names in it is not escaped yet. */
export function changeWords(change: Change): ChangeWords {
  switch (change.kind) {
    case 'target-new':
      return { word: 'new', text: 'a target that the last run did not have', style: 'none' }
    case 'target-gone':
      return { word: 'gone', text: 'the last run had it, this one has not', style: 'none' }
    case 'device-new':
      return { word: 'new', text: 'a device that the last run did not have', style: 'none' }
    case 'device-gone':
      return { word: 'gone', text: 'a device that the last run had', style: 'none' }
    case 'not-reached': {
      const was = change.was === undefined ? '' : `; the last run found: ${stateWords[change.was]}`
      const text = `could not be looked at from here, which is no regression of the endpoint${was}`
      return { word: 'not seen', text, style: 'open' }
    }
    case 'worse':
    case 'better': {
      const at = change.stage === undefined ? '' : ` at ${change.stage}`
      const text = `${stateWords[change.from]} → ${stateWords[change.to]}${at}`
      if (change.kind === 'better') {
        return { word: change.from === 'blocked' ? 'cured' : 'better', text, style: 'good' }
      }
      return { word: 'worse', text, style: change.to === 'blocked' ? 'bad' : 'warn' }
    }
    case 'margin': {
      const { from, to, unit, limitFrom, limitTo } = change
      const limit =
        limitFrom === limitTo
          ? `of ${formatNumber(limitTo)}`
          : `the device's own limit went from ${formatNumber(limitFrom)} to ${formatNumber(limitTo)}`
      const room = `${formatNumber(from)} → ${formatNumber(to)} ${unit} left (${signed(to - from)}), ${limit}`
      return { word: to < from ? 'shrank' : 'grew', text: `${limitWords(change)}: ${room}`, style: 'none' }
    }
    case 'chain': {
      const { bytesFrom, bytesTo, certificatesFrom, certificatesTo } = change
      const count =
        certificatesFrom === certificatesTo
          ? formatCount(certificatesTo, 'certificate')
          : `${certificatesFrom} → ${formatCount(certificatesTo, 'certificate')}`
      const bytes = `${formatNumber(bytesFrom)} → ${formatNumber(bytesTo)} bytes`
      return {
        word: 'chain',
        text: `${signed(bytesTo - bytesFrom)} bytes: ${bytes}, ${count}`,
        style: 'none',
      }
    }
    case 'root':
      return { word: 'root', text: `${change.from.join(', ')} → ${change.to.join(', ')}`, style: 'warn' }
    case 'renewed': {
      const dates = `expires ${change.expiresTo.slice(0, 10)}, the one before ${change.expiresFrom.slice(0, 10)}`
      return { word: 'renewed', text: `a new certificate, ${dates}`, style: 'none' }
    }
    case 'by-turns': {
      const text =
        'another certificate, no newer than the one before, which still holds: the endpoint gives several by turns. The least room of them stays compared'
      return { word: 'by turns', text, style: 'open' }
    }
    case 'several-chains': {
      const text = `its addresses gave ${change.chains} different chains; the worst is compared`
      return { word: 'several', text, style: 'open' }
    }
  }
}

/** Name of a broken threshold where findings have their id. */
export const thresholdRule = 'threshold-broken'

/** What is left, and what the plan asks for. */
export function failureWords(failure: MarginFailure): string {
  const { rule, left, limitValue, before, unit, threshold, percent } = failure
  const amount = percent ? `${formatNumber(threshold)} % of the limit` : `${formatNumber(threshold)} ${unit}`
  const room =
    left < 0
      ? `${limitWords(failure)}: ${formatNumber(-left)} ${unit} over ${formatNumber(limitValue)}`
      : `${limitWords(failure)}: ${formatNumber(left)} ${unit} left of ${formatNumber(limitValue)}`
  if (rule === 'least') return `${room}, and the plan asks for ${amount} left`
  const lost = (before ?? left) - left
  return `${room}, ${formatNumber(lost)} fewer than before (${formatNumber(before ?? left)}); the plan allows ${amount}`
}

function limitWords({ limit, counts }: { readonly limit: string; readonly counts: string }): string {
  return `${limitName(limit)}${countsNote(counts)}`
}

function signed(value: number): string {
  return value < 0 ? `-${formatNumber(-value)}` : `+${formatNumber(value)}`
}
