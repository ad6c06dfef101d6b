import { CaptureError } from './capture-error.ts'
import type { Frame, FrameSink } from './frame.ts'
import { MAX_FRAME_BYTES, type UnitReader } from './unit-reader.ts'

/** Bytes of the file header, magic number included. */
export const PCAP_HEADER_BYTES = 24

/** What a magic number says about the records (draft-ietf-opsawg-pcap §4; the last row is libpcap's "modified"). */
export interface PcapVariant {
  readonly magic: number
  readonly fractionsPerMs: number
  readonly recordHeaderBytes: number
}

export const pcapVariants: readonly PcapVariant[] = [
  { magic: 0xa1b2c3d4, fractionsPerMs: 1e3, recordHeaderBytes: 16 },
  { magic: 0xa1b23c4d, fractionsPerMs: 1e6, recordHeaderBytes: 16 },
  // Kuznetsov's patch for Linux 2.x: interface, protocol and packet type follow the lengths.
  { magic: 0xa1b2cd34, fractionsPerMs: 1e3, recordHeaderBytes: 24 },
]

/** The records of a pcap file after its header. */
export class PcapReader implements UnitReader {
  needed: number
  readonly toSkip = 0
  readonly isOpen = true
  readonly isInside = false
  frames = 0
  readonly #little: boolean
  readonly #fractionsPerMs: number
  readonly #recordHeaderBytes: number
  readonly #lengthsMayBeSwapped: boolean
  readonly #onFrame: FrameSink
  readonly #frame: Frame

  /** `header` holds the whole file header. Throws `CaptureError` (`unsupported`). */
  constructor(header: Buffer, variant: PcapVariant, little: boolean, onFrame: FrameSink) {
    const major = u16(header, 4, little)
    const minor = u16(header, 6, little)
    if (major !== 2) {
      throw new CaptureError('unsupported', 4, `pcap version ${major}.${minor} (2.4 is read)`)
    }
    this.#little = little
    this.#fractionsPerMs = variant.fractionsPerMs
    this.#recordHeaderBytes = variant.recordHeaderBytes
    this.needed = variant.recordHeaderBytes
    // Before 2.4 some writers put the two lengths the other way round.
    this.#lengthsMayBeSwapped = minor < 4
    this.#onFrame = onFrame
    // The upper half holds the length of the frame check sequence and reserved bits.
    const linkType = u32(header, 20, little) & 0xffff
    this.#frame = {
      number: 0,
      timeMs: Number.NaN,
      linkType,
      interfaceIndex: 0,
      bytes: header,
      start: 0,
      end: 0,
      wireBytes: 0,
    }
  }

  get unit(): string {
    return `frame ${this.frames + 1}`
  }

  skipped(): void {}

  finish(): void {}

  read(bytes: Buffer, at: number, end: number, base: number): number {
    const little = this.#little
    const headerBytes = this.#recordHeaderBytes
    const frame = this.#frame
    frame.bytes = bytes
    while (end - at >= headerBytes) {
      let captured = u32(bytes, at + 8, little)
      let wire = u32(bytes, at + 12, little)
      if (captured > wire && this.#lengthsMayBeSwapped) {
        const swapped = captured
        captured = wire
        wire = swapped
      }
      if (captured > MAX_FRAME_BYTES) throw this.#tooLarge(captured, base + at + 8)
      const start = at + headerBytes
      const next = start + captured
      if (next > end) {
        this.needed = headerBytes + captured
        return at
      }
      this.frames += 1
      frame.number = this.frames
      frame.timeMs = u32(bytes, at, little) * 1000 + u32(bytes, at + 4, little) / this.#fractionsPerMs
      frame.start = start
      frame.end = next
      frame.wireBytes = wire
      this.#onFrame(frame)
      at = next
    }
    this.needed = headerBytes
    return at
  }

  #tooLarge(captured: number, offset: number): CaptureError {
    const reason = `frame ${this.frames + 1} says ${captured} captured bytes, more than ${MAX_FRAME_BYTES}`
    return new CaptureError('too-large', offset, reason)
  }
}

export function u16(bytes: Buffer, at: number, little: boolean): number {
  return little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at)
}

export function u32(bytes: Buffer, at: number, little: boolean): number {
  return little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)
}
