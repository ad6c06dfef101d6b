import { describe, expect, test } from 'vitest'
import { conditionsOf } from './conditions.ts'
import type { EndpointState, EndpointView } from './endpoint-state.ts'
import { anchorConditions, anchorUsed } from './expiry-conditions.ts'
import type { FleetForecast } from './fleet-forecast.ts'
import type { ChainFacts, Snapshot } from './snapshot.ts'
import type { ChainBrief, SnapshotChange } from './snapshot-change.ts'
import type { FindingSummary, MarginSummary, VerdictSummary } from './verdict-summary.ts'
import { defaultThresholds } from './watch-parts.ts'

const now = new Date('2026-12-01T00:00:00Z')
const fleets = [
  { id: 'trackers', device: 'nrf9160@1.3.7', count: 38_000 },
  { id: 'gates', device: 'esp-idf@5.2', count: 1_200 },
  { id: 'meters', device: 'nrf9160@1.2.0', count: 500 },
]

function finding(
  id: string,
  stage: FindingSummary['stage'],
  effect: FindingSummary['effect'] = 'blocks',
): FindingSummary {
  return { id, stage, effect, reached: true, sentence: `${id}.`, fixes: ['use-shorter-chain'] }
}

function chainRoom(left: number, rest: Partial<MarginSummary> = {}): MarginSummary {
  const limit = { limit: 'chainBytes', counts: 'path', unit: 'bytes' as const, limitValue: 4_096 }
  return { ...limit, value: 4_096 - left, left, room: left / 4_096, ...rest }
}

function summary(state: VerdictSummary['state'], rest: Partial<VerdictSummary> = {}): VerdictSummary {
  return { state, addresses: 1, margins: [chainRoom(2_000)], findings: [], missing: [], chains: [], ...rest }
}

const fits = summary('fits')
const tooLarge = summary('blocked', {
  stage: 'chain',
  findings: [finding('chain-too-large', 'chain')],
  margins: [chainRoom(-369)],
})

const brief = (bytes: number, digest: string): ChainBrief => ({
  ...{ digest, bytes, messageBytes: bytes + 13, count: 3, issuer: 'CA', root: 'Root', subject: 'host' },
})
const grown: SnapshotChange = {
  ...{ key: 'chain:b', kind: 'chain', differs: ['chain', 'leaf', 'size'] },
  from: brief(3_000, 'a'),
  to: brief(4_465, 'b'),
}

function view(rest: Partial<EndpointView> = {}): EndpointView {
  const verdicts = fleets.map(({ id }) => ({ fleetId: id, summary: fits }))
  return { vantage: 'local', changes: [], verdicts, ...rest }
}

function state(rest: Partial<EndpointState> = {}): EndpointState {
  const endpoint = { id: 'fw', thresholds: defaultThresholds }
  return { endpoint, fleets, views: [view()], forecasts: [], now, ...rest }
}

const of = (...views: Partial<EndpointView>[]) => conditionsOf(state({ views: views.map(view) }))
const all = (summaryNow: VerdictSummary, before?: VerdictSummary) =>
  fleets.map(({ id }) => ({ fleetId: id, summary: summaryNow, before }))

function snapshot(
  leaf: Partial<ChainFacts['certificates'][number]>,
  rest: Partial<ChainFacts> = {},
): Snapshot {
  const dates = { notBefore: '2026-10-01T00:00:00.000Z', notAfter: '2027-04-01T00:00:00.000Z' }
  const parts = { issuer: 'CA', key: 'RSA 2048', bytes: 1_500 }
  const chain: ChainFacts = {
    ...{ digest: 'a', bytes: 3_000, messageBytes: 3_013, count: 2, issuer: 'CA', root: 'Root' },
    certificates: [
      { sha256: 'leaf', role: 'leaf', subject: 'host', ...parts, ...dates, ...leaf },
      {
        sha256: 'ca',
        role: 'intermediate',
        subject: 'CA',
        ...parts,
        ...dates,
        issuer: 'Root',
        notAfter: '2030-01-01T00:00:00.000Z',
      },
    ],
    ...rest,
  }
  return { at: now.toISOString(), addresses: ['192.0.2.1'], views: [], chains: [chain] }
}

describe('conditions of an endpoint', () => {
  test('all well is none, and all of them are plain JSON', () => {
    expect(conditionsOf(state())).toEqual([])
    const conditions = of({ verdicts: all(tooLarge, fits), changes: [grown] })
    expect(JSON.parse(JSON.stringify(conditions))).toEqual(conditions)
  })

  test('a renewed chain that blocks three fleets in two ways is one condition, with the change and the devices', () => {
    const noRoot = summary('blocked', { stage: 'path', findings: [finding('untrusted-root', 'path')] })
    const verdicts = [
      { fleetId: 'trackers', summary: tooLarge, before: fits },
      { fleetId: 'gates', summary: noRoot, before: fits },
      { fleetId: 'meters', summary: tooLarge, before: fits },
    ]
    const conditions = of({ verdicts, changes: [grown] })
    expect(conditions).toHaveLength(1)
    expect(conditions[0]).toMatchObject({
      kind: 'blocked',
      cause: 'verdict:fw:chain',
      severity: 'critical',
      fleetIds: ['trackers', 'gates', 'meters'],
      deviceCount: 39_700,
      once: false,
      detail: { change: { from: { bytes: 3_000 }, to: { bytes: 4_465 } } },
    })
  })

  test('seen from two vantage points it is still one', () => {
    const one = { verdicts: all(tooLarge, fits), changes: [grown] }
    const conditions = of({ ...one, vantage: 'berlin' }, { ...one, vantage: 'virginia' })
    expect(conditions).toMatchObject([{ vantages: ['berlin', 'virginia'], deviceCount: 39_700 }])
  })

  test('only the devices that stop are counted, where the chain is a risk for others', () => {
    const near = summary('at-risk', {
      findings: [finding('limit-near', 'chain', 'risks')],
      margins: [chainRoom(200)],
    })
    const verdicts = [
      { fleetId: 'trackers', summary: near },
      { fleetId: 'gates', summary: tooLarge },
    ]
    expect(of({ verdicts })).toMatchObject([
      {
        ...{ kind: 'blocked', fleetIds: ['gates'], deviceCount: 1_200 },
        detail: {
          fleets: [
            { fleetId: 'gates', state: 'blocked' },
            { fleetId: 'trackers', state: 'at-risk' },
          ],
        },
      },
    ])
  })

  test('a chain that changes while the devices are blocked already is told by itself', () => {
    const conditions = of({ verdicts: all(tooLarge, tooLarge), changes: [grown] })
    expect(conditions.map(({ kind, cause, once }) => [kind, cause, once])).toEqual([
      ['blocked', 'verdict:fw:chain', false],
      ['changed', 'changed:fw:chain:b', true],
    ])
    expect(conditions[0]?.detail).toMatchObject({ change: undefined })
  })

  test('undecided is no alarm unless it leans to blocked', () => {
    const open = (leans?: 'blocked') =>
      summary('undecided', { leans, findings: [finding('chain-size-undecided', 'chain', 'unknown')] })
    expect(of({ verdicts: all(open()) })).toMatchObject([{ kind: 'undecided', severity: 'info' }])
    expect(of({ verdicts: all(open('blocked')) })).toMatchObject([{ kind: 'undecided', severity: 'warning' }])
  })

  test('less room than asked for is one condition a limit, least room first, with what was left before', () => {
    const verdicts = [
      { fleetId: 'trackers', summary: summary('fits', { margins: [chainRoom(312)] }), before: fits },
      { fleetId: 'gates', summary: summary('fits', { margins: [chainRoom(100)] }), before: fits },
      { fleetId: 'meters', summary: fits },
    ]
    const conditions = of({ verdicts, changes: [grown] })
    expect(conditions).toMatchObject([
      {
        ...{ kind: 'margin', cause: 'margin:fw:chainBytes', severity: 'warning', deviceCount: 39_200 },
        detail: {
          change: { key: 'chain:b' },
          fleets: [
            { fleetId: 'gates', leftBefore: 2_000, margin: { left: 100 } },
            { fleetId: 'trackers', leftBefore: 2_000, margin: { left: 312 } },
          ],
        },
      },
    ])
  })

  test('a figure that is passed by what is known to fit is no margin', () => {
    expect(of({ verdicts: all(summary('fits', { margins: [chainRoom(-100)] })) })).toEqual([])
  })

  test('a change that takes more room than is allowed is a warning with the room before and after', () => {
    const verdicts = all(summary('fits', { margins: [chainRoom(600)] }), fits)
    expect(of({ verdicts, changes: [grown] })).toMatchObject([
      {
        ...{ kind: 'changed', severity: 'warning', once: true },
        detail: { rooms: [{ fleetId: 'trackers', leftBefore: 2_000, margin: { left: 600 } }, {}, {}] },
      },
    ])
    const little = all(summary('fits', { margins: [chainRoom(1_900)] }), fits)
    expect(of({ verdicts: little, changes: [grown] })).toMatchObject([{ kind: 'changed', severity: 'info' }])
  })

  test('room that is lost though nothing of the endpoint changed is told, once', () => {
    const verdicts = all(summary('fits', { margins: [chainRoom(600)] }), fits)
    expect(of({ verdicts })).toMatchObject([
      { kind: 'margin', once: true, cause: 'shrink:fw:chainBytes:600', detail: { rule: 'shrink' } },
    ])
  })

  test('an endpoint that is not reached keeps what was known, and is critical where nobody reaches it', () => {
    const unreachable = { since: '2026-11-30T23:00:00.000Z', attempts: 3, failure: 'ECONNREFUSED' }
    expect(of({ unreachable, verdicts: all(tooLarge) })).toMatchObject([
      {
        kind: 'unreachable',
        severity: 'critical',
        deviceCount: 39_700,
        detail: { attempts: 3, reachedFrom: [] },
      },
      { kind: 'blocked' },
    ])
    expect(of({ unreachable, vantage: 'berlin' }, { vantage: 'virginia' })).toMatchObject([
      {
        kind: 'unreachable',
        severity: 'warning',
        vantages: ['berlin'],
        detail: { reachedFrom: ['virginia'] },
      },
    ])
  })

  test('a leaf is told days before its end, one that lives for days within a quarter of its life', () => {
    const leaf = (notBefore: string, notAfter: string) => of({ snapshot: snapshot({ notBefore, notAfter }) })
    expect(leaf('2026-10-01T00:00:00.000Z', '2026-12-16T00:00:00.000Z')).toEqual([])
    expect(leaf('2026-10-01T00:00:00.000Z', '2026-12-14T00:00:00.000Z')).toMatchObject([
      { kind: 'expiry', cause: 'expiry:fw:leaf', severity: 'warning', detail: { role: 'leaf', days: 13 } },
    ])
    expect(leaf('2026-11-28T00:00:00.000Z', '2026-12-04T00:00:00.000Z')).toEqual([])
    expect(leaf('2026-11-26T00:00:00.000Z', '2026-12-02T00:00:00.000Z')).toMatchObject([{ kind: 'expiry' }])
    expect(leaf('2026-10-01T00:00:00.000Z', '2026-11-30T12:00:00.000Z')).toMatchObject([
      { severity: 'critical', detail: { days: -1 } },
    ])
  })

  test('devices that stop for the end of a leaf are told with it, not beside it', () => {
    const expired = summary('blocked', {
      stage: 'dates',
      findings: [{ ...finding('cert-expired', 'dates'), index: 0 }],
    })
    const soon = summary('at-risk', {
      findings: [{ ...finding('expires-soon', 'dates', 'risks'), index: 0 }],
    })
    const ended = snapshot({ notAfter: '2026-11-30T12:00:00.000Z' })
    const verdicts = [
      { fleetId: 'trackers', summary: expired },
      { fleetId: 'gates', summary: soon },
    ]
    expect(of({ verdicts, snapshot: ended })).toMatchObject([
      { kind: 'expiry', severity: 'critical', fleetIds: ['trackers'], deviceCount: 38_000 },
    ])
    // Where the thresholds find it too early, the judge's own warning says no more.
    expect(of({ verdicts: all(soon), snapshot: snapshot({}) })).toEqual([])
  })

  test('an anchor that ends is one condition for all endpoints and fleets that rest on it', () => {
    const old = { sha256: 'a'.repeat(64), subject: 'Root', notAfter: '2027-03-01T00:00:00.000Z' }
    const young = { sha256: 'b'.repeat(64), subject: 'Root', notAfter: '2040-01-01T00:00:00.000Z' }
    const other = { sha256: 'c'.repeat(64), subject: 'Elsewhere', notAfter: '2026-12-02T00:00:00.000Z' }
    expect(anchorUsed(snapshot({}), [other, old])).toBe(old)
    expect(anchorUsed(snapshot({}), [old, young])).toBe(young)
    expect(anchorUsed(snapshot({}), [other])).toBeUndefined()
    const uses = ['fw', 'broker'].flatMap((endpointId) =>
      fleets.slice(0, 2).map((fleet) => ({ fleet, anchor: old, endpointId })),
    )
    expect(anchorConditions(uses, defaultThresholds, now)).toMatchObject([
      {
        ...{ cause: `anchor:${'a'.repeat(16)}`, deviceCount: 39_200, severity: 'warning' },
        detail: { role: 'anchor', days: 90, endpointIds: ['fw', 'broker'] },
      },
    ])
  })

  test('a change to come is told with the devices that stop; soon and certain it is a warning', () => {
    const forecast = (from: string, certain: boolean): FleetForecast => ({
      ...{ entry: 'gen-y', title: 'Generation Y', date: from.slice(0, 10), from, timing: 'ahead', certain },
      ...{ assumed: [], avoidedBy: [], deviceCount: 38_000 },
      fleets: [{ fleetId: 'trackers', device: 'nrf9160@1.3.7', count: 38_000, state: 'blocked' }],
    })
    const told = (one: FleetForecast) => conditionsOf(state({ forecasts: [one] }))
    expect(told(forecast('2027-01-13T00:00:00.000Z', true))).toMatchObject([
      { kind: 'forecast', cause: 'forecast:fw:gen-y', severity: 'warning', deviceCount: 38_000 },
    ])
    expect(told(forecast('2027-05-13T00:00:00.000Z', true))).toMatchObject([{ severity: 'info' }])
    expect(told(forecast('2027-01-13T00:00:00.000Z', false))).toMatchObject([{ severity: 'info' }])
  })
})
