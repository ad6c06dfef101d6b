import { Reader } from '../codec/reader.ts'
import type { HashName } from '../crypto/hash.ts'
import { type CipherSuite, findCipherSuite, formatCipherSuite } from './cipher-suites.ts'
import type { ClientOffer } from './client-offer.ts'
import type { Opening } from './client-opening-13.ts'
import { type ExtensionName, extensionTypes, formatExtensionType } from './extension-types.ts'
import {
  decodeMaxFragmentLength,
  decodeRecordSizeLimit,
  type Extension,
  findExtension,
} from './extensions.ts'
import { deriveKeyShare } from './key-shares.ts'
import {
  decodeSelectedGroup,
  decodeSelectedIdentity,
  decodeServerShare,
  refuseDuplicates,
} from './messages-13.ts'
import { formatNamedGroup } from './named-groups.ts'
import { refuseExtensions } from './negotiation.ts'
import { type AeadProtection, protectionOf } from './record-ciphers.ts'
import { MAX_PLAINTEXT_BYTES } from './record-reader.ts'
import { type Refusal, unoffered, unsupported } from './refusal.ts'
import type { ServerHello } from './server-hello.ts'
import { versions } from './versions.ts'

/** What a ServerHello or HelloRetryRequest of TLS 1.3 says of the suite. */
export interface Suite13 {
  readonly suite: CipherSuite
  readonly hashName: HashName
  readonly protection: AeadProtection
}

/** The suite chosen, and what both kinds of ServerHello must keep to. Throws `DecodeError`. */
export function readSuite(opening: Opening, hello: ServerHello): Suite13 | Refusal {
  refuseDuplicates(hello.extensions, new Reader(new Uint8Array(0), 'ServerHello'))
  const chosen = `the server chose ${formatCipherSuite(hello.cipherSuite)}`
  if (!opening.offer.cipherSuites.includes(hello.cipherSuite)) return unoffered(chosen)
  if (hello.compressionMethod !== 0) {
    return unoffered(`the server chose compression method ${hello.compressionMethod}`)
  }
  if (!Buffer.from(hello.sessionId).equals(opening.sessionId)) {
    return unoffered('the server echoed another legacy_session_id') // RFC 8446 §4.1.3
  }
  const suite = findCipherSuite(hello.cipherSuite)
  if (suite?.kx !== 'tls13') return unoffered(`${chosen}, which is no suite of TLS 1.3`)
  const protection = protectionOf(suite, { encryptThenMac: false, version: versions['TLSv1.3'].code })
  const { hash } = suite
  if (protection?.kind !== 'aead' || (hash !== 'sha256' && hash !== 'sha384')) return unsupported(chosen)
  return { suite, hashName: hash, protection }
}

/** What a HelloRetryRequest asks for, RFC 8446 §4.1.4. */
export function readRetry(
  { offer, shares }: Opening,
  { extensions }: ServerHello,
): { readonly group: number | undefined; readonly cookie: Uint8Array | undefined } | Refusal {
  const misplaced = refuseMisplaced(extensions, ['supported_versions', 'key_share', 'cookie'])
  if (misplaced !== undefined) return misplaced
  const cookie = find(extensions, 'cookie')
  const selected = find(extensions, 'key_share')
  if (cookie !== undefined) readCookie(cookie)
  if (selected === undefined) {
    if (cookie !== undefined) return { group: undefined, cookie }
    return unoffered('the server sent a HelloRetryRequest that asks for nothing')
  }
  const group = decodeSelectedGroup(selected)
  const asked = `the server asked for ${formatNamedGroup(group)}`
  if (!offersGroup(offer, group)) return unoffered(asked)
  if (shares.some((share) => share.group === group)) return unoffered(`${asked} again`)
  return { group, cookie }
}

/** The shared secret and the identity chosen. Throws `DecodeError` for a share that is no point of its curve. */
export function readKeyAgreement(
  { offer, shares, ticket }: Opening,
  { extensions }: ServerHello,
  { hashName }: Suite13,
): { readonly group: number; readonly shared: Uint8Array; readonly resumed: boolean } | Refusal {
  const misplaced = refuseMisplaced(extensions, ['supported_versions', 'key_share', 'pre_shared_key'])
  if (misplaced !== undefined) return misplaced
  const identity = find(extensions, 'pre_shared_key')
  const index = identity === undefined ? undefined : decodeSelectedIdentity(identity)
  if (index !== undefined && (index > 0 || ticket === undefined)) {
    return unoffered(`the server chose pre-shared key ${index}`)
  }
  if (index !== undefined && ticket?.hashName !== hashName) {
    return unoffered('the server resumed a session with a suite of another hash') // RFC 8446 §4.2.11
  }
  const data = find(extensions, 'key_share')
  if (data === undefined) return unoffered('the server sent no key_share', 'missing_extension')
  const { group, publicKey } = decodeServerShare(data)
  const share = shares.find((own) => own.group === group)
  const chosen = `the server chose ${formatNamedGroup(group)}`
  if (share === undefined) {
    return unoffered(offersGroup(offer, group) ? `${chosen}, of which no share was sent` : chosen)
  }
  if (share.sharedSecret === undefined) return unsupported(chosen)
  const shared = share.sharedSecret(publicKey)
  if (shared === undefined) {
    const r = new Reader(data, 'ServerHello.key_share')
    throw r.error('value', 'key_exchange', `no point of ${formatNamedGroup(group)}`)
  }
  return { group, shared, resumed: index !== undefined }
}

/** Whether the second hello can be made. */
export function canRetry(
  group: number | undefined,
  seed: Parameters<typeof deriveKeyShare>[1],
): Refusal | undefined {
  if (group === undefined || deriveKeyShare(group, seed) !== undefined) return undefined
  return unsupported(`the server asked for ${formatNamedGroup(group)}`)
}

/** Why EncryptedExtensions cannot be, and the record size that they set. Throws `DecodeError`. */
export function readAnswers(
  offer: ClientOffer,
  extensions: readonly Extension[],
): { readonly recordLimit: number } | Refusal {
  const misplaced = extensions.find(({ code }) => notEncrypted.has(code))
  if (misplaced !== undefined) {
    return unoffered(`the server sent ${formatExtensionType(misplaced.code)} in EncryptedExtensions`)
  }
  const refusal = refuseExtensions(offer, extensions)
  if (refusal !== undefined) return refusal
  const fragment = find(extensions, 'max_fragment_length')
  const size = find(extensions, 'record_size_limit')
  const bytes = fragment === undefined ? undefined : decodeMaxFragmentLength(fragment)
  // RFC 8449 §4: in TLS 1.3 the limit counts the content type, too.
  const limit = bytes ?? (size === undefined ? MAX_PLAINTEXT_BYTES : decodeRecordSizeLimit(size) - 1)
  return { recordLimit: Math.min(limit, MAX_PLAINTEXT_BYTES) }
}

/** RFC 8446 §4.2: what has its place in another message. */
const notEncrypted = new Set<number>(
  (
    [
      'supported_versions',
      'key_share',
      'pre_shared_key',
      'psk_key_exchange_modes',
      'cookie',
      'signature_algorithms',
      'signature_algorithms_cert',
      'status_request',
      'signed_certificate_timestamp',
      'certificate_authorities',
      'oid_filters',
      'post_handshake_auth',
      'padding',
      // Of TLS 1.2, which the same hello may offer.
      'ec_point_formats',
      'encrypt_then_mac',
      'extended_master_secret',
      'session_ticket',
      'renegotiation_info',
    ] as const
  ).map((name) => extensionTypes[name].code),
)

function refuseMisplaced(
  extensions: readonly Extension[],
  allowed: readonly ExtensionName[],
): Refusal | undefined {
  const codes = allowed.map((name): number => extensionTypes[name].code)
  const other = extensions.find(({ code }) => !codes.includes(code))
  if (other === undefined) return undefined
  const detail = `the server sent extension ${formatExtensionType(other.code)} in clear`
  return unoffered(detail, 'unsupported_extension')
}

function find(extensions: readonly Extension[], name: ExtensionName): Uint8Array | undefined {
  return findExtension(extensions, extensionTypes[name].code)
}

/** `Cookie<1..2^16-1>`: sent back as it came, RFC 8446 §4.2.2. */
function readCookie(data: Uint8Array): void {
  const r = new Reader(data, 'HelloRetryRequest.cookie')
  if (r.vector16('cookie').length === 0) throw r.error('length', 'cookie', 'an empty cookie')
  r.end()
}

function offersGroup({ extensions }: ClientOffer, group: number): boolean {
  const lists = extensions.filter((extension) => extension.kind === 'supported_groups')
  return lists.some(({ groups }) => groups.includes(group))
}
