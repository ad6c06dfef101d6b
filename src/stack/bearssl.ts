import type { Device } from '../device/device.ts'
import { loadBearsslAnchors, verifyBearssl } from './bearssl-verify.ts'
import type { EndSeen, MessageSeen, RecordSeen, Stack, StackFailure } from './stack.ts'

const TOO_LARGE = '6'
/** BR_SSL_BUFSIZE_INPUT is 16384 and this; five of them are the record's header. */
const OVERHEAD_BYTES = 325
const HEADER_BYTES = 5
const MAX_RECORD_BYTES = 16_384

/** BearSSL 0.6: src/ssl/ssl_engine.c, src/x509/x509_minimal.t0. */
export const bearssl: Stack = {
  leavesOut: false,
  loadAnchors: loadBearsslAnchors,
  verify: verifyBearssl,
  readMessage: readMessage,
  readRecord: readRecord,
  codeOf: codeOfEnd,
}

/** In the clear records are read in pieces, so any size passes, and messages may be cut anywhere. */
function readMessage(message: MessageSeen, device: Device): StackFailure | undefined {
  const { largestRecordBytes, overheadBytes } = message
  if (overheadBytes === 0) return undefined
  return readSize(largestRecordBytes, overheadBytes, device, 'message-too-large', 0)
}

function readRecord({ plaintextBytes, overheadBytes, offset }: RecordSeen, device: Device) {
  // BR_ERR_BAD_LENGTH: the suite's own check comes before that of the buffer.
  if (plaintextBytes > MAX_RECORD_BYTES) {
    const size = { bytes: plaintextBytes, limitBytes: MAX_RECORD_BYTES, offset }
    return { reasons: [{ kind: 'record-too-large' as const, size }], code: '5' }
  }
  return readSize(plaintextBytes, overheadBytes, device, 'record-too-large', offset)
}

/** recvrec_ack: an encrypted record must fit the input buffer as a whole. */
function readSize(
  bytes: number,
  overheadBytes: number,
  { limits }: Device,
  kind: 'message-too-large' | 'record-too-large',
  offset: number,
): StackFailure | undefined {
  const known = limits.recordBytes?.value
  const roomBytes = (typeof known === 'number' ? known : MAX_RECORD_BYTES) + OVERHEAD_BYTES - HEADER_BYTES
  if (bytes + overheadBytes <= roomBytes) return undefined
  const size = { bytes, limitBytes: roomBytes - overheadBytes, offset }
  return { reasons: [{ kind, detail: `a record of ${bytes} bytes`, size }], code: TOO_LARGE }
}

/** inc/bearssl_ssl.h: BR_ERR_RECV_FATAL_ALERT, BR_ERR_IO, BR_ERR_UNSUPPORTED_VERSION. */
function codeOfEnd(end: EndSeen): string | undefined {
  switch (end.kind) {
    case 'alert':
      return String(256 + end.description)
    case 'closed':
    case 'reset':
      return '31'
    case 'version':
      return '3'
    case 'close-notify':
    case 'not-tls':
    case 'no-common-cipher':
      return undefined
  }
}
