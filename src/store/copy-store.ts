import type { Database } from './database.ts'
import { readStore, type TransferPart, writeStore } from './transfer.ts'

/** Into an empty store, all or nothing: no part waits for more than one that follows it. Gives how many rows. */
export async function copyStore(source: Database, target: Database, now: Date): Promise<number> {
  const parts = new Handover<TransferPart>()
  const reading = readStore(source, (part) => parts.give(part)).then(
    () => parts.end(),
    (error: unknown) => parts.fail(error),
  )
  try {
    return await writeStore(target, parts.taken(), now)
  } finally {
    parts.stop()
    await reading
  }
}

/** One hands over, the other takes; who hands over waits until it is taken. */
class Handover<T> {
  #waiting: { readonly value: T; readonly taken: () => void } | undefined
  #isEnded = false
  #isStopped = false
  #error: unknown
  #wake: () => void = () => {}

  give(value: T): Promise<void> {
    if (this.#isStopped) return Promise.reject(new Error('nobody takes it any more'))
    return new Promise((taken) => {
      this.#waiting = { value, taken }
      this.#wake()
    })
  }

  end(): void {
    this.#isEnded = true
    this.#wake()
  }

  fail(error: unknown): void {
    this.#error ??= error
    this.end()
  }

  /** Whoever took them goes away. */
  stop(): void {
    this.#isStopped = true
    this.#waiting?.taken()
  }

  async *taken(): AsyncGenerator<T> {
    for (;;) {
      const waiting = this.#waiting
      if (waiting !== undefined) {
        this.#waiting = undefined
        waiting.taken()
        yield waiting.value
        continue
      }
      if (this.#error !== undefined) throw this.#error
      if (this.#isEnded) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
