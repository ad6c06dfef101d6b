import { escapeText } from '../../src/report/escape.ts'
import { escapeMarkdown } from '../../src/report/escape-markdown.ts'

const whole = { maxChars: 20_000 }

/** Text of a data file as markdown that shows it and does nothing else. */
export function plain(text: string): string {
  return escapeMarkdown(text, whole)
}

/**
 * Text of a data file as code. Its characters stand as numbers: vitepress replaces `<!--@include` before it knows what
 * is code, and Vue reads braces.
 */
export function code(text: string): string {
  const shown = escapeText(text, whole).replace(
    /[^\p{L}\p{N} .,/_-]/gu,
    (char) => `&#${char.codePointAt(0)};`,
  )
  return `<code v-pre>${shown.replace(/_/g, '&#95;')}</code>`
}

export function tableOf(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Of a page made of tables, which takes the whole width: see `.vitepress/theme/site.css`. */
export const widePage = '---\npageClass: wide-page\naside: false\n---\n\n'

/** Lines within a table cell. */
export function cell(lines: readonly string[]): string {
  return lines.filter((line) => line !== '').join('<br>')
}

/** Where a fact was found: addresses and repositories of GitHub as links, all else as it stands. */
export function linkedSource(source: string): string {
  return source
    .split(/(https:\/\/[\w./?#=&%~+-]*[\w/])/)
    .map((piece, at) => (at % 2 === 0 ? repositories(piece) : `[${plain(piece)}](${piece})`))
    .join('')
}

/** `owner/name` that begins a source, before a path, a commit, a pull request or an issue. */
function repositories(text: string): string {
  return text
    .split(
      /((?<=^|; |: |, )[A-Za-z0-9][\w-]*\/[\w.-]+(?= (?:@[0-9a-f]{7,40}|PRs? \d|issues? \d|[\w.-]+\/|v?\d)))/,
    )
    .map((piece, at) => {
      if (piece === '') return ''
      return at % 2 === 0 ? plain(piece) : `[${plain(piece)}](https://github.com/${piece})`
    })
    .join('')
}
