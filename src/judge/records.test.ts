import { describe, expect, test } from 'vitest'
import { device, limit, modem, noLimits, sourced } from '../../test/support/judge-devices.ts'
import {
  close,
  connection,
  dial,
  exchange,
  found,
  idsOf,
  judged,
  records,
} from '../../test/support/judge-observations.ts'
import type { Device, HttpClientProfile } from '../device/device.ts'
import { unknownHttp } from '../device/unknown.ts'

const reader = (rest: Partial<HttpClientProfile> = {}) =>
  modem({
    http: {
      ...unknownHttp,
      rangeBytes: sourced(2048),
      rangeChoices: sourced([256, 512, 1024, 2048]),
      rangeSetting: sourced('CONFIG_FRAG_SIZE_{bytes}=y'),
      ...rest,
    },
  })
const range = { first: 0, last: 2047 }
const partial = {
  status: 206,
  headBytes: 600,
  contentRange: 'bytes 0-2047/262144',
  bodyBytes: 2048,
  bodyOffset: 600,
}
/** Head and body of a range of 2,048 in one record, as many servers write it. */
const joined = dial([connection({ records: records(2648), exchanges: [exchange(partial, { range })] })])

describe('a record over the limit', () => {
  test('is named with its offset and the range that was asked for', () => {
    const verdict = judged(joined, { device: reader() })
    expect(verdict).toMatchObject({ state: 'blocked', stage: 'records' })
    expect(found(verdict, 'record-too-large')).toMatchObject({
      cause: 'record-too-large',
      details: { recordBytes: 2648, limitBytes: 2303, offset: 0, rangeBytes: 2048 },
    })
  })

  test('of 2,303 bytes lies between two documented limits; of 2,304 over both; of 2,048 under both', () => {
    const at = (bytes: number) => judged(dial([connection({ records: records(bytes) })]))
    expect(found(at(2303), 'record-size-undecided')).toMatchObject({
      effect: 'unknown',
      details: { recordBytes: 2303, lowBytes: 2048, highBytes: 2303, offset: 0 },
    })
    expect(at(2303).state).toBe('undecided')
    expect(found(at(2304), 'record-too-large')).toMatchObject({ effect: 'blocks' })
    expect(idsOf(at(2048), 'blocks')).toEqual([])
    expect(found(at(2048), 'limit-near')).toMatchObject({
      effect: 'risks',
      stage: 'records',
      details: { limitValue: 2048, left: 0, likelier: 2303 },
    })
  })

  test('without any limit is taken as ordinary: an assumption', () => {
    const basis = (known: Device) =>
      judged(dial([connection({ records: records(16_384) })]), { device: known }).stages.find(
        ({ stage }) => stage === 'records',
      )
    const taken = limit({ value: 16_384, counts: 'record' })
    expect(basis(device())).toEqual({ stage: 'records', state: 'fits', basis: 'assumed' })
    expect(basis(device({ limits: { ...noLimits, recordBytes: taken } }))).toMatchObject({ basis: 'judged' })
  })

  test('the first one in the order of reading counts, over connections too', () => {
    const seen = dial([
      connection({ records: records(500, 1000) }),
      connection({ role: 'range', records: records(600, 4000, 16_000) }),
    ])
    expect(found(judged(seen), 'record-too-large')!.details).toMatchObject({ recordBytes: 4000, offset: 600 })
  })

  test('its cure holds for the largest, which is named beside it', () => {
    const seen = dial([connection({ records: records(500, 2400, 4100) })])
    const limits = {
      ...noLimits,
      recordBytes: limit({ value: 2048, counts: 'record' }),
      handshakeMessageBytes: limit({ value: 2048, counts: 'message' }),
    }
    const over = found(judged(seen, { device: device({ limits }) }), 'record-too-large')!
    expect(over.details).toMatchObject({ recordBytes: 2400, largestBytes: 4100 })
    expect(over.fixes).toContainEqual({ id: 'enlarge-record-buffer', with: { recordBytes: 4100 } })
    const alone = judged(dial([connection({ records: records(4100) })]), { device: device({ limits }) })
    expect(found(alone, 'record-too-large')!.details).toMatchObject({ largestBytes: undefined })
  })

  test('that comes after others fit costs a client that reconnects time, and one that fails the download', () => {
    const grown = dial([
      connection({
        records: records(300, [1400, 20], [16_000, 5]),
        exchanges: [exchange({ bodyOffset: 300 })],
      }),
    ])
    const effect = (value: 'fails' | 'reconnects') =>
      found(judged(grown, { device: reader({ onRecordTooLarge: sourced(value) }) }), 'record-too-large')!
        .effect
    expect(effect('reconnects')).toBe('risks')
    expect(effect('fails')).toBe('blocks')
    const first = judged(joined, { device: reader({ onRecordTooLarge: sourced('reconnects') }) })
    expect(found(first, 'record-too-large')!.effect).toBe('blocks')
  })

  test('is no matter to a client that asks for less by itself, if the server honours ranges', () => {
    const shrinks = reader({ onRecordTooLarge: sourced('shrinks') })
    expect(found(judged(joined, { device: shrinks }), 'record-too-large')!.effect).toBe('risks')
    const whole = dial([
      connection({ records: records(300, [16_000, 5]), exchanges: [exchange({}, { range })] }),
    ])
    expect(found(judged(whole, { device: shrinks }), 'record-too-large')!.effect).toBe('blocks')
  })

  test('whose head alone is over the limit blocks that client too: no range makes a head smaller', () => {
    const shrinks = reader({ onRecordTooLarge: sourced('shrinks') })
    const apart = (headBytes: number) =>
      judged(
        dial([
          connection({
            records: records(headBytes, 1024),
            exchanges: [exchange({ ...partial, headBytes, bodyOffset: headBytes }, { range })],
          }),
        ]),
        { device: shrinks },
      ).state
    expect(apart(2690)).toBe('blocked')
    expect(apart(2222)).toBe('undecided')
  })

  test('between two documented limits is a risk for it, where the head leaves room', () => {
    const shrinks = reader({ onRecordTooLarge: sourced('shrinks') })
    const between = dial([
      connection({
        records: records(2222),
        exchanges: [exchange({ ...partial, headBytes: 174, bodyOffset: 174 }, { range })],
      }),
    ])
    expect(judged(between, { device: shrinks }).state).toBe('at-risk')
    expect(judged(between, { device: reader() }).state).toBe('undecided')
  })

  test('under the bare root of a host is a warning: that is no download', () => {
    const root = dial([connection({ records: records(9000) })], {}, { path: '/', pathBytes: 1 })
    expect(judged(root).state).toBe('at-risk')
  })
})

describe('the range to set', () => {
  test('is the largest choice that leaves room for the largest head and slack under every reading', () => {
    expect(found(judged(joined, { device: reader() }), 'range-size')).toMatchObject({
      effect: 'info',
      details: { rangeBytes: 1024, headBytes: 600, slackBytes: 128, limitBytes: 2048, requests: 256 },
      fixes: [{ id: 'set-range-size', with: { rangeBytes: 1024, setting: 'CONFIG_FRAG_SIZE_1024=y' } }],
    })
  })

  test.each([
    [896, 1024],
    [897, 512],
  ])('a head of %i with slack 128 leaves %i', (headBytes, rangeBytes) => {
    const seen = dial([
      connection({ records: records(500), exchanges: [exchange({ ...partial, headBytes }, { range })] }),
    ])
    expect(found(judged(seen, { device: reader() }), 'range-size')!.details.rangeBytes).toBe(rangeBytes)
  })

  test('is also the first cure of a record too large', () => {
    expect(found(judged(joined, { device: reader() }), 'record-too-large')!.fixes[0]).toMatchObject({
      id: 'set-range-size',
      with: { rangeBytes: 1024 },
    })
  })

  test('is not given where the server ignores ranges, or the device does not ask for them', () => {
    const whole = dial([connection({ records: records(500), exchanges: [exchange({}, { range })] })])
    expect(idsOf(judged(whole, { device: reader() }))).not.toContain('range-size')
    expect(idsOf(judged(joined, { device: reader({ rangeBytes: sourced('never') }) }))).not.toContain(
      'range-size',
    )
  })
})

describe('growth in mid-download', () => {
  const grown = dial([
    connection({
      records: records(300, [2000, 40], [16_344, 10], 900),
      exchanges: [exchange({ bodyOffset: 300 })],
    }),
  ])

  test('is told with its offset, and is a risk where it passes the limit', () => {
    const details = { fromBytes: 2000, toBytes: 16_344, offset: 300 + 80_000 }
    expect(found(judged(grown), 'record-growth')).toMatchObject({ effect: 'risks', details })
    expect(found(judged(grown, { device: device() }), 'record-growth')).toMatchObject({
      effect: 'info',
      details,
    })
  })

  test('is not the step from the record of the head to those of the body', () => {
    const even = dial([
      connection({ records: records(300, [16_384, 15], 900), exchanges: [exchange({ bodyOffset: 300 })] }),
    ])
    expect(idsOf(judged(even, { device: device() }))).not.toContain('record-growth')
  })

  test('is looked for within one response, not from a small one to a large one', () => {
    const two = dial([
      connection({
        records: records(300, [500, 3], 300, [4000, 3]),
        exchanges: [exchange({ bodyOffset: 300 }), exchange({ headOffset: 1800, bodyOffset: 2100 })],
      }),
    ])
    expect(idsOf(judged(two, { device: device() }))).not.toContain('record-growth')
  })
})

describe('a download cut by the byte limit', () => {
  const cut = (response: Parameters<typeof exchange>[0], request: Parameters<typeof exchange>[1]) =>
    dial([
      connection({
        records: records(1000),
        exchanges: [exchange(response, request)],
        close: close('byte-limit'),
      }),
    ])

  test('leaves the records open where they have a limit and nothing bounds them', () => {
    const verdict = judged(cut({}, {}), { device: reader() })
    expect(found(verdict, 'records-unseen')).toMatchObject({
      effect: 'unknown',
      details: { why: 'byte-limit' },
    })
    expect(verdict).toMatchObject({ state: 'undecided', leans: 'fits' })
  })

  test('does not where the range asked for bounds them', () => {
    const small = { first: 0, last: 1023 }
    expect(
      found(
        judged(cut({ ...partial, headBytes: 400 }, { range: small }), { device: reader() }),
        'records-unseen',
      )!.effect,
    ).toBe('info')
  })

  test('does not where the device takes any record', () => {
    expect(found(judged(cut({}, {}), { device: device() }), 'records-unseen')!.effect).toBe('info')
  })
})
