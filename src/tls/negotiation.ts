import { unlessBroken } from '../codec/decode-error.ts'
import { formatHex } from '../codec/hex.ts'
import { type CipherSuite, cipherSuites, findCipherSuite, formatCipherSuite } from './cipher-suites.ts'
import type { ClientOffer, OfferedExtension } from './client-offer.ts'
import { extensionTypes, formatExtensionType } from './extension-types.ts'
import {
  codeOf,
  decodeAlpn,
  decodeMaxFragmentLength,
  decodeRecordSizeLimit,
  decodeRenegotiationInfo,
  decodeSupportedVersions,
  type Extension,
  findExtension,
} from './extensions.ts'
import { isGrease } from './grease.ts'
import { MAX_PLAINTEXT_BYTES } from './record-reader.ts'
import { type Refusal, refuse, unoffered, unsupported } from './refusal.ts'
import type { ServerHello } from './server-hello.ts'
import { formatVersion, versions } from './versions.ts'

/** RFC 8449 §4: "Endpoints MUST NOT send a 'record_size_limit' extension with a value smaller than 64." */
const MIN_RECORD_SIZE_LIMIT = 64

/** What the two Hellos agreed on. */
export interface Negotiated {
  readonly version: number
  readonly suite: CipherSuite
  readonly extendedMasterSecret: boolean
  readonly encryptThenMac: boolean
  /** Most plaintext bytes of a record that we may send. */
  readonly recordLimit: number
  /** The same of a protected record; at most `recordLimit`. */
  readonly protectedRecordLimit: number
}

/**
 * What the server chose, or why that cannot be: `unoffered`, or `unsupported` for an offered version that is not TLS
 * 1.0 to 1.2 and for a suite code that no registry explains. Throws `DecodeError` for an extension that cannot be read.
 */
export function negotiate(offer: ClientOffer, hello: ServerHello): Negotiated | Refusal {
  const refusal =
    refuseVersion(offer, hello) ?? refuseChoice(offer, hello) ?? refuseExtensions(offer, hello.extensions)
  if (refusal !== undefined) return refusal
  const suite = findCipherSuite(hello.cipherSuite)
  const chosen = `the server chose ${formatCipherSuite(hello.cipherSuite)}`
  if (suite === undefined && !isGrease(hello.cipherSuite)) return unsupported(chosen)
  if (suite === undefined || !isSuiteOf(hello.version, suite)) {
    return unoffered(`${chosen}, which is no suite of ${formatVersion(hello.version)}`)
  }
  const has = (name: keyof typeof extensionTypes): boolean =>
    findExtension(hello.extensions, extensionTypes[name].code) !== undefined
  const recordLimit = offeredFragmentLength(offer, has('max_fragment_length'))
  const sizeLimit = findExtension(hello.extensions, extensionTypes.record_size_limit.code)
  return {
    version: hello.version,
    suite,
    extendedMasterSecret: has('extended_master_secret'),
    // RFC 7366 §3: of no effect on AEAD ciphers, even where a server wrongly answers it.
    encryptThenMac: has('encrypt_then_mac'),
    recordLimit,
    // RFC 8449 §4: a limit above that of the protocol is no error, and of no effect.
    protectedRecordLimit: Math.min(recordLimit, sizeLimit ? decodeRecordSizeLimit(sizeLimit) : recordLimit),
  }
}

/** Versions that the offer allows: its supported_versions, or all up to that of the hello, RFC 5246 §E.1. */
function refuseVersion(offer: ClientOffer, { version, random }: ServerHello): Refusal | undefined {
  const list = offeredVersions(offer)
  const offered =
    list === undefined ? version >= versions.SSLv3.code && version <= offer.version : list.includes(version)
  const detail = `the server chose ${formatVersion(version)}`
  if (!offered) return unoffered(detail, 'protocol_version')
  if (list?.includes(versions['TLSv1.3'].code) && version < versions['TLSv1.3'].code && isDowngrade(random)) {
    const told = `${detail}, and says in its random that it speaks TLSv1.3 or TLSv1.2`
    return refuse('downgrade', told, 'illegal_parameter')
  }
  if (version >= versions.TLSv1.code && version <= versions['TLSv1.2'].code) return undefined
  return unsupported(detail, 'protocol_version')
}

/**
 * AEAD and MACs with SHA-2 came with TLS 1.2: RFC 5246 §A.5, RFC 5289 §5, RFC 5288 §4. Only the CBC suites with a
 * pre-shared key may use such a MAC in any version, RFC 5487 §3, RFC 5489 §3.
 */
function isSuiteOf(version: number, { kx, mac }: CipherSuite): boolean {
  if (kx === 'scsv' || kx === 'tls13') return false
  if (version >= versions['TLSv1.2'].code) return true
  return mac === 'md5' || mac === 'sha1' || (mac !== undefined && kx.endsWith('psk'))
}

function refuseChoice(offer: ClientOffer, hello: ServerHello): Refusal | undefined {
  if (!offer.cipherSuites.includes(hello.cipherSuite)) {
    return unoffered(`the server chose ${formatCipherSuite(hello.cipherSuite)}`)
  }
  if (hello.compressionMethod !== 0) {
    return unoffered(`the server chose compression method ${hello.compressionMethod}`)
  }
  return undefined
}

/** RFC 5246 §7.4.1.4: "An extension type MUST NOT appear in the ServerHello unless" it was in the ClientHello. */
export function refuseExtensions(offer: ClientOffer, extensions: readonly Extension[]): Refusal | undefined {
  for (const { code, data } of extensions) {
    const own = offer.extensions.find((extension) => codeOf(extension) === code)
    if (own === undefined && !(code === extensionTypes.renegotiation_info.code && hasScsv(offer))) {
      return unoffered(`the server sent extension ${formatExtensionType(code)}`, 'unsupported_extension')
    }
    const refusal = refuseAnswer(code, data, own)
    if (refusal !== undefined) return refusal
  }
  const { max_fragment_length, record_size_limit } = extensionTypes
  if ([max_fragment_length, record_size_limit].every(({ code }) => findExtension(extensions, code))) {
    // RFC 8449 §5: "A client MUST treat receipt of both" as a fatal error.
    return unoffered('the server sent max_fragment_length and record_size_limit')
  }
  return undefined
}

function refuseAnswer(
  code: number,
  data: Uint8Array,
  own: OfferedExtension | undefined,
): Refusal | undefined {
  if (own?.kind === 'max_fragment_length') {
    const bytes = decodeMaxFragmentLength(data)
    if (bytes === own.bytes) return undefined
    const detail = `the server answered max_fragment_length ${bytes ?? `code ${data[0]}`}`
    return unoffered(detail) // RFC 6066 §4
  }
  if (own?.kind === 'record_size_limit') {
    const bytes = decodeRecordSizeLimit(data)
    if (bytes >= MIN_RECORD_SIZE_LIMIT) return undefined
    return unoffered(`the server sent record_size_limit ${bytes}`) // RFC 8449 §4
  }
  if (own?.kind === 'application_layer_protocol_negotiation') {
    const [protocol, ...more] = decodeAlpn(data)
    if (protocol !== undefined && more.length === 0 && own.protocols.includes(protocol)) return undefined
    const names = JSON.stringify([protocol, ...more])
    return unoffered(`the server chose the protocols ${names}`) // RFC 7301 §3.1
  }
  if (code === extensionTypes.renegotiation_info.code && decodeRenegotiationInfo(data).length > 0) {
    // RFC 5746 §3.4
    return unoffered('the server sent a renegotiated_connection in a first handshake', 'handshake_failure')
  }
  return undefined
}

function offeredFragmentLength(offer: ClientOffer, answered: boolean): number {
  const own = offer.extensions.find((extension) => extension.kind === 'max_fragment_length')
  return answered && own !== undefined ? own.bytes : MAX_PLAINTEXT_BYTES
}

/** RFC 5746 §3.3: this suite asks for renegotiation_info as the extension does. */
function hasScsv(offer: ClientOffer): boolean {
  return offer.cipherSuites.includes(cipherSuites.TLS_EMPTY_RENEGOTIATION_INFO_SCSV.code)
}

function offeredVersions(offer: ClientOffer): readonly number[] | undefined {
  for (const extension of offer.extensions)
    if (extension.kind === 'supported_versions') return extension.versions
  const data = rawExtension(offer, extensionTypes.supported_versions.code)
  // The caller may send any bytes as supported_versions: what cannot be read offers nothing.
  return data && (unlessBroken(() => decodeSupportedVersions(data)) ?? [])
}

/** RFC 8446 §4.1.3: the last bytes of the random are `DOWNGRD`, and 1 for TLS 1.2 or 0 for less. */
function isDowngrade(random: Uint8Array): boolean {
  return /^444f574e475244(00|01)$/.test(formatHex(random.subarray(24)))
}

function rawExtension(offer: ClientOffer, code: number): Uint8Array | undefined {
  for (const extension of offer.extensions) {
    if (extension.kind === 'raw' && extension.code === code) return extension.data
  }
  return undefined
}
