import { CaptureError } from './capture-error.ts'
import { CAPTURE_MAGIC_BYTES, captureFormat } from './capture-format.ts'
import type { FrameSink } from './frame.ts'
import { PCAP_HEADER_BYTES, PcapReader } from './pcap.ts'
import { PcapngReader } from './pcapng.ts'
import type { UnitReader } from './unit-reader.ts'

export interface CaptureSinks {
  readonly onFrame: FrameSink
  /** The text of each TLS key log that a pcapng file holds, in file order. */
  readonly onSecrets: (keylogText: string) => void
  /** What was left out or is odd, as a short phrase. */
  readonly onNote: (note: string) => void
}

export interface CaptureEnd {
  readonly frames: number
  /** Where the file broke its format; what came before has been handed on. */
  readonly stoppedAt?: { readonly offset: number; readonly reason: string }
}

/**
 * Reads pcap and pcapng from chunks of any size. Frames are handed on as offsets into the chunk; only a unit that
 * crosses the border of two chunks is copied, so memory is bounded by the largest frame whatever the file's size.
 */
export class CaptureReader {
  readonly #sinks: CaptureSinks
  #reader: UnitReader | undefined
  /** The start of a unit that was not whole: `#carry[0, #carried)`. */
  #carry = Buffer.alloc(4096)
  #carried = 0
  /** File offset of the first byte that is neither read nor carried. */
  #offset = 0
  #stoppedAt: CaptureEnd['stoppedAt']

  constructor(sinks: CaptureSinks) {
    this.#sinks = sinks
  }

  /**
   * The chunk may be reused after the call. False: the file broke its format and nothing more will be read. Throws
   * `CaptureError` when the very header is wrong.
   */
  push(chunk: Buffer): boolean {
    if (this.#stoppedAt !== undefined) return false
    try {
      this.#read(chunk)
    } catch (error) {
      if (!(error instanceof CaptureError) || !this.#reader?.isOpen) throw error
      this.#stoppedAt = { offset: error.offset, reason: error.reason }
      this.#sinks.onNote(`reading stopped at byte ${error.offset}: ${error.reason}`)
      return false
    }
    return true
  }

  /** Throws `CaptureError` when the file ended inside its header. */
  finish(): CaptureEnd {
    const reader = this.#reader
    if (!reader?.isOpen) throw this.#tooShort()
    if (this.#stoppedAt === undefined && (this.#carried > 0 || reader.isInside)) {
      this.#sinks.onNote(`the file ends at byte ${this.#offset + this.#carried}, inside ${reader.unit}`)
    }
    reader.finish()
    return {
      frames: reader.frames,
      ...(this.#stoppedAt === undefined ? {} : { stoppedAt: this.#stoppedAt }),
    }
  }

  #read(chunk: Buffer): void {
    let at = this.#reader === undefined ? this.#open(chunk) : 0
    const reader = this.#reader
    if (reader === undefined) return
    // Each round reads a unit, skips, learns that a unit is longer than was known, or ends with the chunk used up.
    for (;;) {
      at = this.#skip(reader, chunk, at)
      if (reader.toSkip > 0) return
      if (this.#carried > 0) {
        at = this.#keep(chunk, at, Math.min(chunk.length, at + Math.max(0, reader.needed - this.#carried)))
        if (this.#carried < reader.needed) return
        this.#drop(reader.read(this.#carry, 0, this.#carried, this.#offset))
        continue
      }
      const next = reader.read(chunk, at, chunk.length, this.#offset - at)
      this.#offset += next - at
      at = next
      if (reader.toSkip > 0) continue
      this.#keep(chunk, at, chunk.length)
      return
    }
  }

  /** Collects the file header and picks the format's reader; returns the offset after what it took of the chunk. */
  #open(chunk: Buffer): number {
    const taken = this.#keep(chunk, 0, Math.min(chunk.length, PCAP_HEADER_BYTES - this.#carried))
    if (this.#carried < CAPTURE_MAGIC_BYTES) return taken
    const header = this.#carry.subarray(0, this.#carried)
    const format = captureFormat(header)
    if (format === undefined) {
      throw new CaptureError('not-a-capture', 0, `no magic number of pcap or pcapng (${hex(header)})`)
    }
    if (format.kind === 'gzip') throw new CaptureError('unsupported', 0, 'packed with gzip', 'gzip -d FILE')
    if (format.kind === 'other') throw new CaptureError('unsupported', 0, format.name, format.hint)
    if (this.#carried < PCAP_HEADER_BYTES) return taken
    if (format.kind === 'pcapng') {
      // The section header is a unit like any other and stays in the carry.
      this.#reader = new PcapngReader(this.#sinks)
      return taken
    }
    this.#reader = new PcapReader(header, format.variant, format.little, this.#sinks.onFrame)
    this.#drop(PCAP_HEADER_BYTES)
    return taken
  }

  #skip(reader: UnitReader, chunk: Buffer, at: number): number {
    if (reader.toSkip === 0) return at
    const carried = Math.min(this.#carried, reader.toSkip)
    reader.skipped(carried)
    this.#drop(carried)
    const bytes = Math.min(chunk.length - at, reader.toSkip)
    reader.skipped(bytes)
    this.#offset += bytes
    return at + bytes
  }

  /** Adds `chunk[at, end)` to the carry. */
  #keep(chunk: Buffer, at: number, end: number): number {
    const carried = this.#carried + end - at
    if (carried > this.#carry.length) {
      const larger = Buffer.allocUnsafe(Math.max(carried, 2 * this.#carry.length))
      this.#carry.copy(larger, 0, 0, this.#carried)
      this.#carry = larger
    }
    chunk.copy(this.#carry, this.#carried, at, end)
    this.#carried = carried
    return end
  }

  #drop(bytes: number): void {
    this.#carry.copyWithin(0, bytes, this.#carried)
    this.#carried -= bytes
    this.#offset += bytes
  }

  #tooShort(): CaptureError {
    const bytes = this.#offset + this.#carried
    if (bytes === 0) return new CaptureError('truncated', 0, 'the file is empty')
    if (bytes < CAPTURE_MAGIC_BYTES) return new CaptureError('not-a-capture', 0, `only ${bytes} bytes`)
    return new CaptureError('truncated', bytes, 'the file ends inside its header')
  }
}

function hex(header: Buffer): string {
  return header.toString('hex', 0, CAPTURE_MAGIC_BYTES)
}
