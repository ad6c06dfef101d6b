import type { Confidence, DeviceLimits } from './device.ts'
import type { Readings } from './limit.ts'

/** One row of `evidence/*.yaml`: what a device is known to have taken or refused in the field. */
export interface FieldRow {
  readonly id: string
  /** Family of the layer it was seen on, and the versions it is held to be true for (`1.2.0..1.3.7`, `any`). */
  readonly family: string
  readonly versions: string
  readonly limit: keyof DeviceLimits
  readonly endpoint: string
  /** Year or years, as text. */
  readonly seen: string
  /** DER of each certificate sent, where known. */
  readonly certificates: readonly number[] | undefined
  /** The value in each way of counting that is known. */
  readonly readings: Readings
  readonly outcome: 'accepted' | 'refused'
  readonly confidence: Confidence
  readonly source: string
}
