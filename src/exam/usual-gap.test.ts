import { expect, test } from 'vitest'
import { examine } from '../../test/support/examine.ts'
import { usualGapMs } from './usual-gap.ts'

test('the usual gap is the middle one of the last: a night between two runs is none', () => {
  const { answers } = examine({})
  const from = (seconds: readonly number[]) =>
    seconds.map((at, index) => {
      const answer = answers[index]!
      return { ...answer, outcome: { ...answer.outcome, at: new Date(at * 1000) } }
    })
  expect(usualGapMs(from([0]))).toBeUndefined()
  expect(usualGapMs(from([0, 5, 10, 40_000, 40_005]))).toBe(5_000)
})
