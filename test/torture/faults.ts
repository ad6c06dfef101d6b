/** Counts the calls at a boundary in their order, and says which one is to go wrong. */
export class Faults {
  readonly calls: string[] = []
  readonly #at: number
  readonly #onFault: ((call: string) => void) | undefined

  /** `at`: from 0; none where left out. `onFault`: as the call begins that is to go wrong. */
  constructor(at = -1, onFault?: (call: string) => void) {
    this.#at = at
    this.#onFault = onFault
  }

  /** Whether this call is to go wrong. */
  hits(call: string): boolean {
    this.calls.push(call)
    const isHit = this.calls.length - 1 === this.#at
    if (isHit) this.#onFault?.(call)
    return isHit
  }

  /** The call that went wrong; undefined where it was never reached. */
  get struck(): string | undefined {
    return this.calls[this.#at]
  }
}
