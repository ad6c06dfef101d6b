/**
 * A line format of a dialect, ready to match. Compiled to one regular expression of literals and bounded
 * placeholders, none of which can be matched in two ways that both grow: no line makes it slow.
 */
export interface Format {
  readonly text: string
  /** Lower case; every line that matches holds it. The longest literal of the format. */
  readonly anchor: string
  /** Letters outside placeholders: the more, the more specific. */
  readonly literalLength: number
  readonly expression: RegExp
  /** Names of the placeholders that are kept, in order of their groups. */
  readonly names: readonly string[]
}

const SHORTEST_ANCHOR = 4
const LONGEST_ANCHOR = 40

const classes: Readonly<Record<string, string>> = {
  int: '[-+]?[0-9]{1,20}',
  hex: '[-+]?(?:0x)?[0-9a-f]{1,16}',
  num: '[-+]?(?:0x[0-9a-f]{1,16}|[0-9]{1,20})',
  word: '[^ \\t]{1,200}?',
  '': '.{0,200}?',
}

/** Throws `RangeError` that names the fault: an unknown placeholder, too few letters, too many open placeholders. */
export function compileFormat(text: string): Format {
  const names: string[] = []
  const literals: string[] = []
  let expression = ''
  let open = 0
  const pieces = text.split(/(\{[A-Za-z_][A-Za-z0-9_]*(?::[a-z]+)?\})/)
  for (const [at, piece] of pieces.entries()) {
    const placeholder = /^\{([A-Za-z0-9_]+)(?::([a-z]+))?\}$/.exec(piece)
    if (placeholder === null) {
      literals.push(...literalsOf(piece))
      expression += quote(piece)
      continue
    }
    const [, name = '', type = ''] = placeholder
    const pattern = classes[type]
    if (pattern === undefined)
      throw new RangeError(`{${name}:${type}}: the type is none of int, hex, num, word`)
    if (type === '' || type === 'word') open++
    const last = at === pieces.length - 2 && pieces.at(-1) === ''
    expression += name === '_' ? `(?:${pattern})` : `(${pattern})`
    // The last one is followed by nothing that would stretch it.
    if (last && type === '') expression += '(?=[ \\t]*$)'
    if (last && type === 'word') expression += '(?=[ \\t,;"\')\\]]|$)'
    if (name !== '_') names.push(name)
  }
  if (open > 4) throw new RangeError('more than four open placeholders')
  const anchor = literals.sort((a, b) => b.length - a.length)[0] ?? ''
  if (anchor.length < SHORTEST_ANCHOR)
    throw new RangeError(`fewer than ${SHORTEST_ANCHOR} characters in a row outside placeholders`)
  return {
    text,
    anchor: anchor.slice(0, LONGEST_ANCHOR),
    literalLength: literals.reduce((sum, one) => sum + one.length, 0),
    expression: new RegExp(expression, 'i'),
    names,
  }
}

/** What stands between blanks may be counted on byte for byte; a run of blanks may be of any length. */
function literalsOf(piece: string): string[] {
  return piece
    .toLowerCase()
    .split(/[ \t]{2,}|\t/)
    .flatMap((part) => part.split(/[^\x20-\x7e]+/))
    .filter((part) => part.trim() !== '')
}

function quote(piece: string): string {
  return piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/[ \t]+/g, '[ \\t]{1,40}')
}
