import type { Device } from '../device/device.ts'
import { extensionTypes } from '../tls/extension-types.ts'
import { MAX_PLAINTEXT_BYTES } from '../tls/record-reader.ts'
import { versions } from '../tls/versions.ts'
import type {
  EndSeen,
  KeyExchangeSeen,
  MessageSeen,
  NegotiatedSeen,
  RecordSeen,
  Stack,
  StackFailure,
} from './stack.ts'
import { readWolfsslBuild, wolfsslCodes } from './wolfssl-parse.ts'
import { loadWolfsslAnchors, verifyWolfssl } from './wolfssl-verify.ts'

const HEADER_BYTES = 4
/** MAX_CERTIFICATE_SZ as the library reckons it: nine certificates of 2,048 bytes, each with its length, and the list's. */
const DEFAULT_MESSAGE_BYTES = 3 + 9 * (2_048 + 3)

/** wolfSSL 5.5: src/internal.c, wolfcrypt/src/asn.c. Records of any size that TLS has are read. */
export const wolfssl: Stack = {
  leavesOut: true,
  loadAnchors: loadWolfsslAnchors,
  verify: verifyWolfssl,
  readNegotiated: readGroups,
  readKeyExchange: readPrime,
  readMessage: (message, device) =>
    readRecordLength(message.largestRecordBytes, message.agreedFragmentBytes, 'message-too-large') ??
    readHeader(message) ??
    readSize(message, device),
  readRecord: (record) =>
    readRecordLength(
      record.plaintextBytes + record.overheadBytes,
      record.agreedFragmentBytes ?? MAX_PLAINTEXT_BYTES,
      'record-too-large',
    ) ?? readPlaintext(record),
  codeOf: codeOfEnd,
}

/** TLSX_Parse, EXT_NOT_ALLOWED: a server names its groups from TLS 1.3 on, and in the EncryptedExtensions. */
function readGroups({ version, extensions }: NegotiatedSeen): StackFailure | undefined {
  const below13 = version < versions['TLSv1.3'].code
  if (!below13 || !extensions?.includes(extensionTypes.supported_groups.code)) return undefined
  const detail = 'supported_groups in the ServerHello'
  return { reasons: [{ kind: 'extension-refused', detail }], code: '-424', alert: 10, early: true }
}

/** WOLFSSL_MIN_DHKEY_BITS; the most follows from the same room for numbers as that of RSA keys. */
const MIN_DH_BITS = 1_024

/** GetDhPublicKey: DH_KEY_SIZE_E. */
function readPrime({ dhBits }: KeyExchangeSeen, device: Device): StackFailure | undefined {
  const { maxRsaBits } = readWolfsslBuild(device)
  if (dhBits === undefined || (dhBits >= MIN_DH_BITS && dhBits <= maxRsaBits)) return undefined
  const detail = `a Diffie-Hellman prime of ${dhBits} bits`
  return { reasons: [{ kind: 'key-exchange-refused', detail }], code: '-401' }
}

/** GetRecordHeader: MAX_COMP_EXTRA and MAX_MSG_EXTRA beyond the fragment length that was agreed. LENGTH_ERROR. */
function readRecordLength(
  bytes: number,
  agreedBytes: number | undefined,
  kind: 'message-too-large' | 'record-too-large',
): StackFailure | undefined {
  if (agreedBytes === undefined || bytes <= agreedBytes + 1_024 + 102) return undefined
  const size = { bytes, limitBytes: agreedBytes }
  return { reasons: [{ kind, size }], code: '-341', alert: 22, early: true }
}

/** ProcessReplyEx: what a record holds once it is opened. BUFFER_ERROR. */
function readPlaintext({ plaintextBytes: bytes }: RecordSeen): StackFailure | undefined {
  if (bytes <= MAX_PLAINTEXT_BYTES) return undefined
  const size = { bytes, limitBytes: MAX_PLAINTEXT_BYTES }
  return { reasons: [{ kind: 'record-too-large', size }], code: '-328' }
}

/** GetHandShakeHeader: a message may go on in another record, its header may not. PARSE_ERROR. */
function readHeader({ headerCut, name }: MessageSeen): StackFailure | undefined {
  if (!headerCut) return undefined
  const detail = `${name} with its header over two records`
  return { reasons: [{ kind: 'message-fragmented', detail }], code: '-306', early: true }
}

/** DoHandShakeMsg: what a message announces is held against MAX_HANDSHAKE_SZ; records it joins. */
function readSize({ name, messageBytes }: MessageSeen, { limits }: Device): StackFailure | undefined {
  const known = limits.handshakeMessageBytes?.value
  const limitBytes = typeof known === 'number' ? known : DEFAULT_MESSAGE_BYTES + HEADER_BYTES
  if (messageBytes <= limitBytes) return undefined
  const size = { bytes: messageBytes, limitBytes }
  return {
    reasons: [{ kind: 'message-too-large', detail: `${name} of ${messageBytes} bytes`, size }],
    code: String(wolfsslCodes.HANDSHAKE_SIZE_ERROR),
    early: true,
  }
}

/** wolfssl/error-ssl.h: FATAL_ERROR, SOCKET_PEER_CLOSED_E, SOCKET_ERROR_E, UNKNOWN_RECORD_TYPE, VERSION_ERROR. */
function codeOfEnd(end: EndSeen): string | undefined {
  switch (end.kind) {
    case 'alert':
      return '-313'
    case 'closed':
      return '-397'
    case 'reset':
      return '-308'
    case 'version':
      return '-326'
    case 'close-notify':
    case 'not-tls':
    case 'no-common-cipher':
      return undefined
  }
}
