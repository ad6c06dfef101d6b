import type { Device } from '../device/device.ts'
import type { Observation } from '../observe/observation.ts'
import type { TrustStore } from '../trust/trust-store.ts'

/** What the application switched off: nothing, the name check, or all verification. */
export type VerifyMode = 'full' | 'no-name' | 'none'

export interface JudgeInput {
  readonly observation: Observation
  readonly device: Device
  readonly trust: TrustStore
  readonly verify: VerifyMode
  readonly now: Date
}
