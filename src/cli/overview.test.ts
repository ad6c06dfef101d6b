import { expect, test } from 'vitest'
import { commands } from './commands.ts'
import { formatOverview } from './overview.ts'

test('what commands are for stands in one column, two blanks from the longest name, within 80', () => {
  const lines = formatOverview(80).split('\n')
  const from = lines.indexOf('commands') + 1
  const rows = lines.slice(from, lines.indexOf('', from))
  expect(rows).toHaveLength(Object.keys(commands).length)
  const column = 4 + Math.max(...Object.keys(commands).map((name) => name.length))
  for (const row of rows) expect(row).toMatch(new RegExp(`^  [a-z-]+ {2,}(?<=^.{${column}})\\S`))
  expect(lines.filter((line) => line.length > 80)).toEqual([])
})
