import type { Verdict } from '../judge/verdict.ts'
import { brokenThresholds, comparisonSection } from './comparison-text.ts'
import { escapeText } from './escape.ts'
import { Page } from './layout.ts'
import type { Report, ReportOptions, RunSummary, TargetFailure } from './report.ts'
import { formatText } from './text.ts'
import { formatCount, formatDuration, formatNumber, formatSize } from './units.ts'

/** What a person reads in a terminal: target by target, and of several targets a closing count. */
export class TextReport implements Report {
  readonly #options: ReportOptions
  #began = false

  constructor(options: ReportOptions) {
    this.#options = options
  }

  add(verdicts: readonly Verdict[]): string {
    return this.#part(formatText(verdicts, this.#options))
  }

  fail({ target, message, hint }: TargetFailure): string {
    const page = new Page(this.#options)
    const escapes = { ascii: this.#options.ascii, maxChars: 600 }
    page.paragraph('  CANNOT LOOK  ', escapeText(target, escapes), { label: 'bad' })
    page.paragraph('    ', escapeText(message, escapes))
    if (hint !== undefined) page.paragraph('    ', escapeText(hint, escapes), { text: 'dim' })
    return this.#part(page.toString())
  }

  end(run: RunSummary): string {
    return this.#changes(run.comparison) + this.#counts(run)
  }

  #changes(comparison: RunSummary['comparison']): string {
    if (comparison === undefined) return ''
    const page = new Page(this.#options)
    comparisonSection(page, comparison, this.#options.ascii)
    return this.#part(page.toString())
  }

  #counts(run: RunSummary): string {
    if (run.asked < 2 && !run.interrupted && run.comparison === undefined) return ''
    const page = new Page(this.#options)
    const { states } = run
    if (run.interrupted) {
      const asked = `${formatNumber(run.targets)} of ${formatCount(run.asked, 'target')} reported`
      page.paragraph('', `INTERRUPTED before the end: ${asked}`, { text: 'warn' })
    }
    const counts = [
      `${states.fits} fit`,
      `${states['at-risk']} at risk`,
      `${states.blocked} blocked`,
      `${states.undecided} undecided`,
      ...(run.failed > 0 ? [`${formatCount(run.failed, 'target')} not looked at`] : []),
      ...(run.resumed > 0 ? [`${formatCount(run.resumed, 'target')} taken from the journal`] : []),
    ]
    const broken = brokenThresholds(run)
    const told = `${formatCount(run.targets, 'target')}: ${counts.join(', ')}`
    page.paragraph(broken === '' ? '' : `${broken}; `, told, { label: 'bad', text: 'strong' })
    page.paragraph('', trafficOf(run), { text: 'dim' })
    return this.#part(page.toString())
  }

  #part(text: string): string {
    const before = this.#began ? '\n' : ''
    this.#began = true
    return `${before}${text}`
  }
}

function trafficOf({ connections, bytesReceived, bytesSent, elapsedMs }: RunSummary): string {
  const received = `${formatSize(bytesReceived)} received`
  const sent = `${formatSize(bytesSent)} sent`
  return `${formatCount(connections, 'connection')}, ${received}, ${sent}, ${formatDuration(elapsedMs)}`
}
