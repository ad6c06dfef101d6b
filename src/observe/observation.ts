import type { Presigned } from '../http/presigned.ts'
import type { Sas } from '../http/sas.ts'
import type { SignatureClaims } from '../x509/certificate.ts'

/**
 * What went over the wire, with sizes and times and no opinion. What was not seen is `undefined`.
 * Made of a live dial, a PEM file or a capture; read by `judge/`.
 * JSON form: `tlsfit/observation@1`, byte arrays as base64.
 */
export interface Observation {
  readonly source: 'dial' | 'pem' | 'capture'
  readonly target: Target
  /** Time of the first act; undefined for a PEM file. */
  readonly startedAt: Date | undefined
  /** The look-up of the host; undefined for an IP literal or when nothing was looked up. */
  readonly lookup: Lookup | undefined
  /** Connection attempts in order, those to the other address family included. */
  readonly tcp: readonly TcpAttempt[]
  /** TLS connections in the order the device would open them: the first, then range requests and redirect hops. */
  readonly connections: readonly Connection[]
  /** What the same host presented at its other addresses; empty when there is one address. */
  readonly otherAddresses: readonly OtherAddress[]
  /** The diagnostic client stopped before the end on purpose: see `Withheld`. */
  readonly withheld: Withheld | undefined
  /** Lengths of max_fragment_length that the server was asked for, each on a connection of its own. */
  readonly fragmentLengths?: readonly FragmentLengthSeen[] | undefined
  /** Read from a capsule: all of this is what its maker says. */
  readonly fromCapsule?: boolean | undefined
  /** What the server presented under other server names; only with --compare-sni. */
  readonly serverNames?: readonly ServerNameSeen[] | undefined
}

/** One hello that asked for max_fragment_length, RFC 6066 §4. */
export interface FragmentLengthSeen {
  readonly asked: number
  /** What the server agreed to; undefined: it did not answer the extension. */
  readonly answered: number | undefined
  /** Plaintext of the largest handshake record that came then. */
  readonly largestRecordBytes: number | undefined
}

/** What came of a hello with another server_name, or none. */
export interface ServerNameSeen {
  readonly sni: string | undefined
  readonly outcome: 'chain' | 'refused' | 'failed'
  /** Description of the fatal alert received. */
  readonly alert: number | undefined
  /** DER of the first certificate. */
  readonly leaf: Uint8Array | undefined
  readonly chainBytes: number | undefined
  readonly certificates: number | undefined
}

/** Where the device wants to go. Secrets are blanked before it gets here. */
export interface Target {
  /** As the user wrote it, secrets blanked. */
  readonly text: string
  readonly protocol: 'https' | 'mqtts' | 'tls' | 'file'
  /** Name or IP literal without brackets; undefined for a PEM file without `--sni`. */
  readonly host: string | undefined
  /**
   * The host was written with a dot at its end, which `host` is without: a name that is looked up as it is (RFC 1034 §3.1),
   * and that libraries neither send nor compare as the same.
   */
  readonly finalDot?: true | undefined
  readonly port: number | undefined
  /** Path with query as sent, the values of the query blanked; undefined unless https. */
  readonly path: string | undefined
  /** Bytes of path and query as sent, before blanking. */
  readonly pathBytes: number | undefined
}

/** The look-up of a host name. */
export interface Lookup {
  readonly host: string
  readonly addresses: readonly { readonly address: string; readonly family: 4 | 6 }[]
  /** Canonical names on the way, in order; empty when there is none or the resolver does not say. */
  readonly cnames: readonly string[]
  /** System code such as ENOTFOUND; undefined when the look-up succeeded. */
  readonly errorCode: string | undefined
  readonly durationMs: number
}

/** One TCP connection that was tried. */
export interface TcpAttempt {
  readonly address: string
  readonly family: 4 | 6
  readonly port: number
  /**
   * `target`: an address the device itself would use. `contrast`: only tried to explain a failure,
   * such as ::1 when 127.0.0.1 refuses.
   */
  readonly purpose: 'target' | 'contrast'
  readonly outcome: 'connected' | 'refused' | 'timeout' | 'unreachable' | 'reset' | 'failed'
  /** System code such as ECONNREFUSED; undefined when connected. */
  readonly errorCode: string | undefined
  readonly durationMs: number
}

/** Another address of the same name, looked at beside the one that was judged. */
export interface OtherAddress {
  readonly address: string
  readonly outcome: TcpAttempt['outcome']
  /** SHA-256 (hex) of each certificate, leaf first; undefined when none was seen. */
  readonly chainSha256: readonly string[] | undefined
  readonly chainBytes: number | undefined
}

/** One TLS connection, from the ClientHello to the close. */
export interface Connection {
  readonly role: 'first' | 'range' | 'redirect' | 'probe'
  readonly host: string | undefined
  readonly address: string | undefined
  readonly port: number | undefined
  readonly hello: HelloSent | undefined
  readonly messages: readonly Message[]
  readonly negotiated: Negotiated | undefined
  readonly chain: Chain | undefined
  readonly clientCertificateRequest: ClientCertificateRequest | undefined
  /** Whether we sent a client certificate with a key proof. */
  readonly clientCertificateSent: boolean
  readonly alerts: readonly Alert[]
  /** Milliseconds from the TCP connect to the end of the handshake; undefined when it did not end. */
  readonly establishedAtMs: number | undefined
  /** Whether the handshake took up an earlier session; undefined when it did not end, or was not ours to see. */
  readonly resumed?: boolean | undefined
  readonly keyExchange: KeyExchange | undefined
  /** Handshake bytes received, record headers included. */
  readonly handshakeBytesReceived: number
  readonly records: readonly RecordRun[]
  readonly exchanges: readonly HttpExchange[]
  readonly mqtt: MqttExchange | undefined
  readonly close: Close | undefined
  /** How the server broke the protocol, when it did. */
  readonly violation: Violation | undefined
  /** What full standard verification (system roots or the given anchors) said of the chain. */
  readonly standardVerification: StandardVerification | undefined
}

/** The ClientHello as it went out; numbers are those of the IANA registries. */
export interface HelloSent {
  readonly messageBytes: number
  /** The host_name sent; undefined when there was no server_name extension. */
  readonly sni: string | undefined
  readonly versions: readonly number[]
  readonly cipherSuites: readonly number[]
  readonly groups: readonly number[]
  readonly signatureSchemes: readonly number[]
  readonly alpn: readonly string[]
  readonly maxFragmentLength: number | undefined
  /** Codes of all extensions in wire order. */
  readonly extensions: readonly number[]
}

/** One handshake message, change_cipher_spec or alert, for the ladder in the report. */
export interface Message {
  readonly direction: 'sent' | 'received'
  /** The RFC's name: `ClientHello`, `Certificate`, `ChangeCipherSpec`, `Alert`, or `handshake(99)`. */
  readonly name: string
  /** With the 4-byte header; undefined for what has none. */
  readonly messageBytes: number | undefined
  readonly records: number
  readonly largestRecordBytes: number | undefined
  /** Its 4-byte header lies in two records. */
  readonly headerCut?: boolean | undefined
  /** Milliseconds since the TCP connect began. */
  readonly atMs: number
}

/** What the ServerHello settled; numbers are those of the IANA registries. */
export interface Negotiated {
  readonly version: number
  readonly cipherSuite: number
  readonly extensions: readonly number[]
  readonly maxFragmentLength: number | undefined
  /** RFC 8449: the plaintext of a record that the server takes at most. */
  readonly recordSizeLimit?: number | undefined
  readonly alpn: string | undefined
  readonly sessionIdBytes: number
  readonly extendedMasterSecret: boolean
  readonly encryptThenMac: boolean
}

/** How the keys were agreed upon, and what the server signed with. */
export interface KeyExchange {
  /** undefined for an exchange on no named curve. */
  readonly group: number | undefined
  /** Size of the modulus of a finite-field exchange. */
  readonly dhBits: number | undefined
  /** undefined before TLS 1.2, and for a suite that signs nothing. */
  readonly signatureScheme: number | undefined
  readonly signatureValid: boolean | undefined
}

/** The certificates that the server sent, or that a file holds. */
export interface Chain {
  /** DER, in the order sent (or of the file). */
  readonly certificates: readonly Uint8Array[]
  /** Certificate message with its 4-byte header; for a PEM file, what a TLS 1.2 server would send. */
  readonly messageBytes: number
  /**
   * Where the certificates come from a capsule: for each whose bytes were redacted, what its maker found its signature
   * to be; undefined for one that is whole.
   */
  readonly signatureClaims?: readonly (SignatureClaims | undefined)[] | undefined
  /** Undefined for a PEM file. */
  readonly records: number | undefined
  readonly largestRecordBytes: number | undefined
}

/** The CertificateRequest of the server. RFC 5246 §7.4.4, RFC 8446 §4.3.2. */
export interface ClientCertificateRequest {
  readonly certificateTypes: readonly number[]
  readonly signatureSchemes: readonly number[]
  readonly authorities: number
}

/** One alert, with the codes of the wire. */
export interface Alert {
  readonly direction: 'sent' | 'received'
  readonly level: number
  readonly description: number
  readonly encrypted: boolean
  readonly atMs: number
  readonly afterEstablished: boolean
}

/**
 * Application data records received, run-length coded: `count` records in a row of the same plaintext size.
 * `offset` is the position of the first one's first byte in the plaintext of the connection.
 */
export interface RecordRun {
  readonly plaintextBytes: number
  readonly count: number
  readonly offset: number
}

/** One request and what came back. */
export interface HttpExchange {
  readonly request: HttpRequestSent
  readonly response: HttpResponseSeen | undefined
  /** Why there is no (whole) response: `timeout`, `closed`, `not-http`, `head-too-large`, `byte-limit`. */
  readonly error: string | undefined
}

/** A request as it was sent, its secrets blanked. */
export interface HttpRequestSent {
  readonly method: string
  /** Query values blanked. */
  readonly path: string
  readonly headBytes: number
  readonly range: { readonly first: number; readonly last: number } | undefined
  /** Scheme word of the Authorization header (`Basic`, `SharedAccessSignature`); undefined when none was sent. */
  readonly authorizationScheme: string | undefined
  /** What the URL says of a SAS: which parameters it has and when it ends. Never the signature. */
  readonly sas: Sas | undefined
  /** What the URL says of a pre-signed S3 request; undefined when it is none. */
  readonly presigned?: Presigned | undefined
  /** Names of the header fields sent, lower case; undefined where not kept. */
  readonly headerNames?: readonly string[] | undefined
  /** Accept-Encoding as sent; undefined when none was sent, or `headerNames` were not kept. */
  readonly acceptEncoding?: string | undefined
}

/** The response as far as it was read; never its body. */
export interface HttpResponseSeen {
  readonly status: number
  readonly reason: string
  /** From the first byte of the status line to the empty line, inclusive. */
  readonly headBytes: number
  readonly httpVersion: string
  readonly contentLength: number | undefined
  readonly contentRange: string | undefined
  readonly transferEncoding: string | undefined
  /** Content-Encoding as sent, several fields as one list. */
  readonly contentEncoding?: string | undefined
  readonly contentType: string | undefined
  readonly etag: string | undefined
  readonly acceptRanges: string | undefined
  readonly server: string | undefined
  /** Location with the values of its query blanked, and its real length in bytes. */
  readonly location: { readonly url: string; readonly bytes: number } | undefined
  /** Body bytes received, after de-chunking. */
  readonly bodyBytes: number
  readonly bodyComplete: boolean
  /** Code in an error body (`AuthenticationFailed` of Azure, `AccessDenied` of S3); undefined when none. */
  readonly errorCode: string | undefined
  /** Short hostile text of an error body, at most 300 characters. */
  readonly errorText: string | undefined
  /** Position in the connection's plaintext of the first byte of the head, and of the first byte of the body. */
  readonly headOffset: number
  readonly bodyOffset: number
  /** Largest plaintext record that carried any byte of this response. */
  readonly largestRecordBytes: number
}

/** CONNECT and what came back. */
export interface MqttExchange {
  /** CONNECT bytes sent (user name and password count, but are not kept). */
  readonly connectBytes: number
  readonly protocolLevel: number
  readonly clientId: string
  readonly connack: { readonly returnCode: number; readonly sessionPresent: boolean } | undefined
  /** `closed`, `timeout`, `not-mqtt`; undefined when a CONNACK came. */
  readonly error: string | undefined
}

/** How a connection ended. */
export interface Close {
  readonly by: 'peer' | 'us'
  readonly how: 'close_notify' | 'fin' | 'reset' | 'timeout' | 'byte-limit' | 'done'
  readonly atMs: number
  /** Application data records and bytes received before it. */
  readonly applicationRecordsReceived: number
  readonly applicationBytesReceived: number
  /** Application data records we had sent. */
  readonly applicationRecordsSent: number
}

/** What the peer sent against the protocol; the connection ended with it. */
export interface Violation {
  /** `malformed`, or a StopReason of the engine. */
  readonly reason: string
  readonly field: string | undefined
  readonly offset: number | undefined
  readonly detail: string
}

/**
 * What ordinary verification says of the chain, whatever the device would: secrets are sent only where it
 * is `ok`.
 */
export interface StandardVerification {
  readonly ok: boolean
  /** `untrusted`, `name`, `dates`, `signature`, …; undefined when ok. */
  readonly reason: string | undefined
}

/** Secrets are only sent to a server that passed standard verification (or with `--send-secrets`). */
export interface Withheld {
  readonly what: readonly ('query' | 'header' | 'client-certificate' | 'mqtt-password')[]
  readonly host: string
  readonly reason: string
}
