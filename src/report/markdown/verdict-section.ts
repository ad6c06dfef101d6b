import type { Verdict } from '../../judge/verdict.ts'
import type { Block } from '../collapse.ts'
import { markdownCode } from '../escape-markdown.ts'
import { fixesByPlace, type PlaceGroup } from '../fixes-by-place.ts'
import { tightestFirst } from '../limit-reading.ts'
import type { ReportOptions } from '../report.ts'
import { targetName } from '../target-name.ts'
import { formatNumber } from '../units.ts'
import { marginLeft, marginName, type VerdictWords } from '../verdict-words.ts'
import { capital } from '../words/words.ts'
import { formatSentence, formatTitle } from '../words.ts'
import { codeBlock, folded, plain, sourced, tableRow } from './markdown-pieces.ts'

/** Characters of one section; of its parts those that come last are left out, and that is said. */
const sectionChars = 12_000

/** Lines of a command that stand in the open; longer ones are folded. */
const openLines = 6

/** Other findings told with a sentence. */
const maxOthers = 12

/**
 * What a reader needs of a verdict that is not well, or not for long: what happens, in the device's own words, the numbers and where
 * the limit comes from, the cures by who can do them, and what is missing to tell.
 */
export function verdictSection(
  block: Block,
  words: VerdictWords,
  { can }: Pick<ReportOptions, 'can'>,
): string {
  const { verdict } = block
  const { cause, limit, unsafe } = words
  const must = [
    `### ${stateTitles[verdict.state]}: ${markdownCode(verdict.device.id)}, ${targetCode(block)}`,
    ...(cause === undefined ? [plain(words.headline)] : [plain(cause)]),
    ...(limit === undefined ? [] : [`**Limit:** ${sourced(limit)}`]),
    ...missingPart(verdict, words),
    ...outlookPart(verdict, words),
  ]
  const may = [
    ...fixesByPlace(verdict, { can }).map(placePart),
    ...(unsafe === undefined ? [] : [`**Unsafe:** ${plain(unsafe)}`]),
    ...numbersPart(verdict, words),
    ...othersPart(verdict, words),
  ]
  return joined(must, may)
}

/** `https://…` as code, with the addresses where they are several. */
export function targetCode({ verdict, addresses }: Block): string {
  const { target } = verdict.observation
  const at =
    addresses.length === 0 || addresses[0] === target.host ? '' : ` at ${plain(addresses.join(', '))}`
  return `${markdownCode(targetName(verdict), { maxChars: 2000 })}${at}`
}

export const stateTitles: { readonly [S in Verdict['state']]: string } = {
  blocked: 'Blocked',
  undecided: 'Undecided',
  'at-risk': 'At risk',
  fits: 'Fits',
}

function joined(must: readonly string[], may: readonly string[]): string {
  const parts = [...must]
  let chars = must.join('\n\n').length
  let leftOut = 0
  for (const part of may) {
    if (chars + part.length > sectionChars) leftOut++
    else {
      parts.push(part)
      chars += part.length + 2
    }
  }
  if (leftOut > 0) parts.push(`_Parts left out for length: ${leftOut}. \`--format json\` has all._`)
  return parts.join('\n\n')
}

function missingPart(verdict: Verdict, { missing }: VerdictWords): string[] {
  if (verdict.state !== 'undecided' || missing.length === 0) return []
  const items = missing.map(({ why, what, command }, index) => {
    const marker = `${index + 1}. `
    const code = command === undefined ? '' : `\n\n${codeBlock([command], ' '.repeat(marker.length))}`
    return `${marker}${plain(`${capital(what)}. ${capital(why)}.`)}${code}`
  })
  return ['**What would tell**', items.join('\n\n')]
}

function outlookPart({ outlook: outlooks = [] }: Verdict, { outlook }: VerdictWords): string[] {
  if (outlook.length === 0) return []
  const lines = outlook.map((line, index) => {
    const change = outlooks[index]?.change
    if (change === undefined) return `- ${plain(line)}`
    const note = `${change.id}, confidence ${change.confidence}: ${change.sources[0] ?? ''}`
    return `- ${plain(line)} (${sourced(note)})`
  })
  return ['**Ahead**', lines.join('\n')]
}

function placePart({ title, cures, note }: PlaceGroup): string {
  const items = cures.map((cure, index) => {
    const marker = `${index + 1}. `
    const indent = ' '.repeat(marker.length)
    const { commands, sentence } = cure
    return [
      `${marker}${plain(capital(cure.title))}`,
      ...(sentence === undefined ? [] : [`${indent}> ${plain(sentence)}`]),
      ...(commands.length === 0 ? [] : [commandsPart(commands, indent)]),
    ].join('\n\n')
  })
  const head = `**Fix ${plain(title)}**`
  return [head, ...(note === undefined ? [] : [plain(note)]), items.join('\n\n')].join('\n\n')
}

function commandsPart(commands: readonly string[], indent: string): string {
  if (commands.length <= openLines) return codeBlock(commands, indent)
  const body = folded(`${formatNumber(commands.length)} lines`, codeBlock(commands))
  return body.replace(/^(?=.)/gm, indent)
}

function numbersPart(verdict: Verdict, { sources }: VerdictWords): string[] {
  const margins = tightestFirst(verdict)
  const rows = margins.map((margin) =>
    tableRow([
      plain(marginName(margin)),
      formatNumber(margin.value),
      formatNumber(margin.limitValue),
      `${plain(marginLeft(verdict, margin))} (${margin.unit})`,
    ]),
  )
  const table =
    rows.length === 0
      ? []
      : [[tableRow(['limit of', 'value', 'limit', 'room']), '|---|---:|---:|---|', ...rows].join('\n')]
  const list = sources.length === 0 ? [] : [sources.map((source) => `- ${sourced(source)}`).join('\n')]
  const body = [...table, ...list]
  return body.length === 0 ? [] : [folded('Numbers, and where each limit comes from', body.join('\n\n'))]
}

function othersPart(verdict: Verdict, { lead }: VerdictWords): string[] {
  const others = verdict.findings.filter((finding) => finding !== lead)
  if (others.length === 0) return []
  const items = others.slice(0, maxOthers).map((finding) => {
    const later = finding.reached ? '' : ', met once the above is cured'
    const title = `**${plain(capital(formatTitle(finding.id)))}** (${finding.id}, ${finding.effect}${later})`
    return `- ${title}: ${plain(formatSentence(finding, verdict.observation.source))}`
  })
  const hidden = others.length - items.length
  const more = hidden > 0 ? [`- ${hidden} more: \`--format json\``] : []
  return [folded(`Also found: ${others.length}`, [...items, ...more].join('\n'))]
}
