import { worstFirst } from '../plan/run-recorder.ts'
import type { Condition, FleetHit, Severity } from './condition.ts'
import { type EndpointState, type EndpointView, type FleetVerdict, hitting } from './endpoint-state.ts'
import type { SnapshotChange } from './snapshot-change.ts'
import { explains, groupOfLimit, groupOfStage, type TroubleGroup } from './trouble-group.ts'

interface Hit {
  readonly hit: FleetHit
  readonly vantage: string
  /** It was better in the round before. */
  readonly isNew: boolean
  readonly changes: readonly SnapshotChange[]
}

/** One for each group of trouble, over all fleets and vantage points; with them those of `expiry`, which they join. */
export function verdictConditions(state: EndpointState, expiry: readonly Condition[]): Condition[] {
  const byGroup = new Map<TroubleGroup, Hit[]>()
  const joined = new Map<string, FleetHit[]>()
  for (const view of state.views) {
    for (const verdict of view.verdicts) {
      const found = hitOf(state, view, verdict)
      if (found === undefined) continue
      const { group, hit } = found
      if (group === 'reach' && view.unreachable !== undefined) continue
      const of = group === 'expiry' ? expiryOf(hit, expiry) : undefined
      if (of !== undefined) joined.set(of.cause, [...(joined.get(of.cause) ?? []), hit])
      // Days before the end are what the thresholds say, not what the judge finds soon.
      else if (hit.finding?.id !== 'expires-soon') byGroup.set(group, [...(byGroup.get(group) ?? []), found])
    }
  }
  return [
    ...[...byGroup].map(([group, hits]) => conditionOf(state, group, hits)),
    ...expiry.map((condition) => withHits(state, condition, joined.get(condition.cause) ?? [])),
  ]
}

function hitOf(
  { fleets }: EndpointState,
  { vantage, changes }: EndpointView,
  { fleetId, summary, before }: FleetVerdict,
): (Hit & { readonly group: TroubleGroup }) | undefined {
  const fleet = fleets.find(({ id }) => id === fleetId)
  if (fleet === undefined || summary.state === 'fits') return undefined
  const { state, stage, leans, findings, margins } = summary
  const [finding] = findings
  const group =
    finding === undefined ? (stage === undefined ? 'open' : groupOfStage(stage)) : groupOfStage(finding.stage)
  const hit: FleetHit = {
    ...{ fleetId, device: fleet.device, count: fleet.count, state, stage, leans, finding },
    margin: margins.find(({ limit }) => groupOfLimit(limit) === group),
  }
  const isNew = before !== undefined && worstFirst.indexOf(state) < worstFirst.indexOf(before.state)
  return { group, hit, vantage, isNew, changes }
}

const kinds = ['blocked', 'at-risk', 'undecided'] as const

function conditionOf(state: EndpointState, group: TroubleGroup, all: readonly Hit[]): Condition {
  const worst = worstOfEach(
    state,
    all.map(({ hit }) => hit),
  )
  const kind = kinds.find((one) => worst.some((hit) => hit.state === one)) ?? 'undecided'
  const ids = new Set(worst.filter((hit) => hit.state === kind).map(({ fleetId }) => fleetId))
  const of = all.filter(({ hit }) => hit.state === kind)
  const change = of
    .filter(({ isNew }) => isNew)
    .flatMap(({ changes }) => changes)
    .find((one) => explains(one, group))
  return {
    kind,
    cause: `verdict:${state.endpoint.id}:${group}`,
    severity: severityOf(worst),
    ...hitting(state, ids),
    vantages: [...new Set(of.map(({ vantage }) => vantage))],
    once: false,
    detail: {
      fleets: [...worst].sort((a, b) => kinds.indexOf(kindOf(a)) - kinds.indexOf(kindOf(b))),
      change,
    },
  }
}

function kindOf({ state }: FleetHit): (typeof kinds)[number] {
  return state === 'fits' ? 'undecided' : state
}

function severityOf(hits: readonly FleetHit[]): Severity {
  if (hits.some(({ state }) => state === 'blocked')) return 'critical'
  const isLikely = ({ state, leans }: FleetHit) => state === 'at-risk' || leans === 'blocked'
  return hits.some(isLikely) ? 'warning' : 'info'
}

/** Of several vantage points the worst, fleets in the order of the config. */
function worstOfEach({ fleets }: EndpointState, hits: readonly FleetHit[]): FleetHit[] {
  return fleets.flatMap(({ id }) => {
    const own = hits.filter(({ fleetId }) => fleetId === id)
    return [...own].sort((a, b) => worstFirst.indexOf(a.state) - worstFirst.indexOf(b.state)).slice(0, 1)
  })
}

function expiryOf({ finding }: FleetHit, expiry: readonly Condition[]): Condition | undefined {
  if (finding?.id !== 'cert-expired' && finding?.id !== 'expires-soon') return undefined
  const role = finding.index === undefined || finding.index === 0 ? 'leaf' : 'intermediate'
  return expiry.find((one) => one.kind === 'expiry' && one.detail.role === role)
}

/** Once devices stop for it, it is about these. */
function withHits(state: EndpointState, condition: Condition, hits: readonly FleetHit[]): Condition {
  if (condition.kind !== 'expiry' || hits.length === 0) return condition
  const fleets = worstOfEach(state, hits)
  const blocked = new Set(fleets.filter((hit) => hit.state === 'blocked').map(({ fleetId }) => fleetId))
  const detail = { ...condition.detail, fleets }
  if (blocked.size === 0) return { ...condition, detail }
  return { ...condition, detail, severity: 'critical', ...hitting(state, blocked) }
}
