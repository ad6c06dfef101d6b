/** Which rows of a long list are drawn. */
export interface Window {
  readonly first: number
  /** One past the last. */
  readonly end: number
}

export function windowOf(
  scrollPx: number,
  heightPx: number,
  rowPx: number,
  total: number,
  spare = 8,
): Window {
  const first = Math.max(0, Math.floor(scrollPx / rowPx) - spare)
  const end = Math.min(total, Math.ceil((scrollPx + heightPx) / rowPx) + spare)
  return { first: Math.min(first, Math.max(0, end)), end: Math.max(end, 0) }
}

/** Where to scroll so that a row stands whole between the head and the lower edge; undefined where it does. */
export function scrollTo(row: number, rowPx: number, scrollPx: number, bodyPx: number): number | undefined {
  const top = row * rowPx
  if (top < scrollPx) return top
  if (top + rowPx > scrollPx + bodyPx) return top + rowPx - bodyPx
  return undefined
}
