/**
 * An axis that widens towards the limit: as far as ten times more is from it, as many steps. So the first probes, tens of
 * thousands of bytes away, and the last, one byte away, stand in one picture.
 */
export class LimitScale {
  readonly #edge: number
  readonly #from: number
  readonly #to: number

  /** `edge`: the largest value that passes; its line stands between it and the next. `values`: all that is drawn. */
  constructor(edge: number, values: readonly number[]) {
    this.#edge = edge + 0.5
    this.#from = steps(Math.min(edge, ...values) - this.#edge) - ROOM
    this.#to = steps(Math.max(edge + 1, ...values) - this.#edge) + ROOM
  }

  /** From 0 to 1. */
  at(value: number): number {
    return this.#share(steps(value - this.#edge))
  }

  get edge(): number {
    return this.#share(0)
  }

  /** Distances of 10, 100, 1,000 … on either side, as far as values go. */
  get decades(): readonly { readonly distance: number; readonly at: number }[] {
    const found: { distance: number; at: number }[] = []
    const [from, to] = [this.#from + ROOM, this.#to - ROOM]
    for (let distance = 10; steps(distance) <= Math.max(to, -from); distance *= 10)
      for (const side of [-1, 1]) {
        const place = side * steps(distance)
        if (place >= from && place <= to) found.push({ distance: side * distance, at: this.#share(place) })
      }
    return found.sort((a, b) => a.distance - b.distance)
  }

  #share(step: number): number {
    return (step - this.#from) / (this.#to - this.#from)
  }
}

/** On either side of the outermost value. */
const ROOM = 0.25

function steps(distance: number): number {
  return Math.sign(distance) * Math.log10(1 + Math.abs(distance))
}
