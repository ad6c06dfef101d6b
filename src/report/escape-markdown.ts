import { type EscapeOptions, escapeText } from './escape.ts'

/**
 * Foreign text as GitHub-flavoured markdown: in a paragraph, heading, list item or table cell, at the start of
 * a line, within one or between tags, where it reads exactly as `escapeText` of it. It opens no emphasis, code,
 * link, image, tag, list or table cell, mentions nobody, and names no issue.
 */
export function escapeMarkdown(text: string, options: EscapeOptions = {}): string {
  return quoteMarks(escapeText(text, options))
}

/**
 * Foreign text as code, for what a machine reads: hosts, ids, options, file names. Unlike a bare code span it
 * may stand in a table cell and hold any character; not on a line that begins with a tag, for no markdown is
 * read there.
 */
export function markdownCode(text: string, options: EscapeOptions = {}): string {
  const shown = escapeText(text, options)
  if (shown === '') return ''
  // A code span eats one space at either end, and a table cell splits at its pipes: such text goes in an element.
  return /[`|]|^ | $/.test(shown) ? `<code>${quoteMarks(shown)}</code>` : `\`${shown}\``
}

/** What marks nothing and shows nothing, yet parts a text so that nothing is linked or mentioned in it. */
const gap = '<!-- -->'
const gaps = /(?<=@)|(?<=[#!])(?=\d)|(?<=\bGH-)(?=\d)|(?<=:)(?=\/\/)|(?<=:)(?=[\w+-]+:)|(?<=www)(?=\.)/i

function quoteMarks(text: string): string {
  return text.split(gaps).map(quotePiece).join(gap)
}

/** As numbers, not after backslashes: within a block of HTML, such as `<summary>`, only these are read. */
function quotePiece(text: string): string {
  return (
    text
      .replace(/[&<>|\\`*[\]~{}]|^[#+=:-]|(?<=^\d+)[.)]|#$|^\s|\s$/gu, entity)
      // Within a word an underscore marks nothing: TLS_AES_128_GCM_SHA256 stays readable.
      .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, entity)
      // GitHub reads $x$ as mathematics; this is how its manual writes the sign itself.
      .replaceAll('$', '<span>$</span>')
  )
}

function entity(char: string): string {
  return named[char] ?? `&#${char.codePointAt(0)};`
}

const named: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
