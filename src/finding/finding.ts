import type { Confidence } from '../device/device.ts'
import type { Counting, Readings } from '../device/limit.ts'
import type { Cause } from './cause.ts'
import type { Details, FindingId } from './details.ts'
import type { FixId } from './fix.ts'
import type { Stage } from './stage.ts'

/** `blocks`: the device stops here. `risks`: works, but not safely or not for long. `unknown`: cannot be told. */
export type Effect = 'blocks' | 'risks' | 'info' | 'unknown'

/** One judgement. Carries numbers, not sentences; words come last, in `report/`. */
export type Finding = { [Id in FindingId]: FindingOf<Id> }[FindingId]

/** A finding of one id; `details` are its numbers. `formatTitle` and `formatSentence` have the words. */
export interface FindingOf<Id extends FindingId> {
  readonly id: Id
  readonly cause: Cause | undefined
  readonly effect: Effect
  readonly stage: Stage
  readonly details: Details[Id]
  readonly limit: LimitCited | undefined
  readonly deviceWords: DeviceWords | undefined
  /** Ranked, best first. */
  readonly fixes: readonly FixSuggested[]
  /** False for what lies beyond the point where the device stops: met only once that is cured. */
  readonly reached: boolean
  /** The host it was met at, where that is not the target's own: a redirect's. */
  readonly host?: string | undefined
}

/** The limit that decided, as the profile knows it. */
export interface LimitCited {
  readonly value: number | 'unlimited' | undefined
  readonly counts: Counting | 'unknown'
  readonly passes: Readings
  readonly fails: Readings
  readonly confidence: Confidence
  readonly source: string
}

/** What the device shows for a finding, in its own words. */
export interface DeviceWords {
  readonly code: string
  readonly log: string | undefined
  readonly detail?: string | undefined
}

/** A cure with what its words and commands need. Exact commands are written by `report/`. */
export interface FixSuggested {
  readonly id: FixId
  /** Numbers and names for its text, such as `{ rangeBytes: 1024, setting: 'CONFIG_…=y' }`. */
  readonly with: { readonly [name: string]: string | number }
}
