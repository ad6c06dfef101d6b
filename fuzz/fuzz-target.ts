/** One reader (or writer) under fuzzing. */
export interface FuzzTarget {
  readonly name: string
  /** Cases that the short run within `npm test` does. */
  readonly shortCases: number
  /** Opened when its turn comes: seeds and tables may take a while. */
  open(): OpenTarget
}

export interface OpenTarget {
  /** Inputs that are read well, to begin from. */
  readonly seeds: readonly Uint8Array[]
  /** What the format knows, put in anywhere. */
  readonly words?: readonly (string | Uint8Array)[]
  /** Whether lines and words are moved about, too. */
  readonly text: boolean
  readonly maxBytes: number
  /** A case that takes longer, three times in a row, is a fault. */
  readonly maxMs: number
  /**
   * Throws where a promise is broken: another fault than the reader's own, pieces read otherwise than the whole, a
   * round trip that changes. Gives in few words what came of the input: one with a new outcome is built upon. Hangs on
   * `input` alone.
   */
  run(input: Uint8Array): string | Promise<string>
}

/** A broken promise. */
export class Broken extends Error {
  override readonly name = 'Broken'
}

export function must(holds: boolean, promise: string): asserts holds {
  if (!holds) throw new Broken(promise)
}

/** Says where they differ. */
export function mustEqual(a: unknown, b: unknown, promise: string): void {
  if (same(a, b)) return
  const [left, right] = [plain(a), plain(b)]
  let at = 0
  while (at < left.length && left[at] === right[at]) at++
  const near = (text: string) => text.slice(Math.max(0, at - 40), at + 60)
  throw new Broken(`${promise}: ${near(left)} against ${near(right)}`)
}

/** Values of objects, lists and bytes; a view is equal to a copy. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0
  if (a instanceof Date) return b instanceof Date && Object.is(a.getTime(), b.getTime())
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((one, index) => same(one, b[index]))
  }
  if (a instanceof Map || a instanceof Set) return same([...a], [...(b as Iterable<unknown>)])
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>]
  return keys.every((key) => key in right && same(left[key], right[key]))
}

function plain(value: unknown): string {
  const text = JSON.stringify(value, (_, one: unknown) => {
    if (one instanceof Uint8Array) return Array.from(one).join(' ')
    if (one instanceof Map || one instanceof Set) return [...one]
    if (typeof one === 'bigint') return `${one}n`
    return one === undefined ? '(undefined)' : one
  })
  return text ?? '(undefined)'
}
