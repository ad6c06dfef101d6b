import type { Exam } from './exam.ts'

/** A scanner that verifies nothing takes the plain chain, too, but does not come back like a device that retries. */
export const CONNECTIONS_OF_A_DEVICE = 4

export interface Examined {
  /** What there is something to tell of. */
  readonly devices: readonly (readonly [device: string, exam: Exam])[]
  /** Scanners, browsers and what else came by: none of their answers is one of a device. */
  readonly others: readonly (readonly [device: string, exam: Exam])[]
}

/**
 * The devices among all that were asked something. As long as none took the plain chain each that came back may be the one:
 * its CA is not loaded.
 */
export function examined(exams: ReadonlyMap<string, Exam>): Examined {
  const all = [...exams]
  const isDevice = ([, exam]: readonly [string, Exam]) =>
    exam.baseline !== undefined && exam.answers.length >= CONNECTIONS_OF_A_DEVICE
  const cameBack = ([, exam]: readonly [string, Exam]) =>
    exam.baseline !== undefined || exam.answers.length > 1
  const isOne = all.some(isDevice) ? isDevice : cameBack
  return { devices: all.filter(isOne), others: all.filter((one) => !isOne(one)) }
}
