import type { Device } from '../device/device.ts'
import { formatSignatureScheme } from '../tls/signature-schemes.ts'
import { loadMbedtlsAnchors, verifyMbedtls } from './mbedtls-verify.ts'
import type {
  EndSeen,
  KeyExchangeSeen,
  MessageSeen,
  NegotiatedSeen,
  RecordSeen,
  Stack,
  StackFailure,
} from './stack.ts'

/** MBEDTLS_SSL_IN_CONTENT_LEN as the library ships it. */
const DEFAULT_CONTENT_BYTES = 16_384

const RECORD_HEADER_BYTES = 5

const FEATURE_UNAVAILABLE = '-0x7080'
const BAD_INPUT_DATA = '-0x7100'
const INVALID_RECORD = '-0x7200'

/** Mbed TLS 2.28 and 3.6: library/ssl_msg.c, ssl_tls.c, x509_crt.c. */
export const mbedtls: Stack = {
  leavesOut: true,
  readNegotiated: readFragmentLength,
  readKeyExchange: (keyExchange, device) =>
    readPrime(keyExchange, device) ?? readSignatureScheme(keyExchange, device),
  loadAnchors: loadMbedtlsAnchors,
  verify: verifyMbedtls,
  readMessage(message, device) {
    return readSize(message, device, 'message-too-large') ?? readFragments(message, device)
  },
  readRecord(record, device) {
    return (
      readShrunk(record, device) ??
      readSize({ ...record, largestRecordBytes: record.plaintextBytes }, device, 'record-too-large')
    )
  },
  codeOf: codeOfEnd,
}

/**
 * mbedtls_ssl_fetch_input refuses a record that its buffer has no room for; ssl_prepare_record_content one whose
 * content is over the limit. A message sharing its record with others counts with them.
 */
function readSize(
  { largestRecordBytes, overheadBytes, offset = 0 }: Sized,
  device: Device,
  kind: 'message-too-large' | 'record-too-large',
): StackFailure | undefined {
  const contentBytes = contentLimit(device)
  const onWire = largestRecordBytes + overheadBytes
  const size = { bytes: largestRecordBytes, limitBytes: contentBytes, offset }
  const reasons = [{ kind, detail: `a record of ${largestRecordBytes} bytes`, size }]
  if (onWire > contentBytes + bufferOverhead(device)) return { reasons, code: BAD_INPUT_DATA }
  return largestRecordBytes > contentBytes ? { reasons, code: INVALID_RECORD } : undefined
}

type Sized = Pick<MessageSeen, 'largestRecordBytes' | 'overheadBytes'> & { readonly offset?: number }

/**
 * Up to 3.6.2 a message cut over records is not taken at all. Later lines join it in the receive buffer, where the header
 * of the last record needs room too.
 */
function readFragments(
  { records, name, messageBytes, overheadBytes, headerCut }: MessageSeen,
  device: Device,
): StackFailure | undefined {
  if (records < 2) return undefined
  const detail = `${name} over ${records} records`
  // The first piece must hold the header, whether or not pieces are joined.
  if (headerCut) return { reasons: [{ kind: 'message-fragmented', detail }], code: INVALID_RECORD }
  if (device.handshakeFragments?.value !== 'joined') {
    const uncertain = device.handshakeFragments === undefined
    return { reasons: [{ kind: 'message-fragmented', detail }], code: FEATURE_UNAVAILABLE, uncertain }
  }
  const limitBytes = contentLimit(device) + bufferOverhead(device) - RECORD_HEADER_BYTES
  if (messageBytes + overheadBytes <= limitBytes) return undefined
  const size = { bytes: messageBytes, limitBytes }
  return { reasons: [{ kind: 'message-too-large', detail, size }], code: BAD_INPUT_DATA }
}

/**
 * MBEDTLS_SSL_PAYLOAD_OVERHEAD: what the receive buffer has beyond the content, for an IV, a MAC and padding, whatever
 * suite is chosen. A build without CBC suites needs a tag in place of the last two.
 */
function bufferOverhead({ hello, build }: Device): number {
  const suites = hello.cipherSuites?.value
  const ivBytes = 16
  // The connection id of DTLS is built into 3.x by default, and has room in this buffer too.
  const later = build.rules?.value === 'mbedtls-3' ? 48 : 0
  if (suites !== undefined && !suites.some((name) => name.includes('_CBC_') || name.includes('_NULL_'))) {
    return ivBytes + 16 + later
  }
  const hashes = build.hashes?.value ?? ['sha512']
  const macBytes =
    hashes.includes('sha512') || hashes.includes('sha384') ? 48 : hashes.includes('sha256') ? 32 : 20
  return ivBytes + macBytes + 256 + later
}

/**
 * MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH: after the handshake the buffer is made as small as what the device sends at most,
 * or as the max_fragment_length that it asks for, whether or not the server agreed.
 */
function readShrunk(
  { plaintextBytes, overheadBytes, offset }: RecordSeen,
  device: Device,
): StackFailure | undefined {
  const { build, hello } = device
  const sendBytes = build.sentRecordBytes?.value
  if (build.receiveBuffer?.value !== 'shrinks' || typeof sendBytes !== 'number') return undefined
  const asked = hello.maxFragmentLength?.value
  const roomBytes = Math.min(typeof asked === 'number' ? asked : contentLimit(device), sendBytes)
  if (plaintextBytes + overheadBytes <= roomBytes + bufferOverhead(device)) return undefined
  const detail = `a record of ${plaintextBytes} bytes, in a buffer shrunk to ${roomBytes}`
  const size = { bytes: plaintextBytes, limitBytes: roomBytes, offset }
  return { reasons: [{ kind: 'record-too-large', detail, size }], code: BAD_INPUT_DATA }
}

function contentLimit({ limits }: Device): number {
  const known = [limits.recordBytes?.value, limits.handshakeMessageBytes?.value].filter(
    (value) => typeof value === 'number',
  )
  return known.length === 0 ? DEFAULT_CONTENT_BYTES : Math.min(...known)
}

/**
 * 3.x asks for max_fragment_length whatever version it offers, but its TLS 1.3 does not know the answer:
 * ssl_tls13_parse_encrypted_extensions ends with unsupported extension.
 */
function readFragmentLength({ version, maxFragmentLength }: NegotiatedSeen): StackFailure | undefined {
  if (version < 0x0304 || maxFragmentLength === undefined) return undefined
  const detail = 'max_fragment_length is answered in TLS 1.3'
  return { reasons: [{ kind: 'extension-refused', detail }], code: '-0x7500', alert: 110, early: true }
}

/** mbedtls_ssl_conf_dhm_min_bitlen, which nobody calls: ssl_parse_server_dh_params. */
const MIN_DH_BITS = 1_024

function readPrime({ dhBits }: KeyExchangeSeen, { build }: Device): StackFailure | undefined {
  if (dhBits === undefined || dhBits >= MIN_DH_BITS) return undefined
  const detail = `a Diffie-Hellman prime of ${dhBits} bits`
  // MBEDTLS_ERR_SSL_BAD_HS_SERVER_KEY_EXCHANGE went with 3.0.
  const code = build.rules?.value === 'mbedtls-2' ? '-0x7B00' : '-0x6E00'
  return { reasons: [{ kind: 'key-exchange-refused', detail }], code }
}

/**
 * 3.x with TLS 1.3 built in offers RSA-PSS, and cannot verify it in a ServerKeyExchange of TLS 1.2, where servers may
 * well use it: mbedtls_ssl_tls12_sig_alg_is_supported.
 */
function readSignatureScheme(
  { version, signatureScheme }: KeyExchangeSeen,
  { build }: Device,
): StackFailure | undefined {
  const name = signatureScheme === undefined ? '' : formatSignatureScheme(signatureScheme)
  if (build.pssBelow13?.value === 'verified') return undefined
  if (build.rules?.value !== 'mbedtls-3' || version >= 0x0304 || !name.startsWith('rsa_pss_'))
    return undefined
  const detail = `ServerKeyExchange of TLS 1.2 signed with ${name}`
  return { reasons: [{ kind: 'key-exchange-refused', detail }], code: '-0x6600', alert: 47 }
}

/** include/mbedtls/ssl.h and net_sockets.h. */
function codeOfEnd(end: EndSeen): string | undefined {
  switch (end.kind) {
    case 'alert':
      return '-0x7780'
    case 'closed':
      return '-0x7280'
    case 'reset':
      return '-0x0050'
    case 'close-notify':
      return '-0x7880'
    case 'not-tls':
      return INVALID_RECORD
    case 'version':
      return '-0x6E80'
    case 'no-common-cipher':
      return undefined
  }
}
