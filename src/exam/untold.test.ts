import { expect, test } from 'vitest'
import { examine } from '../../test/support/examine.ts'
import { Exam } from './exam.ts'
import { untoldOf } from './untold.ts'

const told = (exam: Exam) => Object.fromEntries(untoldOf(exam).map(({ what, why }) => [what, why]))

test('before the first good connection there is nothing to tell of', () => {
  expect(untoldOf(new Exam([]))).toEqual([])
})

test('of a device that shows all, only what nobody can see or ask is left', () => {
  expect(told(examine({ range: 'bytes=0-1023' }))).toEqual({
    'address-as-dns-name': 'asks-by-name',
    'redirect-to-plain-http': 'another-port',
  })
})

test('in the middle of an exam the rest is not asked yet', () => {
  const whole = examine({ message: 4096 })
  const exam = new Exam(whole.answers.slice(0, 2))
  expect(told(exam)).toMatchObject({
    'wrong-name': 'not-asked-yet',
    'chain-bytes': 'not-asked-yet',
    'data-record': 'not-asked-yet',
    idle: 'not-asked-yet',
  })
  expect(told(exam)).not.toHaveProperty('unknown-ca')
})

test('a device that asks nothing by HTTP leaves open what needs an answer', () => {
  expect(told(examine({ asks: false }))).toMatchObject({
    'data-record': 'no-http',
    'response-head': 'no-http',
    redirect: 'no-http',
    ranges: 'no-http',
  })
})

test('one that looks at no name says nothing of its forms', () => {
  expect(told(examine({ accepts: ['wrong-name'] }))).toMatchObject({ wildcard: 'name-not-checked' })
})

test('what says nothing is asked and told so', () => {
  const exam = examine({}, (outcome, at) => (at === 0 ? outcome : { ...outcome, hello: undefined }))
  const all = untoldOf(exam)
  expect(all.find(({ what }) => what === 'unknown-ca')).toEqual({
    what: 'unknown-ca',
    why: 'says-nothing',
    connections: 3,
  })
})

test('a path that is longer than any that was taken leaves open what was refused of it', () => {
  const exam = examine({ pathCertificates: 1 })
  expect(told(exam)['issuer-no-ca']).toBe('may-be-size')
})

test('a device that refuses the smallest chain of two is said to, and the search ends there', () => {
  const exam = examine({ message: 1500, dataRecord: 1500, joins: false })
  expect(told(exam)['chain-bytes']).toBe('below-smallest')
  expect(exam.of('chain').length).toBeLessThanOrEqual(7)
  expect(told(exam)).not.toHaveProperty('data-record')
})

test('what a flaky device refused too few times is not put down to its size', () => {
  const whole = examine({})
  const sha1 = whole.answers.findIndex(({ probe }) => probe.key === 'sha1-signature')
  // It broke off at plain questions before: a refusal by closing is no proof, and the exam ended there.
  const answers = whole.answers.slice(0, sha1 + 1).map((answer) => ({
    ...answer,
    outcome: { ...answer.outcome, alerts: [] },
  }))
  expect(told(new Exam(answers))['sha1-signature']).toBe('seldom-refused')
})

test('a key that was not asked for, or broke off, is listed', () => {
  const whole = examine({})
  const keys = whole.answers.findIndex(({ probe }) => probe.topic === 'keys')
  expect(told(new Exam(whole.answers.slice(0, keys)))).toMatchObject({ p384: 'not-asked-yet' })
})
