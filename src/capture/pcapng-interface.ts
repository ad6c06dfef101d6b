import { u16, u32 } from './pcap.ts'

/** What an interface description block says of its frames. */
export interface PcapngInterface {
  readonly linkType: number
  /** 0: no limit. */
  readonly snapBytes: number
  /** Of the 64-bit time stamps. */
  readonly unitsPerMs: number
  readonly offsetMs: number
}

const OPTION_END = 0
const OPTION_TSRESOL = 9
const OPTION_TSOFFSET = 14

/** `bytes[at, end)` is the body of the block, at least 8 bytes. Options past a length that lies are not read. */
export function decodeInterface(bytes: Buffer, at: number, end: number, little: boolean): PcapngInterface {
  const linkType = u16(bytes, at, little)
  const snapBytes = u32(bytes, at + 4, little)
  let unitsPerMs = 1e3
  let offsetMs = 0
  let option = at + 8
  while (end - option >= 4) {
    const code = u16(bytes, option, little)
    const length = u16(bytes, option + 2, little)
    const value = option + 4
    if (code === OPTION_END || value + length > end) break
    if (code === OPTION_TSRESOL && length === 1) unitsPerMs = unitsOf(bytes.readUInt8(value))
    if (code === OPTION_TSOFFSET && length === 8) {
      offsetMs = Number(little ? bytes.readBigInt64LE(value) : bytes.readBigInt64BE(value)) * 1000
    }
    option = value + length + ((4 - (length % 4)) % 4)
  }
  return { linkType, snapBytes, unitsPerMs, offsetMs }
}

/** if_tsresol: a negative power of 10, or of 2 where the top bit is set. */
function unitsOf(resolution: number): number {
  const unitsPerSecond = resolution & 0x80 ? 2 ** (resolution & 0x7f) : 10 ** resolution
  return unitsPerSecond / 1000
}
