import { hmac } from './hash.ts'

/** Fewest bytes of a seed: as many as a client random has. */
const MIN_SEED_BYTES = 32

/**
 * All that a connection needs to be unpredictable, drawn from random bytes that the caller gives:
 * the same seed gives the same connection. Output is HMAC-SHA-256(seed, label ‖ 0 ‖ counter), one block after
 * the other, so that values under different labels tell nothing about each other.
 */
export class Seed {
  readonly #key: Uint8Array

  /** `bytes` must be random, secret and used for one connection only. Throws `RangeError` under 32 bytes. */
  constructor(bytes: Uint8Array) {
    if (bytes.length < MIN_SEED_BYTES) {
      throw new RangeError(`seed must have at least ${MIN_SEED_BYTES} bytes, has ${bytes.length}`)
    }
    this.#key = Uint8Array.from(bytes)
  }

  /** `length` bytes that belong to `label`; the same each time. */
  expand(label: string, length: number): Uint8Array {
    const blocks: Uint8Array[] = []
    for (let counter = 0; counter * MIN_SEED_BYTES < length; counter++) {
      blocks.push(hmac('sha256', this.#key, Buffer.from(`${label}\0${counter}`)))
    }
    return Uint8Array.from(Buffer.concat(blocks).subarray(0, length))
  }
}
