/**
 * Keeps what facts need of a capture's bytes. Servers send the same certificates in every session: those are kept
 * once. What differs is copied into large slabs, which costs far less than an array of its own each.
 */
export class ByteStore {
  readonly #byHash = new Map<number, Uint8Array[]>()
  #entries = 0
  #slab = new Uint8Array(0)
  #used = 0

  /** A copy of `bytes`. */
  copy(bytes: Uint8Array): Uint8Array {
    if (bytes.length > SLAB_BYTES / 4) return Uint8Array.from(bytes)
    if (this.#used + bytes.length > this.#slab.length) {
      this.#slab = new Uint8Array(SLAB_BYTES)
      this.#used = 0
    }
    const copy = this.#slab.subarray(this.#used, this.#used + bytes.length)
    copy.set(bytes)
    this.#used += bytes.length
    return copy
  }

  /** A copy of `bytes`, shared with those who kept the same before. */
  shared(bytes: Uint8Array): Uint8Array {
    const hash = fnv1a(bytes)
    const row = this.#byHash.get(hash)
    const same = row?.find((kept) => Buffer.compare(kept, bytes) === 0)
    if (same !== undefined) return same
    const copy = this.copy(bytes)
    if (this.#entries >= MAX_ENTRIES) return copy
    this.#entries++
    if (row === undefined) this.#byHash.set(hash, [copy])
    else row.push(copy)
    return copy
  }
}

const SLAB_BYTES = 262_144
/** Enough for the chains of a few thousand servers. */
const MAX_ENTRIES = 8_192

function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < bytes.length; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193)
  return hash
}
