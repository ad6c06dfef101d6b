/**
 * Header of LINKTYPE_WIRESHARK_UPPER_PDU (252): tags of 16-bit type and length, big-endian, up to the tag 0. At least
 * one names what follows. Wireshark, wsutil/exported_pdu_tlvs.h.
 */
export interface ExportedPdu {
  /** As Wireshark names its dissectors: `at`, `nas-eps_plain`, `lte_rrc.dl_ccch`, `ip`. */
  readonly dissector: string
  /** By its name, by the name of a heuristic one, or as a row of this table. */
  readonly by: 'name' | 'heuristic' | 'table'
  /** Where what it names begins. */
  readonly start: number
}

const Tag = { end: 0, dissector: 12, heuristic: 13, table: 14 } as const

/** A header has some ten: names, addresses, ports, texts for a column. */
const MAX_TAGS = 64
const MAX_NAME_BYTES = 64

/** undefined where `bytes[start, end)` begins with no such header. */
export function readExportedPdu(bytes: Buffer, start: number, end: number): ExportedPdu | undefined {
  let found: Omit<ExportedPdu, 'start'> | undefined
  let at = start
  for (let tags = 0; tags < MAX_TAGS && end - at >= 4; tags++) {
    const tag = bytes.readUInt16BE(at)
    const length = bytes.readUInt16BE(at + 2)
    at += 4
    if (length > end - at) return undefined
    const by = naming(tag)
    // "NOTE Only one protocol type tag may be present in a packet, the first one found will be used".
    if (by !== undefined && found === undefined) {
      const dissector = readName(bytes.subarray(at, at + length))
      if (dissector === undefined) return undefined
      found = { dissector, by }
    }
    at += length
    if (tag === Tag.end) return found && { ...found, start: at }
  }
  return undefined
}

function naming(tag: number): ExportedPdu['by'] | undefined {
  switch (tag) {
    case Tag.dissector:
      return 'name'
    case Tag.heuristic:
      return 'heuristic'
    case Tag.table:
      return 'table'
    default:
      return undefined
  }
}

/** Lengths were once rounded up to four, with zeros behind the name. Characters that a dissector's name can have. */
function readName(value: Buffer): string | undefined {
  const zero = value.indexOf(0)
  const name = value.subarray(0, zero < 0 ? value.length : zero)
  if (name.length > MAX_NAME_BYTES) return undefined
  const text = name.toString('latin1')
  return /^[A-Za-z0-9._-]+$/.test(text) ? text : undefined
}
