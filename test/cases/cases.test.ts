import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openDialects } from '../../src/io/dialect-files.ts'
import { rankCauses } from '../../src/judge/causes.ts'
import { LogReader } from '../../src/log/log-reader.ts'

const folder = import.meta.dirname
const dialects = openDialects()

interface Case {
  readonly id: string
  readonly log: readonly string[]
  readonly root_cause: string
  readonly diagnosable_from_log: 'yes' | 'partly' | 'no'
}

const cases = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .sort()
  .map((file): Case => JSON.parse(readFileSync(join(folder, file), 'utf8')))

/** 1 for the first; 0 where it is not among the causes. */
function rankOf({ log, root_cause }: Case): { readonly rank: number; readonly decided: boolean } {
  const reader = new LogReader(dialects)
  reader.push(Buffer.from(log.join('\n')))
  const { causes, decided } = rankCauses(reader.finish())
  return { rank: causes.findIndex(({ id }) => id === root_cause) + 1, decided }
}

const ranked = cases.filter(({ log }) => log.length > 0).map((one) => ({ ...one, ...rankOf(one) }))

/** The table as docs/cases.md has it. */
function formatTable(): string {
  const row = (name: string, some: typeof ranked) => {
    const first = some.filter(({ rank }) => rank === 1).length
    const three = some.filter(({ rank }) => rank >= 1 && rank <= 3).length
    const decided = some.filter((one) => one.decided).length
    const wrong = some.filter((one) => one.decided && one.rank !== 1).length
    return `| ${name.padEnd(22)} | ${[some.length, first, three, decided, wrong].map((n) => String(n).padStart(5)).join(' | ')} |`
  }
  return [
    '| cause told by the log  | cases | first | in three | decided | decided wrongly |',
    '| ---------------------- | ----: | ----: | -------: | ------: | --------------: |',
    row(
      'yes',
      ranked.filter((one) => one.diagnosable_from_log === 'yes'),
    ),
    row(
      'partly',
      ranked.filter((one) => one.diagnosable_from_log === 'partly'),
    ),
    row(
      'no',
      ranked.filter((one) => one.diagnosable_from_log === 'no'),
    ),
  ].join('\n')
}

describe('the cases', () => {
  test('none is decided wrongly', () => {
    expect(ranked.filter(({ decided, rank }) => decided && rank !== 1).map(({ id }) => id)).toEqual([])
  })

  test('the right cause ranks first in nine of ten whose log tells it', () => {
    const told = ranked.filter((one) => one.diagnosable_from_log === 'yes')
    const missed = told.filter(({ rank }) => rank !== 1).map(({ id, rank }) => `${id}: ${rank}`)
    expect(missed.length / told.length, missed.join(', ')).toBeLessThanOrEqual(0.1)
  })

  test('the right cause is among the first three in 97 of 100 whose log tells it', () => {
    const told = ranked.filter((one) => one.diagnosable_from_log === 'yes')
    const missed = told.filter(({ rank }) => rank < 1 || rank > 3).map(({ id, rank }) => `${id}: ${rank}`)
    expect(missed.length / told.length, missed.join(', ')).toBeLessThanOrEqual(0.03)
  })

  test('the table in docs/cases.md is that of this run', () => {
    const page = readFileSync(join(folder, '../../docs/cases.md'), 'utf8')
    expect(page).toContain(formatTable())
  })
})
