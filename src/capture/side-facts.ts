import type { SeenRecordRun } from './session.ts'

/** 0: the low end of the flow sends, 1: the high end. Which of them is the client, a hello tells. */
export type Side = 0 | 1

export function other(side: Side): Side {
  return side === 0 ? 1 : 0
}

/** Runs of application data records of one size, by direction; a download by a server that fills records has a few. */
export const MAX_RECORD_RUNS = 256

/** What a packed run says of its records: no secret at hand opened them, or one did. */
export const SEALED = 0
export const OPENED = 1
const RUN_PARTS = 3

/** What one side of a session sent. */
export class SideFacts {
  changedCipher = false
  hole = false
  cut = false
  found = false
  plainBytes = 0
  applicationRecords = 0
  maxRecordBytes = -1
  encryptedAlerts = 0
  encryptedHandshake = 0
  certificates: Uint8Array[] | undefined
  certificateMessageBytes: number | undefined
  certificateRequested = false
  /** Something that only a full handshake has. */
  fullHandshake = false
  /** A Finished was read: so was all before it. */
  finished = false
  /** Records that its keys opened. */
  opened = 0
  /** Encrypted records that they did not. */
  unopened = 0
  /** Records of application data that its keys opened. */
  openedData = 0
  plaintext: Uint8Array | undefined
  /** Runs of application data records: size, sealed or opened, count; and so on. */
  recordRuns: number[] | undefined

  addRecord(bytes: number, state: number): void {
    this.recordRuns ??= []
    const runs = this.recordRuns
    const last = runs.length - RUN_PARTS
    if (last >= 0 && runs[last] === bytes && runs[last + 1] === state) runs[last + 2]!++
    else if (runs.length < MAX_RECORD_RUNS * RUN_PARTS) runs.push(bytes, state, 1)
    else this.runsLost = true
  }

  runsLost = false

  /** Undefined where there were more than are kept: a part of them would say something else. */
  get runs(): SeenRecordRun[] | undefined {
    const packed = this.recordRuns ?? []
    if (this.runsLost) return undefined
    const runs: SeenRecordRun[] = []
    for (let at = 0; at < packed.length; at += RUN_PARTS) {
      runs.push({ bytes: packed[at]!, opened: packed[at + 1] === OPENED, count: packed[at + 2]! })
    }
    return runs
  }
}
