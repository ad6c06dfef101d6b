import type { RankedCause } from '../../judge/causes.ts'
import { causeWords } from '../cause-words.ts'
import { askFor, contextOf, curesOf } from '../causes-reading.ts'
import { type CausesToShow, formatCauses, notDecided } from '../causes-text.ts'
import { escapeText } from '../escape.ts'
import { markdownCode } from '../escape-markdown.ts'
import { evidenceWords } from '../evidence-words.ts'
import { formatCount } from '../units.ts'
import { capital } from '../words/words.ts'
import { accountPage, document, fileName, foldedAccount, numbered, verdictSections } from './account.ts'
import { plain, tableRow } from './markdown-pieces.ts'

const shownCauses = 5
const shownLines = 3
const shownAsks = 4

/** What `tlsfit explain --format markdown` prints of a log: the cures first, then the causes with their lines. */
export function causesMarkdown(read: CausesToShow): string {
  const { ranking, facts, device, deviceTold } = read
  const file = plain(fileName(read.name, 'the log'))
  const [first] = ranking.causes
  const who =
    device === undefined
      ? 'device not told'
      : `${markdownCode(device.id)}, ${deviceTold === 'log' ? 'told by the log' : 'as you said'}`
  const about = `${formatCount(facts.lines, 'line')} of ${file}; ${who}`
  if (!ranking.failed || first === undefined) {
    const why = ranking.failed ? 'a failure, but nothing that points to its cause' : 'no failed connection'
    return document([
      `**Nothing found:** there is ${why} that tlsfit knows (${about})`,
      foldedAccount(textOf(read)),
    ])
  }
  const word = ranking.decided ? 'Cause' : first.confidence === 'likely' ? 'Likely' : 'Possible'
  const context = contextOf(read)
  const cures = curesOf(first, read, context).map(({ title, commands }, index) =>
    numbered(index, capital(title), commands),
  )
  const asks = ranking.decided
    ? []
    : askFor(ranking.causes.slice(0, shownCauses))
        .slice(0, shownAsks)
        .map((ask, index) => {
          const { needs, why, commands } = evidenceWords[ask]
          return numbered(index, `${capital(needs)}: ${why}`, commands(context))
        })
  return document([
    `**${word}: ${plain(causeWords[first.id].title)}** (${first.id}; ${about})`,
    plain(causeWords[first.id].says),
    ...(ranking.decided ? [] : [`**Not decided:** ${plain(notDecided(ranking, {}))}`]),
    ...section(ranking.decided ? 'Fix' : 'Fix, if it is this', cures),
    ...section('What would settle it', asks),
    causesTable(ranking.causes),
    ...verdictSections(read.verdicts),
    foldedAccount(textOf(read)),
  ])
}

function textOf(read: CausesToShow): string {
  return formatCauses({ ...read, verdicts: [] }, accountPage)
}

function causesTable(causes: readonly RankedCause[]): string {
  const rows = causes.slice(0, shownCauses).map(({ id, confidence, evidence }) => {
    const lines = evidence
      .slice(0, shownLines)
      .map(({ line, meaning }) => `line ${line}: ${plain(escapeText(meaning, { maxChars: 240 }))}`)
    const shown = lines.length === 0 ? 'not in the log: the endpoint itself shows it' : lines.join('<br>')
    return tableRow([id, plain(causeWords[id].title), confidence, shown])
  })
  return [tableRow(['cause', 'what it is', 'confidence', 'by']), '|---|---|---|---|', ...rows].join('\n')
}

/** A head with its items; nothing where there are none. */
export function section(head: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`**${head}**`, items.join('\n\n')]
}
