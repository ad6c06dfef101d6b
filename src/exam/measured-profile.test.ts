import { describe, expect, test } from 'vitest'
import { helloRecordsOf, type ModelDevice, modelHello, outcomeOf } from '../../test/support/model-device.ts'
import { lintProfile } from '../device/lint.ts'
import { parseProfile } from '../device/parse-profile.ts'
import { compareWithLimit, exactly } from '../judge/limits.ts'
import { Exam } from './exam.ts'
import { measuredProfile, writeMeasuredProfile } from './measured-profile.ts'
import type { Answer } from './topic.ts'

const naming = { family: 'my-device', version: '0.1.0' }

function examine(device: ModelDevice, most = 200): Exam {
  const answers: Answer[] = []
  for (let exam = new Exam(answers); ; exam = new Exam(answers)) {
    const probe = exam.next()
    if (probe === undefined || answers.length >= most) return exam
    const outcome = { ...outcomeOf(device, probe.serving), hello: helloRecordsOf(modelHello) }
    answers.push({ probe, outcome })
  }
}

const valuesOf = (device: ModelDevice) =>
  parseProfile(writeMeasuredProfile(examine(device), naming), 'device.yaml').ranges[0]!.values

const noRsa = ['rsa-2048', 'rsa-3072', 'rsa-4096', 'rsa-8192'] as const

describe('a measured profile', () => {
  test('has the limit in its own way of counting, with both bounds', () => {
    expect(valuesOf({ message: 4096, joins: false, dataRecord: 2303, head: 2048 })).toMatchObject({
      limits: {
        handshakeMessageBytes: {
          value: 4096,
          counts: 'message',
          passes: { message: 4096 },
          fails: { message: 4097 },
          confidence: 'measured',
        },
        recordBytes: { value: 2303, counts: 'record', passes: { record: 2303 }, fails: { record: 2304 } },
      },
      http: { responseHeadBytes: { value: 2048, counts: 'text' } },
      handshakeFragments: { value: 'refused' },
      verification: { peer: { value: 'required' }, name: { value: 'checked' }, dates: { value: 'checked' } },
    })
    const { limits } = valuesOf({ path: 5000, joins: true })
    expect(limits.chainBytes).toMatchObject({ value: 5000, counts: 'path', fails: { path: 5001 } })
    expect(limits.handshakeMessageBytes).toBeUndefined()
    expect(valuesOf({ sent: 5000, joins: true }).limits.chainBytes).toMatchObject({
      value: 5000,
      counts: 'sent',
    })
    expect(valuesOf({ certificate: 3000 }).limits.certificateBytes).toMatchObject({
      value: 3000,
      counts: 'certificate',
      fails: { certificate: 3001 },
    })
  })

  test('a record that is too small for the message is told beside the message that it can be joined to', () => {
    const values = valuesOf({ record: 4000, joins: true, message: 20_000 })
    expect(values.limits.handshakeMessageBytes).toMatchObject({ value: 20_000, counts: 'message' })
    expect(values.handshakeFragments).toMatchObject({ value: 'joined' })
    expect(values.quirks.map(({ value }) => value).join('\n')).toMatch(
      /a record of 4000 bytes of plaintext, and not one of 4001/,
    )
  })

  test('no figure is given where nothing failed', () => {
    const { limits } = valuesOf({ joins: true })
    expect(limits.chainBytes).toMatchObject({ value: undefined, passes: { sent: 65_522 }, fails: {} })
    expect(limits.handshakeMessageBytes).toMatchObject({ value: undefined, passes: { message: 65_535 } })
  })

  test('records that the server cut, for a device that asked for shorter ones, tell nothing of its own limit', () => {
    const answers = examine({}).answers.map(({ probe, outcome }) => ({
      probe,
      outcome: { ...outcome, sent: { ...outcome.sent, dataRecordBytes: 100 } },
    }))
    expect(measuredProfile(new Exam(answers), naming).common.limits).not.toHaveProperty('recordBytes')
    expect(measuredProfile(examine({}), naming).common.limits).toHaveProperty('recordBytes')
  })

  test('what is not verified is told, and nothing of it that does not agree', () => {
    const values = valuesOf({ accepts: ['another', 'expired'] })
    expect(values.verification).toMatchObject({ peer: { value: 'required' }, name: { value: 'unchecked' } })
    expect(values.verification.dates).toBeUndefined()
    const quirks = values.quirks.map(({ value }) => value)
    expect(quirks.filter((text) => text.startsWith('It accepted'))).toEqual([
      'It accepted a certificate for another name.',
      'It accepted an expired certificate.',
    ])
  })

  test('after each answer the file is one that can be used, and names days and connections', () => {
    const { answers } = examine({ message: 4096, joins: false, dataRecord: 2303 })
    for (let count = 0; count <= answers.length; count++) {
      const text = writeMeasuredProfile(new Exam(answers.slice(0, count)), naming)
      expect(lintProfile(text, 'device.yaml', []), `${count} answers`).toEqual([])
    }
    const { sources, common } = measuredProfile(new Exam(answers), naming)
    const connections = answers.filter(({ probe }) => probe.topic === 'chain').length
    expect(sources.chain).toEqual({
      confidence: 'measured',
      where: `tlsfit measure 0.1.0, ${answers[0]!.outcome.at.toISOString().slice(0, 10)}, ${connections} connections: chain`,
    })
    expect(common.hello).toMatchObject({ origin: 'recorded', sni: { value: 'host-name', source: 'hello' } })
  })

  test('the connections behind a value are those that asked for it, not all of its topic', () => {
    const exam = examine({ lacks: ['p384'] })
    const { sources, common } = measuredProfile(exam, naming)
    const asked = exam.answers.filter(({ probe }) =>
      ['expired', 'expired-intermediate', 'not-yet-valid'].includes(probe.key),
    ).length
    expect(common.verification).toMatchObject({ dates: { source: 'dates' } })
    expect(sources.dates?.where).toMatch(new RegExp(`, ${asked} connections: dates$`))
  })

  test('a limit of certificates of the path is not one of certificates sent', () => {
    expect(valuesOf({ pathCertificates: 2 }).limits.chainCertificates).toMatchObject({
      value: 2,
      counts: 'path',
      passes: { path: 2 },
      fails: { path: 3 },
    })
    expect(valuesOf({ certificates: 2 }).limits.chainCertificates).toMatchObject({ value: 2, counts: 'sent' })
  })

  test('where the chain leaves no room for a larger certificate, no limit of its own is claimed to be unmet', () => {
    const { note } = valuesOf({ record: 4000, joins: true }).limits.certificateBytes!
    expect(note).toMatch(/more than the whole chain may have/)
  })

  test('every size of RSA that is refused is told, also where none is taken', () => {
    const quirks = valuesOf({ lacks: noRsa }).quirks.map(({ value }) => value)
    for (const size of [2048, 3072, 4096, 8192])
      expect(quirks).toContain(
        `In TLS 1.2 it offers a key of RSA-${size} and refuses a certificate with one.`,
      )
  })

  test('where no size of RSA is taken, nothing fits that has one', () => {
    const { rsaKeyBits } = valuesOf({ lacks: noRsa }).limits
    expect(rsaKeyBits).toMatchObject({ fails: { bits: 2048 }, tlsVersions: ['TLSv1.2'] })
    expect(compareWithLimit(rsaKeyBits, { bits: exactly(2048) })).toMatchObject({ outcome: 'open' })
  })

  test('what was asked and taken is told as well', () => {
    const quirks = valuesOf({ joins: true }).quirks.map(({ value }) => value)
    expect(quirks).toEqual(
      expect.arrayContaining([
        'In TLS 1.2 it takes certificates with keys of P-256, RSA-2048, P-384, RSA-3072, RSA-4096, P-521, Ed25519 and RSA-8192.',
        'It takes certificates signed with SHA-256, SHA-384 and SHA-512.',
        'In TLS 1.2 it exchanges keys with x25519, secp256r1, secp384r1 and secp521r1.',
        'It takes a certificate with 100 names, the most that were asked.',
        'It does not come back to its session: each handshake is a whole one.',
        'It comes through where the server sends in tiny TCP segments.',
      ]),
    )
  })
})
