import { expect, test } from 'vitest'
import { examine } from '../../../test/support/examine.ts'
import { behaviourSentences, questionWords } from '../../report/measure-words.ts'
import type { Exam } from '../exam.ts'
import { measuredProfile } from '../measured-profile.ts'
import { untoldOf } from '../untold.ts'
import { rangesFound } from './ranges.ts'

const range = 'bytes=0-1023'
const httpOf = (exam: Exam) => measuredProfile(exam, { family: 'x', version: '0' }).common.http

test('a device that breaks off where its Range is ignored needs ranges', () => {
  const exam = examine({ range, needsRanges: true })
  expect(rangesFound(exam)).toMatchObject({ ignored: 'stops', afterIgnored: 'same-range' })
  expect(httpOf(exam)).toMatchObject({ rangeSupport: { value: 'needed' } })
  expect(behaviourSentences(exam)).toContain(
    'Where the server answers a Range with 200 and the whole file, it breaks off, and asks for the same part next.',
  )
  const asked = exam.of('ranges').filter(({ probe }) => probe.key === 'ignored')
  // One break-off may be the link.
  expect(asked).toHaveLength(2)
  expect(questionWords(asked[0]!.probe)).toBe(
    'what does it do where the server answers a Range with the whole file?',
  )
})

test('one that reads on is told so, and not that it makes something of it', () => {
  const exam = examine({ range })
  expect(rangesFound(exam)).toMatchObject({ ignored: 'takes' })
  expect(httpOf(exam)).not.toHaveProperty('rangeSupport')
  expect(behaviourSentences(exam).join(' ')).toContain('it reads all of it')
})

test('the whole file is hardly longer than the part, so that its length is not what is refused', () => {
  const bytes = (asked: string) =>
    examine({ range: asked })
      .of('ranges')
      .flatMap(({ probe: { serving } }) =>
        serving.answer.kind === 'whole-file' ? [serving.answer.bytes] : [],
      )
  expect(bytes('bytes=0-4095')).toEqual([8192])
  expect(bytes('bytes=0-')).toEqual([2048])
})

test('one that never asks for a range is not asked', () => {
  const exam = examine({})
  expect(exam.of('ranges')).toEqual([])
  expect(untoldOf(exam).map(({ what }) => what)).not.toContain('ranges-ignored')
})
