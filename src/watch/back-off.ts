export interface BackOff {
  readonly firstMs: number
  readonly longestMs: number
}

/** Doubles with each try; half of it is chance, so that what failed together does not come again together. */
export function backOffMs(tries: number, { firstMs, longestMs }: BackOff, chance: number): number {
  const full = Math.min(longestMs, firstMs * 2 ** Math.min(tries - 1, 40))
  return Math.round((full * (1 + chance)) / 2)
}
