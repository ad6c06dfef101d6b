import type { Device } from '../device/device.ts'
import type { Finding } from '../finding/finding.ts'
import type { Stage } from '../finding/stage.ts'
import type { Observation } from '../observe/observation.ts'
import type { Outlook } from './outlook.ts'

/**
 * `fits`: the device takes it, as far as the stages seen go. `at-risk`: it works, but near a limit, near
 * expiry, or with verification off. `blocked`: it stops. `undecided`: what is known does not tell.
 */
export type State = 'fits' | 'at-risk' | 'blocked' | 'undecided'

/** What `judge` says of one observation for one device. */
export interface Verdict {
  readonly observation: Observation
  readonly device: Device
  readonly state: State
  /** Where `undecided` leans, when the evidence leans at all. */
  readonly leans: 'fits' | 'blocked' | undefined
  /** First blocking stage. */
  readonly stage: Stage | undefined
  readonly stages: readonly StageVerdict[]
  /** In stage order; within a stage blocking ones first. */
  readonly findings: readonly Finding[]
  readonly margins: readonly Margin[]
  readonly missing: readonly Missing[]
  /** What changes to come would make of it; undefined where nobody asked. */
  readonly outlook?: readonly Outlook[] | undefined
  /** Where the target was written down; undefined for one of the command line. */
  readonly place?: TargetPlace | undefined
}

/** A target's place in a plan file. */
export interface TargetPlace {
  readonly file: string
  /** 1-based. */
  readonly line: number | undefined
  /** What the file calls it. */
  readonly name: string | undefined
}

/** What one stage of the connection came to, and what that rests on. */
export interface StageVerdict {
  readonly stage: Stage
  readonly state: State | 'not-seen'
  readonly basis: 'judged' | 'witnessed' | 'assumed' | 'not-seen'
}

/** Room left to one limit; negative when over it. `limit` is the key of `DeviceLimits` (or of the HTTP profile). */
export interface Margin {
  readonly limit: string
  /** Way of counting, where the limit has more than one reading. */
  readonly counts: string
  readonly value: number
  readonly limitValue: number
  readonly left: number
  readonly unit: 'bytes' | 'bits' | 'certificates' | 'characters'
}

/** Evidence that would settle what is open. */
export interface Missing {
  /** Closed list of what can be asked for; words in `report/`. */
  readonly needs:
    | 'anchor'
    | 'clock'
    | 'client-hello-capture'
    | 'live-endpoint'
    | 'measured-limit'
    | 'host-name'
    | 'credentials'
    | 'device-http-profile'
    | 'reachable-from-here'
  readonly why: string
  /** Which limit or value, such as `chainBytes`. */
  readonly about: string | undefined
}
