/** The largest snap length of tcpdump and libpcap (MAXIMUM_SNAPLEN); no frame of a sound file is larger. */
export const MAX_FRAME_BYTES = 262_144

/**
 * Reads a file format as units: a header, a record, a block. A unit is read only when all of it is in one buffer; what
 * the driver has to keep between two chunks is never more than one unit.
 */
export interface UnitReader {
  /** After `read`: bytes from the returned offset on that the next unit needs, as far as that is known. */
  readonly needed: number
  /** After `read`: bytes to drop from the returned offset on, of any number. The driver calls `skipped`. */
  readonly toSkip: number
  skipped(bytes: number): void
  /** The file header has been read. */
  readonly isOpen: boolean
  /** A unit has been begun and its rest is to come, though no byte of it is kept. */
  readonly isInside: boolean
  /** Words for what a file lacks that ends here: `frame 12`, `a block`. */
  readonly unit: string
  readonly frames: number
  /** Notes what can only be said once the file is over. */
  finish(): void
  /**
   * Reads whole units of `bytes[at, end)` and returns the offset of the first that is not whole. `base` is the file
   * offset of `bytes[0]`. Throws `CaptureError`.
   */
  read(bytes: Buffer, at: number, end: number, base: number): number
}
