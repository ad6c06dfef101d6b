import type { Device, FailureKind } from '../device/device.ts'
import type { Certificate } from '../x509/certificate.ts'

/**
 * How one TLS library decides, in its own order and its own numbers. Each library has a file of its own; all of them
 * are pure, and derived from the library's source, never from single observations.
 */
export interface Stack {
  /** A build of it may lack curves and signature algorithms that these rules take. */
  readonly leavesOut: boolean
  /** What becomes of the anchors as the device loads them, before it says hello. `now` undefined: dates are not looked at. */
  loadAnchors?(
    anchors: readonly Certificate[],
    device: Device,
    now: Date | undefined,
  ): StackFailure | undefined
  /** What the server chose, before any certificate. */
  readNegotiated?(negotiated: NegotiatedSeen, device: Device): StackFailure | undefined
  /** Size and form of one handshake message and the records that carry it, before it is looked at. */
  readMessage(message: MessageSeen, device: Device): StackFailure | undefined
  /** The server's Certificate message: its contents, the path, the name, the dates. */
  verify(chain: ChainSeen, device: Device): StackFailure | undefined
  /** How the server signed its share of the key exchange, TLS 1.2 and before. */
  readKeyExchange?(keyExchange: KeyExchangeSeen, device: Device): StackFailure | undefined
  /** One application data record. */
  readRecord(record: RecordSeen, device: Device): StackFailure | undefined
  /** The number for an end that is none of these; undefined where the library has none of its own. */
  codeOf(end: EndSeen): string | undefined
}

export interface NegotiatedSeen {
  readonly version: number
  /** Types of the ServerHello's extensions, in TLS 1.3 of the EncryptedExtensions' too; undefined: not known. */
  readonly extensions?: readonly number[] | undefined
  /** The client offered renegotiation_info, RFC 5746 §3.4: one who did not is not answered, and that says nothing. */
  readonly asksSecureRenegotiation?: boolean
  /** The length that the server agreed to; undefined: it did not answer the extension. */
  readonly maxFragmentLength: number | undefined
}

export interface KeyExchangeSeen {
  readonly version: number
  readonly signatureScheme: number | undefined
  /** Size of the prime of a finite-field exchange; undefined for any other, or where it is not known. */
  readonly dhBits?: number | undefined
}

export interface MessageSeen {
  /** With its 4-byte header. */
  readonly messageBytes: number
  /** Records that carry any byte of it. */
  readonly records: number
  /** Plaintext of the largest of them, which may hold other messages too. */
  readonly largestRecordBytes: number
  /** Bytes that encryption adds to that record on the wire; 0 in the clear. */
  readonly overheadBytes: number
  /** max_fragment_length that held when all of its records were read; undefined: none, or not for all of them. */
  readonly agreedFragmentBytes?: number | undefined
  /** All handshake messages of the connection up to its end, in both directions; undefined where they were not seen. */
  readonly transcriptBytes?: number | undefined
  readonly name: string
  /** Its 4-byte header lies in two records. */
  readonly headerCut?: boolean | undefined
}

export interface RecordSeen {
  readonly plaintextBytes: number
  /** Position of its first byte in the plaintext of the connection. */
  readonly offset: number
  readonly overheadBytes: number
  /** max_fragment_length that the server agreed to; undefined: none. */
  readonly agreedFragmentBytes?: number | undefined
}

export interface ChainSeen {
  /** As sent, leaf first; undefined where the DER cannot be read. */
  readonly certificates: readonly (Certificate | undefined)[]
  readonly derBytes: readonly number[]
  readonly messageBytes: number
  /** Records that the message came in; undefined where that was not seen. */
  readonly records?: number | undefined
  readonly anchors: readonly Certificate[]
  /** False: the application switched verification off, so only what cannot be read fails. */
  readonly verifies: boolean
  /** What the certificate must be for; undefined: the name is not compared. */
  readonly host: string | undefined
  /** Undefined: dates are not looked at. */
  readonly now: Date | undefined
  /** Wire code of the version; undefined where nothing was negotiated (a PEM file): taken as TLS 1.2. */
  readonly version: number | undefined
  /** What the negotiated suite needs of the leaf's key; undefined where not known. */
  readonly keyExchange: KeyExchangeKind | undefined
}

/** What the server does with its key: signs, decrypts, or has a static ECDH share in its certificate. */
export type KeyExchangeKind = 'signed' | 'encrypted' | 'static-ecdh'

/** Why a stack stops, in its own numbers. */
export interface StackFailure {
  /** Every reason that the stack finds at this point, the one that stands for the rest first. */
  readonly reasons: readonly StackReason[]
  /** As the library prints or returns it, such as `-0x2700`, `-188` or `62`. */
  readonly code: string
  /** Verify flags or the like. */
  readonly flags?: string | undefined
  /** Alert description that the client sends. */
  readonly alert?: number | undefined
  /** It stopped before it looked at the path, the name and the dates: of these nothing is said. */
  readonly early?: boolean | undefined
  /** Met before the ClientHello. */
  readonly setup?: boolean | undefined
  /** The library's rules do not settle it: the verdict is open. */
  readonly uncertain?: boolean | undefined
}

export interface StackReason {
  readonly kind: FailureKind
  /** Position in the certificates sent; undefined where it is about none, or about an anchor. */
  readonly index?: number | undefined
  /** For a person, such as `unknown critical extension 1.2.3.4`. */
  readonly detail?: string | undefined
  /** The library's rules do not settle this one; where they settle no other either, the whole failure is `uncertain`. */
  readonly open?: boolean | undefined
  /** What was met, where it is a size. */
  readonly size?:
    | { readonly bytes: number; readonly limitBytes: number; readonly offset?: number }
    | undefined
}

/** An end of the connection that is no matter of certificates. */
export type EndSeen =
  | { readonly kind: 'alert'; readonly description: number }
  | { readonly kind: 'closed' | 'reset' | 'close-notify' | 'not-tls' | 'version' | 'no-common-cipher' }
