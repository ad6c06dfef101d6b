import { expect, test } from 'vitest'
import { examine } from '../../../test/support/examine.ts'
import { behaviourSentences } from '../../report/measure-words.ts'
import { otherVersionOf } from '../other-version.ts'
import { fragmentsFound } from './fragments.ts'

test('a device that speaks both versions is asked in both, and what differs is told with its version', () => {
  const exam = examine({ in13: { merged: false } })
  const other = otherVersionOf(exam)
  expect(fragmentsFound(exam).merged).toBe(true)
  expect(other && fragmentsFound(other).merged).toBe(false)
  expect(behaviourSentences(exam)).toEqual(
    expect.arrayContaining([
      'It does not take several handshake messages in one record, in TLS 1.3.',
      'It takes several handshake messages in one record, in TLS 1.2.',
    ]),
  )
})

test('what is the same in both is one sentence, and of a device of one version none is named', () => {
  expect(behaviourSentences(examine({ in13: {} }))).toContain(
    'It takes several handshake messages in one record, in TLS 1.2 and TLS 1.3.',
  )
  expect(behaviourSentences(examine({}))).toContain('It takes several handshake messages in one record.')
})
