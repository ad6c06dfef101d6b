import type { Device } from '../device/device.ts'
import { MAX_PLAINTEXT_BYTES } from '../tls/record-reader.ts'
import { versions } from '../tls/versions.ts'
import { LEAST_RSA_BITS, verifyOpenssl } from './openssl-verify.ts'
import type {
  EndSeen,
  KeyExchangeSeen,
  MessageSeen,
  NegotiatedSeen,
  RecordSeen,
  Stack,
  StackFailure,
} from './stack.ts'

/** SSL_CTX_set_max_cert_list: the Certificate message without its header. ssl.h, SSL_MAX_CERT_LIST_DEFAULT. */
const DEFAULT_CERT_LIST_BYTES = 102_400

const HEADER_BYTES = 4

/**
 * OpenSSL 3: ssl/statem, crypto/x509/x509_vfy.c. It joins what is cut, and takes records of any size that TLS has, but none longer
 * than a fragment length that was agreed: ssl/record/ssl3_record.c.
 */
export const openssl: Stack = {
  leavesOut: false,
  readNegotiated: readRenegotiation,
  readKeyExchange: readPrime,
  verify: verifyOpenssl,
  readMessage: (message, device) =>
    readLength(message.largestRecordBytes, message.agreedFragmentBytes, 'message-too-large') ??
    readCertificateList(message, device),
  readRecord: (record) =>
    readPacket(record) ??
    readLength(record.plaintextBytes, record.agreedFragmentBytes ?? MAX_PLAINTEXT_BYTES, 'record-too-large'),
  codeOf,
}

const RENEGOTIATION_INFO = 0xff01

/** final_renegotiate: from 3.0 on a server that does not know RFC 5746 is refused, SSL_OP_LEGACY_SERVER_CONNECT. */
function readRenegotiation(negotiated: NegotiatedSeen): StackFailure | undefined {
  const { version, extensions, asksSecureRenegotiation } = negotiated
  if (version >= versions['TLSv1.3'].code || extensions === undefined) return undefined
  if (asksSecureRenegotiation !== true) return undefined
  if (extensions.includes(RENEGOTIATION_INFO)) return undefined
  const detail = 'no renegotiation_info in the ServerHello'
  const code = 'unsafe legacy renegotiation disabled'
  return { reasons: [{ kind: 'extension-refused', detail }], code, alert: 40, early: true }
}

/** ssl_security, SSL_SECOP_TMP_DH: a prime has to be worth as much as an RSA key, of 2,048 bits at Debian's level. */
function readPrime({ dhBits }: KeyExchangeSeen, { limits }: Device): StackFailure | undefined {
  const known = limits.rsaKeyBitsMin?.value
  if (dhBits === undefined || dhBits >= (typeof known === 'number' ? known : LEAST_RSA_BITS)) return undefined
  const detail = `a Diffie-Hellman prime of ${dhBits} bits`
  return { reasons: [{ kind: 'key-exchange-refused', detail }], code: 'dh key too small', alert: 40 }
}

/** SSL3_RT_MAX_ENCRYPTED_OVERHEAD, looked at before a record is opened. */
const MAX_OVERHEAD_BYTES = 320

function readPacket({ plaintextBytes, overheadBytes }: RecordSeen): StackFailure | undefined {
  if (plaintextBytes + overheadBytes <= MAX_PLAINTEXT_BYTES + MAX_OVERHEAD_BYTES) return undefined
  const size = { bytes: plaintextBytes, limitBytes: MAX_PLAINTEXT_BYTES }
  return { reasons: [{ kind: 'record-too-large', size }], code: 'packet length too long', alert: 22 }
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
