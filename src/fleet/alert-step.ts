import type { Condition } from './condition.ts'

/** An alert that has not recovered, as the store has it. */
export interface OpenAlert {
  readonly id: string
  /** As of its last update. */
  readonly condition: Condition
  readonly raisedAt: string
  readonly acknowledgedAt?: string | undefined
  readonly mutedUntil?: string | undefined
  /** Ids of the channels that know of it. */
  readonly toldTo: readonly string[]
}

/** What is to be done for the alerts of one endpoint, and who is told of it. */
export type AlertStep =
  /** A new alert. With `once`, it is closed as it is raised. */
  | { readonly act: 'raise'; readonly condition: Condition; readonly tell: readonly string[] }
  /** The condition of an open alert is another now; `worse`: worth telling again. */
  | {
      readonly act: 'update'
      readonly alertId: string
      readonly condition: Condition
      readonly worse: boolean
      readonly tell: readonly string[]
    }
  /** It was raised in silence, the silence is over, and it still holds. */
  | {
      readonly act: 'remind'
      readonly alertId: string
      readonly condition: Condition
      readonly tell: readonly string[]
    }
  | {
      readonly act: 'recover'
      readonly alertId: string
      readonly condition: Condition
      readonly tell: readonly string[]
    }

/** Nobody is told of what it names; each that is undefined stands for all. */
export interface Silence {
  readonly kind: 'mute' | 'maintenance'
  readonly endpointIds?: readonly string[] | undefined
  readonly fleetIds?: readonly string[] | undefined
  readonly cause?: string | undefined
  readonly startsAt: string
  readonly endsAt: string
}
