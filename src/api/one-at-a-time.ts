import { ApiFailure } from './api-failure.ts'

/** Work that keeps the process busy: one after the other, few waiting, none for ever. */
export class OneAtATime {
  readonly #waitingAtMost: number
  #tail: Promise<unknown> = Promise.resolve()
  #inside = 0

  constructor(waitingAtMost: number) {
    this.#waitingAtMost = waitingAtMost
  }

  /** Throws `ApiFailure` 503 where too many wait. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#inside > this.#waitingAtMost) {
      throw new ApiFailure(503, 'busy', 'others are being answered', {
        hint: 'come again in 10 s',
        retryAfterSeconds: 10,
      })
    }
    this.#inside++
    const mine = this.#tail.then(work)
    this.#tail = mine.catch(() => undefined)
    try {
      return await mine
    } finally {
      this.#inside--
    }
  }
}
