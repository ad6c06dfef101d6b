/**
 * Keeps what facts need of a capture's bytes. Servers send the same certificates in every session: those are kept
 * once. What differs is copied into large slabs, which costs far less than an array of its own each.
 */
export class ByteStore {
  readonly #byHash = new Map<number, Uint8Array[]>()
  #entries = 0
  #slab = new Uint8Array(0)
  #used = 0

  /** A copy of `bytes`, with `before` in front of it. */
  copy(bytes: Uint8Array, before: Uint8Array = NOTHING): Uint8Array {
    const size = before.length + bytes.length
    const copy = size > SLAB_BYTES / 4 ? new Uint8Array(size) : this.#room(size)
    copy.set(before)
    copy.set(bytes, before.length)
    return copy
  }

  #room(size: number): Uint8Array {
    if (this.#used + size > this.#slab.length) {
      this.#slab = new Uint8Array(SLAB_BYTES)
      this.#used = 0
    }
    this.#used += size
    return this.#slab.subarray(this.#used - size, this.#used)
  }

  /** A copy of `bytes`, shared with those who kept the same before. */
  shared(bytes: Uint8Array): Uint8Array {
    const hash = hashOf(bytes)
    const row = this.#byHash.get(hash)
    const same = row?.find((kept) => Buffer.compare(kept, bytes) === 0)
    if (same !== undefined) return same
    const copy = this.copy(bytes)
    if (this.#entries >= MAX_ENTRIES || (row?.length ?? 0) >= MAX_ALIKE) return copy
    this.#entries++
    if (row === undefined) this.#byHash.set(hash, [copy])
    else row.push(copy)
    return copy
  }
}

const NOTHING = new Uint8Array(0)
const SLAB_BYTES = 262_144
/** Enough for the chains of a few thousand servers. */
const MAX_ENTRIES = 8_192
/** Of one hash. */
const MAX_ALIKE = 16

/** Of about 64 bytes spread over the whole: the bytes themselves are compared as well. */
function hashOf(bytes: Uint8Array): number {
  const step = 1 + (bytes.length >> 6)
  let hash = bytes.length
  for (let at = 0; at < bytes.length; at += step) hash = Math.imul(hash ^ bytes[at]!, 0x01000193)
  return hash
}
