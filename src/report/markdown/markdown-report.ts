import type { State, Verdict } from '../../judge/verdict.ts'
import { type Block, collapse } from '../collapse.ts'
import { brokenThresholds } from '../comparison-text.ts'
import { markdownCode } from '../escape-markdown.ts'
import type { Report, ReportOptions, RunSummary, TargetFailure } from '../report.ts'
import { failedName, targetName } from '../target-name.ts'
import { formatCount, formatMinute, formatNumber } from '../units.ts'
import { tightestRoom, type VerdictWords, verdictWords } from '../verdict-words.ts'
import { formatTitle } from '../words.ts'
import { comparisonSection } from './comparison-section.ts'
import { plain, tableRow } from './markdown-pieces.ts'
import { stateTitles, targetCode, verdictSection } from './verdict-section.ts'

/** Characters that GitHub takes in a comment or the text of an issue. */
export const maxCharacters = 65_536

/** Of these, what the table may take where sections follow. */
const tableShare = 0.4
/** Of all, what the changes since the last run may take. */
const comparisonShare = 0.25
/** Kept free for the words that say what was left out. */
const noteChars = 600

/**
 * GitHub-flavoured markdown for a ticket or a comment: one line that sums up, a table, and a section for each verdict
 * that is not well or has a forecast, the worst first. Held as text until the end, and no more of it than may be printed.
 */
export class MarkdownReport implements Report {
  readonly #rows = new Map<Rank, Held>()
  readonly #sections = new Map<Rank, Held>()
  readonly #options: Pick<ReportOptions, 'can'>
  readonly #max: number

  constructor(options: Pick<ReportOptions, 'can'>, max = maxCharacters) {
    this.#options = options
    this.#max = max
  }

  add(verdicts: readonly Verdict[]): string {
    for (const { blocks } of collapse(verdicts)) {
      for (const block of blocks) {
        const { state, device } = block.verdict
        const several = blocks.filter((other) => other.verdict.device.id === device.id).length > 1
        const words = verdictWords(block)
        this.#hold(this.#rows, state, verdictRow(block, words, several))
        if (state !== 'fits' || words.outlook.length > 0)
          this.#hold(this.#sections, state, verdictSection(block, words, this.#options))
      }
    }
    return ''
  }

  fail(failure: TargetFailure): string {
    const { message, hint } = failure
    const why = hint === undefined ? message : `${message} (${hint})`
    this.#hold(
      this.#rows,
      'failed',
      tableRow([markdownCode(failedName(failure)), '', '**not looked at**', '', plain(why), '']),
    )
    return ''
  }

  end(run: RunSummary): string {
    const head = `**${summaryLine(run)}**\n`
    const allRoom = this.#max - head.length - noteChars
    const changes =
      run.comparison === undefined ? '' : comparisonSection(run.comparison, allRoom * comparisonShare)
    const room = allRoom - changes.length
    const rows = take(this.#rows, this.#sections.size === 0 ? room : room * tableShare)
    const table = rows.texts.length === 0 ? '' : `\n${[...tableHead, ...rows.texts].join('\n')}\n`
    const sections = take(this.#sections, room - table.length)
    const notes = [leftOut(rows.leftOut, 'row'), leftOut(sections.leftOut, 'section')].filter(
      (each) => each !== '',
    )
    const note =
      notes.length === 0
        ? ''
        : `\n_Left out, for GitHub takes ${formatNumber(maxCharacters)} characters: ${notes.join(' and ')}. \`--format json\` has all._\n`
    return `${head}${changes}${table}${note}${sections.texts.map((text) => `\n${text}\n`).join('')}`
  }

  #hold(all: Map<Rank, Held>, rank: Rank, text: string): void {
    const held = all.get(rank) ?? { texts: [], chars: 0, dropped: 0 }
    all.set(rank, held)
    // Beyond what may be printed nothing is kept but the count.
    if (held.chars > this.#max) held.dropped++
    else {
      held.texts.push(text)
      held.chars += text.length
    }
  }
}

type Rank = State | 'failed'

/** The worst first. */
const ranks: readonly Rank[] = ['blocked', 'failed', 'undecided', 'at-risk', 'fits']

interface Held {
  readonly texts: string[]
  chars: number
  dropped: number
}

const tableHead = [
  tableRow(['target', 'device', 'verdict', 'stage', 'cause', 'room left']),
  '|---|---|---|---|---|---|',
]

function verdictRow(block: Block, { lead }: VerdictWords, several: boolean): string {
  const { verdict } = block
  const { state, leans, stage, device } = verdict
  const leaning = state === 'undecided' && leans !== undefined ? `, leans to ${leans}` : ''
  // Of a file the chain alone was seen.
  const what = state === 'fits' && verdict.observation.target.protocol === 'file' ? 'chain ' : ''
  const word = `${what}${stateTitles[state].toLowerCase()}${leaning}`
  return tableRow([
    several ? targetCode(block) : markdownCode(targetName(block.verdict)),
    markdownCode(device.id),
    state === 'fits' ? word : `**${word}**`,
    stage ?? lead?.stage ?? '',
    lead === undefined ? '' : plain(formatTitle(lead.id)),
    plain(tightestRoom(verdict) ?? ''),
  ])
}

function summaryLine(run: RunSummary): string {
  const { states, failed, resumed } = run
  const counts = [
    [states.blocked, 'blocked'],
    [failed, 'not looked at'],
    [states.undecided, 'undecided'],
    [states['at-risk'], 'at risk'],
    [states.fits, states.fits === 1 ? 'fits' : 'fit'],
  ] as const
  const told = counts.filter(([count]) => count > 0).map(([count, word]) => `${formatNumber(count)} ${word}`)
  const broken = brokenThresholds(run)
  if (broken !== '') told.unshift(broken)
  const what = told.length === 0 ? 'nothing was looked at' : told.join(', ')
  const earlier = resumed > 0 ? `, ${formatNumber(resumed)} of them by an earlier run` : ''
  const brokenOff = run.interrupted
    ? `; broken off: not all that was asked for, ${formatNumber(run.asked)}`
    : ''
  const when = formatMinute(run.startedAt)
  return plain(
    `tlsfit check: ${what} (${formatCount(run.targets, 'target')}${earlier}, ${when}, tlsfit ${run.version})${brokenOff}`,
  )
}

/** As many as there is room for, the worst first; a long one that does not fit makes way for a shorter one. */
function take(
  all: ReadonlyMap<Rank, Held>,
  chars: number,
): { readonly texts: string[]; readonly leftOut: number } {
  const texts: string[] = []
  let left = chars
  let leftOut = 0
  for (const rank of ranks) {
    const held = all.get(rank)
    leftOut += held?.dropped ?? 0
    for (const text of held?.texts ?? []) {
      const needed = text.length + 2
      if (needed > left) leftOut++
      else {
        texts.push(text)
        left -= needed
      }
    }
  }
  return { texts, leftOut }
}

function leftOut(count: number, what: string): string {
  return count === 0 ? '' : formatCount(count, what)
}
