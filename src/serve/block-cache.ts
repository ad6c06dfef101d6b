/** Blocks of files in memory, the least recently used dropped first. */
export class BlockCache {
  readonly #maxBytes: number
  readonly #blocks = new Map<number, Buffer>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  get(key: number): Buffer | undefined {
    const block = this.#blocks.get(key)
    if (block === undefined) return undefined
    // A Map keeps the order of insertion: what was used goes to its end. Not worth it while all fits.
    if (this.#bytes * 2 > this.#maxBytes) {
      this.#blocks.delete(key)
      this.#blocks.set(key, block)
    }
    return block
  }

  put(key: number, block: Buffer): void {
    if (block.length > this.#maxBytes || this.#blocks.has(key)) return
    this.#blocks.set(key, block)
    this.#bytes += block.length
    for (const [oldest, old] of this.#blocks) {
      if (this.#bytes <= this.#maxBytes) break
      this.#blocks.delete(oldest)
      this.#bytes -= old.length
    }
  }
}
