/** A map of bounded size: what was put in first goes first. */
export class LatestMap<Key, Value> {
  readonly #most: number
  readonly #map = new Map<Key, Value>()

  constructor(most: number) {
    this.#most = most
  }

  get(key: Key): Value | undefined {
    return this.#map.get(key)
  }

  set(key: Key, value: Value): this {
    const [oldest] = this.#map.keys()
    if (this.#map.size >= this.#most && oldest !== undefined) this.#map.delete(oldest)
    this.#map.set(key, value)
    return this
  }
}
