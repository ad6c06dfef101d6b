import type { Chance } from './chance.ts'
import { type Pool, replace } from './mutate.ts'

const NEWLINE = 10

/** What is hostile in any text: ends of quotes, orders to terminals, to pages, to shells, odd Unicode, odd numbers. */
export const hostileWords: readonly string[] = [
  ...[
    '\n',
    '\r\n',
    '\r',
    '\t',
    ' ',
    '\0',
    '"',
    "'",
    '`',
    '\\',
    '\\"',
    "\\'",
    '$\x7bx}',
    '$(x)',
    '%0a',
    '%',
    '\x7f',
  ],
  ...[
    '<script>',
    '</script>',
    '<!--',
    '-->',
    ']]>',
    '&amp;',
    '&#x3c;',
    '<img src=x onerror=x>',
    'javascript:',
  ],
  ...[
    '\u001b[2J',
    '\u001b]0;x\u0007',
    '\u009b31m',
    '\u202e',
    '\u2066',
    '\u200b',
    '\u2028',
    '\ufeff',
    '\u0301',
  ],
  ...[
    '\u{e0041}',
    'é',
    '日本',
    '\u{1f600}',
    '\ud800',
    '::error::',
    '##vso[x]',
    '|',
    '{',
    '}',
    '[',
    ']',
    '#',
    ';',
  ],
  ...[
    '{{',
    '}}',
    '{%',
    '- ',
    ': ',
    '? ',
    '& ',
    '&a',
    '*a',
    '!!js',
    '!!binary',
    '>',
    '|-',
    '---',
    '...',
    '~',
    'null',
  ],
  ...[
    'true',
    'NaN',
    'Infinity',
    '-0',
    '1e999',
    '0x7fffffff',
    '-2147483648',
    '4294967296',
    '9007199254740993',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '../',
    '/dev/zero',
    'a'.repeat(300),
    '('.repeat(40),
  ],
]

/** Lines and words moved about, numbers changed, words of the format or of the hostile put in. */
export function changeText(
  bytes: Uint8Array<ArrayBuffer>,
  pool: Pool,
  chance: Chance,
): Uint8Array<ArrayBuffer> {
  const at = bytes.length === 0 ? 0 : chance.below(bytes.length)
  switch (chance.below(9)) {
    case 0: {
      const [from, to] = lineAt(bytes, at)
      return replace(bytes, from, to, nothing)
    }
    case 1: {
      const [from, to] = lineAt(bytes, at)
      return replace(bytes, from, from, bytes.slice(from, to))
    }
    case 2: {
      const [from, to] = lineAt(bytes, at)
      const line = bytes.slice(from, to)
      const rest = replace(bytes, from, to, nothing)
      const [place] = lineAt(rest, rest.length === 0 ? 0 : chance.below(rest.length))
      return replace(rest, place, place, line)
    }
    case 3: {
      const other = chance.pick(pool.inputs)
      const [from, to] = lineAt(other, other.length === 0 ? 0 : chance.below(other.length))
      const [place, end] = lineAt(bytes, at)
      return replace(bytes, place, chance.oneIn(2) ? place : end, other.slice(from, to))
    }
    case 4: {
      const [from, to] = wordAt(bytes, at)
      return replace(bytes, from, to, wordOf(pool, chance))
    }
    case 5:
      return replace(bytes, at, at, wordOf(pool, chance))
    case 6: {
      const [from, to] = wordAt(bytes, at)
      const other = chance.pick(pool.inputs)
      const [otherFrom, otherTo] = wordAt(other, other.length === 0 ? 0 : chance.below(other.length))
      return replace(bytes, from, to, other.slice(otherFrom, otherTo))
    }
    case 7: {
      // A digit changed: numbers stay numbers.
      for (let i = at; i < bytes.length && i < at + 64; i++) {
        const byte = bytes[i]!
        if (byte < 48 || byte > 57) continue
        bytes[i] = 48 + chance.below(10)
        break
      }
      return bytes
    }
    default: {
      const [from, to] = wordAt(bytes, at)
      return replace(bytes, from, to, nothing)
    }
  }
}

const nothing = new Uint8Array(0)

const hostile = hostileWords.map((word) => Buffer.from(word))

function wordOf(pool: Pool, chance: Chance): Uint8Array {
  return pool.words.length > 0 && !chance.oneIn(3) ? chance.pick(pool.words) : chance.pick(hostile)
}

function lineAt(bytes: Uint8Array, at: number): [from: number, to: number] {
  const from = bytes.lastIndexOf(NEWLINE, Math.max(0, at - 1)) + 1
  const end = bytes.indexOf(NEWLINE, at)
  return [Math.min(from, bytes.length), end < 0 ? bytes.length : end + 1]
}

function wordAt(bytes: Uint8Array, at: number): [from: number, to: number] {
  let from = at
  while (from > 0 && isWord(bytes[from - 1]!)) from--
  let to = at
  while (to < bytes.length && isWord(bytes[to]!)) to++
  return [from, Math.max(to, Math.min(from + 1, bytes.length))]
}

function isWord(byte: number): boolean {
  return (
    (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122) || byte === 95
  )
}
