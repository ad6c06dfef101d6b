import type { AlertStep } from './alert-step.ts'
import type { Condition } from './condition.ts'

/**
 * What a delivery tells, written with the alert and never changed: a repeat says the same as what it repeats. Plain
 * JSON. Names are as written by whoever wrote them; each channel escapes them for its format.
 */
export interface DeliveryBody {
  readonly act: AlertStep['act']
  /** When it came to this. */
  readonly at: string
  /** When the alert was raised; of a raise the same as `at`. */
  readonly raisedAt: string
  readonly endpoint: { readonly id: string; readonly name: string; readonly target: string }
  /** Those of the condition, in its order. */
  readonly fleets: readonly {
    readonly id: string
    readonly name: string
    readonly device: string
    readonly count: number
  }[]
  readonly condition: Condition
  /** One line in words, which names the endpoint: a subject, the text of a notification. */
  readonly title: string
  /** The rest in words, each a sentence or two. */
  readonly lines: readonly string[]
}
