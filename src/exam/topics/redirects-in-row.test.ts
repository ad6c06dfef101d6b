import fc from 'fast-check'
import { expect, test } from 'vitest'
import { examine } from '../../../test/support/examine.ts'
import { outcomeOf } from '../../../test/support/model-device.ts'
import { behaviourSentences } from '../../report/measure-words.ts'
import { Exam } from '../exam.ts'
import type { RequestSeen } from '../outcome.ts'
import { redirectPath, redirectStepOf, type Serving } from '../serving.ts'
import { plainServing, withChain } from '../serving-of.ts'
import type { Answer, TopicId } from '../topic.ts'
import { MOST_REDIRECTS, redirectsFound } from './redirects-in-row.ts'

const follows = ['same-host'] as const

test('however many a device follows is told to the one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: MOST_REDIRECTS - 1 }), (redirectsInRow) => {
      const exam = examine({ follows, redirectsInRow })
      expect(redirectsFound(exam)).toEqual({ followed: redirectsInRow, stops: true })
      expect(exam.of('redirects-in-row')).toHaveLength(2)
    }),
    { numRuns: 8 },
  )
})

test('one that follows all is told so after one connection', () => {
  const exam = examine({ follows })
  expect(redirectsFound(exam)).toEqual({ followed: MOST_REDIRECTS, stops: false })
  expect(exam.of('redirects-in-row')).toHaveLength(1)
  expect(behaviourSentences(exam)).toContain('It follows 32 redirects in a row, at least.')
  expect(behaviourSentences(examine({ follows, redirectsInRow: 1 }))).toContain(
    'It follows one redirect, and not one more.',
  )
})

test('one that follows none is not asked', () => {
  const exam = examine({})
  expect(exam.of('redirects-in-row')).toEqual([])
  expect(redirectsFound(exam)).toBeUndefined()
})

test('only the paths of the row count', () => {
  expect([1, 12].map((step) => redirectStepOf(redirectPath(step)))).toEqual([1, 12])
  const others = ['/', '/tlsfit-redirected', '/tlsfit-redirect-', '/tlsfit-redirect-12345', undefined]
  expect(others.map(redirectStepOf)).toEqual(others.map(() => undefined))
})

const serving = withChain(plainServing, { key: 'rsa-2048' })

function came(topic: TopicId, key: string, paths: readonly string[], more: Partial<Serving> = {}): Answer {
  const asked = { ...serving, ...more }
  const outcome = outcomeOf({}, asked)
  const requests = paths.map((path): RequestSeen => ({ ...outcome.requests[0]!, path }))
  return { probe: { topic, key, serving: asked }, outcome: { ...outcome, requests } }
}

const row = (...steps: readonly number[]) => {
  const paths = steps.map((step) => (step === 0 ? '/' : redirectPath(step)))
  return came('redirects-in-row', 'row', paths, { answer: { kind: 'redirects', most: MOST_REDIRECTS } })
}
const before = [
  came('baseline', 'rsa-2048-TLSv1.2', ['/']),
  came('redirect', 'same-host', ['/', '/tlsfit-redirected'], {
    answer: { kind: 'redirect', status: 302, where: 'same-host' },
  }),
]
const found = (...answers: Answer[]) => redirectsFound(new Exam([...before, ...answers]))

test('a row over several connections is one row', () => {
  expect(found(row(0), row(1), row(2), row(0), row(1), row(2))).toEqual({ followed: 2, stops: true })
  expect(found(row(0), row(1), row(2), row(0), row(1))).toEqual({ followed: 2, stops: false })
})

test('what was counted once may have been an accident, and counts that differ are a lower bound', () => {
  expect(found(row(0, 1, 2))).toEqual({ followed: 2, stops: false })
  expect(found(row(0, 1, 2, 3), row(0, 1))).toEqual({ followed: 3, stops: false })
})

test('a step that it goes on to with a later question still counts', () => {
  const later = came('idle', 'silence', [redirectPath(3)])
  expect(found(row(0, 1, 2), row(0, 1, 2), later)).toEqual({ followed: 3, stops: false })
})
