import type { Device } from '../device/device.ts'
import { MAX_PLAINTEXT_BYTES } from '../tls/record-reader.ts'
import { verifyGnutls } from './gnutls-verify.ts'
import type { EndSeen, MessageSeen, RecordSeen, Stack, StackFailure } from './stack.ts'

/** gnutls_handshake_set_max_packet_length: in spite of its name all handshake messages so far. lib/handshake.c, CHECK_SIZE. */
const DEFAULT_PACKET_BYTES = 131_072

/** GnuTLS 3.7: lib/handshake.c, lib/x509/verify.c. It joins what is cut, and takes records of any size that TLS has. */
export const gnutls: Stack = {
  leavesOut: false,
  verify: verifyGnutls,
  readMessage: readPacket,
  readRecord,
  codeOf,
}

function readPacket(
  { messageBytes, transcriptBytes }: MessageSeen,
  { limits }: Device,
): StackFailure | undefined {
  const known = limits.handshakeMessageBytes?.value
  const limitBytes = typeof known === 'number' ? known : DEFAULT_PACKET_BYTES
  const bytes = transcriptBytes ?? messageBytes
  if (bytes <= limitBytes) return undefined
  return { reasons: [{ kind: 'message-too-large', size: { bytes, limitBytes } }], code: '-210' }
}

/** GNUTLS_E_RECORD_OVERFLOW: what no record may hold, RFC 5246 §6.2.1. */
function readRecord({ plaintextBytes: bytes }: RecordSeen): StackFailure | undefined {
  if (bytes <= MAX_PLAINTEXT_BYTES) return undefined
  const size = { bytes, limitBytes: MAX_PLAINTEXT_BYTES }
  return { reasons: [{ kind: 'record-too-large', size }], code: '-417', alert: 22 }
}

/** gnutls/gnutls.h: GNUTLS_E_*. */
function codeOf(end: EndSeen): string | undefined {
  switch (end.kind) {
    case 'alert':
      return '-12'
    case 'closed':
    case 'close-notify':
      return '-110'
    case 'not-tls':
      return '-15'
    case 'reset':
    case 'version':
    case 'no-common-cipher':
      return undefined
  }
}
