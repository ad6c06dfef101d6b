import { appendFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { matrix } from '../measure/matrix.ts'
import { formatRow, measureReferee } from '../measure/referee-clients.ts'

/** Longer than any client takes on a busy machine. */
const TIMEOUT_MS = 240_000

/** The clients of one stack: each limit is the built-in one to the byte, and what is not verified is found. */
export function testReferees(stack: string): void {
  const { always, more } = matrix[stack]!
  const { MEASURE_MATRIX, MEASURE_TABLE } = process.env
  const all = MEASURE_MATRIX === 'all' ? [...always, ...more] : always
  describe(`${stack} in a retry loop`, () => {
    if (all.length === 0) test.skip(`${stack}: its clients run with MEASURE_MATRIX=all`, () => {})
    for (const referee of all)
      test.skipIf(!referee.there())(
        `${referee.name} is measured as built`,
        async () => {
          const row = await measureReferee(referee)
          console.log(formatRow(row))
          if (MEASURE_TABLE !== undefined) appendFileSync(MEASURE_TABLE, `${formatRow(row)}\n`)
          for (const { what, builtIn, measured } of row.limits) expect(measured, what).toBe(builtIn)
          expect(row.accepts).toEqual(referee.accepts)
        },
        TIMEOUT_MS,
      )
  })
}
