import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareRuns, holdingFailed } from './compare-runs.ts'
import { formatRun, parseRun } from './run-file.ts'
import type { ChainRecord, DeviceRecord, RunRecord } from './run-record.ts'
import type { SeenRun } from './run-recorder.ts'
import { brokenThresholds } from './thresholds.ts'

const at = '2026-11-21T00:00:00Z'
const target = 'https://example.com/'

function chain(leaf: string, more: Partial<ChainRecord> = {}): ChainRecord {
  const dates = { issued: '2026-10-01T00:00:00Z', expires: '2026-12-30T00:00:00Z' }
  return { leaf, ...dates, bytes: 2_800, certificates: 2, root: 'Root X1', ...more }
}

function device(left: number, more: Partial<DeviceRecord> = {}): DeviceRecord {
  return {
    device: 'nrf9160@1.3.7',
    state: 'fits',
    stage: undefined,
    chains: [chain('a1')],
    margins: [{ limit: 'chainBytes', counts: 'sent', unit: 'bytes', left, limitValue: 4_096 }],
    ...more,
  }
}

function record(...devices: readonly DeviceRecord[]): RunRecord {
  return { targets: devices.length === 0 ? [] : [{ target, devices }] }
}

function seen(found: RunRecord, more: Partial<SeenRun> = {}): SeenRun {
  return { record: found, unreached: [], failed: [], ...more }
}

const changesOf = (before: RunRecord | undefined, now: SeenRun) => compareRuns(before, now, { at }).changes

describe('two runs', () => {
  test('that found the same differ in nothing, and leave the same file', () => {
    const before = record(device(1_296))
    const { changes, next } = compareRuns(before, seen(record(device(1_296))), { at })
    expect(changes).toEqual([])
    expect(formatRun(next)).toBe(formatRun(before))
  })

  test('of which the first is not there tell nothing as new', () => {
    const { changes, next } = compareRuns(undefined, seen(record(device(1_296))), { at })
    expect(changes).toEqual([])
    expect(next).toEqual(record(device(1_296)))
  })

  test('tell a renewal with what became of chain and margin', () => {
    const renewed = chain('b2', {
      issued: '2026-11-20T00:00:00Z',
      expires: '2027-02-18T00:00:00Z',
      bytes: 4_265,
      certificates: 3,
      root: 'Root YR',
    })
    const now = device(-169, { state: 'blocked', stage: 'chain', chains: [renewed] })
    expect(changesOf(record(device(1_296)), seen(record(now)))).toEqual(
      [
        { kind: 'worse', from: 'fits', to: 'blocked', stage: 'chain' },
        { kind: 'root', from: ['Root X1'], to: ['Root YR'] },
        { kind: 'chain', bytesFrom: 2_800, bytesTo: 4_265, certificatesFrom: 2, certificatesTo: 3 },
        { kind: 'renewed', expiresFrom: '2026-12-30T00:00:00Z', expiresTo: '2027-02-18T00:00:00Z' },
        {
          kind: 'margin',
          ...{ limit: 'chainBytes', counts: 'sent', unit: 'bytes' },
          ...{ from: 1_296, to: -169, limitFrom: 4_096, limitTo: 4_096 },
        },
      ].map((change) => ({ ...change, target, devices: ['nrf9160@1.3.7'] })),
    )
  })

  test('say once what is the same for several devices', () => {
    const both = (left: number, state: DeviceRecord['state']) =>
      record(device(left, { state }), device(left, { state, device: 'nrf91x1' }))
    const changes = changesOf(both(1_296, 'blocked'), seen(both(1_296, 'fits')))
    expect(changes).toMatchObject([{ kind: 'better', devices: ['nrf9160@1.3.7', 'nrf91x1'] }])
  })

  test('never call a regression what could not be reached from here, and keep what was known', () => {
    const before = record(device(1_296))
    const now = seen(record(), { unreached: [{ target, device: 'nrf9160@1.3.7' }] })
    const { changes, next } = compareRuns(before, now, { at })
    expect(changes).toEqual([{ kind: 'not-reached', was: 'fits', target, devices: ['nrf9160@1.3.7'] }])
    expect(next).toEqual(before)
    const failed = compareRuns(before, seen(record(), { failed: [target] }), { at })
    expect(failed).toEqual({ changes, next: before, accepted: before })
  })

  test('tell targets and devices that came and went', () => {
    const other: RunRecord = { targets: [{ target: 'mqtts://b.example', devices: [device(9)] }] }
    expect(changesOf(record(device(1)), seen(other)).map(({ kind }) => kind)).toEqual([
      'target-gone',
      'target-new',
    ])
    const two = record(device(1), device(1, { device: 'nrf91x1' }))
    expect(changesOf(record(device(1)), seen(two))).toMatchObject([
      { kind: 'device-new', devices: ['nrf91x1'] },
    ])
    expect(changesOf(two, seen(record(device(1))))).toMatchObject([
      { kind: 'device-gone', devices: ['nrf91x1'] },
    ])
  })

  test('of a balancer that gives two chains by turns go on with the worse, until its certificate is replaced', () => {
    const heavy = device(100, { chains: [chain('b2', { bytes: 3_996, issued: '2026-10-02T00:00:00Z' })] })
    const light = device(1_296)
    const first = compareRuns(record(heavy), seen(record(light)), { at })
    expect(first.changes).toMatchObject([{ kind: 'by-turns' }])
    expect(first.next.targets[0]?.devices[0]).toMatchObject({ margins: [{ left: 100 }] })
    const again = compareRuns(first.next, seen(record(heavy)), { at })
    expect(again.changes).toEqual([])
    expect(brokenThresholds(record(heavy), first.next, () => limits({ shrink: { bytes: 10 } }))).toEqual([])
    expect(compareRuns(record(heavy), seen(record(light)), { at }).accepted).toEqual(record(light))
    const renewed = device(1_300, { chains: [chain('c3', { issued: '2026-11-01T00:00:00Z', bytes: 2_796 })] })
    const after = compareRuns(again.next, seen(record(renewed)), { at })
    expect(after.changes.map(({ kind }) => kind)).toEqual(['chain', 'renewed', 'margin'])
    expect(after.next).toEqual(record(renewed))
  })

  test.each([
    ['blocked the device', device(-1_666, { state: 'blocked', stage: 'chain' }), undefined],
    ['was beyond the limit', device(-1, { state: 'undecided' }), undefined],
    [
      'left less than the plan asks for',
      device(100),
      () => (_: string, one: { left: number }) => one.left < 500,
    ],
  ])('forget a chain that %s once it is rolled back, and call nothing by turns', (_, bad, refusing) => {
    const refuses = refusing?.()
    const huge = { ...bad, chains: [chain('b2', { bytes: 5_762, issued: '2026-10-02T00:00:00Z' })] }
    const small = device(1_296)
    const hit = compareRuns(record(small), seen(record(huge)), { at, refuses })
    const cured = compareRuns(hit.next, seen(record(small)), { at, refuses })
    expect(cured.changes.map(({ kind }) => kind)).not.toContain('by-turns')
    expect(cured.next).toEqual(record(small))
    const larger = record(device(300))
    expect(brokenThresholds(larger, cured.next, () => limits({ shrink: { bytes: 200 } }))).toHaveLength(1)
    expect(compareRuns(cured.next, seen(record(small)), { at, refuses }).changes).toEqual([])
  })

  test('forget a chain whose shrinking was refused once it is rolled back', () => {
    const huge = record(device(256, { chains: [chain('b2', { issued: '2026-10-02T00:00:00Z' })] }))
    const small = record(device(1_296))
    const failures = brokenThresholds(huge, small, () => limits({ shrink: { bytes: 200 } }))
    const held = holdingFailed(compareRuns(small, seen(huge), { at }).next, small, failures)
    expect(compareRuns(held, seen(small), { at })).toMatchObject({ changes: [], next: small })
  })

  test('call one certificate by turns or renewed, never both', () => {
    const now = record(device(1_200, { chains: [chain('b2', { bytes: 2_896 })] }))
    const kinds = changesOf(record(device(1_296)), seen(now)).map(({ kind }) => kind)
    expect(kinds).toContain('by-turns')
    expect(kinds).not.toContain('renewed')
  })

  test('say that the worst of several chains was compared', () => {
    const two = device(100, { chains: [chain('a1'), chain('b2', { bytes: 3_996 })] })
    expect(changesOf(undefined, seen(record(two)))).toMatchObject([{ kind: 'several-chains', chains: 2 }])
  })

  test('whatever they found, what is kept is read again as it was', () => {
    const state = fc.constantFrom(
      'fits' as const,
      'at-risk' as const,
      'blocked' as const,
      'undecided' as const,
    )
    const name = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'a', 'b'))
    const devices = fc.uniqueArray(
      fc.record({
        device: name,
        state,
        stage: fc.constantFrom(undefined, 'chain' as const, 'http' as const),
        chains: fc.array(fc.record({ leaf: name, root: name, bytes: fc.nat(), certificates: fc.nat(9) }), {
          maxLength: 3,
        }),
        margins: fc.constantFrom([], device(1).margins, device(-1).margins),
      }),
      { selector: (one) => one.device, maxLength: 4 },
    )
    const run = fc
      .uniqueArray(fc.record({ target: name, devices }), { selector: (one) => one.target, maxLength: 4 })
      .map(
        (targets): RunRecord => ({
          targets: targets.map((one) => ({
            ...one,
            devices: one.devices.map((row) => ({
              ...row,
              chains: row.chains.map((it) => chain(it.leaf, it)),
            })),
          })),
        }),
      )
    fc.assert(
      fc.property(run, run, (before, now) => {
        const text = formatRun(before)
        expect(formatRun(parseRun(text, 'last-run.json'))).toBe(text)
        const { next } = compareRuns(parseRun(text, 'last-run.json'), seen(now), { at })
        const kept = next.targets.map((one) => one.target)
        expect(kept).toEqual([...kept].sort((a, b) => (a < b ? -1 : 1)))
        expect(
          compareRuns(now, seen(now), { at }).changes.filter(({ kind }) => kind !== 'several-chains'),
        ).toEqual([])
      }),
    )
  })
})

const limits = (thresholds: { least?: object; shrink?: object }) => ({
  least: {},
  shrink: {},
  line: 7,
  ...thresholds,
})

describe('a threshold', () => {
  test.each([
    [
      'of what is left, in bytes',
      { least: { bytes: 257 } },
      { rule: 'least', threshold: 257, percent: false },
    ],
    [
      'of what is left, in percent',
      { least: { percent: 6.3 } },
      { rule: 'least', threshold: 6.3, percent: true },
    ],
    ['of what was lost', { shrink: { bytes: 1_039 } }, { rule: 'shrink', threshold: 1_039, percent: false }],
    ['of what was lost, in percent', { shrink: { percent: 25 } }, { rule: 'shrink', percent: true }],
  ])('%s is broken just beyond it', (_, thresholds, failure) => {
    const [before, now] = [record(device(1_296)), record(device(256))]
    expect(brokenThresholds(now, before, () => limits(thresholds))).toMatchObject([
      { ...failure, left: 256, before: 1_296, line: 7 },
    ])
  })

  test.each([
    ['what is left reaches it', { least: { bytes: 256, percent: 6.25 } }],
    ['what was lost reaches it', { shrink: { bytes: 1_040 } }],
    ['it counts otherwise', { least: { bits: 9_999, certificates: 99, characters: 999 } }],
  ])('holds where %s', (_, thresholds) => {
    const [before, now] = [record(device(1_296)), record(device(256))]
    expect(brokenThresholds(now, before, () => limits(thresholds))).toEqual([])
  })

  test('of shrinking that is broken stays broken in the next run, until it is accepted or cured', () => {
    const [before, now] = [record(device(1_296)), record(device(256, { state: 'at-risk' }))]
    const failures = brokenThresholds(now, before, () => limits({ shrink: { bytes: 200 } }))
    const kept = holdingFailed(now, before, failures)
    expect(kept).toEqual(record(device(1_296, { state: 'at-risk' })))
    expect(brokenThresholds(now, kept, () => limits({ shrink: { bytes: 200 } }))).toEqual(failures)
    expect(holdingFailed(now, before, [])).toBe(now)
  })

  test('of shrinking breaks nothing in a first run, one of what is left does', () => {
    const thresholds = limits({ least: { bytes: 300 }, shrink: { bytes: 1 } })
    expect(brokenThresholds(record(device(256)), undefined, () => thresholds)).toMatchObject([
      { rule: 'least', before: undefined },
    ])
  })

  test('says nothing of a target without one', () => {
    expect(brokenThresholds(record(device(-9)), undefined, () => undefined)).toEqual([])
  })
})

describe('a file of the last run', () => {
  test.each([
    ['cut short', formatRun(record(device(1))).slice(0, 90), 'no JSON'],
    ['another file', '{"name":"x"}', 'no last run'],
    ['nothing', '', 'no JSON'],
    ['a later one', '{"schema":"tlsfit/run@2","targets":[]}', 'another version'],
    ['null', 'null', 'no last run'],
  ])('that is %s is told with its mend', (_, text, what) => {
    expect(() => parseRun(text, 'last-run.json')).toThrow(
      expect.objectContaining({
        message: expect.stringContaining(what),
        hint: expect.stringContaining('--update-baseline'),
      }),
    )
  })
})
