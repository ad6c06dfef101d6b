import type { Exam } from '../exam/exam.ts'
import type { Answer, Probe } from '../exam/topic.ts'
import type { NoHello } from './hello-door.ts'

/** Told as it happens. */
export interface MeasuringEvents {
  /** A connection begins that asks this of a device. */
  readonly asked: (device: string, probe: Probe) => void
  readonly answered: (device: string, answer: Answer, exam: Exam) => void
  /** A connection that belongs to no exam. */
  readonly stray: (address: string, why: StrayKind) => void
  readonly noted?: (note: DeviceNote) => void
  /** What was to be asked cannot be served: a fault of ours. */
  readonly failed: (error: unknown) => void
}

/** What is to be known of how a device was recognised. */
export type DeviceNote =
  /** It comes from another address than before, and was taken for the same. */
  | { readonly kind: 'moved'; readonly device: string; readonly from: string; readonly address: string }
  /** It came back to an address that it had before. */
  | { readonly kind: 'returned'; readonly device: string; readonly address: string }
  /** Another device has the same hello. */
  | { readonly kind: 'twin'; readonly device: string; readonly twinOf: string }
  /** It came anew while an older connection of it was open: that one was let go, and is asked again. */
  | { readonly kind: 'interrupted'; readonly device: string; readonly probe: Probe }

export type StrayKind =
  | NoHello
  | 'too-many-devices'
  | 'second-connection'
  | 'unclear'
  | 'finished'
  | 'never-good'
  /** Took the plain chain and hardly came back: told apart at the end only. */
  | 'brief'
