/** Seeded chance, sfc32: the same seed gives the same run on every machine. */
export class Chance {
  #a = 0
  #b = 0
  #c = 0
  #counter = 1

  constructor(seed: number) {
    this.#a = seed | 0
    this.#b = 0x9e3779b9 ^ seed
    for (let i = 0; i < 12; i++) this.next()
  }

  /** 32 bits, unsigned. */
  next(): number {
    const t = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + t
    return t >>> 0
  }

  /** From 0 up to and without `limit`, which is above 0. */
  below(limit: number): number {
    return this.next() % limit
  }

  /** True once in `times`. */
  oneIn(times: number): boolean {
    return this.next() % times === 0
  }

  pick<T>(list: readonly T[]): T {
    const one = list[this.below(list.length)]
    if (one === undefined) throw new Error('nothing to pick from')
    return one
  }
}

/** A seed from bytes, FNV-1a: what a case does by chance hangs on its bytes alone, so that it can be replayed from them. */
export function seedOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5 ^ bytes.length
  const end = Math.min(bytes.length, 256)
  for (let i = 0; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
  return hash
}
