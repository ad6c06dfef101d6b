import type { ProtocolLevel } from './connect-packet.ts'

/** Why a CONNECT is refused, and the code for it: MQTT 3.1.1 §3.2.2.3 (none: close without an answer), 5.0 §3.2.2.2. */
export const refusals = {
  malformed: { returnCode: undefined, reasonCode: 0x81 },
  version: { returnCode: 1, reasonCode: 0x84 },
  'client-id': { returnCode: 2, reasonCode: 0x85 },
  'not-authorised': { returnCode: 5, reasonCode: 0x87 },
  unavailable: { returnCode: 3, reasonCode: 0x88 },
  'too-large': { returnCode: undefined, reasonCode: 0x95 },
} as const satisfies Record<string, { returnCode: number | undefined; reasonCode: number }>

export type Refusal = keyof typeof refusals

/** The CONNACK that says so; undefined where the version has no word for it, and the connection is only closed. */
export function encodeRefusal(refusal: Refusal, level: ProtocolLevel): Uint8Array | undefined {
  const { returnCode, reasonCode } = refusals[refusal]
  // No session, no properties.
  if (level === 5) return Uint8Array.of(0x20, 3, 0, reasonCode, 0)
  return returnCode === undefined ? undefined : Uint8Array.of(0x20, 2, 0, returnCode)
}

/** DISCONNECT of a server, which only MQTT 5.0 has: §3.14. */
export function encodeDisconnect(reasonCode: number): Uint8Array {
  return Uint8Array.of(0xe0, 1, reasonCode)
}
