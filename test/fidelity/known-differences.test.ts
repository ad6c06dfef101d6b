import { expect, test } from 'vitest'
import { parseKnownDifferences, speaksOf } from './known-differences.ts'
import type { Game } from './referee.ts'

const table = `# Title

| client | cases |
| ------ | ----- |
| a      | 3     |

| client | situation | cause |
| ------ | --------- | ----- |
| wolfssl | expired leaf; nginx | because |

Words.
`

test('rows are those of the one table, with their cells', () => {
  expect(parseKnownDifferences(table)).toEqual([
    { client: 'wolfssl', situation: ['expired leaf', 'nginx'], cause: 'because' },
  ])
})

test('a table that is gone, and a row without a cause, are mistakes', () => {
  expect(() => parseKnownDifferences('# Title')).toThrow('no table')
  expect(() => parseKnownDifferences(table.replace('because', ''))).toThrow('a cell is empty')
})

test('a row speaks of its client before stories that have each of its parts whole', () => {
  const [row] = parseKnownDifferences(table)
  const game = (name: string, story: string) => ({ player: { name }, story }) as Game
  expect(speaksOf(row!, game('wolfssl', 'expired leaf; nginx; TLSv1.2'))).toBe(true)
  expect(speaksOf(row!, game('wolfssl', 'expired leaf of another name; nginx; TLSv1.2'))).toBe(false)
  expect(speaksOf(row!, game('wolfssl, MFL 1024', 'expired leaf; nginx; TLSv1.2'))).toBe(false)
})
