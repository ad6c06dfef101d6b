import type { ClientHello } from '../tls/client-hello.ts'
import type { Extension } from '../tls/extensions.ts'
import type { ServerHello } from '../tls/server-hello.ts'

/** `c2s`: from the client. */
export type Direction = 'c2s' | 's2c'

export interface Peer {
  readonly address: string
  readonly port: number
}

/**
 * What a capture shows of one TLS or DTLS session. No opinion; what cannot be seen is `undefined`. The JSON form is
 * `sessions[]` of `tlsfit/sessions@1`, whose null rules are written there.
 */
export interface TlsSession {
  readonly transport: 'tcp' | 'udp'
  readonly client: Peer
  readonly server: Peer
  /** Number of the connection among those of its transport, from 0, as Wireshark counts streams. */
  readonly stream: number
  /** Frame of the first packet of the connection. */
  readonly firstFrame: number
  /** Time of that packet; undefined where the file gives no times. */
  readonly startedAt: Date | undefined
  /** In order: two after a HelloRetryRequest (or HelloVerifyRequest). Whole message, header included. */
  readonly clientHellos: readonly SeenHello[]
  readonly helloRetryRequest: boolean
  /** The HelloRetryRequest itself: it already names version and suite. */
  readonly retry: ServerHello | undefined
  /** HelloVerifyRequests of DTLS. */
  readonly helloVerifyRequests: number
  /** Not a HelloRetryRequest. */
  readonly serverHello: ServerHello | undefined
  /** Handshake messages, change_cipher_spec and alerts that can be read, in order of time. */
  readonly messages: readonly SeenMessage[]
  /** DER in the order sent; empty: none in the clear part; undefined: hidden by encryption, not captured, or not to be read. */
  readonly serverCertificates: readonly Uint8Array[] | undefined
  /** Length field of the Certificate message, without its own header. */
  readonly serverCertificateMessageBytes: number | undefined
  /** Up to TLS 1.2, ServerHello to ServerHelloDone with message headers; undefined without ServerHelloDone. */
  readonly serverFlightBytes: number | undefined
  readonly clientCertificateRequested: boolean | undefined
  readonly clientCertificates: readonly Uint8Array[] | undefined
  /** undefined where it cannot be told. */
  readonly resumed: boolean | undefined
  readonly alerts: readonly SeenAlert[]
  /** Alert records after ChangeCipherSpec, TLS 1.2 and older. */
  readonly encryptedAlertRecords: number
  /** Handshake records after ChangeCipherSpec, by sender. */
  readonly encryptedHandshakeRecords: Readonly<Record<Direction, number>>
  /**
   * TLS 1.3: sizes of the encrypted records from the server before the first one from the client. They hold
   * EncryptedExtensions, Certificate, CertificateVerify and Finished.
   */
  readonly encryptedServerRecordsBeforeClient: readonly number[]
  /** Records of type application_data (23), encrypted handshake messages of TLS 1.3 among them. */
  readonly applicationDataRecords: Readonly<Record<Direction, number>>
  /**
   * Those records in order, run-length coded, as they are: sealed, with what hides in them in TLS 1.3, or the content
   * of what keys opened. undefined where the runs are too many to keep.
   */
  readonly recordRuns: Readonly<Record<Direction, readonly SeenRecordRun[] | undefined>>
  /** Largest record by its length field (the ciphertext, header left out). */
  readonly maxRecordBytes: Readonly<Record<Direction, number | undefined>>
  /** In order: who sent FIN or RST. */
  readonly tcpClose: readonly SeenClose[]
  /** Milliseconds from the first packet to the ClientHello, and to the last record seen. */
  readonly helloAtMs: number | undefined
  readonly lastRecordAtMs: number | undefined
  readonly holeInStreamFrom: readonly ('client' | 'server')[]
  /** Who sent a handshake message that did not end. */
  readonly handshakeMessageCut: readonly ('client' | 'server')[]
  readonly plainBytesBeforeTls: Readonly<Record<Direction, number>>
  /** Whether a key log or secrets block opened its records. */
  readonly decrypted: boolean
  /** Where there are secrets: encrypted records that they did not open, and records of application data that they did. */
  readonly unopenedRecords: Readonly<Record<Direction, number>>
  readonly openedDataRecords: Readonly<Record<Direction, number>>
  /** TLS 1.3, decrypted: what the server answers besides ServerHello. */
  readonly encryptedExtensions: readonly Extension[] | undefined
  /** First bytes of decrypted application data in either direction, at most `MAX_KEPT_PLAINTEXT`; secrets still in it. */
  readonly applicationData: Readonly<Record<Direction, Uint8Array | undefined>>
  /** Bounds that were met, and oddities, as short phrases for a note. */
  readonly notes: readonly string[]
}

/** Enough for a response head or a CONNACK. */
export const MAX_KEPT_PLAINTEXT = 8_192

export interface SeenHello {
  /** Whole message with its header: 4 bytes, in DTLS 12. */
  readonly bytes: Uint8Array
  /** Decoded anew at each look. */
  readonly hello: ClientHello
  readonly atMs: number
}

export interface SeenMessage {
  readonly direction: Direction
  /** The RFC's name: `ClientHello`, `ChangeCipherSpec`, `Alert`, or `handshake(99)`. */
  readonly name: string
  /** With its header; undefined for what has none. */
  readonly messageBytes: number | undefined
  readonly records: number
  /** Content of the largest record that holds a part of it; undefined for what is no message, and in DTLS. */
  readonly largestRecordBytes: number | undefined
  /** Its header lies in two records. */
  readonly headerCut: boolean
  /** Milliseconds since the first packet of the connection. */
  readonly atMs: number
  readonly frame: number
}

export interface SeenRecordRun {
  /** Plaintext where it was opened, else the fragment on the wire. */
  readonly bytes: number
  readonly opened: boolean
  readonly count: number
}

export interface SeenAlert {
  readonly direction: Direction
  readonly level: number
  readonly description: number
  /** Read by means of a key log. */
  readonly encrypted: boolean
  readonly frame: number
  readonly atMs: number
}

export interface SeenClose {
  readonly by: 'client' | 'server'
  readonly how: 'FIN' | 'RST'
  readonly atMs: number
}
