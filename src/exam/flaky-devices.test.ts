import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chanceFrom } from '../../test/support/chance.ts'
import { examine } from '../../test/support/examine.ts'
import type { ModelDevice } from '../../test/support/model-device.ts'
import type { Exam } from './exam.ts'
import type { LimitFound } from './limit-search.ts'
import { alternativeNamesFound } from './topics/alternative-names.ts'
import { certificateFound } from './topics/certificate.ts'
import { certificatesFound } from './topics/certificates.ts'
import { chainFound } from './topics/chain.ts'
import { dataRecordSearch, responseHeadSearch } from './topics/data-record.ts'
import { checkFound, checkIds } from './topics/verification.ts'

/** An exam of a device that breaks off so often of a hundred times, wherever it is. */
function examineFlaky(device: ModelDevice, percent: number, seed: number): Exam {
  const chance = chanceFrom(seed)
  return examine(device, (outcome) =>
    chance() * 100 >= percent
      ? outcome
      : { ...outcome, reached: 'hello', end: 'reset', alerts: [], requests: [] },
  )
}

function expectTrue(found: LimitFound | undefined, limit: number): void {
  if (found?.fails !== undefined && found.exact)
    expect(found).toMatchObject({ passes: limit, fails: limit + 1 })
}

const flaky = { percent: fc.integer({ min: 5, max: 20 }), seed: fc.integer() }
const RUNS = { numRuns: 12, seed: 11 }

describe('of a device that breaks off at random, up to each fifth time', () => {
  test('a limit of the chain is the built-in one, or is not said to be exact', () => {
    let exact = 0
    const limits = fc.record({ ...flaky, limit: fc.integer({ min: 1800, max: 60_000 }) })
    fc.assert(
      fc.property(limits, ({ limit, percent, seed }) => {
        const exam = examineFlaky({ message: limit }, percent, seed)
        const message = chainFound(exam)?.message
        if (message?.exact) exact++
        expectTrue(message, limit)
        expect(message?.passes ?? 0).toBeLessThanOrEqual(limit)
      }),
      RUNS,
    )
    expect(exact / RUNS.numRuns).toBeGreaterThan(0.5)
  }, 120_000)

  test('so are those of records, heads, counts and single certificates', () => {
    const devices = fc.record({
      ...flaky,
      dataRecord: fc.integer({ min: 256, max: 16_383 }),
      head: fc.integer({ min: 256, max: 8191 }),
      pathCertificates: fc.integer({ min: 3, max: 16 }),
      names: fc.integer({ min: 2, max: 99 }),
    })
    fc.assert(
      fc.property(devices, ({ percent, seed, ...device }) => {
        const exam = examineFlaky(device, percent, seed)
        expectTrue(dataRecordSearch(exam)?.found, device.dataRecord)
        expectTrue(responseHeadSearch(exam)?.found, device.head)
        expectTrue(certificatesFound(exam)?.certificates, device.pathCertificates)
        expectTrue(alternativeNamesFound(exam), device.names)
      }),
      RUNS,
    )
  }, 120_000)

  test('what it does not verify is never said to be refused, nor what it refuses to be taken', () => {
    const devices = fc.record({ ...flaky, accepts: fc.subarray([...checkIds]) })
    fc.assert(
      fc.property(devices, ({ percent, seed, accepts }) => {
        const exam = examineFlaky({ accepts }, percent, seed)
        for (const id of checkIds) {
          const found = checkFound(exam, id)
          expect([undefined, accepts.includes(id) ? 'accepts' : 'refuses'], id).toContain(found)
        }
      }),
      RUNS,
    )
  }, 120_000)
})

describe('of a steady device', () => {
  test('counts, names and bytes of one certificate are those built in', () => {
    const devices = fc.record({
      certificate: fc.integer({ min: 1500, max: 12_000 }),
      pathCertificates: fc.integer({ min: 3, max: 16 }),
      certificates: fc.integer({ min: 3, max: 16 }),
      names: fc.integer({ min: 2, max: 99 }),
    })
    fc.assert(
      fc.property(devices, ({ certificate, pathCertificates, certificates, names }) => {
        expect(certificateFound(examine({ certificate }))?.bytes).toMatchObject({
          passes: certificate,
          fails: certificate + 1,
          exact: true,
        })
        const needed = examine({ pathCertificates, names })
        expect(certificatesFound(needed)).toMatchObject({
          certificates: { passes: pathCertificates, fails: pathCertificates + 1, exact: true },
          counts: 'path',
        })
        expect(alternativeNamesFound(needed)).toMatchObject({ passes: names, fails: names + 1, exact: true })
        expect(certificatesFound(examine({ certificates }))).toMatchObject({
          certificates: { passes: certificates, fails: certificates + 1, exact: true },
          counts: 'sent',
        })
      }),
      { numRuns: 6 },
    )
  }, 120_000)
})
