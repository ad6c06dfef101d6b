import { BLOCK_BYTES } from './store.ts'

interface Source {
  block(index: number): Promise<Buffer>
  sent(bytes: number): void
  ended(): void
}

/** Bytes `first` to `last` of a version, a block at a time as they are asked for. Not a generator: one that was never begun would not tell its end. */
export class VersionStream implements AsyncIterableIterator<Buffer> {
  readonly #last: number
  readonly #source: Source
  #at: number
  #open = true

  constructor(first: number, last: number, source: Source) {
    this.#at = first
    this.#last = last
    this.#source = source
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Buffer, undefined>> {
    if (!this.#open || this.#at > this.#last) return this.return()
    const at = this.#at
    const index = Math.floor(at / BLOCK_BYTES)
    const start = index * BLOCK_BYTES
    const end = Math.min(this.#last + 1, start + BLOCK_BYTES)
    this.#at = end
    try {
      const value = (await this.#source.block(index)).subarray(at - start, end - start)
      this.#source.sent(value.length)
      return { done: false, value }
    } catch (error) {
      this.#close()
      throw error
    }
  }

  async return(): Promise<IteratorResult<Buffer, undefined>> {
    this.#close()
    return { done: true, value: undefined }
  }

  #close(): void {
    if (this.#open) this.#source.ended()
    this.#open = false
  }
}
