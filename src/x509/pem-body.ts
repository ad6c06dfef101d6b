import type { LineEnds } from './pem-pieces.ts'

/** What a body of PEM was before it went through a program, a page or a terminal. */
export interface BareText {
  /** Base64 with its line feeds, where it is sound. Has as many line feeds as the text read. */
  readonly text: string
  /** As the reader of the string would see them. */
  readonly lineEnds: LineEnds
  /** Line ends with CR, as they stand or as they are written out. */
  readonly carriageReturns: number
  /** Line ends are written out as `\n`: no transfer has changed them. */
  readonly writtenOut: boolean
  readonly quoted: boolean
}

/** The first character that is neither base64 nor white space. */
export const nonBase64 = /[^A-Za-z0-9+/=\s]/

/**
 * Undoes what is done to PEM on its way: HTML and URL escapes, tags, string literals with `\n` in them and `+` or
 * nothing between them, indents, and a prefix that stands before every line (`prefix` is that of BEGIN).
 */
export function bareText(raw: string, prefix: string): BareText {
  const decoded = undoEscapes(raw)
  const quote = quoteOf(decoded)
  const literal = quote === undefined ? plainText(decoded) : insideQuotes(decoded, quote)
  const text = quote === undefined ? withoutPrefix(literal.text, prefix) : literal.text
  const writtenOut = /\\[nr]/.test(decoded)
  const returns = writtenOut ? /\\r\\{1,4}n/g : /\r\n/g
  const carriageReturns = literal.lineEnds === 'crlf' ? (decoded.match(returns)?.length ?? 0) : 0
  return { text, lineEnds: literal.lineEnds, quoted: quote !== undefined, carriageReturns, writtenOut }
}

const entities: { readonly [name: string]: string } = {
  quot: '"',
  amp: '&',
  apos: "'",
  lt: '<',
  gt: '>',
  nbsp: ' ',
  newline: ' ',
  plus: '+',
  sol: '/',
  equals: '=',
}

/** HTML and URL escapes. No line feed is added or lost. */
function undoEscapes(raw: string): string {
  let text = raw
  if (text.includes('&')) {
    text = text.replace(
      /&(?:#(\d{1,6})|#[xX]([0-9a-fA-F]{1,5})|([A-Za-z]{2,8}));/g,
      (whole, dec, hex, name) => {
        if (name !== undefined) return entities[name.toLowerCase()] ?? whole
        const code = dec === undefined ? Number.parseInt(hex, 16) : Number(dec)
        return code === 10 || code === 13 ? ' ' : code < 0x11_0000 ? String.fromCodePoint(code) : whole
      },
    )
  }
  if (text.includes('<')) text = text.replace(/<[^<>\n]{1,200}>/g, ' ')
  if (text.includes('%')) {
    text = text.replace(/%(2[bBfF]|3[dD]|20|0[aAdD])/g, (_, hex) =>
      hex.startsWith('0') ? ' ' : String.fromCharCode(Number.parseInt(hex, 16)),
    )
  }
  return text.replace(/[\ufeff\u200b\u00a0]/g, ' ')
}

/** Sound PEM has no quotation marks: where there are some, the block is made of string literals. */
function quoteOf(text: string): '"' | "'" | undefined {
  const double = text.indexOf('"')
  const single = text.indexOf("'")
  if (double < 0 && single < 0) return undefined
  return single < 0 || (double >= 0 && double < single) ? '"' : "'"
}

const escapes = /\\{1,4}(?:r\\{1,4}n|[nrt0]|x0[aAdD]|u000[aAdD]|u002[bB]|u002[fF]|u003[dD]|\r?\n|\/|$)/g

/** One literal, or none at all: `\n` written out may still stand for the line ends. */
function plainText(text: string): { text: string; lineEnds: LineEnds } {
  const written = text.includes('\\')
  return {
    text: written ? text.replace(escapes, spelt) : text,
    lineEnds: written && /\\[nr]/.test(text) ? writtenEnds(text) : endsOf(text),
  }
}

/** BEGIN stands inside the first literal; what is between literals is the program's. */
function insideQuotes(text: string, quote: string): { text: string; lineEnds: LineEnds } {
  const parts = text.split(quote)
  const inside = parts.filter((_, index) => index % 2 === 0).join('')
  const kept = parts.map((part, index) => (index % 2 === 0 ? part.replace(escapes, spelt) : feedsOf(part)))
  return { text: kept.join(''), lineEnds: writtenEnds(inside) }
}

function feedsOf(text: string): string {
  return text.replace(/[^\n]/g, '')
}

function spelt(written: string): string {
  if (written.endsWith('/') || /u002[fF]$/.test(written)) return '/'
  if (/u002[bB]$/.test(written)) return '+'
  if (/u003[dD]$/.test(written)) return '='
  // A line feed of the source that was escaped is still one of its lines.
  return written.endsWith('\n') ? '\n' : ' '
}

function writtenEnds(inside: string): LineEnds {
  if (/\\r\\{1,4}n/.test(inside)) return 'crlf'
  return inside.includes('\\n') ? 'lf' : endsOf(inside)
}

function endsOf(text: string): LineEnds {
  if (text.includes('\r\n')) return 'crlf'
  return text.includes('\n') ? 'lf' : 'none'
}

/** `[00:00:01] -----BEGIN`: the same number of characters before every line, or a mark such as `> ` or `//`. */
function withoutPrefix(text: string, prefix: string): string {
  const mark = prefix.trim()
  if (mark === '') return text
  const [first = '', ...lines] = text.split('\n')
  const marked = lines.every((line) => line.trim() === '' || line.trimStart().startsWith(mark))
  if (!marked && !nonBase64.test(text)) return text
  const bare = lines.map((line) => {
    if (marked) return line.trimStart().slice(mark.length)
    const sameWidth = line.slice(prefix.length)
    return nonBase64.test(line) && !nonBase64.test(sameWidth) ? sameWidth : line
  })
  return [first, ...bare].join('\n')
}
