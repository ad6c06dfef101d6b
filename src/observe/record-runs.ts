import type { RecordRun } from './observation.ts'

/** Runs kept of one connection; a server that alternates two sizes all through a large file reaches it. */
export const MAX_RECORD_RUNS = 4096

/**
 * Run-length codes the application data records of a connection, in memory bounded by `MAX_RECORD_RUNS`.
 * Past the bound only a record larger than every one before is still kept (in the place of the last run), so that
 * the largest record and its offset are right however long the download is.
 */
export class RecordRuns {
  readonly #runs: { plaintextBytes: number; count: number; offset: number }[] = []
  #offset = 0
  #largest = -1
  #records = 0

  /** Bytes of plaintext so far: the offset of the next record. */
  get totalBytes(): number {
    return this.#offset
  }

  get records(): number {
    return this.#records
  }

  add(plaintextBytes: number): void {
    const offset = this.#offset
    this.#offset += plaintextBytes
    this.#records++
    const last = this.#runs.at(-1)
    if (last?.plaintextBytes === plaintextBytes && last.offset + last.count * plaintextBytes === offset) {
      last.count++
    } else if (this.#runs.length < MAX_RECORD_RUNS) {
      this.#runs.push({ plaintextBytes, count: 1, offset })
    } else if (plaintextBytes > this.#largest) {
      this.#runs[MAX_RECORD_RUNS - 1] = { plaintextBytes, count: 1, offset }
    }
    this.#largest = Math.max(this.#largest, plaintextBytes)
  }

  toRuns(): RecordRun[] {
    return this.#runs.map((run) => ({ ...run }))
  }
}
