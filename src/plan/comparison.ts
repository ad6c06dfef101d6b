import type { Stage } from '../finding/stage.ts'
import type { Margin, State } from '../judge/verdict.ts'

/** What a run found against what the one before it found. */
export interface Comparison {
  /** File of the plan, as the user knows it. */
  readonly plan: string
  /** The file that the last run is kept in, as the user knows it. */
  readonly file: string
  /** `last-run`: kept by tlsfit. `baseline`: kept by people. */
  readonly kind: 'last-run' | 'baseline'
  /** Nothing was there to compare with. */
  readonly first: boolean
  readonly written: boolean
  readonly changes: readonly Change[]
  /** Thresholds of the plan that are broken: the run fails. */
  readonly failures: readonly MarginFailure[]
}

/** What changed at one target, for every device for which it changed in the same way. */
export type Change = ChangeOf & { readonly target: string; readonly devices: readonly string[] }

export type ChangeOf =
  | { readonly kind: 'target-new' | 'target-gone' | 'device-new' | 'device-gone' }
  /** It could not be looked at this time; `was` still stands. Nothing is said of the endpoint. */
  | { readonly kind: 'not-reached'; readonly was: State | undefined }
  | {
      readonly kind: 'worse' | 'better'
      readonly from: State
      readonly to: State
      /** Where it stops now. */
      readonly stage: Stage | undefined
    }
  | ({
      readonly kind: 'margin'
      readonly from: number
      readonly to: number
      /** Another figure: the device's limit moved, and not the endpoint alone. */
      readonly limitFrom: number
      readonly limitTo: number
    } & LimitName)
  | {
      readonly kind: 'chain'
      readonly bytesFrom: number
      readonly bytesTo: number
      readonly certificatesFrom: number
      readonly certificatesTo: number
    }
  | { readonly kind: 'root'; readonly from: readonly string[]; readonly to: readonly string[] }
  | { readonly kind: 'renewed'; readonly expiresFrom: string; readonly expiresTo: string }
  /** Another leaf, which is no newer than the one before: the endpoint has several, and gives them by turns. */
  | { readonly kind: 'by-turns' }
  /** Its addresses gave different chains in this run; the worst was compared. */
  | { readonly kind: 'several-chains'; readonly chains: number }

interface LimitName {
  readonly limit: string
  readonly counts: string
  readonly unit: Margin['unit']
}

/** A threshold of the plan that is broken. */
export interface MarginFailure extends LimitName {
  readonly rule: 'least' | 'shrink'
  readonly target: string
  readonly device: string
  readonly left: number
  readonly limitValue: number
  /** What was left in the last run. */
  readonly before: number | undefined
  /** What the plan asks for: at least this left, or at most this lost. */
  readonly threshold: number
  /** Whether `threshold` is a part of the limit in percent, and not in the unit. */
  readonly percent: boolean
  /** Line of the target in the plan. */
  readonly line: number | undefined
}
