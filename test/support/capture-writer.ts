/** A link-layer frame to be written. */
export interface WrittenFrame {
  readonly timeMs: number
  readonly bytes: Uint8Array
  /** Bytes on the wire, where the frame is cut by hand. */
  readonly wireBytes?: number
  /** pcapng only. */
  readonly interfaceIndex?: number
}

export interface PcapOptions {
  readonly linkType: number
  readonly nanoseconds?: boolean
  readonly bigEndian?: boolean
  /** Frames are cut to it. */
  readonly snapBytes?: number
  /** Kuznetsov's records of 24 bytes. */
  readonly modified?: boolean
}

export function writePcap(frames: readonly WrittenFrame[], options: PcapOptions): Buffer {
  const { nanoseconds = false, bigEndian = false, snapBytes = 262_144, modified = false } = options
  const w = new Fields(bigEndian)
  w.u32(modified ? 0xa1b2cd34 : nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4)
  w.u16(2)
  w.u16(4)
  w.u32(0)
  w.u32(0)
  w.u32(snapBytes)
  w.u32(options.linkType)
  for (const frame of frames) {
    const captured = frame.bytes.subarray(0, snapBytes)
    const seconds = Math.floor(frame.timeMs / 1000)
    w.u32(seconds)
    w.u32(Math.round((frame.timeMs - seconds * 1000) * (nanoseconds ? 1e6 : 1e3)))
    w.u32(captured.length)
    w.u32(frame.wireBytes ?? frame.bytes.length)
    if (modified) w.bytes(Buffer.alloc(8))
    w.bytes(captured)
  }
  return w.all()
}

export interface PcapngWriterInterface {
  readonly linkType: number
  readonly snapBytes?: number
  /** The byte of if_tsresol. */
  readonly resolution?: number
  /** if_tsoffset in seconds. */
  readonly offsetSeconds?: number
}

export interface PcapngOptions {
  readonly interfaces: readonly PcapngWriterInterface[]
  readonly bigEndian?: boolean
  /** Key log text of a decryption secrets block. */
  readonly secrets?: string
  /** How frames are written; `simple` has no time, `obsolete` is the packet block of old. */
  readonly packetBlock?: 'enhanced' | 'simple' | 'obsolete'
  /** Unknown blocks and blocks without frames in between. */
  readonly strangeBlocks?: boolean
}

/** One section; sections can be concatenated. */
export function writePcapng(frames: readonly WrittenFrame[], options: PcapngOptions): Buffer {
  const { bigEndian = false, interfaces, packetBlock = 'enhanced' } = options
  const blocks = [sectionHeader(bigEndian)]
  for (const one of interfaces) blocks.push(interfaceDescription(one, bigEndian))
  if (options.secrets !== undefined) blocks.push(secretsBlock(options.secrets, bigEndian))
  for (const frame of frames) {
    if (options.strangeBlocks) blocks.push(block(0x0c0ffee, Buffer.from('skip me!'), bigEndian))
    const from = interfaces[frame.interfaceIndex ?? 0]
    if (from === undefined) throw new Error(`interface ${frame.interfaceIndex} is not described`)
    const captured = Buffer.from(frame.bytes.subarray(0, from.snapBytes || frame.bytes.length))
    blocks.push(packet(frame, captured, from, packetBlock, bigEndian))
  }
  if (options.strangeBlocks) blocks.push(block(5, Buffer.alloc(12), bigEndian))
  return Buffer.concat(blocks)
}

/** Body padded to four bytes, with the length before and after. */
export function block(type: number, body: Uint8Array, bigEndian = false): Buffer {
  const padding = (4 - (body.length % 4)) % 4
  const w = new Fields(bigEndian)
  w.u32(type)
  w.u32(12 + body.length + padding)
  w.bytes(body)
  w.bytes(Buffer.alloc(padding))
  w.u32(12 + body.length + padding)
  return w.all()
}

function sectionHeader(bigEndian: boolean): Buffer {
  const w = new Fields(bigEndian)
  w.u32(0x1a2b3c4d)
  w.u16(1)
  w.u16(0)
  w.u32(0xffffffff)
  w.u32(0xffffffff)
  return block(0x0a0d0d0a, w.all(), bigEndian)
}

function interfaceDescription(one: PcapngWriterInterface, bigEndian: boolean): Buffer {
  const w = new Fields(bigEndian)
  w.u16(one.linkType)
  w.u16(0)
  w.u32(one.snapBytes ?? 0)
  // if_name, of a length that needs padding.
  w.u16(2)
  w.u16(5)
  w.bytes(Buffer.from('wwan0\0\0\0'))
  if (one.resolution !== undefined) {
    w.u16(9)
    w.u16(1)
    w.bytes(Buffer.from([one.resolution, 0, 0, 0]))
  }
  if (one.offsetSeconds !== undefined) {
    w.u16(14)
    w.u16(8)
    w.u64(BigInt(one.offsetSeconds))
  }
  w.u16(0)
  w.u16(0)
  return block(1, w.all(), bigEndian)
}

function secretsBlock(text: string, bigEndian: boolean): Buffer {
  const w = new Fields(bigEndian)
  w.u32(0x544c534b)
  w.u32(text.length)
  w.bytes(Buffer.from(text, 'latin1'))
  return block(10, w.all(), bigEndian)
}

function packet(
  frame: WrittenFrame,
  captured: Buffer,
  from: PcapngWriterInterface,
  kind: NonNullable<PcapngOptions['packetBlock']>,
  bigEndian: boolean,
): Buffer {
  const w = new Fields(bigEndian)
  const wireBytes = frame.wireBytes ?? frame.bytes.length
  if (kind === 'simple') {
    w.u32(wireBytes)
    w.bytes(captured)
    return block(3, w.all(), bigEndian)
  }
  if (kind === 'enhanced') w.u32(frame.interfaceIndex ?? 0)
  else {
    w.u16(frame.interfaceIndex ?? 0)
    w.u16(0xffff)
  }
  const resolution = from.resolution ?? 6
  const perSecond = resolution & 0x80 ? 2 ** (resolution & 0x7f) : 10 ** resolution
  const seconds = frame.timeMs / 1000 - (from.offsetSeconds ?? 0)
  const units = BigInt(Math.round(seconds * perSecond))
  w.u32(Number(units >> 32n))
  w.u32(Number(units & 0xffffffffn))
  w.u32(captured.length)
  w.u32(wireBytes)
  w.bytes(captured)
  w.bytes(Buffer.alloc((4 - (captured.length % 4)) % 4))
  // An option after the frame: epb_flags, inbound.
  w.u16(2)
  w.u16(4)
  w.u32(1)
  w.u32(0)
  return block(kind === 'enhanced' ? 6 : 2, w.all(), bigEndian)
}

class Fields {
  readonly #parts: Uint8Array[] = []
  readonly #bigEndian: boolean

  constructor(bigEndian: boolean) {
    this.#bigEndian = bigEndian
  }

  u16(value: number): void {
    const bytes = Buffer.alloc(2)
    if (this.#bigEndian) bytes.writeUInt16BE(value)
    else bytes.writeUInt16LE(value)
    this.#parts.push(bytes)
  }

  u32(value: number): void {
    const bytes = Buffer.alloc(4)
    if (this.#bigEndian) bytes.writeUInt32BE(value)
    else bytes.writeUInt32LE(value)
    this.#parts.push(bytes)
  }

  u64(value: bigint): void {
    const bytes = Buffer.alloc(8)
    if (this.#bigEndian) bytes.writeBigInt64BE(value)
    else bytes.writeBigInt64LE(value)
    this.#parts.push(bytes)
  }

  bytes(bytes: Uint8Array): void {
    this.#parts.push(bytes)
  }

  all(): Buffer {
    return Buffer.concat(this.#parts)
  }
}
