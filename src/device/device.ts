import type { HelloOrigin } from '../tls/client-offer.ts'
import type { DeriveOptions } from './config/derived.ts'
import type { FieldRow } from './evidence.ts'
import type { Limit } from './limit.ts'

/** Best first: how a value of a profile is known. */
export const confidences = ['measured', 'source-code', 'documented', 'vendor-forum', 'inferred'] as const
/**
 * How a value of a profile is known, best first: measured on a device, read in its source code, documented
 * by its maker, said by staff in a forum, or inferred.
 */
export type Confidence = (typeof confidences)[number]

/** A value of a profile with where it comes from. Absent values are unknown, never "none". */
export interface Sourced<T> {
  readonly value: T
  readonly source: string
  readonly confidence: Confidence
  readonly note?: string | undefined
}

/**
 * One device as `check` judges it: its layers merged, upper layers (SDK, library) over lower ones
 * (modem, stack). Made from `devices/*.yaml` by `resolveDevice`.
 */
export interface Device {
  /** Canonical id with every layer and version, such as `nrf9160@1.3.4+ncs@2.4.2+memfault@0.43.3`. */
  readonly id: string
  /** What the user wrote. */
  readonly asked: string
  readonly name: string
  /** Version of the lowest layer. */
  readonly version: string
  readonly layers: readonly DeviceLayer[]
  readonly hello: DeviceHello
  readonly limits: DeviceLimits
  readonly verification: Verification
  readonly trust: TrustSemantics
  readonly http: HttpClientProfile | undefined
  readonly mqtt: MqttClientProfile | undefined
  /** Ids of `roots/` that the profile's own bundle holds; undefined when the profile has no bundle. */
  readonly anchorsHeld: Sourced<readonly string[]> | undefined
  /** Whose rules decide, and how the library was built. */
  readonly build: StackBuild
  /** What the stack does with a handshake message that is cut over several records. */
  readonly handshakeFragments: Sourced<'joined' | 'refused'> | undefined
  readonly errors: readonly ErrorWords[]
  readonly evidence: readonly FieldRow[]
  /** The version ranges of the lowest layer after the device's own, oldest first: what an update would change. */
  readonly later: readonly LaterVersion[]
  /** Free facts worth a line in the report, such as a known crash. */
  readonly quirks: readonly Sourced<string>[]
  /** Where a build's own configuration made it: the file, and the line that each limit or setting rests on. */
  readonly configuration?: DeviceConfiguration | undefined
}

/** The build's own configuration that made the profile: its file, and the line of each value. */
export interface DeviceConfiguration {
  /** As its user wrote the path. */
  readonly file: string
  /** 1-based, by the key of `DeviceLimits`, `DeviceHello` or `HttpClientProfile`, such as `recordBytes`. */
  readonly lines: { readonly [key: string]: number }
  /** The device that the file configures, as typed; undefined where the file alone names it. */
  readonly id: string | undefined
  /** What from-config takes to make the same of it: its `--stack` and `--mfl`. */
  readonly stack: string | undefined
  readonly mfl: DeriveOptions['maxFragmentLength']
}

/** What a family is. */
export const familyKinds = ['modem', 'module', 'sdk', 'library'] as const
export type FamilyKind = (typeof familyKinds)[number]

/** One layer of a device: a modem firmware, an SDK above it, a library above that. */
export interface DeviceLayer {
  readonly family: string
  readonly name: string
  readonly version: string
  /** The version range of the profile that the version was found in, as written there. */
  readonly range: string
  /** True when the user did not name this layer or its version. */
  readonly defaulted: boolean
}

/** A later version range of the lowest layer, under the same upper layers. */
export interface LaterVersion {
  /** The first version of the range. */
  readonly version: string
  readonly hello: DeviceHello
  readonly certificateSignatures: Verification['certificateSignatures']
}

/** What the device puts into its ClientHello. An absent part is unknown and is offered wide by the dialler. */
export interface DeviceHello {
  /** `TLSv1.2`, `TLSv1.3`, … */
  readonly versions: Sourced<readonly string[]> | undefined
  /** RFC names in the order offered. */
  readonly cipherSuites: Sourced<readonly string[]> | undefined
  readonly groups: Sourced<readonly string[]> | undefined
  /** Groups of which TLS 1.3 sends a share with the first hello; undefined: of the first group. */
  readonly keyShares: Sourced<readonly string[]> | undefined
  readonly signatureSchemes: Sourced<readonly string[]> | undefined
  /** Extension names in wire order, as in `ClientOffer`; undefined: order unknown. */
  readonly extensions: Sourced<readonly string[]> | undefined
  /** `host-name`: sent whenever a host name is set. `never`: cannot. `with-name-check`: skipping the check drops it. */
  readonly sni: Sourced<'host-name' | 'never' | 'with-name-check'> | undefined
  readonly maxFragmentLength: Sourced<'never' | 512 | 1024 | 2048 | 4096> | undefined
  /** RFC 8449: the record size that the device asks for. */
  readonly recordSizeLimit: Sourced<'never' | number> | undefined
  readonly alpn: Sourced<'never' | 'configurable'> | undefined
  /** The weakest of the parts that decide a negotiation. */
  readonly origin: HelloOrigin
}

/** The limits of a device. `undefined`: not known, which is neither a limit nor none. */
export interface DeviceLimits {
  /** The server's certificates together, DER. */
  readonly chainBytes: Limit | undefined
  /** One certificate received from the peer, DER. */
  readonly certificateBytes: Limit | undefined
  /** One handshake message with its header, in one record (how Mbed TLS counts). */
  readonly handshakeMessageBytes: Limit | undefined
  /** Plaintext of one application data record received. */
  readonly recordBytes: Limit | undefined
  /** Certificates sent by the server. */
  readonly chainCertificates: Limit | undefined
  readonly rsaKeyBits: Limit | undefined
  /** Smallest RSA key accepted. */
  readonly rsaKeyBitsMin: Limit | undefined
  /** One credential, or the bundle, stored on the device; the limit's note says in which form. */
  readonly storedAnchorBytes: Limit | undefined
}

/** What a device verifies of a server. `undefined`: not known. */
export interface Verification {
  /** What the SDK sets when the application does nothing special. */
  readonly peer: Sourced<'required' | 'optional' | 'none'> | undefined
  readonly name: Sourced<'checked' | 'unchecked'> | undefined
  readonly dates: Sourced<'checked' | 'unchecked'> | undefined
  /** Signature algorithms that certificates may carry, such as `sha256WithRSAEncryption`. */
  readonly certificateSignatures: Sourced<readonly string[]> | undefined
  /** Whether an IP address in the URL is matched against an iPAddress SAN. */
  readonly ipAddressSan: Sourced<'matched' | 'unmatched'> | undefined
}

/** How a stack turns stored certificates into trust. Absent means unknown. */
export interface TrustSemantics {
  /** A leaf that is not self-issued, held as anchor. */
  readonly leafAnchor: Sourced<'accepted' | 'refused'> | undefined
  readonly intermediateAnchor: Sourced<'accepted' | 'refused'> | undefined
  /** The new root is held, the server sends its cross-signed twin. */
  readonly crossSignedTwin: Sourced<'accepted' | 'refused'> | undefined
  /** Certificates in an order other than RFC 5246 §7.4.2 asks. */
  readonly wrongOrder: Sourced<'accepted' | 'refused'> | undefined
  /** Certificates sent between the leaf and the anchor; refused: each must be stored on the device. */
  readonly sentIntermediates: Sourced<'accepted' | 'refused'> | undefined
}

/** Libraries whose own order of checks and error numbers `src/stack/` knows. */
export const stackRules = ['mbedtls-2', 'mbedtls-3', 'wolfssl-5', 'bearssl', 'openssl-3', 'gnutls-3'] as const
export type StackRules = (typeof stackRules)[number]

/** How the premaster secret is agreed on, RFC 5246 §7.4.3 and RFC 8422 §2. */
export const keyExchanges = ['rsa', 'dhe', 'ecdhe'] as const
export type KeyExchange = (typeof keyExchanges)[number]

/** The TLS library inside, and what its build settings change. Absent means unknown. */
export interface StackBuild {
  /** The library whose order of checks and error numbers hold for this device. */
  readonly rules: Sourced<StackRules> | undefined
  /** Hashes compiled in, such as `sha256`: a certificate signed with another cannot be read or checked. */
  readonly hashes: Sourced<readonly string[]> | undefined
  /** Named groups that a certificate's key may lie on. */
  readonly certificateGroups: Sourced<readonly string[]> | undefined
  /** Key exchanges compiled in, where the suites themselves are not known. */
  readonly keyExchanges: Sourced<readonly KeyExchange[]> | undefined
  /** `shrinks`: after the handshake the receive buffer is cut down to what was negotiated, or to the send buffer. */
  readonly receiveBuffer: Sourced<'fixed' | 'shrinks'> | undefined
  /** wolfSSL: whether it looks for another path when the issuer sent is not trusted (WOLFSSL_ALT_CERT_CHAINS). */
  readonly alternativeChains: Sourced<'tried' | 'not-tried'> | undefined
  /** wolfSSL: its OpenSSL compatibility layer (OPENSSL_ALL), which changes a few of its checks. */
  readonly compatibilityLayer: Sourced<'built-in' | 'absent'> | undefined
  /** A ServerKeyExchange of TLS 1.2 signed with RSASSA-PSS, where it is offered: for TLS 1.3 alone, or for both. */
  readonly pssBelow13: Sourced<'verified' | 'refused'> | undefined
  /** Plaintext of one record that the device can send. */
  readonly sentRecordBytes: Limit | undefined
  /** Heap that TLS may take. */
  readonly heapBytes: Limit | undefined
}

/** How the HTTP client of an SDK downloads. `undefined`: not known. */
export interface HttpClientProfile {
  /** Bytes asked for in one Range request; `never`: one request for the whole file. */
  readonly rangeBytes: Sourced<number | 'never'> | undefined
  /** Values that the range size may take (a Kconfig choice), ascending. */
  readonly rangeChoices: Sourced<readonly number[]> | undefined
  /** The line that sets the range size, with `{bytes}`. */
  readonly rangeSetting: Sourced<string> | undefined
  /** On a record too large: `fails`, or `shrinks` the range by itself. */
  readonly onRecordTooLarge: Sourced<'fails' | 'reconnects' | 'shrinks'> | undefined
  /** Largest response head. */
  readonly responseHeadBytes: Limit | undefined
  /** Largest path with query. */
  readonly pathBytes: Limit | undefined
  readonly hostBytes: Limit | undefined
  readonly requestBytes: Limit | undefined
  /** `followed-absolute`: where Location is a URL with its scheme and host, and not where it is relative (RFC 9110 §10.2.2). */
  readonly redirects: Sourced<'followed' | 'followed-absolute' | 'refused'> | undefined
  readonly contentLength: Sourced<'needed' | 'not-needed'> | undefined
  readonly rangeSupport: Sourced<'needed' | 'not-needed'> | undefined
  /** Content codings, RFC 9110 §8.4.1, that the client undoes; empty: it hands the body on as it came. */
  readonly contentCodings: Sourced<readonly string[]> | undefined
  /** Lines of the device's request after the request line, with `{host}` and `{range}`. */
  readonly requestHeaders: Sourced<readonly string[]> | undefined
  /** Bytes of plaintext that a range-size recommendation leaves free beyond the largest head seen. */
  readonly headSlackBytes: Sourced<number> | undefined
}

/** How the MQTT client of an SDK connects. `undefined`: not known. */
export interface MqttClientProfile {
  readonly protocolLevel: Sourced<3 | 4 | 5> | undefined
  readonly keepAliveSeconds: Sourced<number> | undefined
}

/** Ways in which a connection fails, as far as a device's error codes tell them apart. */
export const failureKinds = [
  'dns',
  'tcp-refused',
  'tcp-timeout',
  'not-tls',
  'hello-refused',
  'chain-too-large',
  'certificate-too-large',
  'message-too-large',
  'message-fragmented',
  'key-too-large',
  'algorithm-unsupported',
  'certificate-refused',
  'key-usage',
  'issuer-refused',
  'untrusted',
  'no-anchor',
  'name-mismatch',
  'expired',
  'not-yet-valid',
  'extension-refused',
  'key-exchange-refused',
  'out-of-memory',
  'handshake-alert',
  'handshake-closed',
  'record-too-large',
  'http-status',
  'http-broken',
  'http-redirect',
  'http-head-too-large',
  'url-too-long',
  'range-unsupported',
  'no-content-length',
  'content-coded',
  'mqtt-refused',
  'closed-after-handshake',
] as const
/** One of the ways in which a connection fails. */
export type FailureKind = (typeof failureKinds)[number]

/** What the device shows for a failure. */
export interface ErrorWords {
  readonly when: readonly FailureKind[]
  /** The HTTP statuses that the words are shown for, first and last; undefined: any. */
  readonly statuses?: readonly [number, number] | undefined
  /** As the developer sees it: `errno 111`, `-0x2700`, `alert 46`. */
  readonly code: string
  /** Lines as the component prints them, newline-separated; undefined when none was found. */
  readonly log: string | undefined
  /** Verify flags or the like that go with it. */
  readonly detail?: string | undefined
  readonly source: string
  readonly confidence: Confidence
}
