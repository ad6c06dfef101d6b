import { CaptureError } from './capture-error.ts'
import type { Frame, FrameSink } from './frame.ts'
import { u16, u32 } from './pcap.ts'
import { decodeInterface, type PcapngInterface } from './pcapng-interface.ts'
import { MAX_FRAME_BYTES, type UnitReader } from './unit-reader.ts'

/** Block types of draft-ietf-opsawg-pcapng §11.1 that are read; all others are skipped. */
const PcapngBlock = {
  sectionHeader: 0x0a0d0d0a,
  interfaceDescription: 1,
  /** Obsolete, still written by old tools. */
  packet: 2,
  simplePacket: 3,
  enhancedPacket: 6,
  decryptionSecrets: 10,
} as const

/** `TLSK`: the data is a key log. */
const TLS_KEY_LOG_SECRETS = 0x544c534b
/** Key logs of one file are kept up to this size, all blocks together. */
export const MAX_SECRETS_BYTES = 16 * 1024 * 1024
/** A block that is read whole: the largest frame, and room for options. A larger one is skipped. */
const MAX_BLOCK_BYTES = MAX_FRAME_BYTES + 65_536
const MAX_INTERFACES = 65_536
/** Type, length, interface, time (8), captured and original length. */
const PACKET_HEADER_BYTES = 28
const SIMPLE_HEADER_BYTES = 12
const TRAILER_BYTES = 4
const MIN_BLOCK_BYTES = 12

export interface PcapngSinks {
  readonly onFrame: FrameSink
  /** Text of one TLS key log. */
  readonly onSecrets: (keylogText: string) => void
  readonly onNote: (note: string) => void
}

export class PcapngReader implements UnitReader {
  needed = MIN_BLOCK_BYTES
  toSkip = 0
  isOpen = false
  frames = 0
  unit = 'the section header'
  readonly #sinks: PcapngSinks
  #little = true
  /** Interfaces of the current section; `#firstInterface` counts those of the sections before. */
  #interfaces: PcapngInterface[] = []
  #firstInterface = 0
  #secretsBytes = 0
  #strayFrames = 0
  /** Length of a block whose body was skipped; its trailer is still to come. 0: none. */
  #openBlockBytes = 0
  readonly #frame: Frame = {
    number: 0,
    timeMs: Number.NaN,
    linkType: 0,
    interfaceIndex: 0,
    bytes: Buffer.alloc(0),
    start: 0,
    end: 0,
    wireBytes: 0,
  }

  constructor(sinks: PcapngSinks) {
    this.#sinks = sinks
  }

  get isInside(): boolean {
    return this.#openBlockBytes > 0
  }

  skipped(bytes: number): void {
    this.toSkip -= bytes
  }

  read(bytes: Buffer, at: number, end: number, base: number): number {
    this.#frame.bytes = bytes
    if (this.#openBlockBytes > 0) {
      if (end - at < TRAILER_BYTES) return at
      this.#checkTrailer(bytes, at, this.#openBlockBytes, base)
      this.#openBlockBytes = 0
      at += TRAILER_BYTES
    }
    while (end - at >= MIN_BLOCK_BYTES) {
      const type = u32(bytes, at, this.#little)
      if (type === PcapngBlock.sectionHeader) this.#setByteOrder(bytes, at, base)
      const length = u32(bytes, at + 4, this.#little)
      if (length < MIN_BLOCK_BYTES || length % 4 !== 0) {
        throw new CaptureError('length', base + at + 4, `a block says it is ${length} bytes long`)
      }
      const next = at + length
      if (next <= end) {
        this.#checkTrailer(bytes, next - TRAILER_BYTES, length, base)
        this.#block(type, bytes, at, length, base)
        at = next
        continue
      }
      this.unit = `a block of ${length} bytes (type 0x${type.toString(16).padStart(8, '0')})`
      if (length <= this.#boundOf(type)) {
        this.needed = length
        return at
      }
      if (!this.#mayBeSkipped(type)) {
        throw new CaptureError('too-large', base + at + 4, `a block says it is ${length} bytes long`)
      }
      this.#noteSkipped(type, length)
      this.#openBlockBytes = length
      this.toSkip = length - TRAILER_BYTES
      this.needed = TRAILER_BYTES
      return at
    }
    this.needed = MIN_BLOCK_BYTES
    this.unit = 'a block'
    return at
  }

  finish(): void {
    if (this.#strayFrames === 0) return
    const count = this.#strayFrames
    this.#sinks.onNote(`${count} ${count === 1 ? 'frame names' : 'frames name'} an interface not described`)
  }

  #block(type: number, bytes: Buffer, at: number, length: number, base: number): void {
    if (type === PcapngBlock.enhancedPacket) {
      this.#packet(bytes, at, length, base, u32(bytes, at + 8, this.#little))
    } else if (type === PcapngBlock.packet) {
      this.#packet(bytes, at, length, base, u16(bytes, at + 8, this.#little))
    } else if (type === PcapngBlock.simplePacket) this.#simplePacket(bytes, at, length, base)
    else if (type === PcapngBlock.interfaceDescription) this.#interface(bytes, at, length, base)
    else if (type === PcapngBlock.decryptionSecrets) this.#secrets(bytes, at, length, base)
    else if (type === PcapngBlock.sectionHeader) this.#section(bytes, at, length, base)
  }

  #setByteOrder(bytes: Buffer, at: number, base: number): void {
    const magic = bytes.readUInt32LE(at + 8)
    if (magic === 0x1a2b3c4d) this.#little = true
    else if (magic === 0x4d3c2b1a) this.#little = false
    else throw new CaptureError('value', base + at + 8, 'a section header without its byte-order magic')
  }

  #section(bytes: Buffer, at: number, length: number, base: number): void {
    if (length < 28) throw new CaptureError('length', base + at + 4, `a section header of ${length} bytes`)
    const major = u16(bytes, at + 12, this.#little)
    if (major !== 1) {
      const minor = u16(bytes, at + 14, this.#little)
      throw new CaptureError('unsupported', base + at + 12, `pcapng version ${major}.${minor} (1.0 is read)`)
    }
    this.#firstInterface += this.#interfaces.length
    this.#interfaces = []
    this.isOpen = true
  }

  #interface(bytes: Buffer, at: number, length: number, base: number): void {
    if (this.#firstInterface + this.#interfaces.length >= MAX_INTERFACES) {
      throw new CaptureError('too-large', base + at, `more than ${MAX_INTERFACES} interfaces`)
    }
    if (length < 20)
      throw new CaptureError('length', base + at + 4, `an interface description of ${length} bytes`)
    this.#interfaces.push(decodeInterface(bytes, at + 8, at + length - TRAILER_BYTES, this.#little))
  }

  #packet(bytes: Buffer, at: number, length: number, base: number, interfaceIndex: number): void {
    if (length < PACKET_HEADER_BYTES + TRAILER_BYTES) {
      throw new CaptureError('length', base + at + 4, `a packet block of ${length} bytes`)
    }
    const little = this.#little
    const captured = u32(bytes, at + 20, little)
    const wire = u32(bytes, at + 24, little)
    if (captured > length - PACKET_HEADER_BYTES - TRAILER_BYTES) {
      const reason = `frame ${this.frames + 1} says ${captured} captured bytes in a block of ${length}`
      throw new CaptureError('length', base + at + 20, reason)
    }
    const from = this.#interfaces[interfaceIndex]
    const units = u32(bytes, at + 12, little) * 0x1_0000_0000 + u32(bytes, at + 16, little)
    const timeMs = from === undefined ? 0 : units / from.unitsPerMs + from.offsetMs
    this.#emit(from, interfaceIndex, timeMs, at + PACKET_HEADER_BYTES, captured, wire)
  }

  /** Has neither time nor captured length: the snap length of the first interface tells the latter. */
  #simplePacket(bytes: Buffer, at: number, length: number, base: number): void {
    if (length < SIMPLE_HEADER_BYTES + TRAILER_BYTES) {
      throw new CaptureError('length', base + at + 4, `a simple packet block of ${length} bytes`)
    }
    const wire = u32(bytes, at + 8, this.#little)
    const room = length - SIMPLE_HEADER_BYTES - TRAILER_BYTES
    const from = this.#interfaces[0]
    const snap = from === undefined || from.snapBytes === 0 ? wire : from.snapBytes
    this.#emit(from, 0, Number.NaN, at + SIMPLE_HEADER_BYTES, Math.min(wire, snap, room), wire)
  }

  #emit(
    from: PcapngInterface | undefined,
    interfaceIndex: number,
    timeMs: number,
    start: number,
    captured: number,
    wire: number,
  ): void {
    this.frames += 1
    if (from === undefined) {
      this.#strayFrames += 1
      return
    }
    if (captured > MAX_FRAME_BYTES) {
      this.#noteLargeFrame()
      return
    }
    const frame = this.#frame
    frame.number = this.frames
    frame.timeMs = timeMs
    frame.linkType = from.linkType
    frame.interfaceIndex = this.#firstInterface + interfaceIndex
    frame.start = start
    frame.end = start + captured
    frame.wireBytes = wire
    this.#sinks.onFrame(frame)
  }

  #secrets(bytes: Buffer, at: number, length: number, base: number): void {
    if (length < 20) throw new CaptureError('length', base + at + 4, `a secrets block of ${length} bytes`)
    if (u32(bytes, at + 8, this.#little) !== TLS_KEY_LOG_SECRETS) return
    const secretsBytes = u32(bytes, at + 12, this.#little)
    if (secretsBytes > length - 20) {
      throw new CaptureError(
        'length',
        base + at + 12,
        `secrets of ${secretsBytes} bytes in a block of ${length}`,
      )
    }
    this.#secretsBytes += secretsBytes
    if (this.#secretsBytes > MAX_SECRETS_BYTES) {
      this.#sinks.onNote(`TLS secrets past ${MAX_SECRETS_BYTES} bytes are left out`)
      return
    }
    this.#sinks.onSecrets(bytes.toString('latin1', at + 16, at + 16 + secretsBytes))
  }

  #checkTrailer(bytes: Buffer, at: number, length: number, base: number): void {
    const again = u32(bytes, at, this.#little)
    if (again === length) return
    throw new CaptureError('length', base + at, `a block of ${length} bytes ends with the length ${again}`)
  }

  #boundOf(type: number): number {
    if (type === PcapngBlock.decryptionSecrets) return MAX_SECRETS_BYTES
    return this.#isRead(type) ? MAX_BLOCK_BYTES : 0
  }

  #isRead(type: number): boolean {
    return this.#isPacket(type) || !this.#mayBeSkipped(type)
  }

  #isPacket(type: number): boolean {
    return (
      type === PcapngBlock.enhancedPacket || type === PcapngBlock.packet || type === PcapngBlock.simplePacket
    )
  }

  /** Without its section or interface the frames that follow cannot be understood. */
  #mayBeSkipped(type: number): boolean {
    return type !== PcapngBlock.sectionHeader && type !== PcapngBlock.interfaceDescription
  }

  #noteSkipped(type: number, length: number): void {
    if (this.#isPacket(type)) {
      this.frames += 1
      this.#noteLargeFrame()
    } else if (type === PcapngBlock.decryptionSecrets) {
      this.#sinks.onNote(`a secrets block of ${length} bytes is left out: the bound is ${MAX_SECRETS_BYTES}`)
    }
  }

  #noteLargeFrame(): void {
    this.#sinks.onNote(`frame ${this.frames} is left out: it is larger than ${MAX_FRAME_BYTES} bytes`)
  }
}
