import { emmCauses, esmCauses } from './nas-causes.ts'

/** Messages by which the LTE network refuses a device. 3GPP TS 24.301 §9.8. */
export type NasRejectMessage =
  | 'ATTACH REJECT'
  | 'TRACKING AREA UPDATE REJECT'
  | 'SERVICE REJECT'
  | 'AUTHENTICATION REJECT'
  | 'PDN CONNECTIVITY REJECT'

/** Messages by which it takes the device in. */
export type NasAcceptMessage = 'ATTACH ACCEPT' | 'TRACKING AREA UPDATE ACCEPT' | 'SERVICE ACCEPT'

export interface NasReject {
  readonly message: NasRejectMessage
  /** EMM cause, of a PDN CONNECTIVITY REJECT the ESM cause; undefined where the message has none. */
  readonly cause: number | undefined
  /** The cause as the table names it; undefined for a number that the table does not have. */
  readonly name: string | undefined
}

/** What a NAS message is: `rejects` may be several, as an ATTACH REJECT carries the ESM message that failed. */
export type NasRead =
  | {
      readonly kind: 'plain'
      readonly rejects: readonly NasReject[]
      readonly accept: NasAcceptMessage | undefined
    }
  | { readonly kind: 'ciphered' }
  | { readonly kind: 'unknown' }

/** Protocol discriminators, 3GPP TS 24.007 §11.2.3.1.1. */
const ESM = 0x2
const EMM = 0x7

/** Security header type, §9.3.1. */
const PLAIN = 0
const INTEGRITY_PROTECTED = 1
const INTEGRITY_PROTECTED_NEW_CONTEXT = 3
const FIRST_SERVICE_REQUEST = 12

/** §9.1: security header, message authentication code, sequence number, then a plain NAS message. */
const SECURITY_HEADER_BYTES = 6

/** EMM messages with the place of their EMM cause, §8.2; undefined: none. */
const emmRejects: Readonly<Record<number, { message: NasRejectMessage; causeAt: number | undefined }>> = {
  68: { message: 'ATTACH REJECT', causeAt: 2 }, // §8.2.3
  75: { message: 'TRACKING AREA UPDATE REJECT', causeAt: 2 }, // §8.2.28
  78: { message: 'SERVICE REJECT', causeAt: 2 }, // §8.2.24
  84: { message: 'AUTHENTICATION REJECT', causeAt: undefined }, // §8.2.6
}
const emmAccepts: Readonly<Record<number, NasAcceptMessage>> = {
  66: 'ATTACH ACCEPT', // §8.2.1
  73: 'TRACKING AREA UPDATE ACCEPT', // §8.2.26
  79: 'SERVICE ACCEPT', // §8.2.34
}
const ATTACH_REJECT = 0x44
const PDN_CONNECTIVITY_REJECT = 0xd1
const ESM_MESSAGE_CONTAINER = 0x78

/** `bytes` is one NAS message with or without its security header. What is cut before its cause has none. */
export function readNas(bytes: Uint8Array): NasRead {
  const [first] = bytes
  if (first === undefined || bytes.length < 2) return { kind: 'unknown' }
  const discriminator = first & 0x0f
  if (discriminator === ESM) return plain(readEsm(bytes))
  if (discriminator !== EMM) return { kind: 'unknown' }
  const security = first >> 4
  if (security === PLAIN) return readEmm(bytes)
  if (security === INTEGRITY_PROTECTED || security === INTEGRITY_PROTECTED_NEW_CONTEXT) {
    const inner = bytes.subarray(SECURITY_HEADER_BYTES)
    const [innerFirst] = inner
    if (innerFirst === undefined) return { kind: 'unknown' }
    if ((innerFirst & 0x0f) === ESM) return plain(readEsm(inner))
    return innerFirst === EMM ? readEmm(inner) : { kind: 'unknown' }
  }
  // A SERVICE REQUEST has its own short form and says nothing here.
  return security >= FIRST_SERVICE_REQUEST ? plain([]) : { kind: 'ciphered' }
}

function plain(rejects: readonly NasReject[], accept?: NasAcceptMessage): NasRead {
  return { kind: 'plain', rejects, accept }
}

/** Security header type and discriminator, message type, then what the message has. */
function readEmm(bytes: Uint8Array): NasRead {
  const row = emmRejects[bytes[1] ?? 0]
  if (row === undefined) return plain([], emmAccepts[bytes[1] ?? 0])
  const cause = row.causeAt === undefined ? undefined : bytes[row.causeAt]
  const reject = {
    message: row.message,
    cause,
    name: cause === undefined ? undefined : emmCauses[cause],
  }
  return plain(bytes[1] === ATTACH_REJECT ? [reject, ...readContainer(bytes)] : [reject])
}

/** ESM message container of an ATTACH REJECT: its number, a length of two bytes, the ESM message (§9.9.3.15). */
function readContainer(bytes: Uint8Array): NasReject[] {
  if (bytes[3] !== ESM_MESSAGE_CONTAINER || bytes.length < 6) return []
  const length = ((bytes[4] ?? 0) << 8) | (bytes[5] ?? 0)
  return readEsm(bytes.subarray(6, 6 + length))
}

/** EPS bearer identity and discriminator, procedure transaction identity, message type, ESM cause (§8.3.20). */
function readEsm(bytes: Uint8Array): NasReject[] {
  if (((bytes[0] ?? 0) & 0x0f) !== ESM || bytes[2] !== PDN_CONNECTIVITY_REJECT) return []
  const cause = bytes[3]
  return [
    {
      message: 'PDN CONNECTIVITY REJECT',
      cause,
      name: cause === undefined ? undefined : esmCauses[cause],
    },
  ]
}
