import type { Json } from '../observe/observation-json.ts'
import type { Comparison } from '../plan/comparison.ts'

/** What changed since the last run, as `run.comparison` of `tlsfit/verdicts@1`. */
export function comparisonJson({ changes, failures, ...known }: Comparison): Json {
  return { ...known, changes: changes.map(rowOf), failures: failures.map(rowOf) }
}

/** Rows are words, numbers, truths and lists of words; what is not known is null. */
function rowOf(row: object): Json {
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [key, (value ?? null) as Json]))
}
