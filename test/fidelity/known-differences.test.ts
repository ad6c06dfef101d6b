import { expect, test } from 'vitest'
import { parseKnownRows, speaksOf } from './known-differences.ts'
import type { Game } from './referee.ts'

const tables = `# Title

| client  | cases |
| ------- | ----- |
| wolfssl | 3     |

| client  | situation           | cause   |
| ------- | ------------------- | ------- |
| wolfssl | expired leaf; nginx | because |

| left open      | why     |
| -------------- | ------- |
| something asked | unknown |

Words.
`

test('rows are those of the two tables, with their cells', () => {
  expect(parseKnownRows(tables)).toEqual({
    differences: [{ client: 'wolfssl', situation: ['expired leaf', 'nginx'], cause: 'because' }],
    open: [{ client: undefined, situation: ['something asked'], cause: 'unknown' }],
  })
})

test('a table that is gone, and a row without a cause, are mistakes', () => {
  expect(() => parseKnownRows('# Title')).toThrow('no table')
  expect(() => parseKnownRows(tables.replace('because', ''))).toThrow('not the cells')
})

test('a row speaks of its client before stories that have each of its parts whole', () => {
  const { differences, open } = parseKnownRows(tables)
  const game = (name: string, story: string) => ({ player: { name }, story }) as Game
  expect(speaksOf(differences[0]!, game('wolfssl', 'expired leaf; nginx; TLSv1.2'))).toBe(true)
  expect(speaksOf(differences[0]!, game('wolfssl', 'expired leaf of another name; nginx; TLSv1.2'))).toBe(
    false,
  )
  expect(speaksOf(differences[0]!, game('wolfssl, MFL 1024', 'expired leaf; nginx; TLSv1.2'))).toBe(false)
  expect(speaksOf(open[0]!, game('whoever', 'node; something asked'))).toBe(true)
})
