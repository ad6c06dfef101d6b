/**
 * A line format of a dialect, ready to match. Compiled to one regular expression of literals and bounded placeholders
 * that are never tried at a second length: no line makes it slow.
 */
export interface Format {
  readonly text: string
  /** Lower case; every line that matches holds it. The longest literal of the format. */
  readonly anchor: string
  /** Lower case; every line that matches holds it beside the anchor. The longest word of the other literals; may be empty. */
  readonly word: string
  /** Letters outside placeholders: the more, the more specific. */
  readonly literalLength: number
  /** Made when first asked for: of thousands of formats a log speaks some dozens. */
  readonly expression: RegExp
  /** Names of the placeholders, in order of their groups; undefined for one that is not kept. */
  readonly names: readonly (string | undefined)[]
}

const SHORTEST_ANCHOR = 4
const LONGEST_ANCHOR = 40

/** Longest text that an open placeholder takes. */
const LONGEST_TEXT = 200

const numbers: Readonly<Record<string, string>> = {
  // The 0 of 0x2700 is no decimal number.
  int: '[-+]?(?!0x)[0-9]{1,20}',
  hex: '[-+]?(?:0x)?[0-9a-f]{1,16}',
  num: '[-+]?(?:0x[0-9a-f]{1,16}|[0-9]{1,20})',
  // Hexadecimal as %04x prints it; shorter and longer numbers are none of it.
  hex4: '(?:0x)?[0-9a-f]{4}(?![0-9a-f])',
  // Three digits of a packed number, where others may follow.
  hex3: '[0-9a-f]{3}',
  // A negative number that was printed as an unsigned one of 32 bits.
  neg: '(?:0x)?ffff[0-9a-f]{4}',
}
/** A character of an open placeholder, and of one that ends the format. */
const open: Readonly<Record<string, readonly [string, string]>> = {
  word: ['[^ \\t]', '[^ \\t,;"\')\\]]'],
  '': ['.', '.'],
}

/** Throws `RangeError` that names the fault: an unknown placeholder, too few letters, too many open placeholders. */
export function compileFormat(text: string): Format {
  const pieces = readPieces(text)
  if (pieces.filter((piece) => piece.kind === 'open').length > MOST_OPEN) {
    throw new RangeError('more than four open placeholders')
  }
  const literals = pieces.flatMap((piece) => (piece.kind === 'literal' ? literalsOf(piece.text) : []))
  const anchor = longest(literals)
  if (anchor.length < SHORTEST_ANCHOR) {
    throw new RangeError(`fewer than ${SHORTEST_ANCHOR} characters in a row outside placeholders`)
  }
  const others = pieces.length > 1 ? literals.filter((one) => one !== anchor) : []
  const names = pieces.flatMap((piece) =>
    piece.kind === 'literal' ? [] : [piece.name === '_' ? undefined : piece.name],
  )
  let expression: RegExp | undefined
  return {
    text,
    anchor: anchor.slice(0, LONGEST_ANCHOR),
    word: longest(others.flatMap((one) => one.split(/ +/))),
    literalLength: literals.reduce((sum, one) => sum + one.length, 0),
    get expression() {
      expression ??= expressionOf(text, pieces)
      return expression
    },
    names,
  }
}

/** Whether an unnamed placeholder, whose text nobody keeps, is what matches the whole of `line` from `start` to `end`. */
export function takenByPlaceholder(
  { expression, names }: Format,
  line: string,
  start: number,
  end: number,
): boolean {
  const indices = new RegExp(expression.source, `${expression.flags}d`).exec(line)?.indices
  return names.some((name, at) => {
    const span = name === undefined ? indices?.[at + 1] : undefined
    return span !== undefined && span[0] <= start && span[1] >= end
  })
}

function expressionOf(text: string, pieces: readonly Piece[]): RegExp {
  let group = 0
  const expression = pieces.map((piece, at) => {
    if (piece.kind === 'literal') return quote(piece.text)
    group++
    if (piece.kind === 'number') return `(${piece.pattern})`
    const next = pieces[at + 1]
    if (next === undefined) return `(${piece.last}{0,${LONGEST_TEXT}})`
    // Taken as short as what follows allows, and never tried again at another length: the look-ahead is atomic.
    return `(?=(${piece.each}{0,${LONGEST_TEXT}}?)${patternOf(next)})\\${group}`
  })
  // "OTA failed" is not what "FOTA failed" says.
  return new RegExp(`${/^[a-z0-9]/i.test(text) ? '(?<![a-z0-9])' : ''}${expression.join('')}`, 'i')
}

type Piece =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'number'; readonly name: string; readonly pattern: string }
  | { readonly kind: 'open'; readonly name: string; readonly each: string; readonly last: string }

const MOST_OPEN = 4

function readPieces(text: string): Piece[] {
  // Most formats have no placeholder, and there are thousands of them.
  if (!text.includes('{')) return [{ kind: 'literal', text }]
  return text
    .split(/(\{[A-Za-z_][A-Za-z0-9_]*(?::[a-z0-9]+)?\})/)
    .filter((piece) => piece !== '')
    .map(readPiece)
}

function readPiece(piece: string): Piece {
  const placeholder = /^\{([A-Za-z0-9_]+)(?::([a-z0-9]+))?\}$/.exec(piece)
  if (placeholder === null) return { kind: 'literal', text: piece }
  const [, name = '', type = ''] = placeholder
  const pattern = numbers[type]
  if (pattern !== undefined) return { kind: 'number', name, pattern }
  const [each, last] = open[type] ?? []
  if (each !== undefined && last !== undefined) return { kind: 'open', name, each, last }
  throw new RangeError(`{${name}:${type}}: the type is none of int, hex, hex4, hex3, num, neg, word`)
}

/** What a piece begins with, for the look-ahead of an open one before it. */
function patternOf(piece: Piece): string {
  if (piece.kind === 'literal') return quote(piece.text)
  return piece.kind === 'number' ? `(?:${piece.pattern})` : piece.each
}

/** What stands between blanks may be counted on byte for byte; a run of blanks may be of any length. */
function literalsOf(piece: string): string[] {
  const lower = piece.toLowerCase()
  if (/^(?=.*[!-~])[ -~]*$/.test(lower) && !lower.includes('  ')) return [lower]
  return lower
    .split(/[ \t]{2,}|\t/)
    .flatMap((part) => part.split(/[^\x20-\x7e]+/))
    .filter((part) => part.trim() !== '')
}

function longest(texts: readonly string[]): string {
  return texts.reduce((best, one) => (one.length > best.length ? one : best), '')
}

function quote(piece: string): string {
  return piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/[ \t]+/g, '[ \\t]{1,40}')
}
