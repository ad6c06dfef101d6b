import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { examine } from '../../test/support/examine.ts'
import { Exam } from '../exam/exam.ts'
import { type Quiet, QuietWatch } from './quiet-watch.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const { answers } = examine({})
/** A device that came every so many seconds. */
const every = (seconds: number, count = 9) =>
  new Exam(
    answers.slice(0, count).map((answer, index) => ({
      ...answer,
      outcome: { ...answer.outcome, at: new Date(index * seconds * 1000) },
    })),
  )

function watch() {
  const told: Quiet[] = []
  return { told, quiet: new QuietWatch((one) => told.push(one)) }
}

test('nobody at all is told after a minute, once', () => {
  const { told, quiet } = watch()
  quiet.start()
  vi.advanceTimersByTime(59_999)
  expect(told).toEqual([])
  vi.advanceTimersByTime(600_000)
  expect(told).toEqual([{ device: undefined, seconds: 60, usualSeconds: undefined }])
})

test('a device that comes every minute is missed after four, one that comes at once after half a minute', () => {
  const { told, quiet } = watch()
  quiet.start()
  quiet.came('slow')
  quiet.left('slow', every(60))
  quiet.left('fast', every(0))
  quiet.left('new', every(5, 1))
  vi.advanceTimersByTime(30_000)
  expect(told).toEqual([{ device: 'fast', seconds: 30, usualSeconds: 1 }])
  vi.advanceTimersByTime(209_999)
  expect(told.map(({ device }) => device)).toEqual(['fast', 'new'])
  vi.advanceTimersByTime(1)
  expect(told.at(-1)).toEqual({ device: 'slow', seconds: 240, usualSeconds: 60 })
})

test('a device that came back is not missed, however busy the others are', () => {
  const { told, quiet } = watch()
  quiet.left('a', every(1))
  quiet.left('b', every(1))
  quiet.came('a')
  vi.advanceTimersByTime(90_000)
  expect(told.map(({ device }) => device)).toEqual(['b'])
  quiet.left('a', every(1))
  quiet.stop()
  vi.advanceTimersByTime(90_000)
  expect(told).toHaveLength(1)
})
