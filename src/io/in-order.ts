/** What became of one item: its value, or what its work threw. */
export type Outcome<R> =
  | { readonly index: number; readonly value: R; readonly error?: undefined }
  | { readonly index: number; readonly error: unknown }

export interface InOrderOptions<T> {
  /** Items that are worked on at once. */
  readonly sideBySide: number
  /** Items begun and not handed over yet, those worked on included: a slow one holds up no more than these. */
  readonly ahead: number
  /** Items of one group that are worked on at once; others of the window go before the rest of it. */
  readonly groupOf: (item: T, index: number) => string | undefined
  readonly perGroup: number
  /** Then nothing more is begun; what is done already is still handed over, the rest is left out. */
  readonly signal: AbortSignal | undefined
}

/**
 * Works on many items side by side and hands the outcomes over in the order of the items. While the receiver is busy,
 * work goes on to the end of the window and no further. Work that is under way when the receiver leaves is not
 * awaited: `signal` ends it.
 */
export async function* inOrder<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
  options: InOrderOptions<T>,
): AsyncGenerator<Outcome<R>, void, undefined> {
  const { signal } = options
  const pool = new Pool(items, work, options)
  signal?.addEventListener('abort', () => pool.wake(), { once: true })
  for (let index = 0; index < items.length; index++) {
    for (;;) {
      if (signal?.aborted) {
        yield* pool.finished(index)
        return
      }
      pool.begin(index)
      const outcome = pool.take(index)
      if (outcome !== undefined) {
        yield outcome
        break
      }
      await pool.changed()
    }
  }
}

class Pool<T, R> {
  readonly #items: readonly T[]
  readonly #work: (item: T, index: number) => Promise<R>
  readonly #options: InOrderOptions<T>
  readonly #begun: boolean[]
  readonly #done = new Map<number, Outcome<R>>()
  readonly #groups = new Map<string, number>()
  #running = 0
  #from = 0
  #wake: (() => void) | undefined

  constructor(items: readonly T[], work: (item: T, index: number) => Promise<R>, options: InOrderOptions<T>) {
    this.#items = items
    this.#work = work
    this.#options = options
    this.#begun = new Array<boolean>(items.length).fill(false)
  }

  /** Begins what may be begun while `next` is the first that was not handed over. */
  begin(next: number): void {
    this.#from = Math.max(this.#from, next)
    const { sideBySide, ahead, signal } = this.#options
    const end = Math.min(this.#items.length, this.#from + ahead)
    for (let at = this.#from; at < end && this.#running < sideBySide && !signal?.aborted; at++) {
      if (this.#begun[at] !== true && this.#mayBegin(at)) this.#run(at)
    }
  }

  take(index: number): Outcome<R> | undefined {
    const outcome = this.#done.get(index)
    this.#done.delete(index)
    return outcome
  }

  changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  wake(): void {
    this.#wake?.()
  }

  *finished(from: number): Generator<Outcome<R>> {
    const indices = [...this.#done.keys()].filter((index) => index >= from).sort((a, b) => a - b)
    for (const index of indices) yield this.#done.get(index) as Outcome<R>
  }

  #mayBegin(index: number): boolean {
    const group = this.#options.groupOf(this.#items[index] as T, index)
    return group === undefined || (this.#groups.get(group) ?? 0) < this.#options.perGroup
  }

  #run(index: number): void {
    const item = this.#items[index] as T
    const group = this.#options.groupOf(item, index)
    this.#begun[index] = true
    this.#running++
    this.#count(group, 1)
    this.#work(item, index).then(
      (value) => this.#ended(index, group, { index, value }),
      (error: unknown) => this.#ended(index, group, { index, error }),
    )
  }

  #ended(index: number, group: string | undefined, outcome: Outcome<R>): void {
    // Work that an abort ended has no outcome of its own.
    if (!('error' in outcome && this.#options.signal?.aborted)) this.#done.set(index, outcome)
    this.#running--
    this.#count(group, -1)
    this.begin(this.#from)
    this.wake()
  }

  #count(group: string | undefined, by: 1 | -1): void {
    if (group === undefined) return
    const count = (this.#groups.get(group) ?? 0) + by
    if (count === 0) this.#groups.delete(group)
    else this.#groups.set(group, count)
  }
}
