import { marginKey } from '../plan/run-record.ts'
import type { Condition, MarginDetail } from './condition.ts'
import { type EndpointState, type FleetVerdict, hitting } from './endpoint-state.ts'
import type { SnapshotChange } from './snapshot-change.ts'
import { explains, groupOfLimit } from './trouble-group.ts'
import type { MarginSummary } from './verdict-summary.ts'
import type { RoomThreshold } from './watch-config.ts'

interface Row {
  readonly vantage: string
  readonly fleet: MarginDetail['fleets'][number]
  readonly change: SnapshotChange | undefined
}

/**
 * Limits to which less is left than asked for, where the devices still fit: one for each limit. What a verdict is told
 * of already is not told again.
 */
export function marginConditions(state: EndpointState, told: readonly Condition[]): Condition[] {
  const { endpoint, fleets, views } = state
  const byLimit = new Map<string, Row[]>()
  for (const { vantage, verdicts, changes } of views) {
    for (const verdict of verdicts) {
      const fleet = fleets.find(({ id }) => id === verdict.fleetId)
      if (fleet === undefined) continue
      for (const margin of tight(verdict, endpoint.thresholds.room)) {
        const group = groupOfLimit(margin.limit)
        if (told.some((one) => isOf(one, endpoint.id, group, fleet.id))) continue
        const leftBefore = leftOf(verdict.before, margin)
        const isNew = leftBefore !== undefined && leftBefore !== margin.left
        const row = {
          vantage,
          fleet: { fleetId: fleet.id, device: fleet.device, count: fleet.count, margin, leftBefore },
          change: isNew ? changes.find((one) => explains(one, group)) : undefined,
        }
        byLimit.set(margin.limit, [...(byLimit.get(margin.limit) ?? []), row])
      }
    }
  }
  return [...byLimit].map(([limit, rows]) => {
    const leastFirst = [...rows].sort((a, b) => a.fleet.margin.room - b.fleet.margin.room)
    const once = [...new Map([...leastFirst].reverse().map(({ fleet }) => [fleet.fleetId, fleet])).values()]
    const unit = leastFirst[0]?.fleet.margin.unit ?? 'bytes'
    return {
      kind: 'margin',
      cause: `margin:${endpoint.id}:${limit}`,
      severity: 'warning',
      ...hitting(state, new Set(once.map(({ fleetId }) => fleetId))),
      vantages: [...new Set(rows.map(({ vantage }) => vantage))],
      once: false,
      detail: {
        ...{ limit, unit, rule: 'least' },
        fleets: once.sort((a, b) => a.margin.room - b.margin.room),
        change: rows.find(({ change }) => change !== undefined)?.change,
      },
    }
  })
}

/** Each limit once, in the way of counting that leaves least. Beyond a figure and yet fitting is known to pass. */
function tight({ summary }: FleetVerdict, threshold: RoomThreshold): readonly MarginSummary[] {
  if (summary.state !== 'fits' && summary.state !== 'at-risk') return []
  const under = summary.margins.filter((margin) => margin.left >= 0 && isLess(margin.left, margin, threshold))
  return under.filter((margin, at) => under.findIndex(({ limit }) => limit === margin.limit) === at)
}

/** A part of a limit means something where sizes grow by little. */
function isLess(
  amount: number,
  { unit, limitValue }: MarginSummary,
  { percent, bytes }: RoomThreshold,
): boolean {
  if (unit !== 'bytes') return false
  return (
    (percent !== undefined && amount < (limitValue * percent) / 100) ||
    (bytes !== undefined && amount < bytes)
  )
}

function isOf(condition: Condition, endpointId: string, group: string, fleetId: string): boolean {
  if (condition.cause !== `verdict:${endpointId}:${group}`) return false
  return 'fleets' in condition.detail && condition.detail.fleets.some((fleet) => fleet.fleetId === fleetId)
}

/** What was left in the round before; undefined where it was not known, or the limit was another. */
export function leftOf(before: FleetVerdict['before'], margin: MarginSummary): number | undefined {
  const key = marginKey(margin)
  const was = before?.margins.find((one) => marginKey(one) === key)
  return was?.limitValue === margin.limitValue ? was.left : undefined
}

/** Whether more was lost in one round than is allowed. */
export function isLost(leftBefore: number, margin: MarginSummary, threshold: RoomThreshold): boolean {
  const lost = leftBefore - margin.left
  if (lost <= 0 || margin.unit !== 'bytes') return false
  const { percent, bytes } = threshold
  const most = [
    ...(percent === undefined ? [] : [(margin.limitValue * percent) / 100]),
    ...(bytes === undefined ? [] : [bytes]),
  ]
  return most.some((amount) => lost > amount)
}
