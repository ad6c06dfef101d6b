import type { Stage } from '../finding/stage.ts'
import type { Margin, State } from '../judge/verdict.ts'
import type { SnapshotChange } from './snapshot-change.ts'
import type { FindingSummary, MarginSummary } from './verdict-summary.ts'

/** Worst first. */
export const severities = ['critical', 'warning', 'info'] as const
export type Severity = (typeof severities)[number]

/** What holds at an endpoint and somebody should know: one for each cause. Plain JSON. */
export type Condition = ConditionParts & ConditionDetail

export interface ConditionParts {
  /** The same as long as it is the same trouble: an alert is open once for each. */
  readonly cause: string
  /** Empty for what is of fleets and not of one endpoint: an anchor that they hold. */
  readonly endpointId: string
  readonly severity: Severity
  /** Those that it hits, in the order of the config. */
  readonly fleetIds: readonly string[]
  /** Devices of these fleets, all together. */
  readonly deviceCount: number
  /** Where it was seen from. */
  readonly vantages: readonly string[]
  /** It happened and does not last: told once, and nothing recovers from it. */
  readonly once: boolean
}

export type ConditionDetail =
  | { readonly kind: 'blocked' | 'at-risk' | 'undecided'; readonly detail: VerdictDetail }
  | { readonly kind: 'margin'; readonly detail: MarginDetail }
  | { readonly kind: 'expiry'; readonly detail: ExpiryDetail }
  | { readonly kind: 'unreachable'; readonly detail: UnreachableDetail }
  | { readonly kind: 'forecast'; readonly detail: ForecastDetail }
  | { readonly kind: 'changed'; readonly detail: ChangedDetail }

export type ConditionKind = ConditionDetail['kind']

/** One fleet in a condition. */
export interface FleetHit {
  readonly fleetId: string
  readonly device: string
  readonly count: number
  readonly state: State
  readonly stage?: Stage | undefined
  readonly leans?: 'fits' | 'blocked' | undefined
  /** The finding that this rests on; undefined where it rests on what is missing. */
  readonly finding?: FindingSummary | undefined
  /** The limit that is nearest in this trouble, where one is. */
  readonly margin?: MarginSummary | undefined
}

export interface VerdictDetail {
  /** Those of the condition first, then those that the same trouble hits less. */
  readonly fleets: readonly FleetHit[]
  /** What came with it, where something did. */
  readonly change?: SnapshotChange | undefined
}

export interface MarginDetail {
  readonly limit: string
  readonly unit: Margin['unit']
  /** Least room first. */
  readonly fleets: readonly {
    readonly fleetId: string
    readonly device: string
    readonly count: number
    readonly margin: MarginSummary
    /** What was left in the round before, where it was another. */
    readonly leftBefore?: number | undefined
  }[]
  /** `least`: less is left than asked for. `shrink`: more was lost than is allowed. */
  readonly rule: 'least' | 'shrink'
  readonly change?: SnapshotChange | undefined
}

export interface ExpiryDetail {
  readonly role: 'leaf' | 'intermediate' | 'root' | 'anchor'
  readonly subject: string
  readonly notAfter: string
  /** Whole days that are left, rounded down; less than zero once it has ended. */
  readonly days: number
  /** Fleets that stop for it today, as the judge says. */
  readonly fleets: readonly FleetHit[]
  /** Of an anchor: where devices need it. */
  readonly endpointIds?: readonly string[] | undefined
}

export interface UnreachableDetail {
  readonly since: string
  /** Attempts of the last round. */
  readonly attempts: number
  /** What the last attempt came to, such as `ECONNREFUSED`. */
  readonly failure: string
  /** Vantage points that reach it all the same. */
  readonly reachedFrom: readonly string[]
}

/** What a change to come does to the fleets. */
export interface ForecastDetail {
  /** Id of the calendar's entry, or `candidate`. */
  readonly entry: string
  readonly title: string
  /** As the calendar has it: `2027-03-15`, `2027-02`; undefined: without a date, or not bound to one. */
  readonly date?: string | undefined
  /** First instant of it. */
  readonly from?: string | undefined
  readonly timing: 'ahead' | 'late' | 'undated' | 'now'
  /** What is judged of the chain is certain by what is assumed; else it leans so. */
  readonly certain: boolean
  readonly candidate?: string | undefined
  readonly host?: string | undefined
  readonly bytesBefore?: number | undefined
  readonly bytesAfter?: number | undefined
  readonly certificatesBefore?: number | undefined
  readonly certificatesAfter?: number | undefined
  readonly assumed: readonly string[]
  /** Names of chains that the same CA issues too, and that fit all fleets that would stop. */
  readonly avoidedBy: readonly string[]
  readonly fleets: readonly FleetHit[]
}

export interface ChangedDetail {
  readonly change: SnapshotChange
  /** Room of the fleets before and after, where the change took or gave some. */
  readonly rooms: readonly {
    readonly fleetId: string
    readonly leftBefore: number
    readonly margin: MarginSummary
  }[]
}
