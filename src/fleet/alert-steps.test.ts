import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AlertStep, OpenAlert, Silence } from './alert-step.ts'
import { type AlertContext, alertSteps, sameJson } from './alert-steps.ts'
import type { Condition, Severity } from './condition.ts'
import { openWindows } from './maintenance.ts'
import type { SnapshotChange } from './snapshot-change.ts'

const now = new Date('2026-12-01T00:00:00Z')
const chain = { bytes: 3_000, messageBytes: 3_013, count: 2, issuer: 'CA', root: 'Root' }
const change: SnapshotChange = {
  ...{ key: 'chain:b', kind: 'chain', differs: ['size'] },
  from: { digest: 'a', ...chain },
  to: { digest: 'b', ...chain, bytes: 4_465 },
}

function blocked(
  rest: { severity?: Severity; fleetIds?: string[]; cause?: string; change?: SnapshotChange } = {},
): Condition {
  const { severity = 'critical', fleetIds = ['trackers'], cause = 'verdict:fw:chain' } = rest
  return {
    ...{ kind: severity === 'critical' ? 'blocked' : 'at-risk', cause, endpointId: 'fw', severity, fleetIds },
    ...{ deviceCount: 38_000, vantages: ['local'], once: false },
    detail: { fleets: [], change: rest.change },
  }
}

const once: Condition = {
  ...{ kind: 'changed', cause: 'changed:fw:chain:b', endpointId: 'fw', severity: 'warning', fleetIds: [] },
  ...{ deviceCount: 0, vantages: ['berlin'], once: true },
  detail: { change, rooms: [] },
}

function open(condition: Condition, rest: Partial<OpenAlert> = {}): OpenAlert {
  return { id: '7', condition, raisedAt: '2026-11-30T00:00:00.000Z', toldTo: ['ops'], ...rest }
}

function context(rest: Partial<AlertContext> = {}): AlertContext {
  return { channels: [{ id: 'ops', from: 'warning' }], silences: [], toldOnce: new Set(), now, ...rest }
}

const silence = (rest: Partial<Silence> = {}): Silence => ({
  ...{ kind: 'mute', startsAt: '2026-11-30T00:00:00.000Z', endsAt: '2026-12-02T00:00:00.000Z' },
  ...rest,
})
const tells = (steps: readonly AlertStep[]) => steps.map(({ act, tell }) => [act, tell])

describe('steps of alerts', () => {
  test('a new condition is raised, the same one is left alone, one that is gone recovers', () => {
    expect(tells(alertSteps([], [blocked()], context()))).toEqual([['raise', ['ops']]])
    expect(alertSteps([open(blocked())], [blocked()], context())).toEqual([])
    expect(tells(alertSteps([open(blocked())], [], context()))).toEqual([['recover', ['ops']]])
  })

  test('the order in which a database gives keys back is no news', () => {
    const stored = JSON.parse(JSON.stringify(blocked())) as Condition
    const turned = Object.fromEntries(Object.entries(stored).reverse()) as unknown as Condition
    expect(alertSteps([open(turned)], [blocked()], context())).toEqual([])
    expect(sameJson({ a: undefined, b: [1, { d: 1, c: 2 }] }, { b: [1, { c: 2, d: 1 }] })).toBe(true)
    expect(sameJson([1, 2], [2, 1])).toBe(false)
  })

  test('graver, or another fleet, is told again; less is kept and not told', () => {
    const risk = blocked({ severity: 'warning' })
    const more = blocked({ fleetIds: ['trackers', 'gates'] })
    expect(tells(alertSteps([open(risk)], [blocked()], context()))).toEqual([['update', ['ops']]])
    expect(tells(alertSteps([open(blocked())], [more], context()))).toEqual([['update', ['ops']]])
    expect(tells(alertSteps([open(more)], [blocked()], context()))).toEqual([['update', []]])
    expect(tells(alertSteps([open(blocked())], [risk], context()))).toEqual([['update', []]])
  })

  test('an acknowledged alert is told again only when it gets graver', () => {
    const acknowledgedAt = '2026-11-30T01:00:00.000Z'
    const more = blocked({ fleetIds: ['trackers', 'gates'] })
    const risk = open(blocked({ severity: 'warning' }), { acknowledgedAt })
    expect(tells(alertSteps([open(blocked(), { acknowledgedAt })], [more], context()))).toEqual([
      ['update', []],
    ])
    expect(tells(alertSteps([risk], [blocked()], context()))).toEqual([['update', ['ops']]])
  })

  test('the change that a trouble came with stays named in later rounds', () => {
    const was = open(blocked({ change }))
    expect(alertSteps([was], [blocked()], context())).toEqual([])
    const [step] = alertSteps([was], [blocked({ fleetIds: ['trackers', 'gates'] })], context())
    expect(step?.condition.detail).toMatchObject({ change: { key: 'chain:b' } })
  })

  test('what happened is told once, from however many vantage points it is seen', () => {
    expect(tells(alertSteps([], [once], context()))).toEqual([['raise', ['ops']]])
    expect(
      alertSteps([], [{ ...once, vantages: ['virginia'] }], context({ toldOnce: new Set([once.cause]) })),
    ).toEqual([])
  })

  test('channels get what they ask for', () => {
    const channels: AlertContext['channels'] = [
      { id: 'pager', from: 'critical' },
      { id: 'all', from: 'info' },
      { id: 'gates', from: 'info', fleets: ['gates'] },
      { id: 'broker', from: 'info', endpoints: ['broker'] },
    ]
    const risk = blocked({ severity: 'warning' })
    expect(tells(alertSteps([], [risk], context({ channels })))).toEqual([['raise', ['all']]])
    expect(tells(alertSteps([open(risk, { toldTo: ['all'] })], [blocked()], context({ channels })))).toEqual([
      ['update', ['pager', 'all']],
    ])
  })

  test('in silence it is raised and nobody is told; once the silence is over they are, and only then', () => {
    const silent = context({ silences: [silence()] })
    expect(tells(alertSteps([], [blocked()], silent))).toEqual([['raise', []]])
    const untold = open(blocked(), { toldTo: [] })
    expect(alertSteps([untold], [blocked()], silent)).toEqual([])
    expect(tells(alertSteps([untold], [blocked()], context()))).toEqual([['remind', ['ops']]])
    expect(tells(alertSteps([untold], [], context()))).toEqual([['recover', []]])
  })

  test('who was told of a trouble is told of its end, also in silence', () => {
    expect(tells(alertSteps([open(blocked())], [], context({ silences: [silence()] })))).toEqual([
      ['recover', ['ops']],
    ])
  })

  test('a silence covers what it names, and no fleet beside', () => {
    const raised = (silences: readonly Silence[], one = blocked()) =>
      tells(alertSteps([], [one], context({ silences })))
    const both = blocked({ fleetIds: ['trackers', 'gates'] })
    expect(raised([silence({ endpointIds: ['broker'] })])).toEqual([['raise', ['ops']]])
    expect(raised([silence({ endpointIds: ['fw'] })])).toEqual([['raise', []]])
    expect(raised([silence({ cause: 'verdict:fw:records' })])).toEqual([['raise', ['ops']]])
    expect(raised([silence({ fleetIds: ['trackers'] })])).toEqual([['raise', []]])
    expect(raised([silence({ fleetIds: ['trackers'] })], both)).toEqual([['raise', ['ops']]])
    expect(raised([silence({ endsAt: now.toISOString() })])).toEqual([['raise', ['ops']]])
  })

  test('a muted alert is silent until then', () => {
    const risk = blocked({ severity: 'warning' })
    const muted = open(risk, { mutedUntil: '2026-12-01T01:00:00.000Z' })
    expect(tells(alertSteps([muted], [blocked()], context()))).toEqual([['update', []]])
    const over = open(risk, { mutedUntil: '2026-11-30T01:00:00.000Z' })
    expect(tells(alertSteps([over], [blocked()], context()))).toEqual([['update', ['ops']]])
  })

  test('an end that comes near is told again at 7, 3 and 1 days', () => {
    const ending = (days: number): Condition => ({
      ...{
        kind: 'expiry',
        cause: 'expiry:fw:leaf',
        endpointId: 'fw',
        severity: 'warning',
        fleetIds: ['trackers'],
      },
      ...{ deviceCount: 1, vantages: ['local'], once: false },
      detail: { role: 'leaf', subject: 'host', notAfter: '2026-12-15T00:00:00.000Z', days, fleets: [] },
    })
    const told = [13, 8, 7, 6, 3, 2, 1].filter((days, at, all) => {
      const before = all[at - 1]
      if (before === undefined) return false
      return alertSteps([open(ending(before))], [ending(days)], context()).some(({ tell }) => tell.length > 0)
    })
    expect(told).toEqual([7, 3, 1])
  })

  test('whatever comes and goes, each cause is open once, and each that was told has its end told', () => {
    const causes = ['a', 'b', 'c']
    const round = fc.subarray(causes)
    fc.assert(
      fc.property(fc.array(round, { maxLength: 12 }), (rounds) => {
        const alerts = new Map<string, OpenAlert>()
        let [raised, recovered] = [0, 0]
        for (const now of [...rounds, []]) {
          const steps = alertSteps(
            [...alerts.values()],
            now.map((cause) => blocked({ cause })),
            context(),
          )
          for (const { act, condition, tell } of steps) {
            if (act === 'raise') {
              expect(alerts.has(condition.cause)).toBe(false)
              alerts.set(condition.cause, open(condition, { id: condition.cause, toldTo: tell }))
              raised++
            } else if (act === 'recover') {
              expect(tell).toEqual(['ops'])
              alerts.delete(condition.cause)
              recovered++
            }
          }
          expect([...alerts.keys()].sort()).toEqual([...now].sort())
        }
        expect(recovered).toBe(raised)
      }),
    )
  })
})

describe('maintenance', () => {
  const weekly = { id: 'w', reason: '', kind: 'weekly', day: 0, minute: 23 * 60, seconds: 7_200 } as const
  const openAt = (at: string) => openWindows([weekly], new Date(at)).length === 1

  test('a window that comes every week is open over midnight', () => {
    // 6 December 2026 is a Sunday.
    expect(openAt('2026-12-06T22:59:59Z')).toBe(false)
    expect(openAt('2026-12-06T23:00:00Z')).toBe(true)
    expect(openAt('2026-12-07T00:59:59Z')).toBe(true)
    expect(openAt('2026-12-07T01:00:00Z')).toBe(false)
  })

  test('one that is written with its times is open between them', () => {
    const times = { from: '2026-12-01T00:00:00.000Z', to: '2026-12-02T00:00:00.000Z' }
    const window = { id: 'o', reason: '', kind: 'once', endpoints: ['fw'], ...times } as const
    expect(openWindows([window], new Date('2026-12-01T12:00:00Z'))).toMatchObject([{ endpointIds: ['fw'] }])
    expect(openWindows([window], new Date(times.to))).toEqual([])
  })
})
