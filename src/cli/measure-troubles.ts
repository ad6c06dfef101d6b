import { CliError } from './cli-error.ts'

/** What cannot be written for now. `over`: it can be again. */
export interface Trouble {
  readonly error: CliError
  readonly over: boolean
}

/** Things that fail while a measurement goes on: each is told once when it begins and once when it is over. */
export class Troubles {
  readonly #tell: (trouble: Trouble) => void
  readonly #errors = new Map<string, CliError>()

  constructor(tell: (trouble: Trouble) => void) {
    this.#tell = tell
  }

  /** Does `act`, which may throw a `CliError`. */
  of(what: string, act: () => void): void {
    const before = this.#errors.get(what)
    try {
      act()
    } catch (error) {
      if (!(error instanceof CliError)) throw error
      this.#errors.set(what, error)
      if (before?.message !== error.message) this.#tell({ error, over: false })
      return
    }
    this.#errors.delete(what)
    if (before !== undefined) this.#tell({ error: before, over: true })
  }

  /** Undefined: it is no trouble, or none any more. */
  errorOf(what: string): CliError | undefined {
    return this.#errors.get(what)
  }
}
