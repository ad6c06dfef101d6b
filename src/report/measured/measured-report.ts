import type { Removal } from '../../credential/remove-credential.ts'
import type { MeasuredDevice } from '../measured-text.ts'

/** All that a report in a file tells of a measurement. */
export interface MeasuredReport {
  /** Of tlsfit, as it was when the devices were asked. */
  readonly version: string
  readonly devices: readonly MeasuredResult[]
  readonly testCa: TestCaShown
  /** Who else came, a sentence a kind; a replay does not know. */
  readonly others: readonly string[]
}

export interface MeasuredResult extends MeasuredDevice {
  /** Devices of the catalogue whose ClientHello is this one, by their ids. */
  readonly sameHello: readonly string[]
  /** File of its profile; undefined: none was written. */
  readonly profile: string | undefined
}

export interface TestCaShown {
  /** In hex. */
  readonly sha256: string
  readonly removal: Removal
}
