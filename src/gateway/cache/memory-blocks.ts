/** A block in memory. `used` is set by whoever reads it. */
export interface MemoryBlock {
  readonly content: Buffer
  used: boolean
}

/** Blocks of one version by index; what is absent is not in memory. */
export type VersionBlocks = (MemoryBlock | undefined)[]

interface Held {
  readonly block: MemoryBlock
  readonly blocks: VersionBlocks
  readonly index: number
}

/**
 * Bounded memory for blocks of all versions, second chance: a block that was read since it was last looked at stays.
 * Reading costs one assignment.
 */
export class MemoryBlocks {
  readonly #maxBytes: number
  readonly #held = new Set<Held>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  add(blocks: VersionBlocks, index: number, content: Buffer): void {
    if (blocks[index] !== undefined) return
    const block = { content, used: false }
    blocks[index] = block
    this.#bytes += content.length
    this.#held.add({ block, blocks, index })
    this.#makeRoom()
  }

  /** Forgets all blocks of a version. */
  drop(blocks: VersionBlocks): void {
    for (const held of this.#held) {
      if (held.blocks === blocks) this.#forget(held)
    }
  }

  #makeRoom(): void {
    for (const held of this.#held) {
      if (this.#bytes <= this.#maxBytes) return
      if (held.block.used) {
        held.block.used = false
        this.#held.delete(held)
        this.#held.add(held)
      } else {
        this.#forget(held)
      }
    }
  }

  #forget(held: Held): void {
    this.#held.delete(held)
    held.blocks[held.index] = undefined
    this.#bytes -= held.block.content.length
  }
}
