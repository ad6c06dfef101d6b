import { describe, expect, test } from 'vitest'
import { examine } from '../../../test/support/examine.ts'
import { type ModelDevice, modelHello } from '../../../test/support/model-device.ts'
import { behaviourSentences, questionWords } from '../../report/measure-words.ts'
import type { Exam } from '../exam.ts'
import { measuredProfile } from '../measured-profile.ts'
import { securityFindings } from '../security-findings.ts'
import { untoldOf } from '../untold.ts'
import { oldVersionFound, sentinelFound } from './old-versions.ts'

/** With TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: without a suite of their own no server can choose the old versions. */
const hello = { ...modelHello, cipherSuites: [...modelHello.cipherSuites, 0xc013] }
const refusesNames = ['common-name-only'] as const
const examined = (device: ModelDevice) => examine({ hello, refusesNames, ...device })
const found = (exam: Exam) => [oldVersionFound(exam, 'TLSv1.1'), oldVersionFound(exam, 'TLSv1')]
const severities = (exam: Exam) => securityFindings(exam).map(({ id, severity }) => [id, severity])

describe('versions that nobody may speak any more', () => {
  test('a device that takes one is told with its severity and the connection that shows it', () => {
    const exam = examined({ oldVersions: ['TLSv1'] })
    expect(found(exam)).toEqual(['refuses', 'takes'])
    expect(severities(exam)).toEqual([['TLSv1', 'medium']])
    const { shownBy } = securityFindings(exam)[0]!
    expect(shownBy.map((at) => exam.answers[at]?.probe.key)).toEqual(['TLSv1'])
    expect(questionWords(exam.answers[shownBy[0]!]!.probe)).toBe('does it refuse TLS 1.0?')
    expect(behaviourSentences(exam)).toContain('It refuses TLS 1.1.')
    const { quirks } = measuredProfile(exam, { family: 'x', version: '0' }).common
    expect(JSON.stringify(quirks)).toContain('It accepted TLS 1.0.')
  })

  test('one that refuses both has no finding', () => {
    const exam = examined({})
    expect(found(exam)).toEqual(['refuses', 'refuses'])
    expect(severities(exam)).toEqual([])
    expect(behaviourSentences(exam)).toContain('It refuses TLS 1.1 and TLS 1.0.')
  })

  test('one that offers no suite for them, or lists other versions, is not asked', () => {
    const listed = {
      ...hello,
      extensions: [...hello.extensions, { kind: 'supported_versions' as const, versions: [0x0303] }],
    }
    for (const exam of [
      examined({ hello: modelHello, oldVersions: ['TLSv1'] }),
      examined({ hello: listed }),
    ]) {
      expect(found(exam)).toEqual(['not-offered', 'not-offered'])
      expect(exam.of('old-versions')).toEqual([])
      expect(severities(exam)).toEqual([])
    }
  })

  test('one that speaks nothing newer is told by what it takes each time', () => {
    const device = { hello: { ...hello, version: 0x0301 }, refusesNames, oldVersions: ['TLSv1'] as const }
    const exam = examine(device, (outcome) =>
      outcome.version === undefined ? outcome : { ...outcome, version: 0x0301 },
    )
    expect(found(exam)).toEqual(['not-offered', 'takes'])
    expect(severities(exam)).toEqual([['TLSv1', 'medium']])
    expect(exam.of('old-versions')).toEqual([])
  })

  test('where it only ever broke off before its hello, that is left open', () => {
    const exam = examine({ hello }, (outcome, at) =>
      at < 3 ? outcome : { ...outcome, hello: undefined, reached: 'connected', end: 'closed' },
    )
    expect(found(exam)).toEqual([undefined, undefined])
    expect(untoldOf(exam).map(({ what }) => what)).toEqual(expect.arrayContaining(['TLSv1', 'TLSv1.1']))
  })
})

describe('a server that was made to choose TLS 1.2', () => {
  test('is seen by a device that looks at the random, RFC 8446 §4.1.3', () => {
    const exam = examine({ both: true, refusesNames })
    expect(sentinelFound(exam)).toBe('honours')
    expect(severities(exam)).toEqual([])
    expect(behaviourSentences(exam).join(' ')).toContain('downgrade sentinel')
  })

  test('is a finding where the device goes on', () => {
    const exam = examine({ both: true, refusesNames, ignoresSentinel: true })
    expect(sentinelFound(exam)).toBe('ignores')
    expect(severities(exam)).toEqual([['downgrade-sentinel', 'low']])
  })

  test('is not asked of a device without TLS 1.3, and another alert is no proof that it looks', () => {
    expect(examine({}).answers.filter(({ probe }) => probe.key === 'downgrade-sentinel')).toEqual([])
    const exam = examine({ both: true, refusesNames }, (outcome) => ({
      ...outcome,
      alerts: outcome.alerts.map((alert) => (alert === 47 ? 40 : alert)),
    }))
    expect(sentinelFound(exam)).toBeUndefined()
    expect(severities(exam)).toEqual([])
  })
})
