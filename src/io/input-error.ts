/** Input of the user that cannot be used. Callers match on `code`; the message holds no secret. */
export class InputError extends Error {
  /** Such as `file-unreadable`, `capture-unsupported`, `header-invalid`. */
  readonly code: string
  readonly hint: string
  /** File or argument it is about. */
  readonly at: string | undefined

  constructor(code: string, message: string, hint: string, at?: string) {
    super(message)
    this.name = 'InputError'
    this.code = code
    this.hint = hint
    this.at = at
  }
}
