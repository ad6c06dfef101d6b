import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { examine } from '../../test/support/examine.ts'
import { hello13, type ModelDevice } from '../../test/support/model-device.ts'
import { behaviourWords } from '../report/measured/measured-facts.ts'
import { Exam } from './exam.ts'
import { helloFound } from './hello-found.ts'
import { groupsToAsk } from './offered.ts'
import { securityFindings } from './security-findings.ts'
import { alternativeNamesFound } from './topics/alternative-names.ts'
import { certificateFound } from './topics/certificate.ts'
import { certificatesFound } from './topics/certificates.ts'
import { chainFound } from './topics/chain.ts'
import { dataRecordSearch, responseHeadSearch } from './topics/data-record.ts'
import { fragmentsFound } from './topics/fragments.ts'
import { idleFound } from './topics/idle.ts'
import { keepAliveFound } from './topics/keep-alive.ts'
import { groupFound, hashFound, keyFound, leafHashes, leafKeys } from './topics/keys.ts'
import { nameForms, nameFound } from './topics/names.ts'
import { rangesFound } from './topics/ranges.ts'
import { redirectFound } from './topics/redirect.ts'
import { MOST_REDIRECTS, redirectsFound } from './topics/redirects-in-row.ts'
import { hardshipFound, hardshipIds, renegotiationFound, returnFound } from './topics/resilience.ts'
import { resumptionFound } from './topics/resumption.ts'
import { checkFound, checkIds } from './topics/verification.ts'

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const bytes = maybe(fc.integer({ min: 2600, max: 60_000 }))
const lacking = fc.subarray<string>([...leafKeys, ...leafHashes, ...groupsToAsk])

/** Devices of all kinds; what is undefined is left out. */
const devices: fc.Arbitrary<ModelDevice> = fc
  .record({
    message: bytes,
    record: bytes,
    path: bytes,
    sent: bytes,
    certificate: maybe(fc.integer({ min: 1500, max: 12_000 })),
    handshake: maybe(fc.integer({ min: 4000, max: 60_000 })),
    dataRecord: maybe(fc.integer({ min: 256, max: 16_383 })),
    head: maybe(fc.integer({ min: 256, max: 8191 })),
    joins: maybe(fc.boolean()),
    merged: maybe(fc.boolean()),
    pathCertificates: maybe(fc.integer({ min: 2, max: 20 })),
    certificates: maybe(fc.integer({ min: 2, max: 20 })),
    names: maybe(fc.integer({ min: 1, max: 120 })),
    accepts: fc.subarray([...checkIds]),
    asks: maybe(fc.boolean()),
    // Every device takes the first kind of key, and x25519 where all else is left to the server.
    lacks: lacking.map((all) => all.filter((one) => one !== 'rsa-2048')),
    refusesNames: fc.subarray([...nameForms]),
    host: fc.constantFrom('device.example.net', '192.0.2.7', 'fw.example'),
    range: maybe(fc.constantFrom('bytes=0-1023', 'bytes=0-')),
    follows: fc.subarray(['same-host', 'plain-http'] as const),
    redirectsInRow: maybe(fc.integer({ min: 1, max: MOST_REDIRECTS - 1 })),
    needsRanges: maybe(fc.boolean()),
    resumes: maybe(fc.boolean()),
    renegotiates: maybe(fc.constantFrom('accepted', 'refused', 'ignored')),
    breaksOn: fc.subarray(['slow', 'segments'] as const),
    waitsMs: maybe(fc.integer({ min: 1, max: 60_000 })),
  })
  .map((device) => Object.fromEntries(Object.entries(device).filter(([, value]) => value !== undefined)))

describe('a whole exam', () => {
  test('takes eighty connections at most of any device, and tells each thing as it is or not at all', () => {
    fc.assert(
      fc.property(devices, (device) => {
        const exam = examine(device)
        expect(exam.answers.length).toBeLessThanOrEqual(80)
        expect(exam.atMost).toBeGreaterThanOrEqual(0)
        for (const id of checkIds)
          expect([undefined, device.accepts?.includes(id) ? 'accepts' : 'refuses']).toContain(
            checkFound(exam, id),
          )
        for (const key of leafKeys)
          expect([undefined, device.lacks?.includes(key) ? 'refuses' : 'takes']).toContain(
            keyFound(exam, key),
          )
        for (const hash of leafHashes)
          expect([undefined, device.lacks?.includes(hash) ? 'refuses' : 'takes']).toContain(
            hashFound(exam, hash),
          )
        for (const group of groupsToAsk)
          expect([
            undefined,
            group === 'x448' ? 'not-offered' : device.lacks?.includes(group) ? 'refuses' : 'takes',
          ]).toContain(groupFound(exam, group))
        for (const form of nameForms)
          expect([
            undefined,
            'not-asked',
            device.refusesNames?.includes(form) ? 'refuses' : 'takes',
          ]).toContain(nameFound(exam, form))
        for (const id of hardshipIds)
          expect([undefined, device.breaksOn?.includes(id) ? 'breaks' : 'bears']).toContain(
            hardshipFound(exam, id),
          )
        expect([undefined, device.merged !== false]).toContain(fragmentsFound(exam).merged)
        const inRow = redirectsFound(exam)
        if (inRow !== undefined) expect(inRow.followed).toBe(device.redirectsInRow ?? MOST_REDIRECTS)
        expect([undefined, device.needsRanges === true ? 'stops' : 'takes']).toContain(
          rangesFound(exam)?.ignored,
        )
        expect([undefined, device.renegotiates ?? 'ignored']).toContain(renegotiationFound(exam))
        const chain = chainFound(exam)
        if (chain?.message.fails !== undefined) {
          const counted = ['message', 'record', 'path', 'sent', 'certificate', 'handshake'] as const
          const has = counted.filter((one) => device[one] !== undefined)
          if (chain.counts !== undefined && chain.counts !== 'unknown' && chain.counts !== 'message')
            expect(has).toContain(chain.counts)
        }
        const names = alternativeNamesFound(exam)
        if (names?.exact && names.fails !== undefined && device.certificate === undefined)
          expect(names.passes).toBe(device.names)
      }),
      { numRuns: 30 },
    )
  }, 60_000)

  test('of a device without a peculiarity all is told, in far less', () => {
    const exam = examine({
      range: 'bytes=0-1023',
      follows: ['same-host'],
      resumes: true,
      waitsMs: 5000,
      refusesNames: ['common-name-only'],
    })
    expect(exam.answers.length).toBeLessThanOrEqual(60)
    expect(exam.next()).toBeUndefined()
    expect(exam.atMost).toBe(0)
    for (const id of checkIds) expect(checkFound(exam, id)).toBe('refuses')
    for (const key of leafKeys) expect(keyFound(exam, key), key).toBe('takes')
    for (const hash of leafHashes) expect(hashFound(exam, hash)).toBe('takes')
    expect(groupsToAsk.map((group) => groupFound(exam, group))).toEqual([
      'takes',
      'takes',
      'takes',
      'takes',
      'not-offered',
    ])
    expect(nameForms.map((form) => nameFound(exam, form))).toEqual(['takes', 'refuses', 'not-asked'])
    expect(certificateFound(exam)).toMatchObject({
      bytes: { passes: 16_000, fails: undefined },
      from: 'alone',
    })
    expect(certificatesFound(exam)).toMatchObject({
      certificates: { passes: 17, fails: undefined },
      most: 17,
    })
    expect(alternativeNamesFound(exam)).toMatchObject({ passes: 100, fails: undefined })
    expect(fragmentsFound(exam)).toEqual({ cut: true, merged: true })
    expect(redirectFound(exam)).toEqual({ sameHost: 'same-connection', plainHttp: 'not-seen' })
    expect(redirectsFound(exam)).toEqual({ followed: MOST_REDIRECTS, stops: false })
    expect(rangesFound(exam)).toEqual({
      bytes: [1024],
      open: false,
      goesOn: 'no',
      ignored: 'takes',
      afterIgnored: 'same-range',
    })
    expect(keepAliveFound(exam)).toMatchObject({ asksAgain: false, afterwards: 'stays' })
    expect(resumptionFound(exam)).toEqual({ offers: 'session-id', resumed: true })
    expect(renegotiationFound(exam)).toBe('ignored')
    expect(returnFound(exam, 'alert-internal-error')).toEqual({ returns: true, afterMs: 1000 })
    expect(idleFound(exam)).toEqual({ waitedMs: 5000, leaves: true })
    expect(helloFound(exam)).toMatchObject({ changes: [] })
    expect(securityFindings(exam)).toEqual([])
  })

  test('of one that asks the server to close, nothing is said of whether it would have stayed', () => {
    const exam = examine({ connection: 'close' })
    expect(keepAliveFound(exam)).toMatchObject({ header: 'close', afterwards: 'server-closes' })
    expect(behaviourWords(exam).join(' ')).toContain(
      'It asks the server to close the connection after the answer (Connection: close).',
    )
    expect(behaviourWords(exam).join(' ')).not.toMatch(/keeps the connection/)
  })

  test('limits of their own are told to the unit', () => {
    const exam = examine({ certificate: 3333, pathCertificates: 5, names: 25 })
    expect(certificateFound(exam)).toMatchObject({ bytes: { passes: 3333, fails: 3334 }, from: 'chain' })
    const many = examine({ pathCertificates: 5, names: 25 })
    expect(certificatesFound(many)).toMatchObject({ certificates: { passes: 5, fails: 6 }, counts: 'path' })
    expect(alternativeNamesFound(many)).toMatchObject({ passes: 25, fails: 26, exact: true })
    expect(certificatesFound(examine({ certificates: 9 }))).toMatchObject({
      certificates: { passes: 9, fails: 10 },
      counts: 'sent',
    })
    expect(dataRecordSearch(many)?.found).toMatchObject({ passes: 16_384 })
    expect(responseHeadSearch(many)?.found).toMatchObject({ passes: 8192 })
  })

  test('a limit of all handshake messages together is told from one of the Certificate message', () => {
    fc.assert(
      fc.property(fc.integer({ min: 4000, max: 60_000 }), (limit) => {
        const found = chainFound(examine({ handshake: limit }))
        expect(found?.counts).toBe('handshake')
        expect(found?.handshake).toEqual({ passes: limit, fails: limit + 1 })
      }),
      { numRuns: 20 },
    )
  })

  test('the same in TLS 1.3, but for a device that is asked for another share of its key first', () => {
    const share = Uint8Array.from([0, 36, 0, 29, 0, 32, ...new Uint8Array(32).fill(9)])
    const extensions = hello13.extensions.map((one) =>
      one.kind === 'raw' && one.code === 51 ? { ...one, data: share } : one,
    )
    const found = chainFound(examine({ only13: true, handshake: 6001, hello: { ...hello13, extensions } }))
    expect(found).toMatchObject({ counts: 'handshake', handshake: { passes: 6001, fails: 6002 } })
    const retried = chainFound(examine({ only13: true, handshake: 6001, hello: hello13 }))
    expect(retried).toMatchObject({ counts: 'unknown', handshake: undefined })
  })

  test('what is accepted is a finding with its connections, the gravest first', () => {
    const exam = examine({ accepts: ['not-yet-valid', 'wrong-name'], follows: ['same-host', 'plain-http'] })
    const found = securityFindings(exam)
    expect(found.map(({ id, severity }) => [id, severity])).toEqual([
      ['wrong-name', 'critical'],
      ['redirect-to-plain-http', 'high'],
      ['not-yet-valid', 'low'],
    ])
    for (const { shownBy, against } of found) {
      expect(shownBy).toHaveLength(1)
      expect(against).toEqual([])
    }
    expect(exam.answers[found[0]!.shownBy[0]!]?.probe.key).toBe('wrong-name')
  })

  test('of a device that neither asks nor waits nothing is said about what it trusts', () => {
    const leaves = (exam: ModelDevice) => examine(exam, (outcome) => ({ ...outcome, end: 'closed' }))
    const exam = leaves({ asks: false })
    expect(checkIds.map((id) => checkFound(exam, id)).filter((one) => one === 'accepts')).toEqual([])
    // One that refuses in the handshake has told all the same.
    expect(checkFound(exam, 'unknown-ca')).toBe('refuses')
    expect(checkFound(leaves({ asks: false, accepts: ['unknown-ca'] }), 'unknown-ca')).toBeUndefined()
  })

  test('a device that becomes silent, or whose hellos are lost, ends the exam with what is known', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), (from) => {
        const exam = examine({}, (outcome, at) =>
          at < from ? outcome : { ...outcome, hello: undefined, reached: 'connected', end: 'closed' },
        )
        expect(exam.answers.length).toBeLessThanOrEqual(80)
        for (const id of checkIds) expect([undefined, 'refuses']).toContain(checkFound(exam, id))
      }),
      { numRuns: 20 },
    )
  })

  test('one that breaks off now and then is not said to accept what it does not, and is measured all the same', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 79 }), { maxLength: 3 }), (bad) => {
        const exam = examine({ message: 6000 }, (outcome, at) =>
          bad.includes(at)
            ? { ...outcome, reached: 'hello', end: 'reset', alerts: [], requests: [] }
            : outcome,
        )
        expect(exam.answers.length).toBeLessThanOrEqual(80)
        expect(checkIds.map((id) => checkFound(exam, id))).not.toContain('accepts')
        const { message } = chainFound(exam)!
        // Two accidents at one and the same size are no accident to a search that asks each bound twice.
        if (bad.length < 2) expect(message).toMatchObject({ passes: 6000, exact: true })
      }),
      { numRuns: 20 },
    )
  })

  test('what matters most is told within twenty connections', () => {
    const devices: readonly ModelDevice[] = [
      {},
      { message: 4096 },
      { path: 5000 },
      { record: 4096 },
      { message: 7781 },
      // wolfSSL as it is.
      { message: 18_466, certificates: 9 },
    ]
    for (const device of devices) {
      const first = new Exam(examine(device).answers.slice(0, 20))
      expect(checkFound(first, 'unknown-ca')).toBe('refuses')
      expect(checkFound(first, 'wrong-name')).toBe('refuses')
      expect(chainFound(first)?.message.exact).toBe(true)
      expect(dataRecordSearch(first)?.found.exact).toBe(true)
    }
    // No chain of two is small enough for this one, and that takes few connections to tell.
    const tiny = new Exam(examine({ message: 1500, dataRecord: 1500, joins: false }).answers.slice(0, 20))
    expect(dataRecordSearch(tiny)?.found).toMatchObject({ passes: 1500, fails: 1501 })
  })
})
