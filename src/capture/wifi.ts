import { type Cursor, Layer } from './cursor.ts'
import { layerOfLinkType } from './link-type.ts'

const DATA_FRAME = 2
const NO_DATA = 0x4
const QOS = 0x8
const FROM_AND_TO_DS = 0x03
const PROTECTED = 0x40
const HT_CONTROL = 0x80
const A_MSDU = 0x80

/** What radiotap says of the frame behind it, in `c.type`. */
const PADDED_HEADER = 1

/** IEEE 802.11 §9.2: only data frames hold packets; an encrypted one is counted and left. */
export function wifi(c: Cursor): Layer {
  if (!c.has(24)) return Layer.none
  const { bytes, at } = c
  const control = bytes.readUInt8(at)
  const flags = bytes.readUInt8(at + 1)
  const subtype = control >> 4
  if ((control & 0x3) !== 0 || ((control >> 2) & 0x3) !== DATA_FRAME || (subtype & NO_DATA) !== 0)
    return Layer.none
  if ((flags & PROTECTED) !== 0) {
    c.protectedFrames += 1
    return Layer.none
  }
  // Only the first fragment of an MSDU begins with a header.
  if ((bytes.readUInt16LE(at + 22) & 0x000f) !== 0) return Layer.none
  const fourAddresses = (flags & FROM_AND_TO_DS) === FROM_AND_TO_DS
  const qosAt = at + (fourAddresses ? 30 : 24)
  const qos = (subtype & QOS) !== 0
  let headerBytes = qosAt - at
  if (qos) headerBytes += (flags & HT_CONTROL) !== 0 ? 6 : 2
  if (c.type === PADDED_HEADER) headerBytes = (headerBytes + 3) & ~3
  if (!c.has(headerBytes)) return Layer.none
  const aggregated = qos && (bytes.readUInt8(qosAt) & A_MSDU) !== 0
  return c.goto(aggregated ? Layer.amsdu : Layer.llc, at + headerBytes)
}

/** One subframe of an A-MSDU: two addresses, length, LLC; the next is kept in the cursor, at a multiple of four. */
export function amsdu(c: Cursor): Layer {
  if (!c.has(14)) return Layer.none
  const length = c.bytes.readUInt16BE(c.at + 12)
  const next = c.at + ((14 + length + 3) & ~3)
  if (next < c.end) {
    c.nextSubframe = next
    c.lastSubframeEnd = c.end
    c.lastSubframeWireEnd = c.wireEnd
  }
  c.limit(c.at + 14 + length)
  return c.goto(Layer.llc, c.at + 14)
}

const RADIOTAP_FCS = 0x10
const RADIOTAP_PADDED = 0x20
const RADIOTAP_BAD_FCS = 0x40

/** radiotap.org: version, length, bitmaps of what is present; of the fields only the flags matter. */
export function radiotap(c: Cursor): Layer {
  if (!c.has(8) || c.bytes.readUInt8(c.at) !== 0) return Layer.none
  const headerBytes = c.bytes.readUInt16LE(c.at + 2)
  if (headerBytes < 8 || !c.has(headerBytes)) return Layer.none
  const flags = radiotapFlags(c.bytes, c.at, headerBytes)
  if ((flags & RADIOTAP_BAD_FCS) !== 0) return Layer.none
  if ((flags & RADIOTAP_FCS) !== 0) c.limit(c.wireEnd - 4)
  return c.goto(Layer.wifi, c.at + headerBytes, (flags & RADIOTAP_PADDED) !== 0 ? PADDED_HEADER : 0)
}

function radiotapFlags(bytes: Buffer, at: number, headerBytes: number): number {
  const present = bytes.readUInt32LE(at + 4)
  let offset = 8
  // The top bit of each bitmap announces another.
  for (let word = present; word >>> 31 === 1 && offset + 4 <= headerBytes; offset += 4) {
    word = bytes.readUInt32LE(at + offset)
  }
  // Before the flags only a time stamp of 8 bytes can stand, aligned to 8.
  if ((present & 1) !== 0) offset = ((offset + 7) & ~7) + 8
  return (present & 2) !== 0 && offset < headerBytes ? bytes.readUInt8(at + offset) : 0
}

const PPI = 192

/** Per-Packet Information: version, flags, length, and the link type of the frame behind it. */
export function perPacketInformation(c: Cursor): Layer {
  if (!c.has(8)) return Layer.none
  const headerBytes = c.bytes.readUInt16LE(c.at + 2)
  const linkType = c.bytes.readUInt32LE(c.at + 4)
  if (headerBytes < 8 || !c.has(headerBytes) || linkType === PPI) return Layer.none
  return c.goto(layerOfLinkType(linkType) ?? Layer.none, c.at + headerBytes)
}
