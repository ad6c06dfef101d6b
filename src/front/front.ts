import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { ListenOptions } from '../io/listen.ts'
import type { ClientHello } from '../tls/client-hello.ts'

/** PEM of what a server shows and of the key that proves it. */
export interface Identity {
  /** Leaf first; each certificate in PEM, without the root. */
  readonly certPem: string
  /** PKCS #8 or SEC 1. */
  readonly keyPem: string
}

export type IdentityKind = 'ecdsa' | 'rsa'

/** What clients may do on one listener. */
export interface FrontRules {
  /**
   * An ECDSA identity, an RSA one, or both: which one a client gets is chosen by the suites and signature algorithms of
   * its hello, ECDSA first.
   */
  readonly identities: { readonly ecdsa?: Identity | undefined; readonly rsa?: Identity | undefined }
  /** Largest plaintext of an application data record, for the life of the connection; the handshake is never cut. */
  readonly maxRecordBytes: number
  readonly minVersion: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'
  readonly maxVersion: 'TLSv1.2' | 'TLSv1.3'
  /** Offer suites with CBC and static RSA as well, and SHA-1 signatures: for old devices only. */
  readonly oldSuites: boolean
  readonly clientCertificates: ClientCertificateRule
  /** Time for a whole handshake, from the TCP connect on. */
  readonly handshakeTimeoutMs: number
  /** Connections at once; more are closed at once, and counted. */
  readonly maxConnections: number
  /** Of one client address; `undefined`: no limit. */
  readonly maxPerAddress?: number | undefined
}

export type ClientCertificateRule =
  | { readonly ask: 'no' }
  /** `optional`: a client without one is served, one with a certificate that does not verify is refused. */
  | { readonly ask: 'optional' | 'required'; readonly caPem: string }

/** What is known of a connection when its handshake is over, one way or the other. */
export interface FrontConnection {
  /** Counts up in one process. */
  readonly id: number
  readonly remoteAddress: string
  readonly remotePort: number
  /** The address and port of ours that it came to. */
  readonly localAddress: string
  readonly localPort: number
  readonly startedAt: Date
  /** Undefined where what came was no ClientHello. */
  readonly hello: ClientHello | undefined
  /** server_name as it was sent; undefined: none. */
  readonly serverName: string | undefined
  /** What the hello was answered with; undefined where none was chosen. */
  readonly identity: IdentityKind | undefined
  /** Bytes of the handshake from us, records included; undefined before it is over. */
  readonly handshakeBytesSent?: number | undefined
}

/** A connection whose handshake came to its end. */
export interface Secured extends FrontConnection {
  readonly socket: TLSSocket
  /** `TLSv1.2`, … */
  readonly version: string
  /** IANA name, such as TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256. */
  readonly cipherSuite: string
  readonly resumed: boolean
  /** max_fragment_length that the client asked for, which bounds its records besides `maxRecordBytes`. */
  readonly maxFragmentLength: number | undefined
  readonly clientCertificate: { readonly der: Uint8Array; readonly verified: boolean } | undefined
}

/** A connection without TLS in the end. */
export interface Failed extends FrontConnection {
  readonly failure: FrontFailure
  /**
   * It was told as `secured` under the same id before: the client checked us only after its side of the handshake was
   * done, and sent a fatal alert, or closed, before the first byte of data.
   */
  readonly late: boolean
}

/** Why a handshake failed, in terms of who did what. */
export type FrontFailure =
  | { readonly kind: 'alert-received'; readonly description: number }
  /** We refused: no version, suite or signature in common, or a client certificate that did not verify. */
  | {
      readonly kind: 'refused'
      readonly reason: 'version' | 'suite' | 'client-certificate' | 'other'
      readonly detail: string
    }
  /** The client closed without a word; `reset`: by TCP RST. */
  | { readonly kind: 'closed'; readonly after: StageReached; readonly reset: boolean }
  | { readonly kind: 'timeout'; readonly after: StageReached }
  /** Plain HTTP, a scan, noise: the first bytes. */
  | { readonly kind: 'not-tls'; readonly firstBytes: Uint8Array; readonly plainHttp: boolean }
  | { readonly kind: 'too-many'; readonly limit: 'connections' | 'address' }

/**
 * How far a connection came. `connect`: not a byte from the client; `client-hello`: its hello, whole or in part, and
 * nothing from us; `server-flight`: we answered; `handshake`: over, but no byte of data from the client.
 */
export type StageReached = 'connect' | 'client-hello' | 'server-flight' | 'handshake'

export interface FrontEvents {
  readonly secured: (connection: Secured) => void
  readonly failed: (connection: Failed) => void
}

/** Sessions of clients without tickets, by session id in hex. May be shared between workers. */
export interface SessionStore {
  put(id: string, session: Uint8Array): void
  /** Undefined: unknown or too old. */
  get(id: string): Promise<Uint8Array | undefined> | Uint8Array | undefined
}

/** Keys that tickets are sealed with: 48 bytes each, of which the first 16 name the key on the wire. */
export interface TicketKeys {
  readonly current: Uint8Array
  /** Of the period before: its tickets are still taken. */
  readonly previous: Uint8Array | undefined
}

/** What a front does not know by itself. */
export interface FrontOptions {
  /** Where to accept; undefined: nowhere, sockets come by `take`. */
  readonly listen?: ListenOptions | undefined
  /** Undefined: one of its own, in memory. */
  readonly sessions?: SessionStore | undefined
  /** Undefined: keys of its own, renewed by itself. Given: whoever gives them renews them with `renewTicketKeys`. */
  readonly ticketKeys?: TicketKeys | undefined
}

/** An open front. */
export interface Front {
  /** 0 where it does not listen. */
  readonly port: number
  readonly addresses: readonly string[]
  /** Connections at this moment, those in the handshake included. */
  readonly connections: number
  /** Serves a TCP connection that was accepted elsewhere, nothing read from it yet. */
  take(socket: Socket): void
  /** New rules for new connections; those that are open live on. Throws `FrontError` and changes nothing if unusable. */
  replace(rules: FrontRules): void
  renewTicketKeys(keys: TicketKeys): void
  /** Ends every connection and frees the port. */
  close(): Promise<void>
}

/** A certificate, key or rule that no front can be opened with; `message` is for the user. */
export class FrontError extends Error {
  override readonly name = 'FrontError'
}
