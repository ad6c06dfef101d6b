/** An array of bytes in a program: `{ 0x30, 0x82, … }`, decimal numbers too, or the output of `xxd -i`. */
export interface ByteArray {
  readonly bytes: Uint8Array
  /** Offset of the brace. */
  readonly start: number
  readonly end: number
  /** Line of the brace, from 1. */
  readonly line: number
}

/** Arrays of one file that are read, and bytes of one of them. */
const MAX_BYTE_ARRAYS = 200
const MAX_ARRAY_BYTES = 2_097_152

/** Shorter ones hold no certificate: the smallest in the field has over 300 bytes. */
const fewestBytes = 64
const maxCommentChars = 400

/**
 * Every array of numbers from 0 to 255 with at least 64 of them, in the order of the text. Comments between the numbers
 * are passed over. Never throws; linear in the length of the text.
 */
export function findByteArrays(text: string): ByteArray[] {
  // `xxd -i` of its standard input prints the numbers alone.
  if (/^\s{0,40}0[xX][0-9a-fA-F]{2}\s{0,2},/.test(text)) {
    const bare = readNumbers(`${text}}`, 0)
    if (bare !== undefined)
      return [{ bytes: Uint8Array.from(bare.bytes), start: 0, end: text.length, line: 1 }]
  }
  const arrays: ByteArray[] = []
  let line = 1
  let counted = 0
  for (let at = text.indexOf('{'); at >= 0 && arrays.length < MAX_BYTE_ARRAYS; ) {
    const read = readNumbers(text, at + 1)
    if (read !== undefined && read.bytes.length >= fewestBytes) {
      for (
        let feed = text.indexOf('\n', counted);
        feed >= 0 && feed < at;
        feed = text.indexOf('\n', counted)
      ) {
        line++
        counted = feed + 1
      }
      arrays.push({ bytes: Uint8Array.from(read.bytes), start: at, end: read.end, line })
      at = text.indexOf('{', read.end)
    } else {
      at = text.indexOf('{', at + 1)
    }
  }
  return arrays
}

const token =
  /\s*(?:(0[xX][0-9a-fA-F]{1,2}|\d{1,3}|'(?:[^'\\\n]|\\[nrt0\\'])')[uU]?\s*(,|\}|(?=\/[/*]))|\/\/[^\n]*|\/\*|,|\})/y

function readNumbers(text: string, from: number): { bytes: number[]; end: number } | undefined {
  const bytes: number[] = []
  for (let at = from; bytes.length < MAX_ARRAY_BYTES; at = token.lastIndex) {
    token.lastIndex = at
    const found = token.exec(text)
    if (found === null) return undefined
    const [whole, number, behind] = found
    if (number !== undefined) {
      const value = byteOf(number)
      if (value > 255) return undefined
      bytes.push(value)
      if (behind === '}') return { bytes, end: token.lastIndex }
    } else if (whole.endsWith('/*')) {
      const end = text.slice(token.lastIndex, token.lastIndex + maxCommentChars).indexOf('*/')
      if (end < 0) return undefined
      token.lastIndex += end + 2
    } else if (whole.endsWith('}')) {
      return { bytes, end: token.lastIndex }
    }
  }
  return undefined
}

const spelt: { readonly [letter: string]: number } = { n: 10, r: 13, t: 9, '0': 0, '\\': 92, "'": 39 }

function byteOf(number: string): number {
  if (!number.startsWith("'")) return Number(number)
  const char = number[1]!
  return char === '\\' ? (spelt[number[2]!] ?? 256) : char.charCodeAt(0)
}
