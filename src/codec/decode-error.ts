/** Why bytes broke their format. Closed list: callers match on it. */
export type DecodeErrorCode =
  | 'truncated' // a field ends after the bytes do
  | 'trailing' // bytes are left over after the last field
  | 'length' // a length is outside what the format allows
  | 'value' // a value the format forbids
  | 'nesting' // deeper than the decoder's bound
  | 'too-large' // larger than the decoder's bound

/** Bytes that break their format: `field` is a dotted path, `offset` counts from the decoder's first byte. */
export class DecodeError extends Error {
  readonly code: DecodeErrorCode
  readonly field: string
  readonly offset: number

  constructor(code: DecodeErrorCode, field: string, offset: number, detail?: string) {
    super(`${field}: ${detail ?? code} at byte ${offset}`)
    this.name = 'DecodeError'
    this.code = code
    this.field = field
    this.offset = offset
  }
}

/** What `decode` gives; undefined where the bytes break their format. */
export function unlessBroken<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
