import type { Device } from '../device/device.ts'
import { versions } from '../tls/versions.ts'
import { verifyOpenssl } from './openssl-verify.ts'
import type { EndSeen, MessageSeen, NegotiatedSeen, Stack, StackFailure } from './stack.ts'

/** SSL_CTX_set_max_cert_list: the Certificate message without its header. ssl.h, SSL_MAX_CERT_LIST_DEFAULT. */
const DEFAULT_CERT_LIST_BYTES = 102_400

const HEADER_BYTES = 4

/**
 * OpenSSL 3: ssl/statem, crypto/x509/x509_vfy.c. It joins what is cut, and takes records of any size, but none longer
 * than a fragment length that was agreed: ssl/record/ssl3_record.c.
 */
export const openssl: Stack = {
  leavesOut: false,
  readNegotiated: readRenegotiation,
  verify: verifyOpenssl,
  readMessage: (message, device) =>
    readLength(message.largestRecordBytes, message.agreedFragmentBytes, 'message-too-large') ??
    readCertificateList(message, device),
  readRecord: ({ plaintextBytes, agreedFragmentBytes }) =>
    readLength(plaintextBytes, agreedFragmentBytes, 'record-too-large'),
  codeOf,
}

const RENEGOTIATION_INFO = 0xff01

/** final_renegotiate: from 3.0 on a server that does not know RFC 5746 is refused, SSL_OP_LEGACY_SERVER_CONNECT. */
function readRenegotiation({ version, extensions }: NegotiatedSeen): StackFailure | undefined {
  if (version >= versions['TLSv1.3'].code || extensions === undefined) return undefined
  if (extensions.includes(RENEGOTIATION_INFO)) return undefined
  const detail = 'no renegotiation_info in the ServerHello'
  const code = 'unsafe legacy renegotiation disabled'
  return { reasons: [{ kind: 'extension-refused', detail }], code, alert: 40, early: true }
}

function readLength(
  bytes: number,
  limitBytes: number | undefined,
  kind: 'message-too-large' | 'record-too-large',
): StackFailure | undefined {
  if (limitBytes === undefined || bytes <= limitBytes) return undefined
  return { reasons: [{ kind, size: { bytes, limitBytes } }], code: 'data length too long', alert: 22 }
}

function readCertificateList(
  { name, messageBytes }: MessageSeen,
  { limits }: Device,
): StackFailure | undefined {
  const known = limits.handshakeMessageBytes?.value
  const limitBytes = typeof known === 'number' ? known : DEFAULT_CERT_LIST_BYTES + HEADER_BYTES
  if (name !== 'Certificate' || messageBytes <= limitBytes) return undefined
  const size = { bytes: messageBytes, limitBytes }
  return { reasons: [{ kind: 'message-too-large', size }], code: 'excessive message size', alert: 47 }
}

/** Reasons of the SSL library, as ERR_reason_error_string gives them. */
function codeOf(end: EndSeen): string | undefined {
  switch (end.kind) {
    case 'alert':
      return alertReasons.get(end.description)
    case 'closed':
    case 'close-notify':
      return 'unexpected eof while reading'
    case 'not-tls':
      return 'wrong version number'
    case 'reset':
    case 'version':
    case 'no-common-cipher':
      return undefined
  }
}

/** SSL_R_*_ALERT_*: by alert description, RFC 8446 §6. */
const alertReasons: ReadonlyMap<number, string> = new Map([
  [10, 'sslv3 alert unexpected message'],
  [20, 'sslv3 alert bad record mac'],
  [22, 'tlsv1 alert record overflow'],
  [40, 'sslv3 alert handshake failure'],
  [42, 'sslv3 alert bad certificate'],
  [43, 'sslv3 alert unsupported certificate'],
  [44, 'sslv3 alert certificate revoked'],
  [45, 'sslv3 alert certificate expired'],
  [46, 'sslv3 alert certificate unknown'],
  [47, 'sslv3 alert illegal parameter'],
  [48, 'tlsv1 alert unknown ca'],
  [49, 'tlsv1 alert access denied'],
  [50, 'tlsv1 alert decode error'],
  [51, 'tlsv1 alert decrypt error'],
  [70, 'tlsv1 alert protocol version'],
  [71, 'tlsv1 alert insufficient security'],
  [80, 'tlsv1 alert internal error'],
  [112, 'tlsv1 unrecognized name'],
  [116, 'tlsv13 alert certificate required'],
])
