import { escapeText } from '../escape.ts'
import { escapeMarkdown } from '../escape-markdown.ts'

/** Characters of one sentence or line; ours are far shorter. */
const lineChars = 4000

/** Plain text, foreign or ours, as markdown that reads the same. */
export function plain(text: string): string {
  return escapeMarkdown(text, { maxChars: lineChars })
}

/**
 * Text of our own data, in which what is plainly an address is a link: evidence is there to be opened. All else, and an
 * address with any character that markdown or HTML could read, is escaped as foreign text is.
 */
export function sourced(text: string): string {
  return text
    .split(/((?<![\w/])https:\/\/[A-Za-z0-9][A-Za-z0-9./_~?#=%+-]*[A-Za-z0-9/](?![^\s,;:.)]))/)
    .map((piece, index) => (index % 2 === 1 ? `<${piece}>` : piece === '' ? '' : plainWithin(piece)))
    .join('')
}

/** Spaces at either end part it from the link beside it. */
function plainWithin(piece: string): string {
  const inner = piece.trim()
  if (inner === '') return piece === '' ? '' : ' '
  return `${/^\s/.test(piece) ? ' ' : ''}${plain(inner)}${/\s$/.test(piece) ? ' ' : ''}`
}

/**
 * Lines to copy, as a block of code. Its fence is longer than any run of backticks within, so nothing in it ends it;
 * each line is one line, whatever it holds. `indent` for a block within a list item.
 */
export function codeBlock(lines: readonly string[], indent = ''): string {
  const shown = lines.map((line) => escapeText(line, { maxChars: lineChars }))
  const longest = Math.max(2, ...shown.flatMap((line) => (line.match(/`+/g) ?? []).map((run) => run.length)))
  const fence = '`'.repeat(longest + 1)
  return [`${fence}text`, ...shown, fence].map((line) => `${indent}${line}`).join('\n')
}

/** What is folded away until it is asked for. The body is markdown, by itself. */
export function folded(summary: string, body: string): string {
  return `<details><summary>${plain(summary)}</summary>\n\n${body}\n\n</details>`
}

export function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
