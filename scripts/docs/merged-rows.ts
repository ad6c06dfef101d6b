/** One thing as the ranges of a family tell it. */
export interface Merged<T> {
  readonly value: T
  /** Ranges that tell it just so; empty where all do. */
  readonly ranges: readonly string[]
}

/** What several ranges say, each distinct answer once with its ranges, in the order in which they are met. */
export function mergeRows<T>(
  told: readonly { readonly range: string; readonly values: readonly T[] }[],
  keyOf: (value: T) => string,
): readonly Merged<T>[] {
  const found = new Map<string, { value: T; ranges: string[] }>()
  for (const { range, values } of told) {
    for (const value of values) {
      const key = keyOf(value)
      const one = found.get(key) ?? { value, ranges: [] }
      if (!one.ranges.includes(range)) one.ranges.push(range)
      found.set(key, one)
    }
  }
  return [...found.values()].map(({ value, ranges }) => ({
    value,
    ranges: ranges.length === told.length ? [] : ranges,
  }))
}
