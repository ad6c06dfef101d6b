/** Byte positions, both inclusive, RFC 9110 §14.1.2. */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

/** What a Range field asks of a representation. */
export type RangeOutcome =
  /** Send the whole: no Range, or a unit that is not `bytes` (RFC 9110 §14.2: "MUST ignore"). */
  | 'whole'
  | ByteRange
  /** Answer 416. */
  | 'unsatisfiable'

/**
 * The one range that is to be sent of `size` bytes.
 *
 * A Range that is malformed, or that names several ranges, is answered by 416 as well, not by the whole: RFC 9110 §14.2
 * lets a server "ignore or reject" an invalid one, §15.5.17 has 416 for a set of ranges that is rejected, and nothing
 * obliges a server to write multipart/byteranges. A device that asks for two small pieces has no room for the file, and
 * would take its first bytes for the piece.
 */
export function chooseRange(value: string | undefined, size: number): RangeOutcome {
  if (value === undefined) return 'whole'
  const parts = /^bytes=(\d{0,16})-(\d{0,16})$/i.exec(value)
  if (parts === null) return /^bytes[ \t]*=/i.test(value) || !value.includes('=') ? 'unsatisfiable' : 'whole'
  const first = parts[1]!
  const last = parts[2]!
  if (first === '') {
    const length = Math.min(last === '' ? 0 : Number(last), size)
    return length === 0 ? 'unsatisfiable' : { first: size - length, last: size - 1 }
  }
  const from = Number(first)
  if (from >= size || (last !== '' && Number(last) < from)) return 'unsatisfiable'
  return { first: from, last: last === '' ? size - 1 : Math.min(Number(last), size - 1) }
}

/** `bytes first-last/size`, RFC 9110 §14.4. */
export function formatContentRange(range: ByteRange | undefined, size: number): string {
  return range === undefined ? `bytes */${size}` : `bytes ${range.first}-${range.last}/${size}`
}
