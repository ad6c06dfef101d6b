import { appendFileSync } from 'node:fs'

/** A line of the table of all benches, as a bench tells it to `run.mjs`. */
export interface BenchRow {
  readonly what: string
  readonly ours: string
  readonly peer: string
  /** To the peer, wall time first and processor time in parentheses; empty where there is no peer. */
  readonly ratio: string
  readonly goal: string
  readonly met: boolean
}

/** For the table, where it is asked for; the bench's own lines are for who runs it alone. */
export function tellRow(row: BenchRow): void {
  const file = process.env.TLSFIT_BENCH_ROWS
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(row)}\n`)
}
