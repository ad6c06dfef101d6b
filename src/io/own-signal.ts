/**
 * Aborts when another signal does, with its reason. A signal that hundreds listen to takes ever longer to be listened to:
 * each of many has one of its own for all that it waits for, and the shared one holds no more than one listener of it.
 */
export class OwnSignal {
  readonly #shared: AbortSignal | undefined
  readonly #controller = new AbortController()
  readonly #abort = () => this.#controller.abort(this.#shared?.reason)

  constructor(shared: AbortSignal | undefined) {
    this.#shared = shared
    if (shared?.aborted) this.#abort()
    else shared?.addEventListener('abort', this.#abort, { once: true })
  }

  /** Undefined where there is none to follow. */
  get signal(): AbortSignal | undefined {
    return this.#shared && this.#controller.signal
  }

  /** Follows no longer. */
  release(): void {
    this.#shared?.removeEventListener('abort', this.#abort)
  }
}
