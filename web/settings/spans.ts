import type { Option } from '../parts/form.tsx'
import { formatSpan } from '../words/figures.ts'

const HOUR = 3600
const DAY = 24 * HOUR
/** How often one may choose to look at an endpoint. */
export const paces = [300, 900, HOUR, 6 * HOUR, DAY]
export const thoroughPaces = [HOUR, 6 * HOUR, 12 * HOUR, DAY, 7 * DAY]

/** What one may choose, and what it is now. */
export function spansWith(spans: readonly number[], chosen: number): Option[] {
  return [...new Set([...spans, chosen])]
    .sort((a, b) => a - b)
    .map((seconds) => ({ value: String(seconds), word: formatSpan(seconds) }))
}
