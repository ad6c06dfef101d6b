/** A certificate that a listener cannot be opened with; `message` names file or listener, `hint` the mend. */
export class IdentityError extends Error {
  override readonly name = 'IdentityError'
  readonly hint: string

  constructor(message: string, hint: string) {
    super(message)
    this.hint = hint
  }
}
