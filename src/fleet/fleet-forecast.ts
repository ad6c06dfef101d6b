import type { Outlook } from '../judge/outlook.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { FleetHit, ForecastDetail } from './condition.ts'
import type { SentenceOf } from './summarize.ts'
import type { Fleet } from './watch-config.ts'

/** Verdicts of one fleet at one endpoint, all addresses, each with its outlook. */
export interface FleetOutlook {
  readonly fleet: Pick<Fleet, 'id' | 'device' | 'count'>
  readonly verdicts: readonly Verdict[]
}

export interface FleetForecast extends ForecastDetail {
  /** Devices that stop, of all fleets together. */
  readonly deviceCount: number
}

/**
 * What each change to come stops that goes on today: one forecast for each change, soonest first, those without a date
 * last. What is only likely is told apart from what is certain by what is assumed.
 */
export function fleetForecasts(fleets: readonly FleetOutlook[], sentenceOf: SentenceOf): FleetForecast[] {
  const changes = new Map<string, { outlooks: Outlook[]; hits: FleetHit[] }>()
  for (const { fleet, verdicts } of fleets) {
    const stops = new Map<string, { outlook: Outlook; verdict: Verdict }>()
    for (const verdict of verdicts) {
      if (verdict.state === 'blocked') continue
      for (const outlook of verdict.outlook ?? []) {
        if (!wouldStop(outlook)) continue
        const known = stops.get(keyOf(outlook))
        // Of several addresses a certain one counts before a likely one.
        if (known === undefined || known.outlook.state !== 'blocked')
          stops.set(keyOf(outlook), { outlook, verdict })
      }
    }
    for (const [key, { outlook, verdict }] of stops) {
      const change = changes.get(key) ?? { outlooks: [], hits: [] }
      change.outlooks.push(outlook)
      change.hits.push(hitOf(fleet, outlook, verdict, sentenceOf))
      changes.set(key, change)
    }
  }
  return [...changes.values()].map(({ outlooks, hits }) => forecastOf(outlooks, hits)).sort(bySoonest)
}

function wouldStop({ state, leans, asToday }: Outlook): boolean {
  return !asToday && (state === 'blocked' || (state === 'undecided' && leans === 'blocked'))
}

function keyOf({ id, candidate, host }: Outlook): string {
  return JSON.stringify([id, candidate ?? '', host ?? ''])
}

function hitOf(
  { id, device, count }: FleetOutlook['fleet'],
  outlook: Outlook,
  { observation }: Verdict,
  sentenceOf: SentenceOf,
): FleetHit {
  const { state, stage, leans, findings, margins } = outlook
  const lead =
    findings.find(({ effect }) => effect === (state === 'blocked' ? 'blocks' : 'unknown')) ?? findings[0]
  const [nearest] = margins.filter(({ left }) => left < 0).sort((a, b) => a.left - b.left)
  return {
    ...{ fleetId: id, device, count, state: state ?? 'undecided', stage, leans },
    finding: lead && {
      ...{ id: lead.id, effect: lead.effect, stage: lead.stage, reached: lead.reached, host: lead.host },
      sentence: sentenceOf(lead, observation.source),
      fixes: [...new Set(lead.fixes.map((fix) => fix.id))],
    },
    margin: nearest && { ...nearest, room: nearest.left / nearest.limitValue },
  }
}

function forecastOf(outlooks: readonly Outlook[], hits: readonly FleetHit[]): FleetForecast {
  const [first] = outlooks as readonly [Outlook, ...Outlook[]]
  const { id, change, candidate, host, timing, from, before, after } = first
  const everywhere = outlooks.map(({ avoidedBy }) => avoidedBy.map(({ name }) => name))
  return {
    entry: id,
    title: change?.title ?? change?.change ?? '',
    date: change?.date,
    from: from?.toISOString(),
    timing,
    certain: hits.every(({ state }) => state === 'blocked'),
    ...{ candidate, host },
    bytesBefore: before?.bytes,
    bytesAfter: after?.bytes,
    certificatesBefore: before?.certificates,
    certificatesAfter: after?.certificates,
    assumed: [...new Set(outlooks.flatMap(({ assumed }) => assumed))],
    avoidedBy: (everywhere[0] ?? []).filter((name) => everywhere.every((names) => names.includes(name))),
    fleets: hits,
    deviceCount: hits.reduce((sum, { count }) => sum + count, 0),
  }
}

function bySoonest(a: FleetForecast, b: FleetForecast): number {
  const [x, y] = [a.from ?? '9999', b.from ?? '9999']
  return x < y ? -1 : x > y ? 1 : b.deviceCount - a.deviceCount
}
