import type { Extension } from './extensions.ts'
import type { ResumableSession } from './resumable-session.ts'
import type { TicketSession } from './ticket-session.ts'

/** Seen from the client: `sent` goes to the server, `received` comes from it. */
export type Direction = 'sent' | 'received'

/**
 * What happened on the wire, in order. Emitted by the client engine and, later, by the capture reader.
 * `atMs` is the time the caller passed in with the bytes; bodies are views of received bytes, never altered.
 */
export type TlsEvent =
  | RecordEvent
  | MessageEvent
  | ClientHelloEvent
  | ServerHelloEvent
  | EncryptedExtensionsEvent
  | CertificateEvent
  | ServerKeyExchangeEvent
  | CertificateRequestEvent
  | ServerFlightEvent
  | SessionEvent
  | SessionTicketEvent
  | SecretEvent
  | EstablishedEvent
  | AlertEvent
  | ApplicationDataEvent
  | MalformedEvent
  | StoppedEvent

/** One TLS record, whole. */
export interface RecordEvent {
  readonly kind: 'record'
  readonly atMs: number
  readonly direction: Direction
  /**
   * Registry number: 20 change_cipher_spec, 21 alert, 22 handshake, 23 application_data. That of the content where TLS
   * 1.3 shows 23 on the wire, RFC 8446 §5.2.
   */
  readonly contentType: number
  readonly version: number
  /** Length field of the record header: what is on the wire after the 5-byte header. */
  readonly fragmentBytes: number
  /**
   * Bytes of TLSPlaintext.fragment, RFC 5246 §6.2.1, without padding; undefined where the record could not be decrypted.
   */
  readonly plaintextBytes: number | undefined
  readonly encrypted: boolean
}

/** One whole handshake message (after reassembly over records). */
export interface MessageEvent {
  readonly kind: 'message'
  readonly atMs: number
  readonly direction: Direction
  /** HandshakeType registry number. */
  readonly type: number
  /** Body with its 4-byte header. */
  readonly messageBytes: number
  /** Over how many records it was spread. */
  readonly records: number
  /** Largest plaintext of the records that carried it. */
  readonly largestRecordBytes: number
  /** The header of a message received lies in two records; absent where it does not. */
  readonly headerCut?: boolean
}

/** The ClientHello that went out. */
export interface ClientHelloEvent {
  readonly kind: 'client-hello'
  readonly atMs: number
  /** The whole handshake message, header included. */
  readonly message: Uint8Array
}

/** The ServerHello that came in. RFC 5246 §7.4.1.3, RFC 8446 §4.1.3. */
export interface ServerHelloEvent {
  readonly kind: 'server-hello'
  readonly atMs: number
  readonly version: number
  readonly cipherSuite: number
  readonly sessionIdBytes: number
  /** As sent: order, duplicates and unknown codes kept. */
  readonly extensions: readonly Extension[]
  /** It is one of TLS 1.3 that asks for a second hello, RFC 8446 §4.1.4. */
  readonly helloRetryRequest?: boolean
}

/** TLS 1.3: what a server of TLS 1.2 answers in its ServerHello. */
export interface EncryptedExtensionsEvent {
  readonly kind: 'encrypted-extensions'
  readonly atMs: number
  /** As sent, in order. */
  readonly extensions: readonly Extension[]
}

/** The Certificate message of the server. */
export interface CertificateEvent {
  readonly kind: 'certificate'
  readonly atMs: number
  /** DER of each certificate as sent, leaf first; where the server sends an empty list, the engine ends behind it. */
  readonly certificates: readonly Uint8Array[]
  readonly messageBytes: number
}

/** In TLS 1.3 it comes with CertificateVerify: the group of key_share, and that signature. */
export interface ServerKeyExchangeEvent {
  readonly kind: 'server-key-exchange'
  readonly atMs: number
  /** undefined for an exchange on no named curve. */
  readonly namedGroup: number | undefined
  /** Size of the modulus of a finite-field exchange. */
  readonly dhBits: number | undefined
  /** undefined before TLS 1.2, and for a suite that signs nothing. */
  readonly signatureScheme: number | undefined
  /** undefined: nothing is signed, or the leaf's key could not be read, so the signature was not checked. */
  readonly signatureValid: boolean | undefined
}

/** The server asks for a certificate of the client. */
export interface CertificateRequestEvent {
  readonly kind: 'certificate-request'
  readonly atMs: number
  readonly certificateTypes: readonly number[]
  /** Empty before TLS 1.2. */
  readonly signatureSchemes: readonly number[]
  /** DER of each DistinguishedName. */
  readonly authorities: readonly Uint8Array[]
}

/**
 * The server has said all before our reply: ServerHelloDone, or in TLS 1.3 its Finished. The engine waits: the caller
 * looks at the chain, then calls `proceed` or stops.
 */
export interface ServerFlightEvent {
  readonly kind: 'server-flight'
  readonly atMs: number
  readonly clientCertificateRequested: boolean
}

/** The server lets this connection's session be resumed; it comes before `established`. */
export interface SessionEvent {
  readonly kind: 'session'
  readonly atMs: number
  readonly session: ResumableSession
}

/** TLS 1.3: a ticket that a later connection may resume with; any number comes once established. */
export interface SessionTicketEvent {
  readonly kind: 'session-ticket'
  readonly atMs: number
  readonly session: TicketSession
}

/** A secret for a key log; emitted only by an engine that was made with `keyLog: true`. */
export interface SecretEvent {
  readonly kind: 'secret'
  readonly atMs: number
  /**
   * As NSS key logs name it: `CLIENT_RANDOM` for the master secret of TLS 1.2 and before, `CLIENT_TRAFFIC_SECRET_0` and
   * its like since.
   */
  readonly label: string
  readonly clientRandom: Uint8Array
  readonly secret: Uint8Array
}

/** Both Finished messages were exchanged and the server's verified. */
export interface EstablishedEvent {
  readonly kind: 'established'
  readonly atMs: number
  readonly resumed: boolean
}

/** An alert, sent or received. */
export interface AlertEvent {
  readonly kind: 'alert'
  readonly atMs: number
  readonly direction: Direction
  /** 1 warning, 2 fatal. */
  readonly level: number
  /** AlertDescription registry number. */
  readonly description: number
  readonly encrypted: boolean
}

/** Application data, decrypted. */
export interface ApplicationDataEvent {
  readonly kind: 'application-data'
  readonly atMs: number
  readonly direction: Direction
  readonly data: Uint8Array
}

/** Bytes that break the format; the engine is finished after it. */
export interface MalformedEvent {
  readonly kind: 'malformed'
  readonly atMs: number
  /** Dotted path of the field, such as `ServerHello.extensions`. */
  readonly field: string
  readonly offset: number
  readonly detail: string
}

/** The engine ended the handshake itself; it is finished after it. */
export interface StoppedEvent {
  readonly kind: 'stopped'
  readonly atMs: number
  readonly reason: StopReason
  readonly detail: string
}

/** Why the engine ended a handshake. */
export type StopReason =
  | 'not-tls' // the first bytes are no TLS record
  | 'unexpected-message'
  | 'unoffered' // the server chose a version, suite, group or extension that was not offered
  | 'downgrade' // TLS 1.3 was offered, and a server that speaks it was made to choose less, RFC 8446 §4.1.3
  | 'unsupported' // offered by the caller, but the engine cannot carry it out
  | 'bad-signature'
  | 'unusable-key' // the certificate has no key of the kind that the suite encrypts to
  | 'bad-finished'
  | 'bad-record-mac'
  | 'too-large' // a bound of ours was passed; the detail names it
