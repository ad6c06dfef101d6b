import { describe, expect, test } from 'vitest'
import { chainOf, connection, dial } from '../../test/support/judge-observations.ts'
import { realChain } from '../../test/support/real-certificates.ts'
import { stepText } from '../report/alert-words.ts'
import type { OpenAlert } from './alert-step.ts'
import { alertSteps } from './alert-steps.ts'
import { chainDigest } from './chain-digest.ts'
import { chainsToCome, compareSnapshot, type EndpointMemory } from './compare-snapshots.ts'
import { conditionsOf } from './conditions.ts'
import { snapshotOf } from './snapshot-of.ts'
import { overTurns } from './summarize.ts'
import type { VerdictSummary } from './verdict-summary.ts'
import { defaultThresholds } from './watch-parts.ts'

const heavy = realChain('chain-edge-microsoft-com-g2')
const light = heavy.slice(0, 2)
/** Its leaf ended in 2022. */
const ended = realChain('chain-aws-s3-eu-west-1').slice(0, 2)
const fleet = { id: 'trackers', device: 'nrf9160@1.3.7', count: 38_000 }
const start = new Date('2026-06-01T00:00:00Z').getTime()

/** What the judge would say of a device that takes 5,000 bytes; kept as it is stored, in JSON. */
function judge(chain: typeof light): VerdictSummary {
  const value = chain.reduce((sum, { der }) => sum + der.length, 0)
  const [left, limitValue] = [5_000 - value, 5_000]
  const margin = {
    limit: 'chainBytes',
    counts: 'sent',
    unit: 'bytes' as const,
    value,
    limitValue,
    left,
    room: left / limitValue,
  }
  const finding = {
    id: 'chain-too-large',
    effect: 'blocks',
    stage: 'chain',
    reached: true,
    sentence: 'Too large.',
    fixes: [],
  } as const
  const state =
    left < 0
      ? ({ state: 'blocked', stage: 'chain', findings: [finding] } as const)
      : ({ state: 'fits', findings: [] } as const)
  return {
    ...state,
    addresses: 1,
    margins: [margin],
    missing: [],
    chains: [chainDigest(chain.map(({ der }) => der))],
  }
}

/** Rounds as a service runs them, one an hour; `undefined` reached nothing. What was told, round by round. */
function told(...chains: readonly (typeof light | undefined)[]): string[][] {
  let memory: EndpointMemory | undefined
  let summary: VerdictSummary | undefined
  let alerts: OpenAlert[] = []
  const toldOnce = new Set<string>()
  return chains.map((chain, at) => {
    const now = new Date(start + at * 3_600_000)
    const seen = chain === undefined ? dial([]) : dial([connection({ chain: chainOf(chain) })])
    const snapshot = snapshotOf([{ plan: 'a', observations: [seen] }], now)
    if (snapshot === undefined || chain === undefined) return []
    const compared = compareSnapshot(memory, snapshot, { rememberSeconds: 86_400 })
    memory = JSON.parse(JSON.stringify(compared.memory)) as EndpointMemory
    const before = summary
    summary = overTurns(before, judge(chain), new Set(chainsToCome(memory).map(({ digest }) => digest)))
    const verdicts = [{ fleetId: fleet.id, summary, before }]
    const conditions = conditionsOf({
      endpoint: { id: 'fw', thresholds: defaultThresholds },
      fleets: [fleet],
      views: [
        { vantage: 'local', snapshot, toCome: chainsToCome(memory), changes: compared.changes, verdicts },
      ],
      forecasts: [],
      now,
    })
    const steps = alertSteps(alerts, conditions, {
      channels: [{ id: 'ops', from: 'info' }],
      silences: [],
      toldOnce,
      now,
    })
    for (const { act, condition, tell } of steps) {
      if (condition.once) toldOnce.add(condition.cause)
      const toldTo = alerts.find((alert) => alert.condition.cause === condition.cause)?.toldTo ?? []
      alerts = alerts.filter((alert) => alert.condition.cause !== condition.cause)
      if (act === 'recover' || condition.once) continue
      const id = condition.cause
      alerts.push({ id, condition, raisedAt: now.toISOString(), toldTo: [...new Set([...toldTo, ...tell])] })
    }
    const names = { endpoint: (id: string) => id, fleet: (id: string) => id }
    return steps.filter(({ tell }) => tell.length > 0).map((step) => stepText(step, names).title)
  })
}

const stopped = '38,000 devices cannot reach fw'

describe('rounds of an endpoint', () => {
  test('a renewal that stops a fleet is told once, in the round in which it is met', () => {
    expect(told(light, light, heavy, heavy, heavy)).toEqual([[], [], [stopped], [], []])
  })

  test('a blip between is no change, and no alert', () => {
    expect(told(light, undefined, light, undefined, undefined, light).flat()).toEqual([])
  })

  test('a renewal that is rolled back recovers at once', () => {
    expect(told(light, heavy, light)[2]).toContain(`Recovered: ${stopped}`)
  })

  test('two chains by turns do not alarm each round: what stops devices stays open while it comes again', () => {
    const rounds = told(...Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? light : heavy)))
    expect(rounds.slice(4).flat()).toEqual([])
    expect(rounds.flat().filter((title) => title === stopped)).toHaveLength(2)
  })

  test('a leaf that ended does not alarm each time that it comes', () => {
    const rounds = told(...Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? light : ended)))
    expect(rounds[1]?.join()).toMatch(/^The leaf .* ended 1,\d+ days ago/)
    expect(rounds.slice(4).flat()).toEqual([])
  })

  test('once the worse of them comes no more, it has recovered', () => {
    const turns = [light, heavy, light, heavy, light]
    const away = Array.from({ length: 26 }, () => light)
    const rounds = told(...turns, ...away).slice(turns.length)
    expect(rounds.flat()).toEqual([`Recovered: ${stopped}`])
  })
})
