import type { ConditionParts } from './condition.ts'
import type { FleetForecast } from './fleet-forecast.ts'
import type { ChainFacts, Snapshot } from './snapshot.ts'
import type { SnapshotChange } from './snapshot-change.ts'
import type { VerdictSummary } from './verdict-summary.ts'
import type { Fleet, Thresholds } from './watch-config.ts'

/** One endpoint as it is known now, from everywhere. */
export interface EndpointState {
  readonly endpoint: { readonly id: string; readonly thresholds: Thresholds }
  /** Those that use it, in the order of the config. */
  readonly fleets: readonly Pick<Fleet, 'id' | 'device' | 'count'>[]
  readonly views: readonly EndpointView[]
  /** The last that were made. */
  readonly forecasts: readonly FleetForecast[]
  readonly now: Date
}

/** From one vantage point: of a round that reached nothing what was known before. */
export interface EndpointView {
  readonly vantage: string
  readonly snapshot?: Snapshot | undefined
  /** As `chainsToCome` has it: what ends in them ends soon, though they are not served in this round. */
  readonly toCome?: readonly ChainFacts[] | undefined
  /** Of the round that is being told; empty for a view that was not looked at in it. */
  readonly changes: readonly SnapshotChange[]
  readonly verdicts: readonly FleetVerdict[]
  /** The retries are spent. */
  readonly unreachable?: Unreached | undefined
}

export interface FleetVerdict {
  readonly fleetId: string
  readonly summary: VerdictSummary
  /** Of the round before, where this is what a round just found. */
  readonly before?: VerdictSummary | undefined
}

export interface Unreached {
  readonly since: string
  readonly attempts: number
  readonly failure: string
}

/** Fleets of a condition in the order of the config, with the devices that they are together. */
export function hitting(
  { endpoint, fleets }: Pick<EndpointState, 'endpoint' | 'fleets'>,
  ids: ReadonlySet<string>,
): Pick<ConditionParts, 'endpointId' | 'fleetIds' | 'deviceCount'> {
  const hit = fleets.filter(({ id }) => ids.has(id))
  return {
    endpointId: endpoint.id,
    fleetIds: hit.map(({ id }) => id),
    deviceCount: hit.reduce((sum, { count }) => sum + count, 0),
  }
}
