import type { HashToWrite } from '../issue/signature-to-write.ts'

/** All that the measuring server does on one connection. A question is a serving; the answer is what the device does then. */
export interface Serving {
  readonly chain: ChainToServe
  /**
   * Who makes the records. OpenSSL seals what it likes, and keeps to a size that the device asks for; our own TLS cuts every
   * record as asked, in TLS 1.3 as well, and agrees to no size.
   */
  readonly engine: 'openssl' | 'own'
  /** How the server's first flight is cut into records. OpenSSL: where that travels in the clear, up to TLS 1.2. */
  readonly flight: FlightShape
  /** Highest version that the server takes; it goes down to what the device offers. */
  readonly maxVersion: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'
  /** The one group that the server knows, by its registered name; undefined: all. */
  readonly group: string | undefined
  /** Given to OpenSSL as its cipher list of TLS 1.2 and below; undefined: all that it has. */
  readonly suites: string | undefined
  /**
   * What an RSA key signs a ServerKeyExchange of TLS 1.2 with. `pkcs1`: RSASSA-PKCS1-v1_5 where the device offers it, which
   * all take. `pss`: RSASSA-PSS, which some offer for the sake of TLS 1.3 alone. TLS 1.3 knows nothing but PSS.
   */
  readonly rsaSignature: 'pkcs1' | 'pss'
  /** Whether a ticket and a session id are given, and taken up when they come back. */
  readonly resumption: boolean
  readonly answer: AnswerToServe
  readonly disturbance: Disturbance | undefined
}

/** What signs, what is named and how large it is. Sizes are of DER; what is undefined is as small as it comes. */
export interface ChainToServe {
  readonly key: KeyKind
  /**
   * `self`: no issuer at all. The others are CAs that the device does not hold. `stranger`: with the test CA's own name.
   * `foreign`: with a name of its own. `foreign-sent`: the same, and its root is sent behind the path.
   */
  readonly signer: 'test-ca' | 'stranger' | 'foreign' | 'foreign-sent' | 'self'
  readonly hash: HashToWrite
  readonly names: NamesToWrite
  readonly validity: 'now' | 'expired' | 'future'
  /** extendedKeyUsage of the leaf: serverAuth, or clientAuth alone. */
  readonly purpose: 'server' | 'client'
  readonly leafBytes: number | undefined
  /** subjectAltNames beside the needed one. */
  readonly moreNames: number
  /** Between leaf and root, the leaf's issuer first. All of them are needed. */
  readonly intermediates: readonly IntermediateToServe[]
  /** Sent behind the path and needed by nobody: DER bytes of each; undefined: as small as it comes. */
  readonly unneeded: readonly (number | undefined)[]
}

export type KeyKind =
  | 'p256'
  | 'p384'
  | 'p521'
  | 'ed25519'
  | 'rsa-1024'
  | 'rsa-2048'
  | 'rsa-3072'
  | 'rsa-4096'
  | 'rsa-8192'

/**
 * Where the name stands by which the device asks. `another`: it stands nowhere. `neighbours`: neither, but names that
 * look like it do, such as one that begins or ends with it. `server-address`: neither, but the address to which it came does.
 */
export type NamesToWrite =
  | 'asked'
  | 'another'
  | 'neighbours'
  | 'server-address'
  | 'common-name-only'
  | 'address-as-dns-name'
  | 'wildcard'

export interface IntermediateToServe {
  readonly bytes: number | undefined
  /** False: basicConstraints says that it is no CA. */
  readonly isCa: boolean
  /** pathLenConstraint; undefined: none. */
  readonly pathLength: number | undefined
  /** nameConstraints that permit another domain only. */
  readonly excludesName: boolean
  readonly expired: boolean
}

export interface FlightShape {
  /** Plaintext of a record at most; a message that is longer is cut. */
  readonly recordBytes: number
  /** Whether several messages may share a record; else each begins one of its own. */
  readonly merge: boolean
}

/** What is sent once the device has asked for something. */
export type AnswerToServe =
  /** A small whole answer; the connection stays open. */
  | { readonly kind: 'small' }
  /** The head, then one record of exactly so many bytes of plaintext, and then nothing: does the device go on waiting? */
  | { readonly kind: 'record'; readonly bytes: number }
  /** A head of exactly so many bytes, and then nothing. */
  | { readonly kind: 'head'; readonly bytes: number }
  | {
      readonly kind: 'redirect'
      readonly status: 301 | 302 | 307 | 308
      readonly where: 'same-host' | 'plain-http'
    }
  /** One that leads to the next, so many of them, until there is a small answer. The path says how far it has come. */
  | { readonly kind: 'redirects'; readonly most: number }
  /** A file of so many bytes, of which ranges may be asked for. */
  | { readonly kind: 'file'; readonly bytes: number }
  /** All of a file, whatever range is asked for, but for its last byte: does the device go on waiting? */
  | { readonly kind: 'whole-file'; readonly bytes: number }
  /** Nothing is sent once the handshake is over, until the device has enough, or so long. */
  | { readonly kind: 'silence'; readonly mostMs: number }

export type Disturbance =
  | { readonly kind: 'alert'; readonly description: number; readonly after: 'hello' | 'handshake' }
  /** `flight`: in the middle of the server's first flight. */
  | { readonly kind: 'close'; readonly after: 'hello' | 'flight' | 'handshake' }
  | { readonly kind: 'slow'; readonly bytesPerWrite: number; readonly pauseMs: number }
  /** A HelloRequest after the handshake, RFC 5246 §7.4.1.1. */
  | { readonly kind: 'renegotiation' }
  /** The random of the ServerHello says that the server could speak TLS 1.3, RFC 8446 §4.1.3. Our own TLS alone can. */
  | { readonly kind: 'downgrade-sentinel' }

/** Where a redirect leads to: asked for by a device that follows. */
export const REDIRECTED_PATH = '/tlsfit-redirected'

/** Where the redirects of a row lead to, from 1. */
export const redirectPath = (step: number) => `/tlsfit-redirect-${step}`

/** Undefined: it is a path of the device's own. */
export function redirectStepOf(path: string | undefined): number | undefined {
  const step = /^\/tlsfit-redirect-(\d{1,4})$/.exec(path ?? '')?.[1]
  return step === undefined ? undefined : Number(step)
}
