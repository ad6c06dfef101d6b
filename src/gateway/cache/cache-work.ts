/** How long the end waits for a disk that does not answer. */
const LONGEST_MS = 2_000

/** What is under way in a cache and outlives the request that it began with: at the end it is stopped and waited for. */
export class CacheWork {
  readonly #stops = new Map<Promise<unknown>, (() => void) | undefined>()
  #isOver = false

  /** Nothing more is to be begun. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** `stop`: ends it early. */
  add<T>(work: Promise<T>, stop?: () => void): Promise<T> {
    this.#stops.set(work, stop)
    const forget = () => void this.#stops.delete(work)
    work.then(forget, forget)
    if (this.#isOver) stop?.()
    return work
  }

  /** Resolves when locks are released and what was being written is whole or gone; at the latest after two seconds. */
  async end(): Promise<void> {
    this.#isOver = true
    for (const stop of this.#stops.values()) stop?.()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LONGEST_MS)
    })
    await Promise.race([this.#settled(), late])
    clearTimeout(timer)
  }

  /** What one of them begins is waited for as well. */
  async #settled(): Promise<void> {
    while (this.#stops.size > 0) await Promise.allSettled(this.#stops.keys())
  }
}
