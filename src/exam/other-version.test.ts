import { describe, expect, test } from 'vitest'
import { examine } from '../../test/support/examine.ts'
import type { ModelDevice } from '../../test/support/model-device.ts'
import type { Limit } from '../device/limit.ts'
import { parseProfile } from '../device/parse-profile.ts'
import { compareWithLimit, exactly } from '../judge/limits.ts'
import { Exam } from './exam.ts'
import { writeMeasuredProfile } from './measured-profile.ts'

const naming = { family: 'my-device', version: '0.1.0' }
const limitsOf = (exam: Exam) =>
  parseProfile(writeMeasuredProfile(exam, naming), 'device.yaml').ranges[0]!.values.limits
const outcomeOf = (limit: Limit | undefined, bytes: number) =>
  compareWithLimit(limit, { message: exactly(bytes), sent: exactly(bytes), path: exactly(bytes) }).outcome
const measure = (device: ModelDevice) => {
  const exam = examine(device)
  expect(exam.answers.length).toBeLessThanOrEqual(80)
  return { exam, limits: limitsOf(exam) }
}

describe('a device that speaks TLS 1.2 and 1.3', () => {
  test('has the figure of both where that is the same', () => {
    const { limits, exam } = measure({ message: 4096, joins: false, in13: {} })
    expect(limits.handshakeMessageBytes).toMatchObject({
      value: 4096,
      note: expect.stringContaining('the same in TLS 1.2 and TLS 1.3'),
    })
    expect(limits.handshakeMessageBytes?.tlsVersions).toBeUndefined()
    expect(exam.of('other-version').length).toBeLessThanOrEqual(14)
  })

  test('fits what both take, is blocked by what neither takes, and is undecided between', () => {
    const { limits } = measure({ message: 4459, joins: false, in13: { message: 4437 } })
    const limit = limits.handshakeMessageBytes
    expect(limit).toMatchObject({ passes: { message: 4437 }, fails: { message: 4460 } })
    expect(limit?.note).toMatch(/TLS 1\.2: 4459 pass, 4460 fail; TLS 1\.3: 4437 pass, 4438 fail/)
    expect([4437, 4438, 4459, 4460].map((bytes) => outcomeOf(limit, bytes))).toEqual([
      'fits',
      'open',
      'open',
      'over',
    ])
  })

  test('is limited in TLS 1.3 alone: that is found, and no FITS comes from TLS 1.2', () => {
    const { limits } = measure({ joins: true, in13: { sent: 4000 } })
    expect(limits.chainBytes).toMatchObject({ value: 4000, tlsVersions: ['TLSv1.3'], passes: { sent: 4000 } })
    expect([4000, 4001, 5000].map((bytes) => outcomeOf(limits.chainBytes, bytes))).toEqual([
      'fits',
      'open',
      'open',
    ])
    expect(outcomeOf(limits.handshakeMessageBytes, 60_000)).not.toBe('fits')
  })

  test('that was not asked in TLS 1.3 yet decides nothing there', () => {
    const { answers } = examine({ message: 4096, joins: false, in13: { message: 3000 } })
    const before = answers.findIndex(({ probe }) => probe.topic === 'other-version')
    expect(before).toBeGreaterThan(0)
    const limit = limitsOf(new Exam(answers.slice(0, before))).handshakeMessageBytes
    expect(limit?.tlsVersions).toEqual(['TLSv1.2'])
    expect([2000, 4096, 9000].map((bytes) => outcomeOf(limit, bytes))).toEqual(['open', 'open', 'open'])
  })

  test('a record of data that is smaller in TLS 1.3 is told of both', () => {
    const { limits } = measure({ joins: true, dataRecord: 4096, in13: { dataRecord: 4000 } })
    expect(limits.recordBytes).toMatchObject({ value: 4096, atLeast: 4000, passes: { record: 4000 } })
  })
})

test('of a device with one version the note names it', () => {
  const { limits } = measure({ message: 4096, joins: false })
  expect(limits.handshakeMessageBytes).toMatchObject({ value: 4096, note: 'measured in TLS 1.2' })
})
