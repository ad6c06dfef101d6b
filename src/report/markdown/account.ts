import type { Verdict } from '../../judge/verdict.ts'
import { collapse } from '../collapse.ts'
import { escapeText } from '../escape.ts'
import type { TextOptions } from '../text.ts'
import { formatNumber } from '../units.ts'
import { verdictWords } from '../verdict-words.ts'
import { codeBlock, folded, plain } from './markdown-pieces.ts'
import { verdictSection } from './verdict-section.ts'

/** Of a terminal that is not there. */
export const accountPage: TextOptions = { color: false, columns: 100, ascii: false }

/** GitHub takes 65,536 characters in a comment; what is told above the account is far shorter than the rest. */
const accountChars = 30_000

/** Sections of verdicts, each cut to its own measure. */
const maxSections = 2

/** All that text says, folded away: a table is for reading, this is for looking up. */
export function foldedAccount(text: string): string {
  const lines = text.trimEnd().split('\n')
  let chars = 0
  const shown = lines.filter((line) => {
    chars += line.length + 1
    return chars <= accountChars
  })
  const hidden = lines.length - shown.length
  const more = hidden === 0 ? [] : [`… ${formatNumber(hidden)} more lines: --format text has all`]
  return folded('The whole account', codeBlock([...shown, ...more]))
}

/** What the device itself makes of it. */
export function verdictSections(verdicts: readonly Verdict[]): string[] {
  const blocks = collapse(verdicts).flatMap((section) => section.blocks)
  const shown = blocks.slice(0, maxSections).map((block) => {
    const words = verdictWords(block)
    return block.verdict.state === 'fits'
      ? plain(words.headline)
      : verdictSection(block, words, { can: undefined })
  })
  const hidden = blocks.length - shown.length
  return hidden === 0
    ? shown
    : [...shown, `_${formatNumber(hidden)} more verdicts: \`--format json\` has all._`]
}

/** A number and its text, with the lines of a command below it. */
export function numbered(index: number, text: string, commands: readonly string[]): string {
  const marker = `${index + 1}. `
  const head = `${marker}${plain(text)}`
  return commands.length === 0 ? head : `${head}\n\n${codeBlock(commands, ' '.repeat(marker.length))}`
}

export function document(parts: readonly string[]): string {
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

export function fileName(name: string, otherwise: string): string {
  return name === '-' ? otherwise : escapeText(name, { maxChars: 200 })
}
