/**
 * Keeps what facts need of a capture's bytes: copies, and one copy of what recurs. Servers send the same certificates
 * in every session.
 */
export class ByteStore {
  readonly #byHash = new Map<number, Uint8Array[]>()
  #entries = 0

  /** A copy of `bytes`, shared with those who kept the same before. */
  keep(bytes: Uint8Array): { readonly bytes: Uint8Array; readonly fresh: boolean } {
    const hash = fnv1a(bytes)
    const same = this.#byHash.get(hash)?.find((kept) => Buffer.compare(kept, bytes) === 0)
    if (same !== undefined) return { bytes: same, fresh: false }
    const copy = Uint8Array.from(bytes)
    if (this.#entries < MAX_ENTRIES) {
      this.#entries++
      const row = this.#byHash.get(hash)
      if (row === undefined) this.#byHash.set(hash, [copy])
      else row.push(copy)
    }
    return { bytes: copy, fresh: true }
  }
}

/** Enough for the chains of a few thousand servers. */
const MAX_ENTRIES = 8_192

function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < bytes.length; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193)
  return hash
}
