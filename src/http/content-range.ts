/** Content-Range of a 206 or 416, RFC 9110 §14.4. */
export interface ContentRange {
  /** Undefined in the answer to a range that cannot be satisfied. */
  readonly range: { readonly first: number; readonly last: number } | undefined
  /** Size of the whole; undefined where it is `*`. */
  readonly total: number | undefined
}

/** undefined where the value is not of the form `bytes first-last/total`. */
export function parseContentRange(value: string): ContentRange | undefined {
  const parts = /^bytes\s+(?:(\d{1,15})-(\d{1,15})|\*)\/(\d{1,15}|\*)$/i.exec(value.trim())
  if (!parts) return undefined
  const total = parts[3] === '*' ? undefined : Number(parts[3])
  if (parts[1] === undefined) return { range: undefined, total }
  const range = { first: Number(parts[1]), last: Number(parts[2]) }
  return range.last < range.first ? undefined : { range, total }
}
