import { describe, expect, test } from 'vitest'
import { chanceFrom } from '../../../test/support/chance.ts'
import { examine as examineModel } from '../../../test/support/examine.ts'
import { openCriticalChecks, securityFindings } from '../security-findings.ts'
import { checkFound, checkIds, topicOfCheck } from './verification.ts'

/** Of a device that looks at no commonName: that is a finding of its own. */
const examine: typeof examineModel = (device, spoil) =>
  examineModel({ refusesNames: ['common-name-only'], ...device }, spoil)

describe('a CA that the device does not hold', () => {
  test('is shown in three forms, each of which is a finding of its own', () => {
    for (const id of ['unknown-ca', 'unknown-ca-root-sent', 'unknown-ca-same-name'] as const) {
      const exam = examine({ accepts: [id] })
      expect(securityFindings(exam).map((one) => [one.id, one.severity])).toEqual([[id, 'critical']])
    }
  })

  test('where a CA of any name is taken, the other forms say nothing more', () => {
    const exam = examine({ accepts: ['unknown-ca', 'unknown-ca-root-sent', 'unknown-ca-same-name'] })
    expect(securityFindings(exam).map(({ id }) => id)).toEqual(['unknown-ca'])
  })
})

test('names that only look like the one asked for are shown as well', () => {
  const exam = examine({ accepts: ['neighbour-name'] })
  expect(checkFound(exam, 'wrong-name')).toBe('refuses')
  expect(securityFindings(exam).map((one) => [one.id, one.severity])).toEqual([
    ['neighbour-name', 'critical'],
  ])
})

describe('a device that speaks TLS 1.2 and 1.3', () => {
  const both = { both: true } as const

  test('is asked whom it trusts in 1.3, which it would really speak, and in 1.2 as well', () => {
    const exam = examine(both)
    const asked = exam.of('verification').map(({ probe }) => [probe.key, probe.serving.maxVersion])
    const keys = asked.map(([key, version]) => `${key} ${version}`)
    expect(keys.slice(0, 4)).toEqual([
      'plain@TLSv1.3 TLSv1.3',
      'unknown-ca TLSv1.3',
      'wrong-name TLSv1.3',
      'expired TLSv1.3',
    ])
    expect(keys).toContain('unknown-ca@TLSv1.2 TLSv1.2')
    expect(keys).toContain('wrong-name@TLSv1.2 TLSv1.2')
    expect(exam.answers.length).toBeLessThanOrEqual(80)
    expect(securityFindings(exam)).toEqual([])
  })

  test('what it takes in one of the versions alone is a finding that names it', () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const exam = examine({ ...both, acceptsIn: { version, checks: ['unknown-ca'] } })
      const [finding] = securityFindings(exam)
      expect(finding).toMatchObject({
        id: 'unknown-ca',
        severity: 'critical',
        onlyIn: version,
        against: [],
      })
      expect(finding?.shownBy).toHaveLength(1)
    }
  })

  test('where it takes nothing in 1.3 it is asked in 1.2: a refusal in 1.3 says nothing of trust then', () => {
    const exam = examine({ ...both, accepts: ['unknown-ca'] }, (outcome) =>
      outcome.version === 0x0304
        ? { ...outcome, version: undefined, reached: 'hello', end: 'closed', requests: [] }
        : outcome,
    )
    expect(securityFindings(exam)).toMatchObject([{ id: 'unknown-ca', onlyIn: undefined }])
    expect(checkFound(exam, 'wrong-name')).toBe('refuses')
  })
})

test('forms of the name that are out of use are findings, where a name is compared at all', () => {
  const found = (device: Parameters<typeof examine>[0]) =>
    securityFindings(examineModel(device)).map((one) => [one.id, one.severity, one.shownBy.length])
  expect(found({})).toEqual([['common-name-only', 'low', 1]])
  expect(found({ host: '192.0.2.7' })).toEqual([
    ['common-name-only', 'low', 1],
    ['address-as-dns-name', 'low', 1],
  ])
  expect(found({ accepts: ['wrong-name'] })).toEqual([['wrong-name', 'critical', 1]])
})

test('a critical check that is left open is said to be, and one that is told is not', () => {
  expect(openCriticalChecks(examine({}))).toEqual([])
  const leaves = examine({ asks: false }, (outcome) => ({ ...outcome, end: 'closed' }))
  expect(openCriticalChecks(leaves)).toEqual([])
  const unseen = examine({ asks: false, accepts: ['wrong-name', 'neighbour-name'] }, (outcome) => ({
    ...outcome,
    end: 'closed',
  }))
  expect(openCriticalChecks(unseen)).toEqual(['wrong-name', 'neighbour-name'])
})

test('a device that breaks off each sixth time is asked all that it ought to refuse before its keys and the rest', () => {
  for (const seed of [1, 2, 3]) {
    const chance = chanceFrom(seed)
    const exam = examine({ message: 6000 }, (outcome) =>
      chance() * 6 >= 1 ? outcome : { ...outcome, reached: 'hello', end: 'reset', alerts: [], requests: [] },
    )
    for (const id of checkIds)
      expect(
        exam.of(topicOfCheck(id)).map(({ probe }) => probe.key),
        `seed ${seed}`,
      ).toContain(id)
    const topics = exam.answers.map(({ probe }) => probe.topic)
    const keysFrom = topics.indexOf('keys')
    if (keysFrom >= 0) expect(keysFrom).toBeGreaterThan(topics.indexOf('more-verification'))
  }
})
