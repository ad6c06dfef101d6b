/** Why a capture file cannot be read on. Closed list: callers match on it. */
export type CaptureErrorCode =
  | 'not-a-capture' // no magic number of a capture file
  | 'unsupported' // a capture format that is not read; `hint` names the converting command
  | 'truncated' // the file ends inside its own header
  | 'length' // a length field that cannot be true
  | 'too-large' // larger than the reader's bound
  | 'value' // a field the format forbids

/** A capture file that breaks its format: `offset` counts bytes from the start of the (decompressed) file. */
export class CaptureError extends Error {
  readonly code: CaptureErrorCode
  readonly offset: number
  /** What is wrong there, without the offset. */
  readonly reason: string
  readonly hint: string | undefined

  constructor(code: CaptureErrorCode, offset: number, reason: string, hint?: string) {
    super(`${reason} at byte ${offset}`)
    this.name = 'CaptureError'
    this.code = code
    this.offset = offset
    this.reason = reason
    this.hint = hint
  }
}
