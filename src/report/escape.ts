/** How much of a text is shown, and in which characters. */
export interface EscapeOptions {
  /** Characters of the result at most; default 200. */
  readonly maxChars?: number
  /** Every character beyond ASCII is escaped too: for a terminal that is not UTF-8. */
  readonly ascii?: boolean
}

const defaultMaxChars = 200

/** Combining marks that may follow one another; more is a smear over the lines above. */
const maxMarksInARow = 2

/**
 * General category C (control, format, surrogate, private use, unassigned), the line and paragraph separators,
 * and what Unicode calls ignorable by default (zero-width characters, fillers, variation selectors, tags).
 */
const unsafe = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u
const mark = /\p{M}/u

const printableAscii = /^[ -~]*$/
/** With what reports draw and punctuate: most lines are of these, and need not be looked at character by character. */
const harmless = /^[ -~§·×–’…←→─-▯◄●○✗]*$/

/**
 * Text that a peer, a certificate or a profile wrote, made safe for a terminal: control characters, escape
 * sequences, bidirectional and invisible characters, line separators and lone surrogates become visible
 * `\x1b` or `\u{202e}`; what is too long is cut. Certificate names, SNI, heads and log lines are hostile
 * (`Trojan Source`, terminal injection): everything of theirs passes here before it is printed.
 * Escaping twice changes nothing: a backslash stays as it is.
 */
export function escapeText(given: string, options: EscapeOptions = {}): string {
  const text = defused(given)
  const maxChars = options.maxChars ?? defaultMaxChars
  if (text.length <= maxChars && (options.ascii ? printableAscii : harmless).test(text)) return text
  const ellipsis = options.ascii ? '...' : '…'
  let out = ''
  let marks = 0
  for (const char of text) {
    marks = mark.test(char) ? marks + 1 : 0
    const spelt = isPlain(char, options.ascii === true) && marks <= maxMarksInARow ? char : escapeChar(char)
    if (out.length + spelt.length > maxChars) return cut(out, maxChars, ellipsis)
    out += spelt
  }
  return out
}

/**
 * What a CI runner would take for an order from the log: `::warning::` of GitHub at the start of a line, where wrapping
 * may put it, `##[…]` and Azure's `##vso[…]` anywhere. One of its marks is spelt out.
 */
function defused(text: string): string {
  if (!text.includes('::') && !text.includes('##')) return text
  return text.replace(runnerCommand, (mark) => (mark === '::' ? ':\\x3a' : '#\\x23'))
}

/** https://docs.github.com/actions/reference/workflow-commands-for-github-actions; an IPv6 address is none. */
const runnerCommand =
  /::(?=(?:add-mask|add-matcher|add-path|debug|echo|endgroup|error|group|internal-set-repo-path|notice|remove-matcher|save-state|set-env|set-output|stop-commands|warning)\b)|##(?=\[|vso\[)/gi

/** The same for every string in a value of objects and lists; dates and numbers pass as they are. */
export function escapeDeep<T>(value: T, options: EscapeOptions = {}): T {
  if (typeof value === 'string') return escapeText(value, options) as T
  if (Array.isArray(value)) return value.map((item) => escapeDeep(item, options)) as T
  if (value === null || typeof value !== 'object' || value instanceof Date || ArrayBuffer.isView(value)) {
    return value
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, escapeDeep(item, options)])) as T
}

/** A word for a POSIX shell: bare where it is harmless, else in single quotes. */
export function shellWord(text: string): string {
  const word = escapeText(text, { maxChars: 400 })
  return /^[\w.:/@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

function isPlain(char: string, ascii: boolean): boolean {
  if (char >= ' ' && char <= '~') return true
  return !ascii && !unsafe.test(char)
}

function escapeChar(char: string): string {
  if (char === '\n') return '\\n'
  if (char === '\r') return '\\r'
  if (char === '\t') return '\\t'
  const code = char.codePointAt(0) ?? 0
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}

/** Never cuts an escape in two: what was spelt last is dropped whole by `escapeText`. */
function cut(out: string, maxChars: number, ellipsis: string): string {
  if (maxChars < ellipsis.length) return ''
  let kept = out
  while (kept.length + ellipsis.length > maxChars) kept = [...kept].slice(0, -1).join('')
  return kept.replace(/\\(x[0-9a-f]?|u\{[0-9a-f]*)?$/, '') + ellipsis
}
