import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { examine } from '../../test/support/examine.ts'
import { Exam } from './exam.ts'
import { chainFound } from './topics/chain.ts'
import { dataRecordSearch, responseHeadSearch } from './topics/data-record.ts'
import { checkFound } from './topics/verification.ts'

const bytes = fc.integer({ min: 2600, max: 60_000 })

describe('an exam', () => {
  test('tells by what a limit counts, and gives it to the byte', () => {
    fc.assert(
      fc.property(bytes, fc.boolean(), (limit, asked) => {
        // Beyond one record a message is cut, whatever the server does.
        const joins = asked || limit > 14_000
        const overhead = 7 + 2 * 3
        expect(chainFound(examine({ message: limit, joins }))).toMatchObject({
          message: { passes: limit, fails: limit + 1, exact: true },
          counts: 'message',
          joinsRecords: joins,
        })
        expect(chainFound(examine({ sent: limit, joins }))).toMatchObject({
          message: { passes: limit + overhead },
          counts: 'sent',
        })
        expect(chainFound(examine({ path: limit, joins }))).toMatchObject({
          message: { passes: limit + overhead },
          counts: 'path',
        })
      }),
      { numRuns: 15 },
    )
  }, 60_000)

  test('a limit of one certificate, and one of a record, are told from that of the chain', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1300, max: 12_000 }), (limit) => {
        expect(chainFound(examine({ certificate: limit }))).toMatchObject({
          message: { passes: 2 * limit + 13 },
          counts: 'certificate',
        })
        expect(
          chainFound(examine({ record: limit + 700, joins: true, message: 3 * limit + 9000 })),
        ).toMatchObject({
          message: { passes: limit + 700 },
          counts: 'record',
          joined: { passes: 3 * limit + 9000, exact: true },
        })
      }),
      { numRuns: 15 },
    )
  }, 60_000)

  test('a device without limits, and one that joins no records', () => {
    expect(chainFound(examine({}))).toMatchObject({
      message: { passes: 65_535, fails: undefined },
      joinsRecords: true,
    })
    expect(chainFound(examine({ joins: false }))).toMatchObject({
      message: { passes: 16_384 },
      joinsRecords: false,
    })
  })

  test('records of data and heads of answers are measured by what the device goes on waiting for', () => {
    const exam = examine({ dataRecord: 2303, head: 1777 })
    expect(dataRecordSearch(exam)?.found).toMatchObject({ passes: 2303, fails: 2304, exact: true })
    expect(responseHeadSearch(exam)?.found).toMatchObject({ passes: 1777, fails: 1778, exact: true })
    expect(dataRecordSearch(examine({ asks: false }))?.found).toBeUndefined()
  })

  test('what is not verified is found', () => {
    const exam = examine({ accepts: ['another', 'expired'] })
    expect(checkFound(exam, 'unknown-ca')).toBe('refuses')
    expect(checkFound(exam, 'wrong-name')).toBe('accepts')
    expect(checkFound(exam, 'expired')).toBe('accepts')
  })

  test('eighty connections are enough, and what matters most comes within the first twenty', () => {
    for (const device of [
      { message: 4096, joins: false, dataRecord: 2303, head: 2048 },
      { record: 4096 },
      { path: 5000 },
    ]) {
      const { answers } = examine(device)
      expect(answers.length).toBeLessThanOrEqual(80)
      const first = new Exam(answers.slice(0, 20))
      expect(checkFound(first, 'unknown-ca')).toBe('refuses')
      expect(chainFound(first)?.message.exact, JSON.stringify(device)).toBe(true)
    }
  })
})
