/** A frame of LINKTYPE_WIRESHARK_UPPER_PDU: tags of type and length up to tag 0, then what the named dissector reads. */
export function exportedPdu(
  dissector: string,
  payload: Uint8Array,
  options: ExportedPduOptions = {},
): Buffer {
  const { tag = 12, before = [] } = options
  return Buffer.concat([
    ...before.map(([type, value]) => tlv(type, value)),
    tlv(tag, Buffer.from(dissector, 'latin1')),
    tlv(0, Buffer.alloc(0)),
    payload,
  ])
}

export interface ExportedPduOptions {
  /** 12: name; 13: heuristic; 14: table. */
  readonly tag?: number
  /** Other tags that stand before it. */
  readonly before?: readonly (readonly [type: number, value: Uint8Array])[]
}

/** GSMTAP version 2: 16 bytes of header, libosmocore's gsmtap.h. */
export function gsmtap(type: number, subType: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(16)
  header.set([2, 4, type])
  header[12] = subType
  return Buffer.concat([header, payload])
}

function tlv(type: number, value: Uint8Array): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(value.length, 2)
  return Buffer.concat([head, value])
}

/** NAS messages written by hand from 3GPP TS 24.301; the sections are those of the message. */
export const nas = {
  /** §8.2.3, EMM cause alone: no suitable cells in tracking area. */
  attachReject15: Buffer.from([0x07, 0x44, 15]),
  /** §8.2.3: ESM failure, with a PDN CONNECTIVITY REJECT (§8.3.20) in its container: missing or unknown APN. */
  attachReject19Esm27: Buffer.from([0x07, 0x44, 19, 0x78, 0, 4, 0x02, 0x01, 0xd1, 27]),
  /** §8.2.28 behind the security header of §9.1, integrity protected only: implicitly detached. */
  protectedTauReject10: Buffer.from([0x17, 0xde, 0xad, 0xbe, 0xef, 5, 0x07, 0x4b, 10]),
  /** §8.2.24: congestion, with T3346 (§9.9.3.16A). */
  serviceReject22: Buffer.from([0x07, 0x4e, 22, 0x5f, 0x01, 0x22]),
  /** §8.2.6. */
  authenticationReject: Buffer.from([0x07, 0x54]),
  /** §8.3.20: requested service option not subscribed. */
  pdnReject33: Buffer.from([0x02, 0x01, 0xd1, 33]),
  /** §8.2.18: identity request, IMSI. */
  identityRequest: Buffer.from([0x07, 0x55, 0x01]),
  /** §8.2.1: EPS only, T3412, one tracking area (§9.9.3.33), an empty ESM container. */
  attachAccept: Buffer.from([0x07, 0x42, 0x01, 0x21, 6, 0, 0x42, 0xf4, 0x10, 0, 1, 0, 0]),
  /** §9.1: integrity protected and ciphered. */
  ciphered: Buffer.from([0x27, 0xde, 0xad, 0xbe, 0xef, 6, 0x9a, 0x44, 0x0f]),
  /** §8.2.25: a service request has its own short header. */
  serviceRequest: Buffer.from([0xc7, 0x21, 0xab, 0xcd]),
} as const
