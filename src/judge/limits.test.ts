import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { device, limit, noLimits, row } from '../../test/support/judge-devices.ts'
import type { FieldRow } from '../device/evidence.ts'
import type { Limit } from '../device/limit.ts'
import { between, compareWithDevice, compareWithLimit, type Demand, exactly } from './limits.ts'

const twoWays = limit({ value: 4096, candidates: ['sent', 'path'] })
const sizes = (sent: number, path?: number): Demand => ({
  sent: exactly(sent),
  path: path === undefined ? between(0, sent) : exactly(path),
})

describe('the documented value', () => {
  const known = limit({ value: 4096, counts: 'message' })
  const message = (bytes: number) => compareWithLimit(known, { message: exactly(bytes) }).outcome

  test('4,096 fit 4,096, 4,097 do not', () => {
    expect(message(4096)).toBe('near')
    expect(message(4097)).toBe('over')
  })

  test('the last tenth is near', () => {
    expect(message(3686)).toBe('fits')
    expect(message(3687)).toBe('near')
  })

  test('between two readings of it nothing is decided', () => {
    const readings = limit({ value: 2560, atLeast: 2500, counts: 'certificate' })
    const outcome = (bytes: number) => compareWithLimit(readings, { certificate: exactly(bytes) }).outcome
    expect([2500, 2501, 2560, 2561].map(outcome)).toEqual(['near', 'open', 'open', 'over'])
  })

  test('what is known to pass or to fail moves it, where the way of counting is known', () => {
    const moved = limit({ value: 2000, counts: 'record', passes: { record: 2500 }, fails: { record: 3000 } })
    const compared = (bytes: number) => compareWithLimit(moved, { record: exactly(bytes) })
    expect(compared(2500)).toMatchObject({ outcome: 'fits', by: 'row' })
    expect(compared(3000).outcome).toBe('over')
    const lower = limit({ value: 2000, counts: 'record', fails: { record: 1500 } })
    expect(compareWithLimit(lower, { record: exactly(1600) })).toMatchObject({ outcome: 'over', by: 'row' })
  })

  test('only what passed is known: more than that says nothing', () => {
    const seen = limit({ counts: 'bits', passes: { bits: 2048 } })
    expect(compareWithLimit(seen, { bits: exactly(2048) })).toMatchObject({ outcome: 'fits', by: 'row' })
    expect(compareWithLimit(seen, { bits: exactly(4096) }).outcome).toBe('none')
  })

  test('unlimited is unlimited', () => {
    const none = limit({ value: 'unlimited', counts: 'text' })
    expect(compareWithLimit(none, { text: exactly(1e9) })).toMatchObject({ outcome: 'fits', by: 'unlimited' })
  })
})

describe('two ways of counting', () => {
  test('that agree decide', () => {
    expect(compareWithLimit(twoWays, sizes(3000, 2000)).outcome).toBe('fits')
    expect(compareWithLimit(twoWays, sizes(6000, 5000)).outcome).toBe('over')
  })

  test('an unknown path is somewhere up to what is sent', () => {
    expect(compareWithLimit(twoWays, sizes(3000)).outcome).toBe('fits')
    expect(compareWithLimit(twoWays, sizes(6000)).outcome).toBe('open')
  })

  test('that disagree lean to the one that no row contradicts', () => {
    const rows = [row({ readings: { sent: 4879, path: 2560 } })]
    expect(compareWithLimit(twoWays, sizes(5000, 3000), rows)).toMatchObject({
      outcome: 'open',
      leans: 'fits',
    })
    const against = [row({ readings: { sent: 5000, path: 1000 }, outcome: 'refused' })]
    expect(compareWithLimit(twoWays, sizes(4500, 900), against)).toMatchObject({
      outcome: 'open',
      leans: 'blocked',
    })
    expect(compareWithLimit(twoWays, sizes(5000, 3000))).toMatchObject({ outcome: 'open', leans: undefined })
  })
})

describe('field rows', () => {
  const accepted = row({ id: 'a', readings: { sent: 5307, path: 2988 } })
  const refused = row({ id: 'r', readings: { sent: 5751, path: 4330 }, outcome: 'refused' })

  test('one accepted row must cover ours in every way of counting', () => {
    expect(compareWithLimit(twoWays, sizes(5307, 2988), [accepted])).toMatchObject({
      outcome: 'fits',
      row: { id: 'a' },
    })
    expect(compareWithLimit(twoWays, sizes(5308, 2988), [accepted]).outcome).toBe('open')
    expect(compareWithLimit(twoWays, sizes(5307, 2989), [accepted]).outcome).toBe('open')
    expect(compareWithLimit(twoWays, sizes(5307), [accepted]).outcome).toBe('open')
  })

  test('two rows that cover one way each are no witness', () => {
    const rows = [
      row({ readings: { sent: 5307, path: 2000 } }),
      row({ readings: { sent: 3640, path: 3640 } }),
    ]
    expect(compareWithLimit(twoWays, sizes(5000, 3500), rows).outcome).toBe('open')
  })

  test('a row that does not say what was needed is no witness, unless ours is small in every way', () => {
    const half = row({ readings: { sent: 5307 } })
    expect(compareWithLimit(twoWays, sizes(5000, 3000), [half]).outcome).toBe('open')
  })

  test('one refused row must be passed in every way of counting', () => {
    expect(compareWithLimit(twoWays, sizes(5751, 4330), [refused])).toMatchObject({
      outcome: 'over',
      row: { id: 'r' },
    })
    expect(compareWithLimit(twoWays, sizes(5750, 3900), [refused]).outcome).toBe('open')
  })

  test('a refused row whose path is not known may have needed all that was sent', () => {
    const broker = row({ readings: { sent: 5279 }, outcome: 'refused' })
    expect(compareWithLimit(twoWays, sizes(5307, 2988), [broker]).outcome).toBe('open')
    expect(compareWithLimit(twoWays, sizes(5279, 5279), [broker])).toMatchObject({
      outcome: 'over',
      by: 'row',
    })
  })

  test('rows that contradict each other decide nothing', () => {
    const rows = [
      row({ readings: { sent: 5000, path: 5000 } }),
      row({ readings: { sent: 4500, path: 4500 }, outcome: 'refused' }),
    ]
    expect(compareWithLimit(twoWays, sizes(4800, 4800), rows).outcome).toBe('open')
  })

  test('a figure that rows contradict in every way of counting it decides nothing', () => {
    const counted = limit({ value: 4096, counts: 'sent' })
    expect(compareWithLimit(counted, sizes(5000, 3500), [accepted]).outcome).toBe('open')
    expect(compareWithLimit(counted, sizes(5000, 3500)).outcome).toBe('over')
    expect(compareWithLimit(twoWays, sizes(6000, 5000), [accepted]).outcome).toBe('over')
  })

  test('a row for other versions, another family or another limit is not looked at', () => {
    const limits = { ...noLimits, chainBytes: twoWays }
    const compared = (change: Partial<FieldRow>) =>
      compareWithDevice(
        device({ limits, evidence: [{ ...accepted, ...change }] }),
        'chainBytes',
        sizes(5307, 2988),
      ).outcome
    expect(compared({ versions: '0.9..1.2' })).toBe('fits')
    expect(compared({ versions: '1.0.1..2.0' })).toBe('open')
    expect(compared({ family: 'other' })).toBe('open')
    expect(compared({ limit: 'recordBytes' })).toBe('open')
  })
})

describe('for any limit, any rows and any sizes', () => {
  const bytes = fc.integer({ min: 0, max: 9000 })
  const readings = fc.record({ sent: bytes, path: bytes }, { requiredKeys: [] })
  const rows = fc.array(
    fc.record({ readings, outcome: fc.constantFrom('accepted' as const, 'refused' as const) }).map(row),
    { maxLength: 5 },
  )
  const limits: fc.Arbitrary<Limit> = fc
    .record({
      value: fc.option(bytes, { nil: undefined }),
      atLeast: fc.option(bytes, { nil: undefined }),
      way: fc.constantFrom('sent' as const, 'path' as const, 'unknown' as const),
      passes: readings,
      fails: readings,
      disputed: fc.array(bytes, { maxLength: 2 }),
    })
    .map(({ way, disputed, ...rest }) =>
      limit({
        ...rest,
        counts: way,
        candidates: way === 'unknown' ? ['sent', 'path'] : [],
        disputed: disputed.map((value) => ({ value, source: 'the test', confidence: 'inferred' as const })),
      }),
    )
  const fits = (outcome: string) => outcome === 'fits' || outcome === 'near'

  test('more bytes never turn over into fits', () => {
    fc.assert(
      fc.property(
        limits,
        rows,
        bytes,
        bytes,
        bytes,
        bytes,
        (known, field, sent, path, moreSent, morePath) => {
          const before = compareWithLimit(known, sizes(sent, path), field).outcome
          const after = compareWithLimit(known, sizes(sent + moreSent, path + morePath), field).outcome
          expect(before === 'over' && fits(after)).toBe(false)
        },
      ),
      { numRuns: 3000 },
    )
  })

  test('no row decides against itself', () => {
    fc.assert(
      fc.property(limits, rows, (known, field) => {
        for (const { readings: read, outcome } of field) {
          if (read.sent === undefined || read.path === undefined) continue
          const said = compareWithLimit(known, sizes(read.sent, read.path), field).outcome
          expect(outcome === 'accepted' ? said === 'over' : fits(said)).toBe(false)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('knowing the path never contradicts what was said without it', () => {
    fc.assert(
      fc.property(
        limits,
        rows,
        bytes,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (known, field, sent, share) => {
          const without = compareWithLimit(known, sizes(sent), field).outcome
          const withPath = compareWithLimit(known, sizes(sent, Math.floor(sent * share)), field).outcome
          if (without === 'over') expect(fits(withPath)).toBe(false)
          if (fits(without)) expect(withPath).not.toBe('over')
        },
      ),
      { numRuns: 2000 },
    )
  })
})
