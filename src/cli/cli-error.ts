/** Exit codes of every command. */
export const exitCodes = {
  done: 0,
  blocked: 1,
  atRisk: 2,
  undecided: 3,
  usage: 64,
  unreadable: 65,
  fault: 70,
  interrupted: 130,
} as const

/** Ends the command with a message for people and a code for scripts. No secret may be in it. */
export class CliError extends Error {
  readonly exitCode: number
  /** Kebab-case, such as `unknown-option`. */
  readonly code: string
  readonly hint: string | undefined
  /** Option, file or argument it is about. */
  readonly at: string | undefined

  constructor(
    exitCode: number,
    code: string,
    message: string,
    more: { readonly hint?: string | undefined; readonly at?: string | undefined } = {},
  ) {
    super(message)
    this.name = 'CliError'
    this.exitCode = exitCode
    this.code = code
    this.hint = more.hint
    this.at = more.at
  }
}

/** The command line as written cannot be carried out: exit code 64. */
export function usageError(code: string, message: string, hint: string, at?: string): CliError {
  return new CliError(exitCodes.usage, code, message, { hint, at })
}
