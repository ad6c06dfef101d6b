import { expect, test } from 'vitest'
import { examine } from '../../test/support/examine.ts'
import { bisectionsOf } from './bisections.ts'
import { Exam } from './exam.ts'

test('the search for a message of 4,096 bytes narrows with each connection, to neighbours', () => {
  const exam = examine({ message: 4096, joins: false })
  const [chain] = bisectionsOf(exam)
  expect(chain).toMatchObject({ id: 'chain-message', found: { passes: 4096, fails: 4097, exact: true } })
  const widths = chain!.steps.map(({ passes, fails }) => (fails ?? Infinity) - passes)
  for (const [index, width] of widths.entries())
    expect(width).toBeLessThanOrEqual(widths[index - 1] ?? Infinity)
  expect(widths.at(-1)).toBe(1)
  for (const { at, value, said } of chain!.steps) {
    expect(exam.answers[at]?.probe.key).toBe(`pair:${value}`)
    expect(said).toBe(value <= 4096 ? 'passes' : 'fails')
  }
})

test('what tells how the limit counts stands beside the search, and every connection of the topic is in one of them', () => {
  const exam = examine({ message: 4096, joins: false })
  const [chain] = bisectionsOf(exam)
  expect(chain!.besides.map((at) => exam.answers[at]?.probe.key)).toEqual(
    exam.of('chain').flatMap(({ probe }) => (probe.key.startsWith('pair:') ? [] : [probe.key])),
  )
  expect(chain!.besides.length).toBeGreaterThan(0)
})

test('a record that limits the chain is followed by a search in small records', () => {
  const found = bisectionsOf(examine({ record: 4096, message: 8192 }))
  expect(found.find(({ id }) => id === 'chain-message')?.found).toMatchObject({ passes: 4096, fails: 4097 })
  expect(found.find(({ id }) => id === 'chain-message-in-records')?.found).toMatchObject({
    passes: 8192,
    fails: 8193,
  })
})

test('a device that takes all has searches without a failing bound', () => {
  const found = bisectionsOf(examine({}))
  expect(found.map(({ id }) => id)).toEqual([
    'chain-message',
    'data-record',
    'certificate',
    'certificates',
    'alternative-names',
    'response-head',
  ])
  for (const { found: one } of found) expect(one.fails).toBeUndefined()
})

test('before the first good connection there is none', () => {
  expect(bisectionsOf(new Exam([]))).toEqual([])
})
