import type { Device, DeviceLimits } from '../device/device.ts'
import type { Observation } from '../observe/observation.ts'
import type { TrustStore } from '../trust/trust-store.ts'
import type { Certificate } from '../x509/certificate.ts'

/** What the application switched off: nothing, the name check, or all verification. */
export type VerifyMode = 'full' | 'no-name' | 'none'

/** All that `judge` goes by: the verdict is a function of it alone. */
export interface JudgeInput {
  readonly observation: Observation
  readonly device: Device
  readonly trust: TrustStore
  readonly verify: VerifyMode
  readonly now: Date
  /** What servers ordinarily send (`endpoints/ordinary.yaml`); undefined: no range is known, so nothing is unusual. */
  readonly ordinary?: OrdinaryRange | undefined
  /**
   * What to take certificates of the observation for in place of reading their bytes, by those very bytes: what was
   * read of them already, or, for an outlook, a leaf renewed, or one of which the size is known and not the DER.
   */
  readonly readAs?:
    | {
        /** undefined: its bytes are read. */
        get(der: Uint8Array): Certificate | undefined
      }
    | undefined
}

/** The largest value of each kind that ordinary servers send, in the unit of the limit. Absent: not known. */
export type OrdinaryRange = { readonly [L in keyof DeviceLimits]?: number | undefined } & {
  /** Names of the TLS registry: what ordinary servers choose, exchange keys in, and what their certificates' keys lie on. */
  readonly cipherSuites?: readonly string[] | undefined
  readonly groups?: readonly string[] | undefined
  readonly certificateGroups?: readonly string[] | undefined
  /** As `Certificate.signatureAlgorithm`. */
  readonly certificateSignatures?: readonly string[] | undefined
}
