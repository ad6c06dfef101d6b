import type { ChangedDetail, Condition, MarginDetail, Severity } from './condition.ts'
import { type EndpointState, hitting } from './endpoint-state.ts'
import { isLost, leftOf } from './margin-conditions.ts'
import type { SnapshotChange } from './snapshot-change.ts'

/**
 * Changes of this round that nothing else is told with, each once for all vantage points; and room that was lost
 * without one.
 */
export function changedConditions(state: EndpointState, told: readonly Condition[]): Condition[] {
  const named = new Set(told.flatMap(changeOf).map(({ key }) => key))
  const byKey = new Map<string, { change: SnapshotChange; vantages: string[] }>()
  for (const { vantage, changes } of state.views) {
    for (const change of changes) {
      if (named.has(change.key)) continue
      const known = byKey.get(change.key) ?? { change, vantages: [] }
      known.vantages.push(vantage)
      byKey.set(change.key, known)
    }
  }
  const conditions = [...byKey.values()].map(({ change, vantages }) => changed(state, change, vantages))
  return conditions.length > 0 || named.size > 0 ? conditions : shrunk(state)
}

function changeOf(condition: Condition): SnapshotChange[] {
  return 'change' in condition.detail && condition.detail.change !== undefined
    ? [condition.detail.change]
    : []
}

function changed(state: EndpointState, change: SnapshotChange, vantages: readonly string[]): Condition {
  const rooms = takesRoom(change) ? roomsOf(state, new Set(vantages)) : []
  const lost = rooms.some(({ leftBefore, margin }) =>
    isLost(leftBefore, margin, state.endpoint.thresholds.shrink),
  )
  return {
    kind: 'changed',
    cause: `changed:${state.endpoint.id}:${change.key}`,
    severity: lost ? 'warning' : severityOf(change),
    ...hitting(state, new Set(state.fleets.map(({ id }) => id))),
    vantages,
    once: true,
    detail: { change, rooms },
  }
}

function takesRoom({ kind }: SnapshotChange): boolean {
  return kind !== 'addresses' && kind !== 'by-turns'
}

/** Devices that hold one root stop at the next: somebody should look, though those that are known go on. */
function severityOf({ kind }: SnapshotChange): Severity {
  return kind === 'root' || kind === 'issuer' ? 'warning' : 'info'
}

/** The margin of each fleet that moved most, where one moved. */
function roomsOf({ views, fleets }: EndpointState, vantages: ReadonlySet<string>): ChangedDetail['rooms'] {
  return fleets.flatMap(({ id }) => {
    const moved = views
      .filter(({ vantage }) => vantages.has(vantage))
      .flatMap(({ verdicts }) => verdicts.filter(({ fleetId }) => fleetId === id))
      .flatMap(({ summary, before }) =>
        summary.margins.flatMap((margin) => {
          const leftBefore = leftOf(before, margin)
          return leftBefore === undefined || leftBefore === margin.left || margin.unit !== 'bytes'
            ? []
            : [{ fleetId: id, leftBefore, margin }]
        }),
      )
    return moved.sort((a, b) => a.margin.room - b.margin.room).slice(0, 1)
  })
}

/** Nothing of the endpoint changed that is compared, and still there is less room: what devices can take is known anew. */
function shrunk(state: EndpointState): Condition[] {
  const rows = state.views.flatMap(({ vantage, verdicts }) =>
    verdicts.flatMap(({ fleetId, summary, before }) => {
      const fleet = state.fleets.find(({ id }) => id === fleetId)
      return summary.margins.flatMap((margin) => {
        const leftBefore = leftOf(before, margin)
        if (fleet === undefined || leftBefore === undefined) return []
        if (!isLost(leftBefore, margin, state.endpoint.thresholds.shrink)) return []
        return [{ vantage, row: { fleetId, device: fleet.device, count: fleet.count, margin, leftBefore } }]
      })
    }),
  )
  return [...new Set(rows.map(({ row }) => row.margin.limit))].map((limit) => {
    const own = rows.filter(({ row }) => row.margin.limit === limit)
    const fleets: MarginDetail['fleets'] = [...new Map(own.map(({ row }) => [row.fleetId, row])).values()]
    const left = Math.min(...fleets.map(({ margin }) => margin.left))
    return {
      kind: 'margin',
      cause: `shrink:${state.endpoint.id}:${limit}:${left}`,
      severity: 'warning',
      ...hitting(state, new Set(fleets.map(({ fleetId }) => fleetId))),
      vantages: [...new Set(own.map(({ vantage }) => vantage))],
      once: true,
      detail: { limit, unit: fleets[0]?.margin.unit ?? 'bytes', fleets, rule: 'shrink' },
    }
  })
}
