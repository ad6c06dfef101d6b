import { escapeText } from './escape.ts'

/** Columns of a terminal that a text takes: marks none, East Asian wide characters two. Text must be escaped. */
export function displayWidth(text: string): number {
  if (printableAscii.test(text)) return text.length
  let width = 0
  for (const char of text) width += charWidth(char)
  return width
}

const printableAscii = /^[ -~]*$/

/** Lines of at most `width` columns, broken at spaces, or anywhere where one word is longer than a line. */
export function wrap(text: string, width: number): string[] {
  const room = Math.max(width, 8)
  const lines: string[] = []
  let line = ''
  let used = 0
  for (const word of text.split(' ')) {
    const wide = displayWidth(word)
    const joint = line === '' ? 0 : 1
    if (used + joint + wide <= room) {
      line = joint === 0 ? word : `${line} ${word}`
      used += joint + wide
      continue
    }
    if (line !== '') lines.push(line)
    const pieces = breakWord(word, room)
    lines.push(...pieces.slice(0, -1))
    line = pieces.at(-1) ?? ''
    used = displayWidth(line)
  }
  lines.push(line)
  return lines.filter((each, index) => each !== '' || index === 0)
}

/** As a shell splits words: a quoted piece is part of its word, spaces and all. */
const shellWords = /(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\]|['"\\])+/g

/** Lines of whole shell words: a word longer than `width` has a line of its own, up to `longestWord`. */
function wrapShell(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.match(shellWords) ?? []) {
    const before = lines.at(-1)
    if (before !== undefined && displayWidth(before) + 1 + displayWidth(word) <= width) {
      lines[lines.length - 1] = `${before} ${word}`
    } else {
      lines.push(...(word.length > longestWord ? wrap(word, width) : [word]))
    }
  }
  return lines
}

/** Longer ones are somebody's attempt to fill the screen. */
const longestWord = 500

/** Cut to `width` columns with `…`, or filled with spaces up to it. */
export function fitWidth(text: string, width: number, side: 'left' | 'right' = 'left'): string {
  let kept = text
  let used = displayWidth(text)
  if (used > width) {
    kept = ''
    used = 0
    for (const char of text) {
      const wide = charWidth(char)
      if (used + wide > width - 1) break
      kept += char
      used += wide
    }
    kept += '…'
    used += 1
  }
  const fill = ' '.repeat(Math.max(0, width - used))
  return side === 'left' ? kept + fill : fill + kept
}

/** Longer ones are somebody's attempt to fill the screen. */
const wholeAddress = /^https?:\/\/[!-~]{1,300}$/

export type Style = 'good' | 'bad' | 'warn' | 'open' | 'strong' | 'dim' | 'none'

/** How a text is laid out for whoever reads it. */
export interface PageOptions {
  /** No line is wider; at least 40. */
  readonly columns: number
  readonly color: boolean
  /** For a terminal that is not UTF-8: nothing beyond ASCII. */
  readonly ascii: boolean
}

/**
 * Collects the lines of a report. Lines are wrapped before they are coloured, so no line is wider than
 * `columns`, save the address of a source and a word of a shell command; with `ascii`, glyphs become ASCII of the same width at the end. Whatever is handed in is escaped once
 * more: a line or a colour that this class did not make cannot get onto the page.
 */
export class Page {
  readonly columns: number
  readonly #lines: string[] = []
  readonly #color: boolean
  readonly #ascii: boolean

  constructor(options: PageOptions) {
    this.columns = Math.max(40, Math.floor(options.columns))
    this.#color = options.color
    this.#ascii = options.ascii
  }

  /** One paragraph: `label`, then `text` wrapped with a hanging indent as wide as the label. */
  paragraph(
    label: string,
    text: string,
    styles: { readonly label?: Style; readonly text?: Style } = {},
  ): void {
    const hang = displayWidth(label)
    const lines = wrap(safe(text), this.columns - hang)
    for (const [index, line] of lines.entries()) {
      const lead = index === 0 ? this.paint(safe(label), styles.label ?? 'none') : ' '.repeat(hang)
      this.#lines.push((lead + this.paint(line, styles.text ?? 'none')).trimEnd())
    }
  }

  /** What something rests on, dim: an address that is too long for the line stands whole on one of its own. */
  source(indent: string, what: string, address: string): void {
    const whole =
      wholeAddress.test(address) && displayWidth(safe(`${indent}${what} ${address}`)) > this.columns
    this.paragraph(indent, whole ? what : `${what} ${address}`, { text: 'dim' })
    if (whole) this.#lines.push(indent + this.paint(safe(address), 'dim'))
  }

  /**
   * A line to copy. Too long, it is broken: with `\` between the words where it is a shell command, and a word that is
   * longer than a line stands whole, for a shell would read its pieces as something else. Its own indent is kept. A remark
   * at its end then goes before it, on lines of its own: broken, its rest would be read as code.
   */
  command(text: string, indent: number): void {
    const own = text.length - text.trimStart().length
    const first = Math.min(indent + own, this.columns - 20)
    const room = this.columns - first - 4
    const whole = safe(text.trimStart())
    const remarked = whole.length > room ? /^(.*?\S)\s{2,}(# ?|\/\/ ?|; ?)(\S.*)$/.exec(text) : null
    if (remarked !== null) {
      const [, code = '', mark = '', remark = ''] = remarked
      const lead = ' '.repeat(first)
      for (const piece of wrap(safe(remark), room - mark.length))
        this.#lines.push(lead + this.paint(`${mark}${piece}`, 'dim'))
      this.command(code, indent)
      return
    }
    const shell = /^(openssl|tlsfit|tcpdump|az|aws|certbot|curl|cat|mosquitto_pub) /.test(text)
    const lines = shell ? wrapShell(whole, room) : wrap(whole, room)
    for (const [index, line] of lines.entries()) {
      const joint = shell && index < lines.length - 1 ? ' \\' : ''
      const lead = ' '.repeat(index === 0 ? first : first + 2)
      const pieces = shell ? [line] : wrap(line, this.columns - lead.length)
      for (const piece of pieces) this.#lines.push(lead + this.paint(piece, 'strong') + joint)
    }
  }

  /** Columns already laid out by the caller; cut at the edge. Each part has its own style. */
  row(parts: readonly (readonly [text: string, style?: Style])[]): void {
    let left = this.columns
    let line = ''
    for (const [part, style] of parts) {
      const text = safe(part)
      const width = displayWidth(text)
      const shown = width > left ? fitWidth(text, left) : text
      left -= displayWidth(shown)
      line += this.paint(shown, style ?? 'none')
      if (left <= 0) break
    }
    this.#lines.push(line.trimEnd())
  }

  blank(): void {
    if (this.#lines.length > 0 && this.#lines.at(-1) !== '') this.#lines.push('')
  }

  paint(text: string, style: Style): string {
    return this.#color && text.trim() !== '' ? rendition[style].reduceRight(painted, text) : text
  }

  /** Ends with one line feed. */
  toString(): string {
    const text = `${this.#lines.join('\n').replace(/\n+$/, '')}\n`
    return this.#ascii ? toAscii(text) : text
  }
}

/** Pairs of SGR, ECMA-48 §8.3.117: what sets it, and what ends it. */
const [bold, dim, red, green, yellow, magenta] = [
  [1, 22],
  [2, 22],
  [31, 39],
  [32, 39],
  [33, 39],
  [35, 39],
] as const

const rendition: { readonly [style in Style]: readonly (readonly [set: number, end: number])[] } = {
  good: [bold, green],
  bad: [bold, red],
  warn: [bold, yellow],
  open: [bold, magenta],
  strong: [bold],
  dim: [dim],
  none: [],
}

function painted(text: string, [set, end]: readonly [number, number]): string {
  return `\u001b[${set}m${text}\u001b[${end}m`
}

function safe(text: string): string {
  return escapeText(text, { maxChars: Number.POSITIVE_INFINITY })
}

/** Each glyph of ours in ASCII, one column for one. */
const asciiGlyphs: { readonly [glyph: string]: string } = {
  '█': '#',
  '▌': '#',
  '░': '.',
  '│': '|',
  '┊': ':',
  '─': '-',
  '◄': '<',
  '→': '>',
  '←': '<',
  '●': '*',
  '○': 'o',
  '✗': 'x',
  '·': '-',
  '…': '~',
  '×': 'x',
  '§': 'S',
  '–': '-',
  '’': "'",
}

function toAscii(text: string): string {
  return text.replace(/[^\x00-\x7f]/gu, (glyph) => asciiGlyphs[glyph] ?? '?'.repeat(charWidth(glyph)))
}

function breakWord(word: string, room: number): string[] {
  const pieces: string[] = []
  let piece = ''
  let used = 0
  for (const char of word) {
    const wide = charWidth(char)
    if (piece !== '' && used + wide > room) {
      pieces.push(piece)
      piece = ''
      used = 0
    }
    piece += char
    used += wide
  }
  pieces.push(piece)
  return pieces
}

const zeroWidth = /\p{M}/u

function charWidth(char: string): number {
  const code = char.codePointAt(0) ?? 0
  if (code < 0x300 || isBoxDrawing(code)) return 1
  if (zeroWidth.test(char)) return 0
  return wideRanges.some(([low, high]) => code >= low && code <= high) ? 2 : 1
}

/** U+2500 to U+25AF, lines and blocks: whole rows are made of them. */
function isBoxDrawing(code: number): boolean {
  return code >= 0x2500 && code < 0x25b0
}

/** East Asian Wide and Fullwidth (UAX #11), in round blocks; emoji among them. */
const wideRanges: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x23e9, 0x23f3],
  [0x25fd, 0x25fe],
  [0x2614, 0x27bf],
  [0x2b1b, 0x2b55],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x1b2ff],
  [0x1f000, 0x1faff],
  [0x20000, 0x3fffd],
]
